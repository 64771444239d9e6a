package match_test

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/match"
)

// wide is a dialect that allows all there is, and narrow one that allows little.
var (
	wide   = match.Dialect{MaxNumber: 5e9, Folding: true, Negatable: []string{"prefix", "suffix", "equals-ignore-case", "wildcard"}, Lists: true, MaxComplexity: 10}
	narrow = match.Dialect{MaxNumber: 1e9, Negatable: []string{"prefix"}}
)

func decode(t testing.TB, text string) *jsonvalue.Object {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value.(*jsonvalue.Object)
}

// sample is an event with everything that patterns look at.
const sample = `{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3","account":"111122223333",
	"time":"2026-11-21T10:00:00Z","region":"eu-central-1","resources":["arn:aws:s3:::landing","arn:aws:s3:::other"],
	"detail":{"bucket":{"name":"landing"},"object":{"key":"inbox/acme/Orders.XML","size":1500},"reason":"PutObject",
	"ip":"10.0.1.7","ip6":"2001:db8::7","flag":true,"nothing":null,"empty":"","list":["a","b"],"none":[],
	"numbers":[1,-2.5,3e2],"account":123456789012,"v4":"010.0.1.7","mapped":"::ffff:a00:107","word":"Straße","dotted.name":{"x":1},"items":[{"id":1,"color":"red"},{"id":2,"color":"blue"}]}}`

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
		{"$or and a field", `{"source":["x"],"$or":[{"account":["111122223333"]},{"region":["y"]}]}`, false},
		{"$or within the detail", `{"detail":{"$or":[{"reason":["x"]},{"object":{"size":[{"numeric":[">",1000]}]}}]}}`, true},
		{"fields of one element", `{"detail":{"items":{"id":[2],"color":["blue"]}}}`, true},
		{"fields of different elements", `{"detail":{"items":{"id":[1],"color":["blue"]}}}`, false},
		{"names join by dots in the pattern", `{"detail.bucket":{"name":["landing"]}}`, true},
		{"names join by dots in the data", `{"detail":{"dotted":{"name":{"x":[1]}}}}`, true},
		{"a joined name is no other one", `{"detail":{"dotted":{"x":[1]}}}`, false},
		{"the last one of two fields with a path", `{"detail":{"reason":["x"]},"detail.reason":["PutObject"]}`, true},
		{"an alternative of $or replaces a field beside it", `{"detail":{"reason":["x"],"$or":[{"reason":["PutObject"]},{"flag":[false]}]}}`, true},
		{"a field behind $or replaces those in it", `{"detail":{"$or":[{"reason":["PutObject"]},{"flag":[true]}],"reason":["x"]}}`, false},
		{"$or in $or", `{"$or":[{"source":["x"]},{"region":["eu-central-1"],"$or":[{"account":["x"]},{"account":["111122223333"]}]}]}`, true},
		{"two lists of $or multiply", `{"$or":[{"source":["x"]},{"source":["aws.s3"]}],"detail":{"$or":[{"flag":[false]},{"reason":["x"]}]}}`, false},
		{"a $or of one object is a field", `{"$or":{"a":["x"]}}`, false},
		{"exactly", `{"detail":{"reason":[{"exactly":"PutObject"}]}}`, true},
		{"any case, letter by letter", `{"detail":{"word":[{"equals-ignore-case":"sTRAßE"}]}}`, true},
		{"any case, where one letter is two", `{"detail":{"word":[{"equals-ignore-case":"STRASSE"}]}}`, false},
		{"the empty prefix of a text", `{"detail":{"empty":[{"prefix":""}]}}`, true},
		{"the empty prefix of a number", `{"detail":{"object":{"size":[{"prefix":""}]}}}`, false},
		{"a number beyond comparing, as it was written", `{"detail":{"account":[123456789012]}}`, true},
		{"a number beyond comparing, in another notation", `{"detail":{"account":[1.23456789012e11]}}`, false},
		{"numeric of a number beyond comparing", `{"detail":{"account":[{"numeric":[">",0]}]}}`, false},
		{"anything-but a number in another notation", `{"detail":{"object":{"size":[{"anything-but":1.5e3}]}}}`, false},
		{"anything-but a number that is a text", `{"detail":{"reason":[{"anything-but":1500}]}}`, true},
		{"an address in another notation", `{"detail":{"v4":["10.0.1.7"]}}`, true},
		{"an address of version 6 that stands for one of version 4", `{"detail":{"mapped":[{"cidr":"10.0.0.0/8"}]}}`, true},
		{"an address of version 6, written out", `{"detail":{"ip6":["2001:0db8:0:0:0:0:0:0007"]}}`, true},
		{"a block of no address", `{"detail":{"reason":[{"cidr":"0.0.0.0/0"}]}}`, false},
		{"anything-but the empty wildcard", `{"detail":{"reason":[{"anything-but":{"wildcard":""}}]}}`, true},
		{"what does not exist in the element that the fields before chose", `{"detail":{"items":{"color":["red"],"size":[{"exists":false}]}}}`, true},
		{"what exists in another element, asked for before the field that chooses", `{"detail":{"items":{"color":[{"exists":false}],"id":[2]}}}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := wide.Compile(row.pattern)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Matches(decode(t, sample)); got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestADialectAllowsNoMoreThanItSays(t *testing.T) {
	for _, row := range []struct{ name, pattern, want string }{
		{"folding prefix", `{"a":[{"prefix":{"equals-ignore-case":"x"}}]}`, "prefix match pattern must be a string"},
		{"anything-but another operator", `{"a":[{"anything-but":{"suffix":"x"}}]}`, "Unsupported anything-but pattern: suffix"},
		{"anything-but a list of prefixes", `{"a":[{"anything-but":{"prefix":["x","y"]}}]}`, "prefix match pattern must be a string"},
		{"a number", `{"a":[{"numeric":["<",1000000001]}]}`, "Value must be between -1.0E9 and 1.0E9, inclusive"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := wide.Compile(row.pattern); err != nil {
				t.Errorf("the wide dialect: %v", err)
			}
			if _, err := narrow.Compile(row.pattern); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("want an error with %q, got %v", row.want, err)
			}
		})
	}
}

func TestADialectMayAskForAValueWhereSomethingExists(t *testing.T) {
	valued := match.Dialect{Valued: true}
	for text, want := range map[string]bool{`{"a":"x"}`: true, `{"a":0}`: true, `{"a":false}`: true, `{"a":null}`: false, `{"a":""}`: false, `{"b":1}`: false} {
		p, err := valued.Compile(`{"a":[{"exists":true}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Matches(decode(t, text)); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}
