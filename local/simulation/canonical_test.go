package simulation_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

func TestADocumentIsTheSameInWhateverOrderItsMembersAre(t *testing.T) {
	for _, c := range []struct{ document, want string }{
		{`{"b": 1, "a": [ {"d":"}\"","c":null} , true ]}`, `{"a":[{"c":null,"d":"}\""},true],"b":1}`},
		{` {"a":1.50,"b":{}} `, `{"a":1.50,"b":{}}`},
		{`{"long":"\\","a":[],"b":{"z":-1e5,"y":"\u00e9\\\""}}`, `{"a":[],"b":{"y":"\u00e9\\\"","z":-1e5},"long":"\\"}`},
		{`[]`, `[]`}, {`12`, `12`}, {`"<x>"`, `"<x>"`}, {``, ``}, {`no JSON`, `no JSON`}, {`{"b":1,"a"`, `{"b":1,"a"`},
	} {
		if got := string(simulation.Canonical(json.RawMessage(c.document))); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.document, got, c.want)
		}
	}
}

func FuzzADocumentSaysTheSameInOrder(f *testing.F) {
	for _, document := range []string{`{"b":[1,{"d":null,"c":" , "}],"a":"\\"}`, "{\n\"a\" : [ ] , \"\" : 1\t}", `{"a":1,"a":2}`} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		ordered := simulation.Canonical(document)
		if again := simulation.Canonical(ordered); string(again) != string(ordered) {
			t.Errorf("%q is in order as %q, and that as %q", document, ordered, again)
		}
		var compact bytes.Buffer
		if json.Compact(&compact, document) != nil {
			return
		}
		if had, has := slices.Sorted(slices.Values(compact.Bytes())), slices.Sorted(slices.Values(ordered)); !json.Valid(ordered) || !bytes.Equal(had, has) {
			t.Errorf("%q is in order as %q", document, ordered)
		}
	})
}
