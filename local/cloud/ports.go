package cloud

import (
	"fmt"
	"net"
)

// Ports opens the sockets of resources that clients connect to from outside.
type Ports interface {
	// Listen takes who listens, in words ("REST API app/Orders"), by which the
	// port may be the same in the next run.
	Listen(name string) (net.Listener, error)
}

// Listen opens a socket on loopback; name says who listens, for Ports.
func (c *Cloud) Listen(name string) (net.Listener, error) {
	if c.Ports != nil {
		return c.Ports.Listen(name)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	return listener, nil
}
