package simulation

// This file lets what clients do begin at a moment when nothing else is going on.
// Keys of a connection, padding and ids of requests are drawn from one source: two
// that draw at the same moment would get each other's in another run.

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
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
	client := w.run.network.Client()
	client.Transport = momentary{client.Transport, w.run.weather.seed}
	return client
}

// Dial connects to an address of the engine, such as an SFTP server's.
func (w *World) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !cloud.Sleep(ctx, moment) {
		return nil, ctx.Err()
	}
	return w.run.network.Dial(ctx, network, address)
}

// momentary is a transport whose requests begin at moments of their own: of those
// that are made at once, the seed decides which comes first.
type momentary struct {
	http.RoundTripper
	seed uint64
}

func (m momentary) RoundTrip(r *http.Request) (*http.Response, error) {
	own, err := m.own(r)
	if err != nil {
		return nil, err
	}
	if !cloud.Sleep(r.Context(), moment+own) {
		return nil, r.Context().Err()
	}
	return m.RoundTripper.RoundTrip(r)
}

// own is a part of a moment that follows from the seed and what is asked.
func (m momentary) own(r *http.Request) (time.Duration, error) {
	hash := fnv.New64a()
	binary.Write(hash, binary.LittleEndian, m.seed)
	fmt.Fprintf(hash, "%s %s\n", r.Method, r.URL)
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return 0, err
		}
		if _, err := io.Copy(hash, body); err != nil {
			return 0, err
		}
	}
	return time.Duration(hash.Sum64() % uint64(moment)), nil
}
