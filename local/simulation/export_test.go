package simulation

import (
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// What tests look at from outside.
var (
	Shrink = shrink
	Mains  = Options.mains
	Replay = Options.replay

	Missed = Summary.missed

	Redelivered = redelivered
)

// Try makes one run of Exhaust.
func Try(t *testing.T, o Options, site Site, nth int, kind Kind, reach Reach) Result {
	o.plan = &plan{trial: &trial{site, nth, kind, reach}}
	return Run(t, 1, o)
}

// SiteOf names a call, of resources by their physical ids: their paths and types.
func SiteOf(named map[string][2]string, call cloud.Call, part string, inside bool) Site {
	r := resources{}
	for id, is := range named {
		r.add(id, resource{path: is[0], kind: is[1]})
	}
	return r.site(call, part, inside)
}
