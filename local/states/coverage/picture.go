package coverage

// This file draws what was taken into the picture of the state machine.

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// SVG draws the machine: what was never entered or taken is red, a state with arms
// that were not is amber, and everything else is green.
func (m Machine) SVG() ([]byte, error) {
	g, err := graph.Read([]byte(m.Definition))
	if err != nil {
		return nil, err
	}
	var style bytes.Buffer
	for _, s := range m.States {
		fmt.Fprintf(&style, "[data-state=%s] > .box { stroke: %s; stroke-width: 2 }\n", quoted(s.Name), s.colour())
		for to, taken := range s.transitions() {
			colour := covered
			if !taken {
				colour = uncovered
			}
			where := fmt.Sprintf("%s[data-from=%s][data-to=%s]", to.class(), quoted(s.Name), quoted(to.name))
			fmt.Fprintf(&style, "%s > .line { stroke: %s }\n%s > .tip { fill: %s }\n", where, colour, where, colour)
		}
	}
	return bytes.Replace(g.SVG(), []byte("</style>"), append(sortedLines(style.String()), "</style>"...), 1), nil
}

const (
	covered   = "#1a7f37"
	partly    = "#bf8700"
	uncovered = "#cf222e"
)

func (s State) colour() string {
	if s.Entered == 0 {
		return uncovered
	}
	for _, a := range s.Arms {
		if a.Taken == 0 {
			return partly
		}
	}
	return covered
}

// target is where a line of the picture leads: several arms may be one line.
type target struct {
	name  string
	catch bool
}

func (t target) class() string {
	if t.catch {
		return ".transition.catch"
	}
	return ".transition:not(.catch)"
}

// transitions are the lines from a state, and whether they were taken.
func (s State) transitions() map[target]bool {
	lines := map[target]bool{}
	for _, a := range s.Arms {
		if a.To != "" {
			t := target{a.To, strings.HasPrefix(a.Place, "Catch")}
			lines[t] = lines[t] || a.Taken > 0
		}
	}
	return lines
}

// quoted is a text as CSS has it, within XML.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		if r == '"' || r == '\\' || r == '<' || r == '>' || r == '&' || r < ' ' {
			fmt.Fprintf(&b, "\\%x ", r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// sortedLines are the rules in an order that is always the same.
func sortedLines(text string) []byte {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return []byte(strings.Join(lines, ""))
}
