package pages

// This file draws an account as a bar. Its words say the same to everybody, so that
// the bar itself is for the eye alone.

import (
	"fmt"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// The bar, in units of its own: it is as wide as its place.
const (
	barWidth = 1000
	barLeast = 6 // of what there is at all: 1 of 100,000 is seen, too
)

// segment is a part of a bar.
type segment struct {
	Class    string
	At, Wide int
}

// account is what became of the records that were received.
type account struct{ contract.Totals }

// part is how many records have an outcome, by its name.
type part struct {
	name  string
	count int
}

func (a account) parts() []part {
	return []part{{"stored", a.Stored}, {"duplicate", a.Duplicate}, {"rejected", a.Rejected}, {"failed", a.Failed}, {"under way", a.open()}}
}

// open is how many have no outcome yet.
func (a account) open() int { return max(0, a.Received-a.Accounted()) }

// Words are the account in words: "3 received = 2 stored + 0 duplicate + 1 rejected
// + 0 failed".
func (a account) Words() string {
	var words []string
	for _, p := range a.parts() {
		if p.name != "under way" || p.count > 0 {
			words = append(words, fmt.Sprint(p.count, " ", p.name))
		}
	}
	return fmt.Sprint(a.Received, " received = ", strings.Join(words, " + "))
}

// Segments are the bar's, from the left.
func (a account) Segments() (segments []segment) {
	if a.Received == 0 {
		return nil
	}
	var parts []part
	for _, p := range a.parts() {
		if p.count > 0 {
			parts = append(parts, p)
		}
	}
	spare := barWidth - barLeast*len(parts)
	at, counted := 0, 0
	for i, p := range parts {
		counted += p.count
		end := barLeast*(i+1) + spare*counted/a.Received
		segments = append(segments, segment{strings.ReplaceAll(p.name, " ", "-"), at, end - at})
		at = end
	}
	return segments
}
