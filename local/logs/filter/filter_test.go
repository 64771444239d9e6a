package filter

import (
	"strings"
	"testing"
)

func TestPatternsOfTerms(t *testing.T) {
	for _, tt := range []struct {
		name, pattern, message string
		matches                bool
	}{
		{"nothing is asked for", "  ", "anything", true},
		{"a term that is there", "ERROR", "[ERROR] no such table", true},
		{"a term in another case", "error", "[ERROR] no such table", false},
		{"all terms in any order", "table ERROR", "[ERROR] no such table", true},
		{"one of the terms is not there", "ERROR queue", "[ERROR] no such table", false},
		{"one of the optional terms", "?WARN ?ERROR", "[ERROR] no such table", true},
		{"none of the optional terms", "?WARN ?FATAL", "[ERROR] no such table", false},
		{"an excluded term", "ERROR -table", "[ERROR] no such table", false},
		{"an excluded term that is not there", "ERROR -queue", "[ERROR] no such table", true},
		{"optional terms beside a required one count for nothing", "ERROR ?queue", "[ERROR] no such table", true},
		{"a quoted phrase", `"no such"`, "[ERROR] no such table", true},
		{"a quoted phrase in another order", `"such no"`, "[ERROR] no such table", false},
		{"an escaped quote", `"\"id\""`, `{"id": 7}`, true},
		{"an excluded phrase", `ERROR -"no such"`, "[ERROR] no such table", false},
		{"a regular expression", `%4\d\d%`, "GET / 404", true},
		{"a regular expression that does not match", `%5\d\d%`, "GET / 404", false},
	} {
		t.Run(tt.name, func(t *testing.T) { check(t, tt.pattern, tt.message, tt.matches) })
	}
}

func check(t *testing.T, pattern, message string, want bool) {
	t.Helper()
	p, err := Parse(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Matches(message); got != want {
		t.Errorf("%s matches %s: %t", pattern, message, got)
	}
}

func TestPatternsOfJSONEvents(t *testing.T) {
	const event = `{"level":"ERROR","n":12,"ok":true,"bad":false,"none":null,"user":{"name":"Ann Lee","ids":[7,{"x-y":"z"}]},"ip":"10.1.2.3","text":"12"}`
	for _, tt := range []struct {
		name, pattern string
		matches       bool
	}{
		{"equal text", `{ $.level = "ERROR" }`, true},
		{"equal text without quotes", `{ $.level = ERROR }`, true},
		{"other text", `{ $.level = "WARN" }`, false},
		{"not equal", `{ $.level != "WARN" }`, true},
		{"not equal of what is not there", `{ $.missing != "WARN" }`, false},
		{"a number", `{ $.n = 12 }`, true},
		{"a number in another form", `{ $.n = 1.2e1 }`, true},
		{"a text is no number", `{ $.text > 1 }`, false},
		{"less", `{ $.n < 12.5 }`, true},
		{"not less", `{ $.n < 12 }`, false},
		{"at most", `{ $.n <= 12 }`, true},
		{"more", `{ $.n > 12 }`, false},
		{"at least", `{ $.n >= 12 }`, true},
		{"a wildcard", `{ $.ip = "10.*.3" }`, true},
		{"a wildcard that needs more", `{ $.ip = "10.*.4" }`, false},
		{"a wildcard is no part twice", `{ $.level = "ERROR*R" }`, false},
		{"a regular expression", `{ $.level = %^ERR|WARN% }`, true},
		{"a member of a member", `{ $.user.name = "Ann Lee" }`, true},
		{"an item", `{ $.user.ids[0] = 7 }`, true},
		{"a member in brackets", `{ $.user.ids[1]['x-y'] = "z" }`, true},
		{"an item that is not there", `{ $.user.ids[2] = 7 }`, false},
		{"an object is no text", `{ $.user = "x" }`, false},
		{"null", `{ $.none IS NULL }`, true},
		{"no null", `{ $.level IS NULL }`, false},
		{"true", `{ $.ok IS TRUE }`, true},
		{"not true", `{ $.bad IS TRUE }`, false},
		{"false", `{ $.bad IS FALSE }`, true},
		{"not there", `{ $.missing NOT EXISTS }`, true},
		{"there", `{ $.none NOT EXISTS }`, false},
		{"and", `{ $.n = 12 && $.ok IS TRUE }`, true},
		{"and with one that does not hold", `{ $.n = 12 && $.ok IS FALSE }`, false},
		{"or", `{ $.n = 1 || $.ok IS TRUE }`, true},
		{"and binds closer than or", `{ $.n = 12 || $.n = 1 && $.ok IS FALSE }`, true},
		{"parentheses", `{ ($.n = 12 || $.n = 1) && $.ok IS FALSE }`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, tt.pattern, event, tt.matches)
			check(t, tt.pattern, "no JSON: "+event, false)
		})
	}
}

