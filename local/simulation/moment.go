package simulation

// This file lets what clients do begin at a moment when nothing else is going on.
// Keys of a connection, padding and ids of requests are drawn from one source: two
// that draw at the same moment would get each other's in another run.

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// moment is how long a client's request is on its way, at least. The virtual clock
// goes on only when all that went before is over.
const moment = time.Millisecond

// HTTP reaches the assembly's REST APIs, and signed addresses.
func (w *World) HTTP() *http.Client {
	if w.run.network == nil {
		return &http.Client{}
	}
	client := w.run.network.Client()
	client.Transport = momentary{client.Transport, w.run.weather}
	return client
}

// Dial connects to an address of the engine, such as an SFTP server's. The connection
// may break off while the client sends.
func (w *World) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if w.run.network == nil {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if !cloud.Sleep(ctx, moment) {
		return nil, ctx.Err()
	}
	conn, err := w.run.network.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if !cloud.Sleep(ctx, moment) { // for the server's first draws
		return nil, errors.Join(ctx.Err(), conn.Close())
	}
	return w.run.weather.connected(conn, address, w.serverAt(address)), nil
}

// serverAt is where a client's connection to an SFTP server is made.
func (w *World) serverAt(address string) Site {
	at := Site{Service: "a client", Action: "connection"}
	for stack, servers := range w.Endpoints.SFTP {
		for id, its := range servers {
			if its == address {
				at.On = w.run.weather.named.declared(stack, id).path
			}
		}
	}
	return at
}

// momentary is a transport whose requests begin at moments of their own: of those
// that are made at once, the seed decides which comes first.
type momentary struct {
	http.RoundTripper
	weather *weather
}

func (m momentary) RoundTrip(r *http.Request) (*http.Response, error) {
	id, err := idOf(r)
	if err != nil {
		return nil, err
	}
	if !cloud.Sleep(r.Context(), moment+time.Duration(m.weather.draw(id, "moment")*float64(moment))) {
		return nil, r.Context().Err()
	}
	return m.RoundTripper.RoundTrip(r)
}

// idOf is what is asked.
func idOf(r *http.Request) (string, error) {
	id := r.Method + " " + r.URL.String()
	if r.GetBody == nil {
		return id, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return "", err
	}
	asked, err := io.ReadAll(body)
	return id + "\n" + string(asked), err
}
