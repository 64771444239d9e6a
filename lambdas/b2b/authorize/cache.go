// This file remembers secrets between invocations.

package authorize

import (
	"sync"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

const (
	knownFor   = 5 * time.Minute
	unknownFor = 30 * time.Second // a new partner is let in soon
	maxEntries = 1000
)

type entry struct {
	token contract.PartnerToken
	until time.Time
}

// cache holds what is known about partners, unknown ones too, so that guessed
// names do not all reach Secrets Manager.
type cache struct {
	mu      sync.Mutex
	entries map[string]entry
}

func (c *cache) get(partner string) (contract.PartnerToken, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[partner]
	return e.token, ok && time.Now().Before(e.until)
}

func (c *cache) put(partner string, token contract.PartnerToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= maxEntries {
		c.evict()
	}
	if c.entries == nil {
		c.entries = make(map[string]entry)
	}
	lifetime := knownFor
	if token.Token == "" {
		lifetime = unknownFor
	}
	c.entries[partner] = entry{token, time.Now().Add(lifetime)}
}

// evict makes room: it drops unknown partners first, since only those can be
// made up, and everything if that is not enough.
func (c *cache) evict() {
	for partner, e := range c.entries {
		if e.token.Token == "" || time.Now().After(e.until) {
			delete(c.entries, partner)
		}
	}
	if len(c.entries) >= maxEntries {
		clear(c.entries)
	}
}
