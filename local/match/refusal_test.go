package match_test

// This file refuses patterns.

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/match"
)

func TestInvalidPatternsAreRefused(t *testing.T) {
	for _, row := range []struct{ name, pattern, want string }{
		{"not JSON", `{"source":`, "Unexpected end-of-input"},
		{"not an object", `["source"]`, "Filter is not an object"},
		{"empty", `{}`, "Empty objects are not allowed"},
		{"empty object inside", `{"detail":{}}`, `Empty objects are not allowed`},
		{"empty list", `{"detail":{"a":[]}}`, `Empty arrays are not allowed`},
		{"a bare value", `{"source":"aws.s3"}`, `"source" must be an object or an array`},
		{"a list in a list", `{"source":[["aws.s3"]]}`, "Match value must be String, number, true, false, or null"},
		{"unknown operator", `{"source":[{"contains":"x"}]}`, "Unrecognized match type contains"},
		{"two operators", `{"source":[{"prefix":"x","suffix":"y"}]}`, "Only one key allowed in match expression"},
		{"prefix of a number", `{"source":[{"prefix":1}]}`, "prefix match pattern must be a string"},
		{"suffix of a list", `{"source":[{"suffix":["a"]}]}`, "suffix match pattern must be a string"},
		{"equals-ignore-case of a number", `{"source":[{"equals-ignore-case":1}]}`, "equals-ignore-case match pattern must be a string"},
		{"wildcard of a number", `{"source":[{"wildcard":1}]}`, "wildcard match pattern must be a string"},
		{"consecutive stars", `{"source":[{"wildcard":"a**b"}]}`, "Consecutive wildcard characters at pos 2"},
		{"bad escape", `{"source":[{"wildcard":"a\\b"}]}`, "Invalid escape character at pos 2"},
		{"numeric of nothing", `{"a":[{"numeric":[]}]}`, "Invalid member in numeric match: ]"},
		{"numeric without operator", `{"a":[{"numeric":[1]}]}`, "Invalid member in numeric match: 1"},
		{"numeric operator", `{"a":[{"numeric":["!=",1]}]}`, "Unrecognized numeric range operator: !="},
		{"numeric without number", `{"a":[{"numeric":["<"]}]}`, "Value of < must be numeric"},
		{"numeric of a string", `{"a":[{"numeric":["<","1"]}]}`, "Value of < must be numeric"},
		{"numeric range from above", `{"a":[{"numeric":["<",1,">",0]}]}`, "Too many elements in numeric expression"},
		{"numeric range with two lower ends", `{"a":[{"numeric":[">",1,">",2]}]}`, "Bad numeric range operator: >"},
		{"numeric range the wrong way", `{"a":[{"numeric":[">",5,"<",1]}]}`, "Bottom must be less than top"},
		{"numeric of three", `{"a":[{"numeric":[">",5,"<",6,"<",7]}]}`, "Too many terms in numeric range expression"},
		{"number out of bounds", `{"a":[{"numeric":["<",1e10]}]}`, "Value must be between -5.0E9 and 5.0E9, inclusive"},
		{"cidr without bits", `{"a":[{"cidr":"10.0.0.0"}]}`, "Malformed CIDR, one '/' required"},
		{"cidr with a word", `{"a":[{"cidr":"10.0.0.0/x"}]}`, "Malformed CIDR, mask bits must be an integer"},
		{"cidr of no address", `{"a":[{"cidr":"10.0.0/8"}]}`, "Nonstandard IP address: 10.0.0"},
		{"exists", `{"a":[{"exists":"no"}]}`, "exists match pattern must be either true or false."},
		{"anything-but nothing", `{"a":[{"anything-but":[]}]}`, "Inside anything but list, either all values are number or string, mixed type is not supported"},
		{"anything-but a boolean", `{"a":[{"anything-but":true}]}`, "Value of anything-but must be an array or single string/number value."},
		{"anything-but exists", `{"a":[{"anything-but":{"exists":true}}]}`, "Unsupported anything-but pattern: exists"},
		{"anything-but two operators", `{"a":[{"anything-but":{"prefix":"a","suffix":"b"}}]}`, "Too many elements in numeric expression"},
		{"anything-but text and numbers", `{"a":[{"anything-but":["x",1]}]}`, "mixed type is not supported"},
		{"anything-but null in a list", `{"a":[{"anything-but":["x",null]}]}`, "Inside anything but list, start|null|boolean is not supported."},
		{"anything-but the empty prefix", `{"a":[{"anything-but":{"prefix":""}}]}`, "Null prefix/suffix not allowed"},
		{"anything-but the empty suffix in a list", `{"a":[{"anything-but":{"suffix":["x",""]}}]}`, "Null prefix/suffix not allowed"},
		{"anything-but a number's prefix", `{"a":[{"anything-but":{"prefix":1}}]}`, "prefix/suffix match pattern must be a string"},
		{"anything-but a number in any case", `{"a":[{"anything-but":{"equals-ignore-case":1}}]}`, "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."},
		{"anything-but a folding prefix", `{"a":[{"anything-but":{"prefix":{"equals-ignore-case":"x"}}}]}`, "Value of anything-but must be an array or single string/number value."},
		{"anything-but no operator", `{"a":[{"anything-but":{}}]}`, "Anything-But expression name not found"},
		{"no operator", `{"a":[{}]}`, "Match expression name not found"},
		{"exactly a number", `{"a":[{"exactly":1}]}`, "exactly match pattern must be a string"},
		{"a prefix in another way", `{"a":[{"prefix":{"x":"y"}}]}`, "Unsupported prefix pattern: x"},
		{"a suffix in no way", `{"a":[{"suffix":{}}]}`, "Suffix expression name not found"},
		{"numeric of no list", `{"a":[{"numeric":1}]}`, "Value of numeric must be an array."},
		{"numeric equal to a text", `{"a":[{"numeric":["=","1"]}]}`, "Value of equals must be numeric"},
		{"numeric range without operator", `{"a":[{"numeric":[">",1,2]}]}`, "Bad value in numeric range: 2"},
		{"cidr of no text", `{"a":[{"cidr":1}]}`, "prefix match pattern must be a string"},
		{"cidr of one address", `{"a":[{"cidr":"10.0.0.1/32"}]}`, "IPv4 mask bits must be < 32"},
		{"cidr of one address of version 6", `{"a":[{"cidr":"::1/128"}]}`, "IPv6 mask bits must be < 128"},
		{"cidr with negative bits", `{"a":[{"cidr":"10.0.0.1/-1"}]}`, "Malformed CIDR, mask bits must not be negative"},
		{"wildcards that cost too much", `{"a":[{"wildcard":"*:*:*:*:*:event-bus/*"}]}`, "Rule is too complex - try using fewer wildcard characters"},
		{"$or of no list", `{"$or":"x"}`, "It must be an Array followed with $or."},
		{"$or of one object", `{"$or":[{"a":["x"]}]}`, "There must have at least 2 Objects in $or relationship."},
		{"$or of an object that is none", `{"$or":[{"a":["x"]},{"b":1}]}`, `"b" must be an object or an array`},
		{"$or of values", `{"$or":[{"a":["x"]},["b"]]}`, "Only JSON object is allowed in array of $or relationship."},
		{"$or with an operator's name", `{"$or":[{"a":["x"]},{"numeric":["x"]}]}`, "numeric is Ruler reserved fieldName which cannot be used inside $or."},
		{"anything-but a number out of bounds", `{"a":[{"anything-but":1e10}]}`, "Value must be between -5.0E9 and 5.0E9, inclusive"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := wide.Compile(row.pattern); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("want an error with %q, got %v", row.want, err)
			}
		})
	}
}

