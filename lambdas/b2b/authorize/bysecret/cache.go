// This file remembers secrets between invocations.

package bysecret

import (
	"sync"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

const (
	knownFor   = 5 * time.Minute
	unknownFor = 30 * time.Second // a new partner is let in soon, and a mended secret
	maxEntries = 1000
)

type entry struct {
	tokens []contract.PartnerToken
	until  time.Time
}

// cache holds what is known about partners, unknown ones too, so that guessed
// names do not all reach Secrets Manager.
type cache struct {
	mu      sync.Mutex
	entries map[string]entry
}

func (c *cache) get(partner string) ([]contract.PartnerToken, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[partner]
	return e.tokens, ok && time.Now().Before(e.until)
}

func (c *cache) put(partner string, tokens []contract.PartnerToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= maxEntries {
		c.evict()
	}
	if c.entries == nil {
		c.entries = make(map[string]entry)
	}
	lifetime := knownFor
	if len(tokens) == 0 {
		lifetime = unknownFor
	}
	c.entries[partner] = entry{tokens, time.Now().Add(lifetime)}
}

// evict makes room: it drops unknown partners first, since only those can be
// made up, and everything if that is not enough.
func (c *cache) evict() {
	for partner, e := range c.entries {
		if len(e.tokens) == 0 || time.Now().After(e.until) {
			delete(c.entries, partner)
		}
	}
	if len(c.entries) >= maxEntries {
		clear(c.entries)
	}
}
