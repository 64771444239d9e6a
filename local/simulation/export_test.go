package simulation

import (
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// What tests look at from outside.
var (
	Shrink    = shrink
	Mains     = Options.mains
	Canonical = canonical
	Replay    = Options.replay
	Differs   = Options.differs

	Missed = Summary.missed

	Redelivered    = redelivered
	WasRedelivered = Summary.redelivered
)

// Try makes one run of Exhaust.
func Try(t *testing.T, o Options, site Site, nth int, kind Kind, reach Reach) Result {
	o.plan = &plan{trial: &trial{site, nth, kind, reach}}
	return Run(t, 1, o)
}

// RealOf makes one run of Real.
func RealOf(t *testing.T, seed uint64, o Options) Result {
	return o.real(t, seed, o.undisturbed(t))
}

// MayFailInRealTime tells whether Real lets calls fail that are made for a request.
func MayFailInRealTime(r *http.Request, call cloud.Call) bool {
	return newWeather(1, nil, nil).meet(r.Context(), call).anew
}

// SetPatience sets how long Real waits, until it is set back.
func SetPatience(d time.Duration) (back func()) {
	before := patience
	patience = d
	return func() { patience = before }
}

// Breakable is a connection that may break off, and what has hit it.
func Breakable(seed uint64, rates Rates, conn net.Conn) (net.Conn, func() []Fault) {
	w := newWeather(seed, rates, nil)
	w.begin(&cloud.Cloud{}, nil)
	return w.connected(conn, "there", Site{}), func() []Fault { return w.hit }
}

// SiteOf names a call, of resources by their physical ids: their paths and types.
func SiteOf(named map[string][2]string, call cloud.Call, part string, inside bool) Site {
	r := resources{}
	for id, is := range named {
		r.add(id, resource{path: is[0], kind: is[1]})
	}
	return r.site(call, part, inside)
}

// Stories are what processes tell of seeds, and the errors of those that ended.
func Stories(t *testing.T, seeds []uint64, o Options) (stories []string, err error) {
	var errands []errand
	for _, seed := range seeds {
		errands = append(errands, errand{Seed: seed})
	}
	stories = make([]string, len(seeds))
	t.Run("processes", func(t *testing.T) {
		if os.Getenv(servesAt) != "" {
			serve(t, o.explored())
		}
		for r := range o.delegate(t, errands) {
			if r.shrinking != nil {
				o.Shrinking(*r.shrinking)
				continue
			}
			stories[r.errand], err = r.report.Story, errors.Join(err, r.err)
		}
	})
	return slices.DeleteFunc(stories, func(story string) bool { return story == "" }), err
}
