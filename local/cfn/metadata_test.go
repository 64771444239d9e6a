package cfn

import "testing"

func TestMetadataIsToldAsItWasWritten(t *testing.T) {
	for _, row := range []struct{ name, text, summary, ofResource string }{
		{"JSON", `{"Metadata": {"b": "x", "a": {"z": 1.0, "c": ["d", true]}}, "Resources": {"A": {"Type": "Test::Thing", "Metadata": {"z": {"b": 1, "a": 2}}}}}`,
			`{"b":"x","a":{"z":1.0,"c":["d",true]}}`, `{"z":{"b":1,"a":2}}`},
		{"YAML", "Metadata:\n  b: it's\n  a: {z: 1, c: [d, true]}\nResources:\n  A: {Type: Test::Thing, Metadata: {z: {b: 1, a: !Ref B}}}\n",
			`{'b': 'it''s', 'a': {'z': 1, 'c': ['d', true]}}`, `{"z":{"b":1,"a":{"Ref":"B"}}}`},
		{"none", `{"Resources": {"A": {"Type": "Test::Thing"}}}`, "", ""},
		{"none in YAML", "Resources: {A: {Type: Test::Thing}}", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			parsed, err := Parse([]byte(row.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := parsed.MetadataText(); got != row.summary {
				t.Errorf("the template's is %s, want %s", got, row.summary)
			}
			if got := parsed.Resources["A"].Metadata.JSON(); got != row.ofResource {
				t.Errorf("the resource's is %s, want %s", got, row.ofResource)
			}
		})
	}
}
