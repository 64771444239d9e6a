package vtl

import (
	"encoding/json"
	"os"
	"testing"
)

// The language itself is checked against another implementation: testdata/velocityjs.json holds what
// velocityjs 2.1.7 (npm) renders of each template, with the document as $r and nothing as "". Left out is
// what velocityjs does unlike Velocity 1.7: "" and 0 are false to it, #break finishes the iteration first,
// #stop is text, a quote cannot be doubled, a member cannot be named in.
func TestTheLanguageIsWhatVelocityjsMakesOfIt(t *testing.T) {
	text, err := os.ReadFile("testdata/velocityjs.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Document json.RawMessage
		Cases    []struct{ Template, Want string }
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	for _, c := range recorded.Cases {
		template, err := Parse(`#set($r = $input.path('$'))` + c.Template)
		if err != nil {
			t.Errorf("%s: %v", c.Template, err)
			continue
		}
		got, err := template.Render(t.Context(), Data{Body: recorded.Document})
		if err != nil || got.Text != c.Want {
			t.Errorf("%s renders %q (%v), velocityjs %q", c.Template, got.Text, err, c.Want)
		}
	}
}
