package events

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

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
			p, err := compilePattern([]byte(row.pattern))
			if err != nil {
				t.Fatal(err)
			}
			if got := p.matches(objectNode(decodeJSON([]byte(sample)).(map[string]any))); got != row.want {
				t.Errorf("decoded event: got %v", got)
			}
			var e cloud.Event
			if err := json.Unmarshal([]byte(sample), &e); err != nil {
				t.Fatal(err)
			}
			s := New(cloud.New(cloud.Site{}))
			if got := p.matches(s.newEvent(e)); got != row.want {
				t.Errorf("event on the bus: got %v", got)
			}
		})
	}
}

func TestInvalidPatternsAreRefused(t *testing.T) {
	for _, row := range []struct{ name, pattern, want string }{
		{"not JSON", `{"source":`, "not valid JSON"},
		{"not an object", `["source"]`, "must be an object"},
		{"empty", `{}`, "empty objects"},
		{"empty object inside", `{"detail":{}}`, `"detail"`},
		{"empty list", `{"detail":{"a":[]}}`, `"detail.a"`},
		{"a bare value", `{"source":"aws.s3"}`, `"source" must be an object or a list`},
		{"a list in a list", `{"source":[["aws.s3"]]}`, "may not hold lists"},
		{"unknown operator", `{"source":[{"contains":"x"}]}`, `unrecognized match type "contains"`},
		{"two operators", `{"source":[{"prefix":"x","suffix":"y"}]}`, "one field"},
		{"prefix of a number", `{"source":[{"prefix":1}]}`, `"prefix"`},
		{"consecutive stars", `{"source":[{"wildcard":"a**b"}]}`, "consecutive"},
		{"bad escape", `{"source":[{"wildcard":"a\\b"}]}`, "escape"},
		{"numeric operator", `{"a":[{"numeric":["!=",1]}]}`, "unrecognized operator"},
		{"numeric range the wrong way", `{"a":[{"numeric":[">",5,"<",1]}]}`, "range"},
		{"number out of bounds", `{"a":[{"numeric":["<",1e10]}]}`, "5.0e9"},
		{"cidr", `{"a":[{"cidr":"10.0.0.0"}]}`, "address block"},
		{"exists", `{"a":[{"exists":"no"}]}`, `"exists"`},
		{"anything-but nothing", `{"a":[{"anything-but":[]}]}`, "empty"},
		{"anything-but a boolean", `{"a":[{"anything-but":true}]}`, "strings and numbers"},
		{"anything-but exists", `{"a":[{"anything-but":{"exists":true}}]}`, "anything-but"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := compilePattern([]byte(row.pattern)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("want an error with %q, got %v", row.want, err)
			}
		})
	}
}
