package jackson

import (
	"encoding/json"
	"runtime/debug"
	"strings"
	"testing"
)

// old is the parser of Step Functions.
var old Parser

const valuesOfJackson = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

func TestWhatIsNoJSONIsToldInJacksonsWords(t *testing.T) {
	for text, want := range map[string]string{
		`not`:                    `Unrecognized token 'not': was expecting ` + valuesOfJackson + ` at 1:4`,
		"\n nulls ":              `Unrecognized token 'nulls': was expecting ` + valuesOfJackson + ` at 2:7`,
		`[tru]`:                  `Unrecognized token 'tru': was expecting ` + valuesOfJackson + ` at 1:5`,
		`_a$é1.`:                 `Unrecognized token '_a$é1': was expecting ` + valuesOfJackson + ` at 1:6`,
		`{'a': 1}`:               `Unexpected character (''' (code 39)): was expecting double-quote to start field name at 1:3`,
		`{"a": 1,}`:              `Unexpected character ('}' (code 125)): was expecting double-quote to start field name at 1:10`,
		`{"a" 1}`:                `Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value at 1:7`,
		`{"a": 1 "b": 2}`:        `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries at 1:10`,
		`[1 2]`:                  `Unexpected character ('2' (code 50)): was expecting comma to separate Array entries at 1:5`,
		`[1,]`:                   `Unexpected character (']' (code 93)): expected a valid value ` + valuesOfJackson + ` at 1:5`,
		`{"a":}`:                 `Unexpected character ('}' (code 125)): expected a value at 1:7`,
		`{"a":]`:                 `Unexpected character (']' (code 93)): expected a valid value ` + valuesOfJackson + ` at 1:7`,
		`[,1]`:                   `Unexpected character (',' (code 44)): expected a valid value ` + valuesOfJackson + ` at 1:3`,
		`["→", →]`:               `Unexpected character ('→' (code 8594 / 0x2192)): expected a valid value ` + valuesOfJackson + ` at 1:8`,
		`'a'`:                    `Unexpected character (''' (code 39)): expected a valid value ` + valuesOfJackson + ` at 1:2`,
		`{"a": [1}`:              `Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)"{"a": [1}"; line: 1, column: 7]) at 1:10`,
		`{]`:                     `Unexpected close marker ']': expected '}' (for Object starting at [Source: (String)"{]"; line: 1, column: 1]) at 1:3`,
		`}`:                      `Unexpected close marker '}': expected ']' (for root starting at [Source: (String)"}"; line: 1, column: 0]) at 1:2`,
		`{"a": 1`:                `Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"a": 1"; line: 1, column: 1]) at 1:8`,
		"[\n\n [":                "Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)\"[\n\n [\"; line: 3, column: 2]) at 3:3",
		`{"a": 1,`:               `Unexpected end-of-input within/between Object entries at 1:9`,
		`[1, `:                   `Unexpected end-of-input within/between Array entries at 1:5`,
		`{"a"`:                   `Unexpected end-of-input within/between Object entries at 1:5`,
		`{"a":`:                  `Unexpected end-of-input within/between Object entries at 1:6`,
		`{"a`:                    `Unexpected end-of-input in field name at 1:4`,
		`"a`:                     `Unexpected end-of-input: was expecting closing quote for a string value at 1:3`,
		`"\`:                     `Unexpected end-of-input in character escape sequence at 1:3`,
		`"\u00`:                  `Unexpected end-of-input in character escape sequence at 1:6`,
		`"\x"`:                   `Unrecognized character escape 'x' (code 120) at 1:4`,
		`"\u00g0"`:               `Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence at 1:7`,
		"\"a\nb\"":               `Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value at 2:1`,
		"{\"a\tb\":1}":           `Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in name at 1:5`,
		"\x01":                   `Illegal character ((CTRL-CHAR, code 1)): only regular white space (\r, \n, \t) is allowed between tokens at 1:2`,
		`// a`:                   `Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser) at 1:2`,
		`01`:                     `Invalid numeric value: Leading zeroes not allowed at 1:3`,
		`-a`:                     `Unexpected character ('a' (code 97)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value at 1:3`,
		`+1`:                     `Unexpected character ('1' (code 49)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value at 1:3`,
		`-`:                      `Unexpected end-of-inputNo digit following minus sign at 1:2`,
		`1.x`:                    `Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit at 1:4`,
		`1e+`:                    `Unexpected end-of-input in a Number value at 1:4`,
		`[1ex]`:                  `Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed by a digit at 1:5`,
		`1a`:                     `Unexpected character ('a' (code 97)): Expected space separating root-level values at 1:3`,
		`[NaN]`:                  `Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow at 1:5`,
		`Infinite`:               `Unrecognized token 'Infinite': was expecting ` + valuesOfJackson + ` at 1:9`,
		strings.Repeat("a", 300): `Unrecognized token '` + strings.Repeat("a", 256) + `...': was expecting ` + valuesOfJackson + ` at 1:257`,
		``:                       ``,
		`[1, {"a": "\u00e9\n", "b": [-0.5e-3, true, false, null, {}, []]}]`: ``,
		`{} x`: ``, // Jackson does not look further
	} {
		got := ""
		if m := old.Fault(text); m != nil {
			place := strings.NewReplacer("; line: ", "", ", column: ", ":", "]", "").Replace(m.Location[strings.LastIndex(m.Location, "; line: "):])
			got = m.Message + " at " + place
		}
		if got != want {
			t.Errorf("%q:\n%s\nwant\n%s", text, got, want)
		}
	}
}

