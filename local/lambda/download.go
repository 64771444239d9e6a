package lambda

// This file lets clients download the code of functions, as GetFunction offers it.

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// offerTime is how long the address of a package is good.
const offerTime = 10 * time.Minute

// downloads is the server of packages, which begins with the first offer.
type downloads struct {
	cloud *cloud.Cloud

	mu     sync.Mutex
	base   string // its address; empty as long as there is none
	offers map[string]offer
}

type offer struct {
	code  *folder
	until time.Time
}

// offer returns an address at which whoever has it finds the package for a while.
func (d *downloads) offer(name string, code *folder) (string, error) {
	if code == nil {
		return "", nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.base == "" {
		if err := d.start(); err != nil {
			return "", err
		}
	}
	now := time.Now()
	for path, o := range d.offers {
		if now.After(o.until) {
			delete(d.offers, path)
		}
	}
	path := "/snapshots/" + d.cloud.Account + "/" + name + "-" + cloud.UUID()
	d.offers[path] = offer{code, now.Add(offerTime)}
	return d.base + path, nil
}

// start opens the server, under the lock. It ends with the engine.
func (d *downloads) start() error {
	listener, err := d.cloud.Listen("downloads of code")
	if err != nil {
		return fmt.Errorf("offer code: %w", err)
	}
	d.base, d.offers = "http://"+listener.Addr().String(), map[string]offer{}
	server := &http.Server{Handler: d, ReadHeaderTimeout: time.Minute}
	d.cloud.Go(func(context.Context) { server.Serve(listener) }) // until it is closed
	d.cloud.Go(func(ctx context.Context) {
		<-ctx.Done()
		server.Close()
	})
	return nil
}

func (d *downloads) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	o, ok := d.offers[strings.TrimSuffix(r.URL.Path, "/")]
	d.mu.Unlock()
	if !ok || time.Now().After(o.until) {
		http.Error(w, "AccessDenied: Request has expired", http.StatusForbidden)
		return
	}
	content, err := o.code.pack()
	if err != nil { // no version runs it any more
		http.Error(w, "NoSuchKey: The specified key does not exist.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.Write(content) // fails only when the client has gone away
}
