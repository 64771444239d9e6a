package items

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// What a JSON file gives, item by item, is what the document as a whole holds.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{`[1,{"a":2.0}]`, `{"a":1,"b":[]}`, `{"a":[{"a":3}],"b":{}}`, `[[1],[2]]`, `[`, `1`, `{"a":1,"a":[2]}`, "[\"\xff\"]", `{"":[]}`} {
		f.Add(text, "/a")
		f.Add(text, "")
		f.Add(text, "/1")
	}
	f.Fuzz(func(t *testing.T, text, pointer string) {
		if pointer != "" && !strings.HasPrefix(pointer, "/") {
			return
		}
		var got []Item
		for item, err := range (Source{InputType: JSON, ItemsPointer: pointer}).Read(t.Context(), bucket{"k": text}, account, Place{Key: "k"}) {
			if err != nil {
				return // a broken document, or nothing there: what is in a sound one is compared below
			}
			got = append(got, item)
		}
		value, err := jsonvalue.Decode([]byte(text))
		if err != nil || hasTwice(value, text) {
			return // items before what is broken were read all the same
		}
		want, ok := pointed(value, pointer)
		if !ok {
			t.Fatalf("%d items where there is nothing", len(got))
		}
		switch want := want.(type) {
		case []any:
			if len(got) != len(want) {
				t.Fatalf("%d items, want %d", len(got), len(want))
			}
			for i, item := range want {
				if jsonvalue.Text(got[i].Value) != jsonvalue.Text(item) {
					t.Errorf("item %d is %s, want %s", i, jsonvalue.Text(got[i].Value), jsonvalue.Text(item))
				}
			}
		case *jsonvalue.Object:
			i := 0
			for name, member := range want.All() {
				if i >= len(got) || got[i].Key != name || jsonvalue.Text(got[i].Value) != jsonvalue.Text(member) {
					t.Fatalf("items %v, want those of %s", got, want)
				}
				i++
			}
		default:
			t.Fatalf("items of %s", jsonvalue.Text(want))
		}
	})
}

// hasTwice tells whether a name may be there twice: an object keeps one of them.
func hasTwice(value any, text string) bool {
	return strings.Count(text, ":") != strings.Count(jsonvalue.Text(value), ":")
}

// pointed follows a JSON Pointer.
func pointed(value any, pointer string) (any, bool) {
	if pointer == "" {
		return value, true
	}
	for _, name := range strings.Split(pointer, "/")[1:] {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		switch in := value.(type) {
		case *jsonvalue.Object:
			member, ok := in.Get(name)
			if !ok {
				return nil, false
			}
			value = member
		case []any:
			found := false
			for i, item := range in {
				if name == jsonvalue.Text(float64(i)) {
					value, found = item, true
				}
			}
			if !found {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return value, true
}

// A row that was written with quotation marks is read as it was.
func FuzzRows(f *testing.F) {
	f.Add("1", "2", "a,b\n1,2\n")
	f.Add(`say "hi"`, "x\ny", "a,\"b")
	f.Add(`C:\x`, " ", "a\\\n\"\"\"\n")
	f.Fuzz(func(t *testing.T, a, b, text string) {
		for _, err := range (Source{InputType: CSV}).Read(t.Context(), bucket{"k": text}, account, Place{Key: "k"}) {
			if err != nil {
				break // whatever it is, it is a fault
			}
		}
		written := "a,b\n" + quotedField(a) + "," + quotedField(b)
		got, cause := read(t, Source{InputType: CSV}, bucket{"k": written}, Place{Key: "k"})
		row := jsonvalue.NewObject(2).Set("a", readBack(a)).Set("b", readBack(b))
		if want := jsonvalue.Text(row) + "\n"; got != want || cause != "" {
			t.Errorf("%q was read as %s%s, want %s", written, got, cause, want)
		}
	})
}

func quotedField(s string) string {
	return `"` + strings.NewReplacer(`"`, `""`, `\`, `\\`).Replace(s) + `"`
}

// readBack is a field as it is read: lines end in \n.
func readBack(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD")
}
