// Package chance is math/rand/v2 on the machine's own source of randomness, which
// testing/cryptotest makes repeatable: what a simulation runs has no other.
package chance

import (
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand/v2"
	"time"
)

// Rand may be used by several goroutines at once.
var Rand = mathrand.New(source{})

// N is a time from 0 to below a limit.
func N(limit time.Duration) time.Duration { return time.Duration(Rand.Int64N(int64(limit))) }

type source struct{}

func (source) Uint64() uint64 {
	var drawn [8]byte
	rand.Read(drawn[:]) // which never fails
	return binary.LittleEndian.Uint64(drawn[:])
}
