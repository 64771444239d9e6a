package vtl

import (
	"encoding/json"
	"os"
	"testing"
)

// The language itself is checked against Apache Velocity 1.7 (Debian's package velocity 1.7-6), which API Gateway
// documents: testdata/velocity.json holds what it renders of each template, with the document as $r, lists of
// documents printed as JSON, and references to nothing as "", as API Gateway has it. Left out are templates that
// Parse refuses on purpose, Java's classes and arrays, and a $ or # that stands alone before a directive.
func TestTheLanguageIsWhatVelocityMakesOfIt(t *testing.T) {
	text, err := os.ReadFile("testdata/velocity.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Document json.RawMessage
		Cases    []struct {
			Template, Want string
			Document       json.RawMessage
			Shared, Fails  bool
		}
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	for _, c := range recorded.Cases {
		source := c.Template
		if c.Shared {
			c.Document = recorded.Document
		}
		if c.Document != nil {
			source = "#set($r = $input.path('$'))\n" + source
		}
		got, err := renderOnce(t, source, Data{Body: c.Document})
		switch {
		case c.Fails && err == nil:
			t.Errorf("%s renders %q, Velocity refuses it", c.Template, got)
		case !c.Fails && (err != nil || got != c.Want):
			t.Errorf("%s renders %q (%v), Velocity %q", c.Template, got, err, c.Want)
		}
	}
}

func renderOnce(t *testing.T, source string, d Data) (string, error) {
	t.Helper()
	template, err := Parse(source)
	if err != nil {
		return "", err
	}
	result, err := template.Render(t.Context(), d)
	return result.Text, err
}
