// Package chance is math/rand/v2 on the machine's own source of randomness, which
// testing/cryptotest makes repeatable: what a simulation runs has no other.
package chance

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	mathrand "math/rand/v2"
	"sync"
	"time"
)

// Rand may be used by several goroutines at once.
var Rand = mathrand.New(source{})

// N is a time from 0 to below a limit.
func N(limit time.Duration) time.Duration { return time.Duration(Rand.Int64N(int64(limit))) }

// Apart is a source of its own, which draws once from the machine's. It is for what
// draws more often in one run than in another, as SSH does, which pads each packet:
// what others draw is the same all the same. It may be used by several goroutines at once.
func Apart() io.Reader {
	var seed [32]byte
	rand.Read(seed[:])
	return &apart{source: mathrand.NewChaCha8(seed)}
}

type apart struct {
	mu     sync.Mutex
	source *mathrand.ChaCha8
}

func (a *apart) Read(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.source.Read(p)
}

type source struct{}

func (source) Uint64() uint64 {
	var drawn [8]byte
	rand.Read(drawn[:]) // which never fails
	return binary.LittleEndian.Uint64(drawn[:])
}
