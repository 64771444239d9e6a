package jsonvalue_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

func decode(t *testing.T, text string) any {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func encode(t *testing.T, value any) string {
	t.Helper()
	text, err := jsonvalue.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatIsWrittenWithoutNeedIsGivenBackByteForByte(t *testing.T) {
	for name, text := range map[string]string{
		"the order of members":         `{"z":1,"a":{"y":2,"b":3},"m":[{"q":1,"c":2}]}`,
		"no fraction":                  `[0,1,-1,100,9007199254740993,123456789012345678901234567890]`,
		"a fraction of zeros":          `[0.0,1.0,1.50,-0.0]`,
		"exponents":                    `[1e2,1E2,1e+2,1.5e-7,1e21,1e400,-1e-400]`,
		"more digits than a float's":   `[12345678901234567890,0.1000000000000000055511151231257827]`,
		"negative zero":                `[-0]`,
		"names that look like paths":   `{"$keys":1,"":2,"a.b":3,"x.$":"$","__proto__":{"constructor":null}}`,
		"what HTML would escape":       `"<a href=\"b\">&\u0000\n</a>"`,
		"line separators and a delete": "\"\u2028\u2029\u007f\"",
		"letters beyond the plane":     `"😀é"`,
		"literals":                     `[null,true,false,"",{},[]]`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := encode(t, decode(t, text)); got != text {
				t.Errorf("got %s\nwant %s", got, text)
			}
			got, err := json.Marshal(struct{ V any }{decode(t, `{"in":`+text+`}`)})
			if err != nil {
				t.Fatal(err)
			}
			if want, _ := json.Marshal(struct{ V any }{json.RawMessage(`{"in":` + text + `}`)}); string(got) != string(want) {
				t.Errorf("within what encoding/json writes: %s, want %s", got, want)
			}
		})
	}
}

func TestNumbersAreFloatsIfThoseGiveTheirTextBack(t *testing.T) {
	for _, text := range []string{"0", "1", "-17", "999999999999999", "1000000000000000", "0.5", "-12.25", "1e+21", "1e-7", "100000000000000000000"} {
		value := decode(t, text)
		if _, ok := value.(float64); !ok {
			t.Errorf("%s is %T", text, value)
		}
		if got := encode(t, value); got != text {
			t.Errorf("%s is written %s", text, got)
		}
	}
	for _, text := range []string{"0.0", "-0", "1e2", "1E21", "1e21", "1.10", "12345678901234567890", "9007199254740993", "1e999"} {
		if value := decode(t, text); value != jsonvalue.Number(text) {
			t.Errorf("%s is %T %v", text, value, value)
		}
	}
}

