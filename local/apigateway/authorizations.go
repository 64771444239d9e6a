package apigateway

// What authorizers have answered, for as long as they may be taken at their word.

import (
	"sync"
	"time"
)

// authorizations is a stage's cache of answers. A new deployment does not empty
// it: on AWS too, only its entries' age does, and FlushStageAuthorizersCache.
type authorizations struct {
	mu    sync.Mutex
	known map[string]cachedAuthorization // by authorizer and identity
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

// cacheSweep is the size from which expired entries are looked for.
const cacheSweep = 4096

func (c *authorizations) remember(key string, result *authorization, ttl time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.known == nil {
		c.known = map[string]cachedAuthorization{}
	}
	if len(c.known) >= cacheSweep {
		for old, entry := range c.known {
			if !now.Before(entry.expires) {
				delete(c.known, old)
			}
		}
	}
	c.known[key] = cachedAuthorization{result, now.Add(ttl)}
}
