package document

import (
	"encoding/json"
	"strings"
	"testing"
)

const sample = ` {"id":"evt_1", "n": 12345678901234567890.10, "a~b/c":{"":[1, "x\"y\\", {"deep":true}]}, "z":null,"ü":"\u00fc" } ` + "\r\n"

func TestPartsAreFoundByTheirPointers(t *testing.T) {
	for pointer, want := range map[string]string{
		"/id": `"evt_1"`, "/n": "12345678901234567890.10", "/a~0b~1c//1": `"x\"y\\"`, "/a~0b~1c//2/deep": "true", "/z": "null", "/ü": `"\u00fc"`,
		"/a~0b~1c//2": `{"deep":true}`, "/a~0b~1c/": `[1, "x\"y\\", {"deep":true}]`, "": strings.TrimSpace(sample),
		"/ID": "", "/id/x": "", "/a~0b~1c//3": "", "/a~0b~1c//01": "", "/a~0b~1c//-": "", "id": "", "/~2": "", "/~": "",
	} {
		value, ok := Find([]byte(sample), pointer)
		if string(value.Text) != want || ok != (want != "") || ok && sample[value.Start:value.End] != want {
			t.Errorf("%q: %q", pointer, value.Text)
		}
	}
}

func TestAPartsTextIsWhatItSays(t *testing.T) {
	for pointer, want := range map[string]string{"/id": "evt_1", "/n": "12345678901234567890.10", "/a~0b~1c//1": `x"y\`, "/a~0b~1c//2/deep": "true", "/z": "", "/a~0b~1c": "", "/ü": "ü", "/none": ""} {
		value, _ := Find([]byte(sample), pointer)
		if got := value.String(); got != want {
			t.Errorf("%s: %q", pointer, got)
		}
	}
}

func TestWhatEverybodyDoesNotReadAlikeIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		sample: "", `{}`: "", `{"a":{"a":1},"b":[{"a":1},{"a":2}]}`: "",
		"":                         "ends too early",
		"{":                        "ends too early",
		`{"a":"`:                   "ends too early",
		`[]`:                       "not a JSON object",
		`"a"`:                      "not a JSON object",
		`1`:                        "not a JSON object",
		`null`:                     "not a JSON object",
		`{}{}`:                     "after its end",
		`{} x`:                     "after its end",
		`{"a":1,"a":1}`:            `member "a" twice`,
		`{"b":{"\u0061":1,"a":2}}`: `member "a" twice`,
		`{"a":1,}`:                 "not JSON",
		`{'a':1}`:                  "not JSON",
		`{"a":01}`:                 "not JSON",
		`{"a":NaN}`:                "not JSON",
		"{\"a\":\"\x00\"}":         "not JSON",
		"{\"a\":\"\xff\"}":         "not UTF-8",
		"\ufeff{}":                 "not JSON",
		strings.Repeat(`{"a":`, MaxDepth) + "1" + strings.Repeat("}", MaxDepth):     "",
		strings.Repeat(`{"a":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+1): "nested more than",
		strings.Repeat(`[`, 1_000_000):                                              "nested more than",
	} {
		err := Check([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

func TestWhatIsReplacedIsAllThatChanges(t *testing.T) {
	for _, row := range []struct {
		pointers []string
		want     string
	}{
		{nil, sample},
		{[]string{"/none", "/n/x"}, sample},
		{[]string{"/n"}, strings.Replace(sample, "12345678901234567890.10", "null", 1)},
		{[]string{"/id", "/a~0b~1c//1"}, strings.NewReplacer(`"evt_1"`, "null", `"x\"y\\"`, "null").Replace(sample)},
		{[]string{"/a~0b~1c", "/a~0b~1c//1"}, strings.Replace(sample, `{"":[1, "x\"y\\", {"deep":true}]}`, "null", 1)},
		{[]string{"/a~0b~1c//1", "/a~0b~1c"}, strings.Replace(sample, `{"":[1, "x\"y\\", {"deep":true}]}`, "null", 1)},
	} {
		before := []byte(sample)
		if got := string(Replace(before, row.pointers, "null")); got != row.want || string(before) != sample {
			t.Errorf("%q: %s", row.pointers, got)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, text := range []string{sample, `{"a":1,"a":2}`, `{"a":"\\\""}`, `[{}]`, `{"a":[1,2,{"b":-1.5e300}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := Check(text); err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatal("what is not JSON is found sound")
		}
		_ = walk(text, func(path []string, value Value) {
			if !json.Valid(value.Text) {
				t.Fatalf("%q at %q is no value", value.Text, path)
			}
		})
		var members map[string]json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		for name, want := range members {
			pointer := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
			if got, ok := Find(text, pointer); !ok || string(got.Text) != string(want) {
				t.Fatalf("%s is %q, found is %q", pointer, want, got.Text)
			}
			if cut := Replace(text, []string{pointer}, "null"); Check(cut) != nil || len(cut) != len(text)-len(want)+len("null") {
				t.Fatalf("without %s it is %q", pointer, cut)
			}
		}
	})
}
