package apigateway

// What authorizers have answered, for as long as they may be taken at their word.

import (
	"sync"
	"time"
)

// authorizations is a stage's cache of answers. A new deployment does not empty
// it: on AWS too, only its entries' age does, and FlushStageAuthorizersCache.
type authorizations struct {
	mu      sync.Mutex
	known   map[string]cachedAuthorization // by authorizer and identity
	sweepAt int                            // the number of entries at which to look for expired ones
}

type cachedAuthorization struct {
	*authorization
	expires time.Time
}

func (c *authorizations) find(key string) *authorization {
	c.mu.Lock()
	defer c.mu.Unlock()
	if entry, ok := c.known[key]; ok && time.Now().Before(entry.expires) {
		return entry.authorization
	}
	return nil
}

// From cacheSweep entries on, expired ones are looked for whenever their number
// has doubled. AWS tells no limit of entries; at cacheLimit, a quarter of those that still hold
// goes, so that tokens nobody has given do not fill the memory. Their authorizer
// is asked again.
const (
	cacheSweep = 4096
	cacheLimit = 1 << 16
)

func (c *authorizations) remember(key string, result *authorization, ttl time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.known == nil {
		c.known = map[string]cachedAuthorization{}
	}
	if len(c.known) >= max(c.sweepAt, cacheSweep) {
		c.sweep(now)
	}
	c.known[key] = cachedAuthorization{result, now.Add(ttl)}
}

func (c *authorizations) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known, c.sweepAt = nil, 0
}

func (c *authorizations) sweep(now time.Time) {
	for key, entry := range c.known {
		if !now.Before(entry.expires) {
			delete(c.known, key)
		}
	}
	if len(c.known) >= cacheLimit {
		for key := range c.known {
			if len(c.known) <= cacheLimit*3/4 {
				break
			}
			delete(c.known, key)
		}
	}
	c.sweepAt = min(2*len(c.known), cacheLimit)
}