func TestARefusalTellsWhereThePatternIsWrong(t *testing.T) {
	long := `{"a":["` + strings.Repeat("x", 600) + `"],"b":1}`
	for _, row := range []struct{ name, pattern, want string }{
		{"behind a list", `{"resources": []}`, `Empty arrays are not allowed
 at [Source: (String)"{"resources": []}"; line: 1, column: 17]`},
		{"behind the quote of a text that nobody asked for", `{"a": "b"}`, `"a" must be an object or an array
 at [Source: (String)"{"a": "b"}"; line: 1, column: 8]`},
		{"behind the value of an unknown operator", `{"a": [{"like": true}]}`, `Unrecognized match type like
 at [Source: (String)"{"a": [{"like": true}]}"; line: 1, column: 21]`},
		{"twice within a list", `{"a":[{"anything-but":{"prefix":[1]}}]}`, `prefix/suffix match pattern must be a string
 at [Source: (String)"{"a":[{"anything-but":{"prefix":[1]}}]}"; line: 1, column: 35]
 at [Source: (String)"{"a":[{"anything-but":{"prefix":[1]}}]}"; line: 1, column: 35]`},
		{"nowhere for a block of addresses", `{"a":[{"cidr":"x"}]}`, `Malformed CIDR, one '/' required`},
		{"in another line", "{\n  \"ä𝒳\": 1}", "\"ä𝒳\" must be an object or an array\n at [Source: (String)\"{\n  \"ä𝒳\": 1}\"; line: 2, column: 11]"},
		{"of a long pattern", long, "\"b\" must be an object or an array\n at [Source: (String)\"" + long[:500] + "\"[truncated 116 chars]; line: 1, column: 616]"},
		{"a word", `{"a": yes}`, `Unrecognized token 'yes': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')
 at [Source: (String)"{"a": yes}"; line: 1, column: 10]`},
		{"other quotes", `{'a': []}`, `Unexpected character (''' (code 39)): was expecting double-quote to start field name
 at [Source: (String)"{'a': []}"; line: 1, column: 2]`},
		{"the other bracket", `{"a": ["b"}`, `Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)"{"a": ["b"}"; line: 1, column: 7])
 at [Source: (String)"{"a": ["b"}"; line: 1, column: 11]`},
		{"an escape", `{"a": ["\x"]}`, `Unrecognized character escape 'x' (code 120)
 at [Source: (String)"{"a": ["\x"]}"; line: 1, column: 10]`},
		{"no comma", `{"a": ["b" "c"]}`, `Unexpected character ('"' (code 34)): was expecting comma to separate Array entries
 at [Source: (String)"{"a": ["b" "c"]}"; line: 1, column: 12]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := wide.Compile(row.pattern); err == nil || err.Error() != row.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCombinationsOfAlternativesAreBounded(t *testing.T) {
	list := func(n int) string {
		objects := make([]string, n)
		for i := range objects {
			objects[i] = fmt.Sprintf(`{"f%d":[%d]}`, i, i)
		}
		return `"$or":[` + strings.Join(objects, ",") + `]`
	}
	if _, err := wide.Compile(`{` + list(50) + `,"a":{` + list(20) + `}}`); err != nil {
		t.Error("1000:", err)
	}
	if _, err := wide.Compile(`{` + list(91) + `,"a":{` + list(11) + `}}`); !errors.Is(err, match.ErrCombinations) {
		t.Error("1001:", err)
	}
}

func TestBranchesTellWhatAPatternHas(t *testing.T) {
	p, err := wide.Compile(`{"a":{"b":[1,2,{"wildcard":"x*y*"}]},"$or":[{"c":[{"anything-but":{"wildcard":["*","z"]}}]},{"d":[1]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[[{a.b 2 3 [2]} {c 1 1 [1 0]}] [{a.b 2 3 [2]} {d 1 1 []}]]`
	if got := fmt.Sprint(p.Branches()); got != want {
		t.Errorf("got %s", got)
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`{"source":["aws.s3"],"detail":{"$or":[{"a.b":[{"prefix":"x"}]},{"c":[{"numeric":[">",1,"<=",3e2]}]}]}}`,
		`{"detail":{"ip":[{"cidr":"10.0.0.0/8"}],"items":{"id":[2],"color":[{"exists":false},{"anything-but":{"wildcard":["*a*","b"]}}]}}}`,
		"{\"a\\u0041\": [\"\\\\\",\"ß\", null, true, {\"suffix\":{\"equals-ignore-case\":\"É\"}}]}",
	} {
		f.Add(seed)
	}
	data := decode(f, sample)
	f.Fuzz(func(t *testing.T, pattern string) {
		p, err := wide.Compile(pattern)
		if err != nil {
			if p != nil || err.Error() == "" {
				t.Errorf("a refusal without a reason, or with a pattern: %v", err)
			}
			return
		}
		if !strings.HasPrefix(strings.TrimLeft(pattern, " \t\r\n"), "{") {
			t.Error("a pattern that is no object was taken")
		}
		p.Matches(data)
	})
}