func TestFloatOfNumbersOnly(t *testing.T) {
	for text, want := range map[string]float64{
		"1": 1, "0.0": 0, "1e2": 100, "12345678901234567890": 12345678901234567890, "1e999": math.Inf(1), "-1e999": math.Inf(-1), "1e-999": 0,
	} {
		if got, ok := jsonvalue.Float(decode(t, text)); !ok || got != want {
			t.Errorf("%s: %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{`"1"`, "null", "true", "[]", "{}"} {
		if got, ok := jsonvalue.Float(decode(t, text)); ok {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestOfANameThatIsThereTwiceTheLastValueTakesTheFirstPlace(t *testing.T) {
	many := `{"a":1,"b":2,"a":3`
	for _, name := range strings.Split("c d e f g h i j k l m n o p", " ") {
		many += `,"` + name + `":0`
	}
	for _, text := range []string{`{"a":1,"b":2,"a":3}`, many + `}`} {
		got := encode(t, decode(t, text))
		if want := strings.Replace(`{"a":3`+text[len(`{"a":1`):], `,"a":3`, "", 1); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTextThatIsNoDocumentIsRefusedWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":         "unexpected end of the text",
		"  ":       "unexpected end of the text",
		`{"a":[1`:  "unexpected end of the text",
		`{"a":}`:   "missing value after object name at byte 5",
		`[1,]`:     "invalid character ',' at start of value at byte 2",
		`{"a":1,}`: "invalid character ',' at start of value at byte 6",
		`1 2`:      "there is more behind the value",
		`{} x`:     "invalid character 'x' at start of value at byte 3",
		`01`:       "which ends at byte 2",
		`"\x"`:     "invalid escape sequence",
		"\"\n\"":   "invalid character '\\n' in string",
		"\ufeff{}": "invalid character",
		`nul`:      "unexpected end of the text",
		`{"a" 1}`:  "at byte 5",
		`{1:1}`:    "at byte 1",
	} {
		_, err := jsonvalue.Decode([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "decode a JSON document: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	const most = 10_000
	for _, pair := range []string{"[]", `{"a":}`} {
		open, closed := pair[:len(pair)-1], pair[len(pair)-1:]
		if _, err := jsonvalue.Decode([]byte(strings.Repeat(open, most-1) + "[]" + strings.Repeat(closed, most-1))); err != nil {
			t.Errorf("%s, %d deep: %v", pair, most, err)
		}
		if _, err := jsonvalue.Decode([]byte(strings.Repeat(open, 1_000_000))); err == nil || !strings.Contains(err.Error(), "depth") {
			t.Errorf("%s, a million deep: %v", pair, err)
		}
	}
}

func TestWhatJSONCannotHoldIsNotWritten(t *testing.T) {
	for _, value := range []any{math.NaN(), math.Inf(1), 1, map[string]any{}, []any{struct{}{}}, jsonvalue.NewObject(1).Set("a", math.NaN())} {
		if text, err := jsonvalue.Encode(value); err == nil {
			t.Errorf("%T is written as %s", value, text)
		}
	}
}

// Objects are searched by a look at each member, or by an index: both must tell the same.
func TestObjectsOfAnySizeKeepOrderAndFindTheirMembers(t *testing.T) {
	for size := range 40 {
		object, want := jsonvalue.NewObject(0), []string(nil)
		for i := range size {
			name := string(rune('z'-i%26)) + strings.Repeat("x", i/26)
			object.Set(name, float64(i))
			want = append(want, name)
		}
		for i, name := range want {
			object.Set(name, float64(2*i))
		}
		check := func(what string, object *jsonvalue.Object, want []string) {
			t.Helper()
			if got := slices.Collect(object.Names()); !slices.Equal(got, want) || object.Len() != len(want) {
				t.Fatalf("%d members, %s: %v, want %v", size, what, got, want)
			}
			for _, name := range want {
				if value, ok := object.Get(name); !ok || value != float64(2*slices.Index(want, name)) && what != "shortened" {
					t.Fatalf("%d members, %s: %s is %v %v", size, what, name, value, ok)
				}
			}
			if _, ok := object.Get("none"); ok || object.Has("none") {
				t.Fatalf("%d members, %s: there is a member that nobody set", size, what)
			}
		}
		check("built", object, want)
		check("decoded", decode(t, encode(t, object)).(*jsonvalue.Object), want)
		clone := object.Clone()
		clone.Set("more", 1.0)
		clone.Delete("none")
		if size > 0 {
			clone.Delete(want[0])
			check("shortened", clone, append(slices.Clone(want[1:]), "more"))
		}
		check("cloned", object, want)
	}
}

func TestNoObjectHasNoMembers(t *testing.T) {
	var none *jsonvalue.Object
	if _, ok := none.Get("a"); ok || none.Len() != 0 || none.Clone().Len() != 0 || encode(t, none) != "{}" {
		t.Error("a nil object has a member")
	}
	for name := range none.All() {
		t.Error(name)
	}
}

func TestEqualGoesByWhatValuesAre(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{`1`, `1.0`, true}, {`100`, `1e2`, true}, {`1e2`, `1E2`, true}, {`-0`, `0`, true}, {`0.0`, `-0.0`, true}, {`1`, `2.0`, false},
		{`12345678901234567890`, `12345678901234567891`, false}, {`12345678901234567890`, `12345678901234567000`, false},
		{`12345678901234567890`, `12345678901234567890`, true}, {`12345678901234567890`, `1.234567890123456789e19`, true},
		{`1e400`, `1e400`, true}, {`1`, `"1"`, false}, {`1.0`, `"1.0"`, false}, {`null`, `null`, true}, {`null`, `false`, false},
		{`null`, `{}`, false}, {`"a"`, `[]`, false}, {`[]`, `{}`, false}, {`{}`, `[]`, false}, {`"a"`, `"a"`, true},
		{`{"a":1,"b":[1.0]}`, `{"b":[1],"a":1}`, true}, {`{"a":1}`, `{"a":1,"b":1}`, false}, {`{"a":1}`, `{"b":1}`, false},
		{`[1,2]`, `[2,1]`, false}, {`[1]`, `[1,2]`, false},
	} {
		a, b := decode(t, row.a), decode(t, row.b)
		if jsonvalue.Equal(a, b) != row.want || jsonvalue.Equal(b, a) != row.want {
			t.Errorf("%s and %s: %v", row.a, row.b, !row.want)
		}
	}
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]string{
		"null": "null", "true": "boolean", "1": "number", "1.0": "number", `""`: "string", "[]": "array", "{}": "object",
	} {
		if got := jsonvalue.KindOf(decode(t, text)); got != want {
			t.Errorf("%s is %s", text, got)
		}
	}
}

func TestValuesOfEncodingJSONAreTakenOverAndMadeAgain(t *testing.T) {
	from := map[string]any{"z": json.Number("1.0"), "a": []any{map[string]any{"n": 1, "b": nil}, "x"}, "m": 2.5}
	if got := encode(t, jsonvalue.Of(from)); got != `{"a":[{"b":null,"n":1},"x"],"m":2.5,"z":1.0}` {
		t.Error(got)
	}
	plain, err := json.Marshal(jsonvalue.Plain(decode(t, `{"z":[1e2,{"b":1.0,"a":null}],"a":"x","big":1e999}`)))
	if err != nil || string(plain) != `{"a":"x","big":1.7976931348623157e+308,"z":[100,{"a":null,"b":1}]}` {
		t.Errorf("%s %v", plain, err)
	}
}

func TestAnObjectIsAMemberOfAStruct(t *testing.T) {
	var s struct{ Detail *jsonvalue.Object }
	if err := json.Unmarshal([]byte(`{"Detail":{"z":1.0,"a":[]}}`), &s); err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(s); err != nil || string(text) != `{"Detail":{"z":1.0,"a":[]}}` {
		t.Errorf("%s %v", text, err)
	}
	if err := json.Unmarshal([]byte(`{"Detail":[1]}`), &s); err == nil || !strings.Contains(err.Error(), "expected an object, not array") {
		t.Error(err)
	}
}
