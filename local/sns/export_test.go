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
