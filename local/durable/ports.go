package durable

// This file hands out the ports that an engine listens on, so that a client is
// set up once.

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
)

// Where a folder's ports begin, unless the user says where: below the ports that
// operating systems give to outgoing connections, which could be taken when the
// engine starts again.
const (
	firstPort   = 20_000
	portFolders = 1000 // that begin at different places
	portStep    = 10
	portSearch  = 100 // how many ports are tried for one that is free
)

// Ports knows who listens where.
type Ports struct {
	file string // that remembers, or empty

	mu    sync.Mutex
	first int            // that is exact, or 0
	next  int            // 0: any
	known map[string]int // by listener
}

// OpenPorts returns the ports of an engine. Its first listener gets the port
// first, and the others those after it; 0 stands for any, or for those that
// the file remembers. The file may be empty, for an engine that is not to
// remember.
func OpenPorts(first int, file string) (*Ports, error) {
	p := &Ports{file: file, first: first, next: first, known: map[string]int{}}
	if file == "" {
		return p, nil
	}
	raw, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("read the ports: %w", err)
	default:
		if err := json.Unmarshal(raw, &p.known); err != nil {
			return nil, fmt.Errorf("read the ports in %s: %w", file, err)
		}
	}
	if first == 0 {
		sum := fnv.New32a()
		sum.Write([]byte(file))
		p.next = firstPort + int(sum.Sum32()%portFolders)*portStep
	} else if !slices.Contains(slices.Collect(maps.Values(p.known)), first) {
		p.known = map[string]int{} // the user moved them all
	}
	for _, port := range p.known {
		p.next = max(p.next, port+1)
	}
	return p, nil
}

// Listen opens the socket of a listener ("the AWS APIs") on loopback.
func (p *Ports) Listen(name string) (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if port, ok := p.known[name]; ok {
		return listen(name, port)
	}
	if p.next == 0 {
		return listen(name, 0)
	}
	for try := 1; ; try++ {
		port := p.next
		p.next++
		listener, err := listen(name, port)
		exact := port == p.first || p.file == "" // or it would be another one in the next run
		if err != nil && (exact || try == portSearch) {
			return nil, err
		}
		if err == nil {
			p.known[name] = port
			return listener, p.remember(listener)
		}
	}
}

func listen(name string, port int) (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w: stop what has that port, or choose another first port by Options.Port (-port)", name, err)
	}
	return listener, nil
}

func (p *Ports) remember(opened net.Listener) error {
	if p.file == "" {
		return nil
	}
	raw, err := json.MarshalIndent(p.known, "", "  ")
	if err == nil {
		err = WriteFile(p.file, append(raw, '\n'))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("remember the ports: %w", err), opened.Close())
	}
	return nil
}
