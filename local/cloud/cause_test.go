package cloud

import (
	"testing"
)

func TestWhatCausesItselfForEverIsNotKeptForEver(t *testing.T) {
	c := New(Site{"000000000000", "us-east-1"})
	c.Causes = true
	kept := func(last *Cause) (n int) {
		for ; last != nil; n++ {
			if len(last.Of) == 0 {
				return n + 1
			}
			last = last.Of[0]
		}
		return n
	}
	var last *Cause
	most := 0
	for range 10 * maxDepth {
		last = c.Made(Because(t.Context(), last), "message", "queue", "")
		most = max(most, kept(last))
	}
	if most != maxDepth+1 {
		t.Errorf("up to %d causes are kept, want %d", most, maxDepth+1)
	}
}

func TestWithoutCausesNothingIsNoted(t *testing.T) {
	c := New(Site{"000000000000", "us-east-1"})
	if cause := c.Made(t.Context(), "message", "queue", "1"); cause != nil || c.Happened(Cause{Type: "event"}) != nil {
		t.Errorf("%v is noted", cause)
	}
	if ctx := Because(t.Context(), nil); ctx != t.Context() {
		t.Error("a context has causes, of which there are none")
	}
	var none *Cause
	if none.Named("1") != nil || Known(none) != nil {
		t.Error("nothing has a name")
	}
}
