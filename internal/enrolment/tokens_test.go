package enrolment

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func (o *office) opens(bearer string) bool {
	o.t.Helper()
	id, token, _ := strings.Cut(bearer, ".")
	return o.row(id).Knows(token)
}

func TestTheTokenBeforeARotationStaysValidUntilItIsRevoked(t *testing.T) {
	o := newOffice(t)
	first, err := o.Add(t.Context(), partner("acme"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := o.Rotate(t.Context(), "acme")
	if err != nil || second == first || !o.opens(first) || !o.opens(second) {
		t.Fatalf("one rotation does not leave two valid tokens: %v", err)
	}
	if bearer, err := o.Rotate(t.Context(), "acme"); !errors.Is(err, ErrOverlap) || bearer != "" || !o.opens(first) || !o.opens(second) {
		t.Errorf("a second one: %q, %v", bearer, err)
	}
	for _, want := range []bool{true, false} {
		if revoked, err := o.Revoke(t.Context(), "acme"); err != nil || revoked != want || o.opens(first) || !o.opens(second) {
			t.Errorf("revoked is %v, %v", revoked, err)
		}
	}
	third, err := o.Rotate(t.Context(), "acme")
	if err != nil || !o.opens(second) || !o.opens(third) {
		t.Errorf("after that, there is no rotation: %v", err)
	}
}

// A new token may be lost on its way, and the partner still uses the old one.
func TestALostTokenIsIssuedAgainAndTheOneBeforeStays(t *testing.T) {
	o := newOffice(t)
	first, err := o.Add(t.Context(), partner("acme"))
	if err != nil {
		t.Fatal(err)
	}
	lost, err := o.Rotate(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	second, err := o.Reissue(t.Context(), "acme")
	if err != nil || o.opens(lost) || !o.opens(first) || !o.opens(second) {
		t.Errorf("%v", err)
	}
}

func TestAPartnerOfAListGetsItsFirstTokenByARotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.apply(partner("acme"))
		if row := o.row("acme"); len(row.TokenHash) > 0 || !row.RotatedAt.IsZero() {
			t.Errorf("a list makes a token: %+v", row)
		}
		if revoked, err := o.Revoke(t.Context(), "acme"); err != nil || revoked {
			t.Errorf("%v, %v", revoked, err)
		}
		time.Sleep(time.Hour)
		bearer, err := o.Rotate(t.Context(), "acme")
		row := o.row("acme")
		if err != nil || !o.opens(bearer) || len(row.PreviousTokenHash) > 0 || !row.RotatedAt.Equal(time.Now().UTC().Truncate(time.Second)) || len(row.Held) > 0 {
			t.Errorf("%+v, %v", row, err)
		}
		if _, err := o.Rotate(t.Context(), "acme"); err != nil {
			t.Errorf("after the first token, there is no second: %v", err)
		}
	})
}

func TestOfManyRotationsAtOnceOneIsMade(t *testing.T) {
	o := newOffice(t)
	first, err := o.Add(t.Context(), partner("acme"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var made []string
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			bearer, err := o.Rotate(t.Context(), "acme")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made = append(made, bearer)
			} else if !errors.Is(err, ErrOverlap) || bearer != "" {
				t.Errorf("%q, %v", bearer, err)
			}
		})
	}
	group.Wait()
	if len(made) != 1 || !o.opens(made[0]) || !o.opens(first) {
		t.Errorf("%d are made", len(made))
	}
}

func TestWhoIsUnknownHasNoTokens(t *testing.T) {
	o := newOffice(t)
	if bearer, err := o.Rotate(t.Context(), "nobody"); !errors.Is(err, ErrUnknown) || bearer != "" {
		t.Errorf("%q, %v", bearer, err)
	}
	if bearer, err := o.Reissue(t.Context(), "nobody"); !errors.Is(err, ErrUnknown) || bearer != "" {
		t.Errorf("%q, %v", bearer, err)
	}
	if revoked, err := o.Revoke(t.Context(), "nobody"); !errors.Is(err, ErrUnknown) || revoked {
		t.Errorf("%v, %v", revoked, err)
	}
}
