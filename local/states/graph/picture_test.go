package graph

// This file reads pictures.

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Whoever points at something reads all of it.
func TestCommentsAndWholeConditionsAreTitles(t *testing.T) {
	picture := string(nested(t).SVG())
	for _, title := range []string{
		"An order: checked, sent line by line, and tried again. &lt;Here&gt; because of &#34;quotes&#34; &amp; the like.",
		"Two checks at once.", "$.a &gt; 3 or $.b is null", "otherwise", "States.Timeout&#xA;States.ALL",
	} {
		if !strings.Contains(picture, "<title>"+title+"</title>") {
			t.Errorf("nothing has the title %q", title)
		}
	}
}

func TestEveryPartHasAStartAndEveryEndARing(t *testing.T) {
	found := elements(t, nested(t).SVG())
	if starts := len(found["start"]); starts != 5 { // the machine, two branches, two maps
		t.Errorf("%d starts", starts)
	}
	if ends := len(found["end"]); ends != 7 { // Check name, Name rejected, Check address, Each parcel, Cool down, Done, Failed
		t.Errorf("%d ends", ends)
	}
}

func TestTheUsualWayOnHasNoLabelAndAllElseHas(t *testing.T) {
	picture := string(nested(t).SVG())
	var got []string
	for _, part := range strings.Split(picture, `<text class="label"`)[1:] {
		_, text, _ := strings.Cut(part, ">")
		text, _, _ = strings.Cut(text, "<")
		got = append(got, text)
	}
	slices.Sort(got)
	want := []string{"$.a &gt; 3 or $.b is null", "$.again = true", "$.wait = true", "NameRejected", "States.Timeout", "any error", "or any error", "otherwise"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A line leaves the one state's edge, and its tip is at the other's: upper and
// lower edges, or for a loop the sides.
func TestLinesTouchTheirStates(t *testing.T) {
	for _, l := range lay(nested(t)).lines {
		c := curveOf(l)
		var x, y, tipX, tipY int
		if _, err := fmt.Sscanf(c.path.String(), "M%d %d", &x, &y); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscanf(c.tip, "M%d %d", &tipX, &tipY); err != nil {
			t.Fatal(err)
		}
		from, to := l.upper(), l.to
		begins := y == from.y+from.height && within(x, from)
		if l.loop {
			begins = atSide(x, from) && y > from.y && y < from.y+from.height
		}
		ends := tipY == to.y && within(tipX, to)
		if l.loop {
			ends = atSide(tipX, to) && tipY > to.y && tipY < to.y+to.height
		}
		if !begins || !ends {
			t.Errorf("%s > %s: %s, tip %s", l.from.state.State.Name, l.transition.To, c.path.String(), c.tip)
		}
	}
}

func within(x int, v *vertex) bool { return x > v.x-v.width/2 && x < v.x+v.width/2 }

func atSide(x int, v *vertex) bool { return x == v.x-v.width/2 || x == v.x+v.width/2 }

func TestPicturesHaveColoursForTheDark(t *testing.T) {
	if !strings.Contains(string(nested(t).SVG()), "prefers-color-scheme: dark") {
		t.Error("they have none")
	}
	light, dark, _ := strings.Cut(style, "@media")
	for _, class := range []string{".ground", ".box", ".name", ".does", ".label", ".line", ".tip", ".start", ".end", ".catch .line", ".catch .label", ".icon", ".succeed > .box", ".fail > .box"} {
		if !strings.Contains(light, "\n"+class+" ") && !strings.Contains(light, "\n"+class+",") || !strings.Contains(dark, "\n"+class+" ") {
			t.Errorf("%s has no colour in one of the two", class)
		}
	}
}

func TestAPlanIsDrawnAgainWithOtherWords(t *testing.T) {
	m := &Machine{States: []*State{{Name: "Jobs", Type: "Task", Does: "sqs: 1000 visible"}, {Name: "Dead", Type: "Task", Does: "sqs: 0"}}}
	plan := m.Plan()
	drawn := func(does string) string {
		return string(plan.Figure(func(state string) Mark {
			if state == "Jobs" {
				return Mark{Does: does}
			}
			return Mark{}
		}))
	}
	if plain := drawn(""); plain != string(m.Figure(func(string) Mark { return Mark{} })) {
		t.Errorf("the plan is drawn as\n%s", plain)
	}
	for does, want := range map[string]string{"sqs: 1 visible": ">sqs: 1 visible<", "sqs: a great many messages are visible": "…<"} {
		if got := drawn(does); !strings.Contains(got, want) || strings.Contains(got, "1000 visible") || !strings.Contains(got, ">sqs: 0<") {
			t.Errorf("%q is drawn as\n%s", does, got)
		}
	}
}
