package enrolment

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Tokens as other systems make them.
var (
	former = strings.Repeat("aB3", 16)
	older  = strings.Repeat("9z", 16)
)

func TestATokenFromElsewhereIsTheNewestAndTheOneBeforeStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		first, err := o.Add(t.Context(), partner("acme"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour + time.Millisecond)
		if err := o.Take(t.Context(), "acme", former); err != nil {
			t.Fatal(err)
		}
		row := o.row("acme")
		if !o.opens(first) || !o.opens("acme."+former) || !row.RotatedAt.Equal(time.Now().UTC().Truncate(time.Second)) {
			t.Errorf("got %+v", row)
		}
		// Whichever of the two it is: a token that is valid stays as it is.
		for _, token := range []string{former, strings.TrimPrefix(first, "acme.")} {
			if err := o.Take(t.Context(), "acme", token); err != nil {
				t.Error(err)
			}
		}
		if again := o.row("acme"); !reflect.DeepEqual(again, row) {
			t.Errorf("taken again, the row is %+v, it was %+v", again, row)
		}
		// The newest is the one that is not revoked.
		if _, err := o.Revoke(t.Context(), "acme"); err != nil || o.opens(first) || !o.opens("acme."+former) {
			t.Errorf("after the other one is revoked: %v", err)
		}
	})
}

func TestAThirdTokenIsNotTaken(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	for _, token := range []string{older, former} {
		if err := o.Take(t.Context(), "acme", token); err != nil {
			t.Fatal(err)
		}
	}
	row, third := o.row("acme"), strings.Repeat("x", 64)
	if err := o.Take(t.Context(), "acme", third); !errors.Is(err, ErrOverlap) || !strings.Contains(err.Error(), "acme") {
		t.Errorf("got %v", err)
	}
	if now := o.row("acme"); !reflect.DeepEqual(now, row) || !o.opens("acme."+older) || !o.opens("acme."+former) || o.opens("acme."+third) {
		t.Errorf("the row is %+v, it was %+v", now, row)
	}
}

func TestAPartnersFirstTokenIsTakenAlone(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	if err := o.Take(t.Context(), "acme", former); err != nil {
		t.Fatal(err)
	}
	if row := o.row("acme"); !o.opens("acme."+former) || len(row.PreviousTokenHash) > 0 || len(row.Held) > 0 {
		t.Errorf("got %+v", row)
	}
}

// The hash of a token that can be guessed would give it away.
func TestWhatIsNoLongTokenIsNotTaken(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	writes := o.puts.count
	for name, token := range map[string]string{
		"nothing": "", "31 characters": strings.Repeat("a", 31), "513 characters": strings.Repeat("a", 513), "a dash": former + "-",
		"a blank": " " + former, "a line feed": former + "\n", "a bearer token": "acme." + former, "letters beyond ASCII": former + "é",
	} {
		if err := o.Take(t.Context(), "acme", token); !errors.Is(err, ErrShort) || token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o.puts.count != writes || len(o.row("acme").TokenHash) > 0 {
		t.Errorf("%d writes", o.puts.count-writes)
	}
	for _, token := range []string{strings.Repeat("a", 32), strings.Repeat("0", 512)} {
		if err := o.Take(t.Context(), "acme", token); err != nil {
			t.Errorf("%d characters: %v", len(token), err)
		}
	}
}

func TestATokenOfNobodyIsNotTaken(t *testing.T) {
	o := newOffice(t)
	if err := o.Take(t.Context(), "nobody", former); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v", err)
	}
	if row := o.row("nobody"); row.ID != "" {
		t.Errorf("there is a row %+v", row)
	}
}

// A rotation comes between the reading and the writing of the row: its token was
// shown to somebody.
func TestATokenThatIsTakenEndsNoneThatIsMadeMeanwhile(t *testing.T) {
	o := newOffice(t)
	first, err := o.Add(t.Context(), partner("acme"))
	if err != nil {
		t.Fatal(err)
	}
	var second string
	o.meanwhile(func() (err error) {
		second, err = o.other().Rotate(t.Context(), "acme")
		return err
	})
	if err := o.Take(t.Context(), "acme", former); !errors.Is(err, ErrOverlap) || !o.opens(first) || !o.opens(second) || o.opens("acme."+former) {
		t.Errorf("got %v", err)
	}
}

func TestATokenWhoseTakingFailsIsNoneOfThePartners(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	o.puts.before = func(int) error { return errBroken }
	if err := o.Take(t.Context(), "acme", former); !errors.Is(err, errBroken) || strings.Contains(err.Error(), former) || o.opens("acme."+former) {
		t.Errorf("got %v", err)
	}
}
