package sns

import "time"

// Delays are those between attempts by a retry policy of HTTP.
func Delays(policy string) (all []time.Duration) {
	r := usualRetry()
	if policy != "" {
		if err := r.UnmarshalJSON([]byte(policy)); err != nil {
			panic(err)
		}
	}
	for attempts := 1; ; attempts++ {
		d, more := r.delay(attempts)
		if !more {
			return all
		}
		all = append(all, d)
	}
}

// Expire lets the time of all tokens run out.
func Expire(s *SNS) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, i := range s.invitations {
		i.until = time.Now().Add(-time.Second)
		s.invitations[token] = i
	}
}

// Invitations is how many tokens are kept.
func Invitations(s *SNS) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.invitations)
}
