package simulation

// This file tells a failed run to a person.

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// Story tells a failed run: what is wrong, and then what the scenario did and what
// happened to it, in order of time. Where all resources are of one stack, its name
// is left out.
func (r Result) Story() string {
	var sites []Site
	for _, f := range r.Faults {
		sites = append(sites, f.Site)
	}
	stack := stackOf(sites)
	story := slices.Clone(r.Steps)
	for _, f := range r.Faults {
		story = append(story, Step{f.At, string(f.Kind), f.Site.within(stack).String()})
	}
	slices.SortStableFunc(story, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	var told strings.Builder
	fmt.Fprintf(&told, "seed %d: %v\n", r.Seed, r.Err)
	if len(r.Faults) == 0 {
		told.WriteString("It takes no fault.\n")
	}
	lines := tabwriter.NewWriter(&told, 0, 0, 2, ' ', 0)
	for _, step := range story {
		fmt.Fprintf(lines, "  %v\t%s\t%s\n", step.At.Round(time.Millisecond), step.Kind, step.What)
	}
	lines.Flush()
	return trailing.ReplaceAllString(told.String(), "")
}

var trailing = regexp.MustCompile(` *\n$|(?m: +$)`)

// replay tells how a seed is run again.
func (o Options) replay(t *testing.T, seed uint64) string {
	if o.Replay != "" {
		return "To see it again: " + fmt.Sprintf(o.Replay, seed)
	}
	return "To see it again: go test -run '" + exactly(t.Name()) + "'"
}
