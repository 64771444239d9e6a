package cloud

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestThePastIsKnownAsLongAndAsFarAsItIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Past[int]{Kept: time.Hour}
		since := func(age time.Duration) string {
			changes, err := p.Since(time.Now().Add(-age))
			if err != nil {
				return err.Error()
			}
			var noted []int
			for _, c := range changes {
				noted = append(noted, c.What)
			}
			return fmt.Sprint(noted)
		}
		if got := since(time.Hour); got != "[]" {
			t.Errorf("before anything changed it tells of %s", got)
		}
		for n := range 3 {
			p.Note(time.Now(), n)
			time.Sleep(time.Minute)
		}
		for age, want := range map[time.Duration]string{time.Minute: "[]", 90 * time.Second: "[2]", 150 * time.Second: "[1 2]", time.Hour: "[0 1 2]"} {
			if got := since(age); got != want {
				t.Errorf("changes of the last %v are %s, want %s", age, got, want)
			}
		}
		time.Sleep(58 * time.Minute)
		p.Note(time.Now(), 3) // 0 is older than an hour by now
		if got := since(62 * time.Minute); !strings.Contains(got, "does not know any more what was at 1999-12-31T23:59:00Z") {
			t.Errorf("of what is not kept any more it tells %s", got)
		}
		if got := since(time.Hour); got != "[2 3]" {
			t.Errorf("changes of the last hour are %s", got)
		}
		for n := range maxPast {
			p.Note(time.Now(), n)
		}
		if changes, err := p.Since(time.Time{}); err != nil || len(changes) != 0 {
			t.Errorf("of now it tells %v, %v", changes, err)
		}
		if _, err := p.Since(time.Now().Add(-time.Minute)); err == nil {
			t.Error("what was before the last changes is told, though it is not known any more")
		}
	})
}

// A queue that is left alone notes late that a message is visible again.
func TestAChangeThatIsNotedLateStaysBehindTheOneBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Past[string]{Kept: time.Hour}
		early := time.Now()
		time.Sleep(time.Minute)
		p.Note(time.Now(), "sent")
		p.Note(early, "visible again")
		time.Sleep(time.Second)
		if changes, err := p.Since(time.Now().Add(-30 * time.Second)); err != nil || len(changes) != 2 || changes[0].What != "sent" {
			t.Errorf("the last changes are %v, %v", changes, err)
		}
	})
}

// Large things that are gone are forgotten sooner, and the last one never.
func TestThePastKeepsSoMuchOfWhatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Past[int]{Kept: time.Hour, Size: func(bytes int) int { return bytes }}
		began := time.Now()
		for _, bytes := range []int{maxPastSize / 2, 0, maxPastSize / 2, 1, 2 * maxPastSize, 3} {
			time.Sleep(time.Minute)
			p.Note(time.Now(), bytes)
			var kept []int
			for _, c := range p.changes {
				kept = append(kept, c.What)
			}
			wants := map[time.Duration]string{
				1: fmt.Sprint([]int{maxPastSize / 2}), 2: fmt.Sprint([]int{maxPastSize / 2, 0}), 3: fmt.Sprint([]int{maxPastSize / 2, 0, maxPastSize / 2}),
				4: fmt.Sprint([]int{0, maxPastSize / 2, 1}), 5: fmt.Sprint([]int{2 * maxPastSize}), 6: "[3]",
			}
			if got, want := fmt.Sprint(kept), wants[time.Since(began)/time.Minute]; got != want {
				t.Errorf("after %v it keeps %s, want %s", time.Since(began), got, want)
			}
		}
		if _, err := p.Since(time.Now().Add(-2 * time.Minute)); err == nil {
			t.Error("what was before a change that is forgotten is told")
		}
	})
}

func TestWhatKeepsNoPastTellsNothing(t *testing.T) {
	var p Past[int]
	p.Note(time.Now(), 1)
	if changes, err := p.Since(time.Now().Add(-time.Hour)); err != nil || len(changes) != 0 {
		t.Errorf("it tells %v, %v", changes, err)
	}
}
