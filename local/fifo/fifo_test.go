package fifo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/fifo"
)

// What a topic makes of three publications of the same thing.
func ExampleMemory() {
	var known fifo.Memory[string]
	var sequence fifo.Sequence
	start := time.Unix(0, 1)
	for _, after := range []time.Duration{0, fifo.Interval - 1, fifo.Interval} {
		now := start.Add(after)
		key := fifo.ContentID("the same thing")
		number, ok := known.Find(key, now)
		if !ok {
			number = sequence.Next(now)
			known.Keep(key, number, now)
		}
		fmt.Println(number)
	}
	// Output:
	// 10000000000000000001
	// 10000000000000000001
	// 10000000300000000001
}

func TestSequenceNumbersGrowWithinAnInstantAndWhenTheClockGoesBack(t *testing.T) {
	var s fifo.Sequence
	last := ""
	for _, now := range []int64{5, 5, 3, 10, 9} {
		number := s.Next(time.Unix(now, 0))
		if len(number) != 20 || number <= last {
			t.Errorf("%s after %s", number, last)
		}
		last = number
	}
}

func TestIDs(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~": true, strings.Repeat("x", 128): true,
		"": false, strings.Repeat("x", 129): false, "a b": false, "a\n": false, "ü": false, "\x7f": false,
	} {
		if got := fifo.ValidID(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}

func TestWhatIsTooOldOrForgottenIsGone(t *testing.T) {
	var m fifo.Memory[int]
	start := time.Unix(0, 0)
	for i := range 10 {
		m.Keep(fmt.Sprint(i), i, start.Add(time.Duration(i)*time.Minute))
	}
	m.Forget("8")
	m.Forget("never known")
	var keys []string
	for r := range m.All(start.Add(10 * time.Minute)) {
		keys = append(keys, fmt.Sprint(r.Key, "@", r.At.Sub(start)))
	}
	if got := strings.Join(keys, " "); got != "6@6m0s 7@7m0s 9@9m0s" {
		t.Errorf("left %s", got)
	}
	if _, ok := m.Find("8", start); ok {
		t.Error("8 is not forgotten")
	}
}
