package jsonvalue_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// FuzzDecode compares with encoding/json: what is a document, and what it says. Where encoding/json would write the
// same text again, so does this package.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"z":1,"a":[0.0,1e2,12345678901234567890,-0,1e-7,1E400],"a":{"$":null}}`, `"\ud800\u0041\udc00\ud83d\ude00 \u2028<&>"`,
		"\"\xff\xc3\xed\xa0\x80\"", ` [ true , false ] `, `[1,]`, `{"a":1,}`, `{}{}`, `01`, `-`, `1.`, `.5`, `1e`, "\ufeff1", `"\u12"`, `[[[[`, ``,
		`{"\u0061":1,"a":2}`, `nulL`, "\"\x00\"", `"\u2028"`, `"\\u2028"`, `{"a":{"b":{"c":[[],{}]}}}`, `100000000000000000000`, `1e21`, `0.000001`, `0.0000001`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := jsonvalue.Decode(text)
		if valid := json.Valid(text); valid != (err == nil) {
			t.Fatalf("%q: %v, and encoding/json says %v", text, err, valid)
		}
		if err != nil {
			return
		}
		var plain any
		if json.Unmarshal(text, &plain) == nil { // but for numbers that no float64 holds
			if got := positive(jsonvalue.Plain(value)); !reflect.DeepEqual(got, positive(plain)) {
				t.Fatalf("%q: %v, want %v", text, got, plain)
			}
		}
		written, err := jsonvalue.Encode(value)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		again, err := jsonvalue.Decode([]byte(written))
		if err != nil || !jsonvalue.Equal(again, value) {
			t.Fatalf("%q is written as %q, which is another: %v", text, written, err)
		}
		if twice, err := jsonvalue.Encode(again); err != nil || twice != written {
			t.Fatalf("%q is written as %q, and that as %q: %v", text, written, twice, err)
		}
		if canonical := standard(text); bytes.Equal(canonical, text) && written != lineSeparators.Replace(string(text)) {
			t.Fatalf("%q is written as %q", text, written)
		}
	})
}

// lineSeparators are what encoding/json escapes for JavaScript, and nobody else does. A
// backslash may stand in front.
var lineSeparators = strings.NewReplacer(`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029")

// standard is the text as encoding/json writes it again, keeping the order of objects without a name twice.
func standard(text []byte) []byte {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// positive makes negative zeros positive, which are the same number.
func positive(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = positive(member)
		}
	case []any:
		for i, item := range v {
			v[i] = positive(item)
		}
	case float64:
		if v == 0 {
			return math.Abs(v)
		}
	}
	return value
}
