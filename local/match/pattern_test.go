package match_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/match"
)

// wide is a dialect that allows all there is, and narrow one that allows little.
var (
	wide   = match.Dialect{MaxNumber: 5e9, Folding: true, Negatable: []string{"prefix", "suffix", "equals-ignore-case", "wildcard"}, Lists: true}
	narrow = match.Dialect{MaxNumber: 1e9, Negatable: []string{"prefix"}}
)

func decode(t *testing.T, text string) match.Object {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var object match.Object
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	return object
}

// sample is an event with everything that patterns look at.
const sample = `{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3","account":"111122223333",
	"time":"2026-11-21T10:00:00Z","region":"eu-central-1","resources":["arn:aws:s3:::landing","arn:aws:s3:::other"],
	"detail":{"bucket":{"name":"landing"},"object":{"key":"inbox/acme/Orders.XML","size":1500},"reason":"PutObject",
	"ip":"10.0.1.7","ip6":"2001:db8::7","flag":true,"nothing":null,"empty":"","list":["a","b"],"none":[],
	"numbers":[1,-2.5,3e2],"items":[{"id":1,"color":"red"},{"id":2,"color":"blue"}]}}`

func TestPatternsMatchAsDocumented(t *testing.T) {
	for _, row := range []struct {
		name, pattern string
		want          bool
	}{
		{"exact", `{"source":["aws.s3"]}`, true},
		{"exact, one of several", `{"source":["aws.ec2","aws.s3"]}`, true},
		{"exact, another case", `{"source":["AWS.S3"]}`, false},
		{"two fields must both match", `{"source":["aws.s3"],"region":["us-east-1"]}`, false},
		{"a nested field", `{"detail":{"bucket":{"name":["landing"]}}}`, true},
		{"an absent field", `{"detail":{"bucket":{"owner":["x"]}}}`, false},
		{"an object where a leaf is asked for", `{"detail":{"bucket":["landing"]}}`, false},
		{"a leaf where an object is asked for", `{"detail":{"reason":{"x":["y"]}}}`, false},
		{"a list holds the value", `{"resources":["arn:aws:s3:::other"]}`, true},
		{"a list does not hold it", `{"resources":["arn:aws:s3:::third"]}`, false},
		{"a list in the detail", `{"detail":{"list":["b","z"]}}`, true},
		{"true", `{"detail":{"flag":[true]}}`, true},
		{"true is not a string", `{"detail":{"flag":["true"]}}`, false},
		{"null", `{"detail":{"nothing":[null]}}`, true},
		{"null is not absent", `{"detail":{"missing":[null]}}`, false},
		{"the empty string", `{"detail":{"empty":[""]}}`, true},
		{"a number in another notation", `{"detail":{"numbers":[300.0]}}`, true},
		{"a number is not a string", `{"detail":{"object":{"size":["1500"]}}}`, false},
		{"prefix", `{"detail":{"object":{"key":[{"prefix":"inbox/"}]}}}`, true},
		{"prefix, elsewhere", `{"detail":{"object":{"key":[{"prefix":"acme/"}]}}}`, false},
		{"prefix of a number", `{"detail":{"object":{"size":[{"prefix":"15"}]}}}`, false},
		{"prefix, any case", `{"detail":{"object":{"key":[{"prefix":{"equals-ignore-case":"INBOX/"}}]}}}`, true},
		{"suffix", `{"detail":{"object":{"key":[{"suffix":".XML"}]}}}`, true},
		{"suffix, another case", `{"detail":{"object":{"key":[{"suffix":".xml"}]}}}`, false},
		{"suffix, any case", `{"detail":{"object":{"key":[{"suffix":{"equals-ignore-case":".xml"}}]}}}`, true},
		{"equals-ignore-case", `{"detail":{"reason":[{"equals-ignore-case":"PUTOBJECT"}]}}`, true},
		{"wildcard", `{"detail":{"object":{"key":[{"wildcard":"inbox/*/*.XML"}]}}}`, true},
		{"wildcard around nothing", `{"detail":{"reason":[{"wildcard":"*PutObject*"}]}}`, true},
		{"wildcard may not share characters", `{"detail":{"reason":[{"wildcard":"PutOb*bject"}]}}`, false},
		{"wildcard with an escaped star", `{"detail":{"reason":[{"wildcard":"Put\\*"}]}}`, false},
		{"anything-but", `{"detail":{"reason":[{"anything-but":"CopyObject"}]}}`, true},
		{"anything-but the value", `{"detail":{"reason":[{"anything-but":"PutObject"}]}}`, false},
		{"anything-but a list", `{"detail":{"reason":[{"anything-but":["PutObject","POST Object"]}]}}`, false},
		{"anything-but numbers", `{"detail":{"object":{"size":[{"anything-but":[1,2]}]}}}`, true},
		{"anything-but of an absent field", `{"detail":{"missing":[{"anything-but":"x"}]}}`, false},
		{"anything-but prefix", `{"detail":{"object":{"key":[{"anything-but":{"prefix":"outbox/"}}]}}}`, true},
		{"anything-but suffix", `{"detail":{"object":{"key":[{"anything-but":{"suffix":".XML"}}]}}}`, false},
		{"anything-but suffixes", `{"detail":{"object":{"key":[{"anything-but":{"suffix":[".part",".tmp"]}}]}}}`, true},
		{"anything-but, any case", `{"detail":{"reason":[{"anything-but":{"equals-ignore-case":["putobject"]}}]}}`, false},
		{"anything-but wildcard", `{"detail":{"object":{"key":[{"anything-but":{"wildcard":"*/acme/*"}}]}}}`, false},
		{"numeric", `{"detail":{"object":{"size":[{"numeric":["=",1500]}]}}}`, true},
		{"numeric range", `{"detail":{"object":{"size":[{"numeric":[">",0,"<=",1500]}]}}}`, true},
		{"numeric, out of range", `{"detail":{"object":{"size":[{"numeric":[">=",0,"<",1500]}]}}}`, false},
		{"numeric of a list", `{"detail":{"numbers":[{"numeric":["<",-2]}]}}`, true},
		{"cidr", `{"detail":{"ip":[{"cidr":"10.0.0.0/16"}]}}`, true},
		{"cidr, outside", `{"detail":{"ip":[{"cidr":"10.0.0.0/24"}]}}`, false},
		{"cidr of IPv6", `{"detail":{"ip6":[{"cidr":"2001:db8::/32"}]}}`, true},
		{"exists", `{"detail":{"nothing":[{"exists":true}]}}`, true},
		{"exists, absent", `{"detail":{"missing":[{"exists":true}]}}`, false},
		{"exists looks at leaves only", `{"detail":{"bucket":[{"exists":true}]}}`, false},
		{"does not exist", `{"detail":{"missing":[{"exists":false}]}}`, true},
		{"does not exist, below an absent object", `{"detail":{"missing":{"deep":[{"exists":false}]}}}`, true},
		{"does not exist, but does", `{"detail":{"reason":[{"exists":false}]}}`, false},
		{"an empty list does not exist", `{"detail":{"none":[{"exists":false}]}}`, true},
		{"absent or a value", `{"detail":{"reason":[{"exists":false},"PutObject"]}}`, true},
		{"$or, second holds", `{"$or":[{"source":["x"]},{"region":["eu-central-1"]}]}`, true},
		{"$or, none holds", `{"$or":[{"source":["x"]},{"region":["y"]}]}`, false},
		{"$or and a field", `{"source":["x"],"$or":[{"source":["aws.s3"]},{"region":["y"]}]}`, false},
		{"$or within the detail", `{"detail":{"$or":[{"reason":["x"]},{"object":{"size":[{"numeric":[">",1000]}]}}]}}`, true},
		{"fields of one element", `{"detail":{"items":{"id":[2],"color":["blue"]}}}`, true},
		{"fields of different elements", `{"detail":{"items":{"id":[1],"color":["blue"]}}}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := wide.Compile([]byte(row.pattern))
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Matches(decode(t, sample)); got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestInvalidPatternsAreRefused(t *testing.T) {
	for _, row := range []struct{ name, pattern, want string }{
		{"not JSON", `{"source":`, "not valid JSON"},
		{"not an object", `["source"]`, "Filter is not an object"},
		{"empty", `{}`, "Empty objects are not allowed"},
		{"empty object inside", `{"detail":{}}`, `Empty objects are not allowed, at "detail"`},
		{"empty list", `{"detail":{"a":[]}}`, `Empty arrays are not allowed, at "detail.a"`},
		{"a bare value", `{"source":"aws.s3"}`, `"source" must be an object or an array`},
		{"a list in a list", `{"source":[["aws.s3"]]}`, "Match value must be String, number, true, false, or null"},
		{"unknown operator", `{"source":[{"contains":"x"}]}`, "Unrecognized match type contains"},
		{"two operators", `{"source":[{"prefix":"x","suffix":"y"}]}`, "Only one key allowed in match expression"},
		{"prefix of a number", `{"source":[{"prefix":1}]}`, "prefix match pattern must be a string"},
		{"suffix of a list", `{"source":[{"suffix":["a"]}]}`, "suffix match pattern must be a string"},
		{"equals-ignore-case of a number", `{"source":[{"equals-ignore-case":1}]}`, "equals-ignore-case match pattern must be a string"},
		{"wildcard of a number", `{"source":[{"wildcard":1}]}`, "wildcard match pattern must be a string"},
		{"consecutive stars", `{"source":[{"wildcard":"a**b"}]}`, "Consecutive wildcard characters at pos 1"},
		{"bad escape", `{"source":[{"wildcard":"a\\b"}]}`, "Invalid escape character at pos 1"},
		{"exact number out of bounds", `{"a":[5000000001]}`, "Value must be between -5e+09 and 5e+09"},
		{"numeric of nothing", `{"a":[{"numeric":[]}]}`, "Invalid member in numeric match"},
		{"numeric without operator", `{"a":[{"numeric":[1]}]}`, "Invalid member in numeric match: 1"},
		{"numeric operator", `{"a":[{"numeric":["!=",1]}]}`, "Unrecognized numeric range operator: !="},
		{"numeric without number", `{"a":[{"numeric":["<"]}]}`, "Value of < must be numeric"},
		{"numeric of a string", `{"a":[{"numeric":["<","1"]}]}`, "Value of < must be numeric"},
		{"numeric range from above", `{"a":[{"numeric":["<",1,">",0]}]}`, "Too many elements in numeric expression"},
		{"numeric range with two lower ends", `{"a":[{"numeric":[">",1,">",2]}]}`, "Bad numeric range operator: >"},
		{"numeric range the wrong way", `{"a":[{"numeric":[">",5,"<",1]}]}`, "Bottom must be less than top"},
		{"numeric of three", `{"a":[{"numeric":[">",5,"<",6,"<",7]}]}`, "Too many terms in numeric range expression"},
		{"number out of bounds", `{"a":[{"numeric":["<",1e10]}]}`, "Value must be between"},
		{"cidr without bits", `{"a":[{"cidr":"10.0.0.0"}]}`, "Malformed CIDR, one '/' required"},
		{"cidr with a word", `{"a":[{"cidr":"10.0.0.0/x"}]}`, "Malformed CIDR, mask bits must be an integer"},
		{"cidr of no address", `{"a":[{"cidr":"10.0.0/8"}]}`, "Nonstandard IP address: 10.0.0"},
		{"exists", `{"a":[{"exists":"no"}]}`, "exists match pattern must be either true or false."},
		{"anything-but nothing", `{"a":[{"anything-but":[]}]}`, "Empty arrays are not allowed"},
		{"anything-but a boolean", `{"a":[{"anything-but":true}]}`, "only strings and numbers are supported"},
		{"anything-but exists", `{"a":[{"anything-but":{"exists":true}}]}`, "Unsupported anything-but pattern: exists"},
		{"anything-but two operators", `{"a":[{"anything-but":{"prefix":"a","suffix":"b"}}]}`, "Only one key allowed in match expression"},
		{"anything-but a number out of bounds", `{"a":[{"anything-but":1e10}]}`, "Value must be between"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := wide.Compile([]byte(row.pattern)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("want an error with %q, got %v", row.want, err)
			}
		})
	}
}

func TestADialectAllowsNoMoreThanItSays(t *testing.T) {
	for _, row := range []struct{ name, pattern, want string }{
		{"folding prefix", `{"a":[{"prefix":{"equals-ignore-case":"x"}}]}`, "prefix match pattern must be a string"},
		{"anything-but another operator", `{"a":[{"anything-but":{"suffix":"x"}}]}`, "Unsupported anything-but pattern: suffix"},
		{"anything-but a list of prefixes", `{"a":[{"anything-but":{"prefix":["x","y"]}}]}`, "prefix match pattern must be a string"},
		{"a number", `{"a":[1000000001]}`, "Value must be between -1e+09 and 1e+09"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := wide.Compile([]byte(row.pattern)); err != nil {
				t.Errorf("the wide dialect: %v", err)
			}
			if _, err := narrow.Compile([]byte(row.pattern)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("want an error with %q, got %v", row.want, err)
			}
		})
	}
}

func TestADialectMayAskForAValueWhereSomethingExists(t *testing.T) {
	valued := match.Dialect{Valued: true}
	for text, want := range map[string]bool{`{"a":"x"}`: true, `{"a":0}`: true, `{"a":false}`: true, `{"a":null}`: false, `{"a":""}`: false, `{"b":1}`: false} {
		p, err := valued.Compile([]byte(`{"a":[{"exists":true}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Matches(decode(t, text)); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}
