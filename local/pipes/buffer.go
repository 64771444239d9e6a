package pipes

import (
	"net"
	"sync"
)

// buffered is an end of a pipe whose writes do not wait for the other end to read,
// as those of sockets do not: SSH's two ends both begin by writing.
type buffered struct {
	net.Conn
	from, to net.Addr

	mu      sync.Mutex
	pending []byte
	sending bool  // a goroutine writes what is pending
	closed  bool  // nothing is added to it any more
	err     error // of the last write
}

func (b *buffered) LocalAddr() net.Addr  { return b.from }
func (b *buffered) RemoteAddr() net.Addr { return b.to }

func (b *buffered) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, net.ErrClosed
	}
	if b.err != nil {
		return 0, b.err
	}
	b.pending = append(b.pending, p...)
	if !b.sending {
		b.sending = true
		go b.send()
	}
	return len(p), nil
}

// send writes until nothing is pending, and closes an end that has been closed in
// the meantime.
func (b *buffered) send() {
	for {
		b.mu.Lock()
		next := b.pending
		b.pending = nil
		if len(next) == 0 || b.err != nil {
			b.sending = false
			closed := b.closed
			b.mu.Unlock()
			if closed {
				b.Conn.Close()
			}
			return
		}
		b.mu.Unlock()
		if _, err := b.Conn.Write(next); err != nil {
			b.mu.Lock()
			b.err = err
			b.mu.Unlock()
		}
	}
}

// Close lets the other end read what was written before.
func (b *buffered) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.sending {
		return nil
	}
	return b.Conn.Close()
}
