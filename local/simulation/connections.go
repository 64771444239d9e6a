package simulation

// This file breaks clients' connections off: in the middle of what they send.

import (
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"syscall"
	"time"
)

// How many bytes a connection that is broken off has taken before: few enough for a
// login, enough for some of an SFTP client's packets.
const (
	fewestBytes = 4 << 10
	mostBytes   = 128 << 10
)

// unresponsive is how long AWS Transfer Family takes an SFTP connection for open of
// which nothing comes any more: five minutes, says its guide.
const unresponsive = 5 * time.Minute

// connection is a client's end of one.
type connection struct {
	net.Conn
	weather *weather
	id      string // the same in every run of the seed, and of this connection only
	site    Site

	mu     sync.Mutex
	left   int  // bytes that it takes until it may break off
	passed bool // they were taken, and it did not
	broken bool
}

// connected is a client's connection to what is at a place: it may break off.
func (w *weather) connected(conn net.Conn, address string, at Site) *connection {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connections++
	c := &connection{Conn: conn, weather: w, id: fmt.Sprintf("a client's connection %d, to %s", w.connections, address), site: at}
	// Of all sizes: as many break off within 4 to 8 KiB as within 64 to 128.
	c.left = int(fewestBytes * math.Pow(mostBytes/fewestBytes, w.draw(c.id, "bytes")))
	return c
}

// Write sends, until the connection breaks off.
func (c *connection) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.broken:
		return 0, reset("write")
	case c.passed || len(p) < c.left:
		c.left -= len(p)
		return c.Conn.Write(p)
	case !c.hit(Broken):
		c.passed = true
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:c.left])
	if err != nil {
		return n, err
	}
	c.broken = true
	// The server's answers are on their way: it hears of it at a moment of its own, and
	// what the client hears and does has nothing to do with that.
	time.AfterFunc(c.notice(), func() { c.Conn.Close() })
	return n, errors.Join(reset("write"), c.Conn.SetReadDeadline(time.Now()))
}

// Read receives, until the connection breaks off.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.mu.Lock(); c.broken && err != nil {
		err = reset("read")
	}
	c.mu.Unlock()
	return n, err
}

// Close tells the server, unless it cannot be told any more.
func (c *connection) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return nil
	}
	return c.Conn.Close()
}

// hit tells whether a fault hits the connection, now that so much was sent.
func (c *connection) hit(kind Kind) bool {
	w := c.weather
	return w.hits(Fault{Kind: kind, Call: c.id}, func() Site { return c.site }, func() bool {
		rate := w.rates[kind]
		return w.plan == nil && rate > 0 && w.draw(c.id, string(kind)) < rate
	})
}

// notice is when the server hears that the connection is gone: a moment later, or
// when it has waited for more in vain.
func (c *connection) notice() time.Duration {
	most := moment
	if c.hit(Unnoticed) {
		most = unresponsive
	}
	return moment + time.Duration(c.weather.draw(c.id, "notice")*float64(most))
}

// reset is what the client hears.
func reset(op string) error { return &net.OpError{Op: op, Net: "tcp", Err: syscall.ECONNRESET} }
