package policies

import (
	"strings"
	"testing"
	"time"
)

// texts are all of up to n letters of an alphabet.
func texts(alphabet string, n int) []string {
	all, last := []string{""}, []string{""}
	for range n {
		var longer []string
		for _, text := range last {
			for _, letter := range alphabet {
				longer = append(longer, text+string(letter))
			}
		}
		all, last = append(all, longer...), longer
	}
	return all
}

// Whatever two patterns have in common is found, and nothing else: compared with
// trying all texts.
func TestPatternsOverlapIfATextMatchesBoth(t *testing.T) {
	patterns, tried := texts("ab*?", 4), texts("abc", 6)
	matches := map[string]map[string]bool{}
	for _, p := range patterns {
		matches[p] = map[string]bool{}
		for _, text := range tried {
			if Pattern(p).covers(Pattern(text)) { // a text without wildcards: an exact match
				matches[p][text] = true
			}
		}
	}
	for _, p := range patterns {
		for _, q := range patterns {
			want := false
			for text := range matches[p] {
				want = want || matches[q][text]
			}
			if got := Pattern(p).overlaps(Pattern(q)); got != want {
				t.Errorf("%q overlaps %q: %v, want %v", p, q, got, want)
			}
			if !Pattern(p).covers(Pattern(q)) {
				continue
			}
			for text := range matches[q] {
				if !matches[p][text] {
					t.Errorf("%q does not cover %q: there is %q", p, q, text)
				}
			}
		}
	}
}

func TestAPatternCoversWhatItHasMoreWildcardsThan(t *testing.T) {
	for p, covered := range map[Pattern][]Pattern{
		"*": {"", "*", "a", "iam:*", "?*?"}, "iam:*": {"iam:*", "iam:", "iam:c*", "iam:?", "iam:createuser"}, "iam:c*e*": {"iam:create*", "iam:c*ce"}, "a?": {"a?", "ab"},
	} {
		for _, q := range covered {
			if !p.covers(q) {
				t.Errorf("%s does not cover %s", p, q)
			}
		}
	}
	for p, not := range map[Pattern][]Pattern{"iam:*": {"*", "iam?", "i*:a"}, "a?": {"a*", "a", "abc"}, "iam:createuser": {"iam:create*", "iam:createuser?", "iam:createuse?"}, "": {"*", "?"}} {
		for _, q := range not {
			if p.covers(q) {
				t.Errorf("%s covers %s", p, q)
			}
		}
	}
}

// Whoever writes a policy chooses the patterns: they must not be able to keep
// the guard busy.
func TestHostilePatternsTakeNoTime(t *testing.T) {
	many := make([]string, 100)
	for i := range many {
		many[i] = "iam:CreateUser" + strings.Repeat("a*", i/90) + "b"
	}
	list, err := Patterns(many)
	if err != nil {
		t.Fatal(err)
	}
	statement := `{"Effect": "Allow", "Action": ["` + strings.Repeat("*a?", 3000) + `", "` + strings.Repeat(`*", "?`, 500) + `"], "Resource": "*"}`
	d, err := Parse(`{"Statement": [` + statement + `, {"Effect": "Deny", "Action": "` + strings.Repeat("*a", 5000) + `", "Resource": "*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	d.Grants(list)
	if took := time.Since(begin); took > time.Second {
		t.Errorf("took %v", took)
	}
}