func TestPatternsOfFields(t *testing.T) {
	const event = `127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
	for _, tt := range []struct {
		name, pattern string
		matches       bool
	}{
		{"as many fields", `[ip, id, user, timestamp, request, status, bytes]`, true},
		{"no fields, of an event with some", `[]`, false},
		{"fewer fields", `[ip, id, user]`, false},
		{"the rest does not matter", `[ip, ...]`, true},
		{"fields from the end", `[..., status = 404, bytes]`, true},
		{"an ellipsis in the middle", `[ip, ..., bytes > 1000]`, true},
		{"an ellipsis that has too few fields left", `[a, b, c, d, e, ..., f, g, h]`, false},
		{"a wildcard", `[ip, id, user, timestamp, request = *html*, status = 4*, bytes]`, true},
		{"another status", `[..., status = 5*, bytes]`, false},
		{"one condition or another", `[..., status = 5* || status = 404, bytes]`, true},
		{"one condition and another", `[..., bytes > 1000 && bytes < 1500]`, false},
		{"a regular expression", `[ip = %^127\.0%, ...]`, true},
		{"quotes", `[..., request = "GET /index.html HTTP/1.0", status, bytes]`, true},
		{"not equal", `[ip != 127.0.0.1, ...]`, false},
	} {
		t.Run(tt.name, func(t *testing.T) { check(t, tt.pattern, event, tt.matches) })
	}
}

func TestAPatternThatIsNoneIsRefused(t *testing.T) {
	for pattern, why := range map[string]string{
		`a(b`:                               "must be within double quotes",
		`"open`:                             "no closing quote",
		`"open\`:                            "no closing quote",
		`%open`:                             "no closing %",
		`%(%`:                               "regular expression",
		`?`:                                 "term is missing",
		`a - b`:                             "term is missing",
		`{ $.a = 1`:                         "must end with }",
		`{ a = 1 }`:                         "expected a selector",
		`{ $ = 1 }`:                         "expected a selector",
		`{ $.a }`:                           "expected one of",
		`{ $.a = }`:                         "no right side",
		`{ $.a < "x" }`:                     "needs a number",
		`{ ($.a = 1 }`:                      "not closed",
		`{ $.a = 1 $.b = 2 }`:               "behind the condition",
		`{ $.a = 1 && }`:                    "expected a selector",
		`{ $.a[99999999999999999999] = 1 }`: "too large",
		`[a, b`:                             "must end with ]",
		`[a, , b]`:                          "name of a field",
		`[..., a, ...]`:                     "one ellipsis only",
		`[a = 1 || b = 2]`:                  "must be about a",
		`[a = 1 & 2]`:                       "behind the condition",
		strings.Repeat("x", 1025):           "1025 characters",
		"{" + strings.Repeat("(", 60) + "}": "nested",
	} {
		if _, err := Parse(pattern); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", pattern, err, why)
		}
	}
}

func FuzzAPatternNeverPanics(f *testing.F) {
	for _, seed := range []string{`{ $.a = "x*" && ($.b >= 1 || $.c IS NULL) }`, `[a, ..., b = 4* && b > 1]`, `?a -"b" %c%`} {
		f.Add(seed, `{"a":"xy","b":2}`)
	}
	f.Fuzz(func(t *testing.T, pattern, message string) {
		if p, err := Parse(pattern); err == nil {
			p.Matches(message)
		}
	})
}