func TestALongTextIsShownInPart(t *testing.T) {
	m := old.Fault("[" + strings.Repeat(" ", 600))
	if want := `[Source: (String)"[` + strings.Repeat(" ", 499) + `"[truncated 101 chars]; line: 1, column: 602]`; m == nil || m.Location != want {
		t.Errorf("%+v, want %s", m, want)
	}
}

// Nobody bounds how deep a text is that is no JSON, and a stack that overflows ends
// the process.
func TestATextOfAnyDepthIsRead(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(8 << 20))
	const depth = 100_000
	m := old.Fault(strings.Repeat("[", depth) + "]")
	if want := "Unexpected end-of-input: expected close marker for Array (start marker at "; m == nil || !strings.HasPrefix(m.Message, want) || !strings.HasSuffix(m.Message, "column: 99999])") {
		t.Errorf("%+v, want %s", m, want)
	}
	if m := old.Fault(strings.Repeat(`[{"":`, depth) + "1" + strings.Repeat("}]", depth)); m != nil {
		t.Errorf("nothing is wrong, but %+v", m)
	}
}

func FuzzFault(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e3,"\u00e9\\"],"b":{"c":null}}`, `[1,]`, `{"a"`, "\"\x00\"", `{} {}`, `nul`, "\u00a0", `"\ud800"`, `1 2`, `[[[[`, "\xff", "1E700"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := old.Fault(text)
		if json.Valid([]byte(text)) && m != nil {
			t.Fatalf("%q is sound, but %+v", text, m)
		}
		first := json.NewDecoder(strings.NewReader(text))
		first.UseNumber() // 1E700 is sound
		if err := first.Decode(new(any)); m == nil && err != nil && strings.Trim(text, " \t\r\n") != "" {
			t.Fatalf("%q is not sound, but nothing is wrong with it: %v", text, err)
		}
	})
}

func TestNewerParsersTellACharacterByItsOwnPlaceAndDoNotShowTheText(t *testing.T) {
	newer := Parser{Exact: true, Redacted: true}
	const from = " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: "
	for text, want := range map[string]string{
		`{invalid`: `Unexpected character ('i' (code 105)): was expecting double-quote to start field name` + "\n" + from + `2]`,
		`invalid`:  `Unrecognized token 'invalid': was expecting ` + valuesOfJackson + "\n" + from + `8]`,
		`[1}`:      `Unexpected close marker '}': expected ']' (for Array starting at` + from[3:] + `1])` + "\n" + from + `3]`,
		`-a`:       `Unexpected character ('a' (code 97)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value` + "\n" + from + `2]`,
		`["\x"]`:   `Unrecognized character escape 'x' (code 120)` + "\n" + from + `4]`,
		"[\"\t\"]": `Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value` + "\n" + from + `3]`,
	} {
		if got := newer.Fault(text); got == nil || got.Error() != want {
			t.Errorf("%q:\n%v\nwant\n%s", text, got, want)
		}
	}
}
