package jsonvalue_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// documents are as users' are: one of a line, one of many alike, one of many members.
func documents() map[string][]byte {
	many, wide := make([]string, 1000), make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf(`{"id":%d,"name":"item %d","price":%d.25,"tags":["a","b"],"ok":true,"text":"a text with an \u00e9 and a \n","in":{"x":null,"y":[1,2,3]}}`, i, i, i)
		wide[i] = fmt.Sprintf(`"member %d":"value %d"`, i, i)
	}
	return map[string][]byte{
		"Line": []byte(`{"user":{"id":"u-1","name":"Ada","age":36},"roles":["admin","dev"],"total":12.5,"note":null}`),
		"Many": []byte("[" + strings.Join(many, ",") + "]"),
		"Wide": []byte("{" + strings.Join(wide, ",") + "}"),
	}
}

// BenchmarkDecode shows that values that keep order and text cost no more than those that do not.
func BenchmarkDecode(b *testing.B) {
	compare(b, func(text []byte) func() error {
		return func() error { _, err := jsonvalue.Decode(text); return err }
	}, func(text []byte) func() error {
		return func() error { var value any; return json.Unmarshal(text, &value) }
	})
}

func BenchmarkEncode(b *testing.B) {
	compare(b, func(text []byte) func() error {
		value, err := jsonvalue.Decode(text)
		if err != nil {
			b.Fatal(err)
		}
		return func() error { _, err := jsonvalue.Encode(value); return err }
	}, func(text []byte) func() error {
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			b.Fatal(err)
		}
		return func() error { _, err := json.Marshal(value); return err }
	})
}

func compare(b *testing.B, ours, standard func(text []byte) func() error) {
	for name, text := range documents() {
		for by, run := range map[string]func() error{"jsonvalue": ours(text), "encodingjson": standard(text)} {
			b.Run(name+"/"+by, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if err := run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
