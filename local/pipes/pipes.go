// Package pipes is a network in memory, for an engine and its clients under a
// virtual clock, which a socket would keep from going on.
package pipes

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Network is a network of its own: nobody else can connect to its listeners.
// The zero value is ready.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener // by address
}

var _ cloud.Ports = (*Network)(nil)

// Listen opens the next port of 127.0.0.1.
func (n *Network) Listen(string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners == nil {
		n.listeners = make(map[string]*listener)
	}
	l := &listener{
		address:     &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: len(n.listeners) + 1},
		connections: make(chan net.Conn), closed: make(chan struct{}),
	}
	n.listeners[l.address.String()] = l
	return l, nil
}

// Dial connects to a listener, as net.Dialer.DialContext does.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: nobody listens there", address)
	}
	near, far := net.Pipe()
	select {
	case l.connections <- &buffered{Conn: far, from: l.address, to: client}:
		return &buffered{Conn: near, from: client, to: l.address}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Client is a client with a connection per request: one that is kept would
// outlive a test.
func (n *Network) Client() *http.Client {
	return &http.Client{Transport: whole{&http.Transport{DialContext: n.Dial, DisableKeepAlives: true}}}
}

// whole sends bodies of its own: SDKs close theirs when the answer comes, which
// over a pipe may be before the transport is through with it.
type whole struct{ http.RoundTripper }

func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return w.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return w.RoundTripper.RoundTrip(r)
}

// client is the address of all who dial.
var client = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1<<16 - 1}

type listener struct {
	address     *net.TCPAddr
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *listener) Addr() net.Addr { return l.address }
