package regex

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"testing"
	"unicode/utf16"
)

// nodeCase is what Node finds by a pattern, and after an empty match no more: -1 for a group that is not part of it.
type nodeCase struct {
	Pattern, Flags, Text string
	Error                bool
	Matches              [][]int
}

func units(text string) []uint16 { return utf16.Encode([]rune(text)) }

// TestPatternsMatchAsInNode has cases that were made at random, and what Node 20 said of them.
func TestPatternsMatchAsInNode(t *testing.T) {
	file, err := os.Open("testdata/node.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, n := bufio.NewScanner(file), 0
	for lines.Scan() {
		var c nodeCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		compiled, err := Compile(units(c.Pattern), c.Flags)
		if (err != nil) != c.Error {
			t.Errorf("/%s/%s: error %v, in Node %t", c.Pattern, c.Flags, err, c.Error)
		}
		if err != nil {
			continue
		}
		var matches [][]int
		for from := 0; ; {
			found, err := compiled.Find(units(c.Text), from, func(int) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			if found == nil {
				break
			}
			matches = append(matches, append([]int(nil), found...))
			if from = found[1]; found[0] == found[1] {
				break
			}
		}
		if !reflect.DeepEqual(matches, c.Matches) {
			t.Errorf("/%s/%s of %q: %v, in Node %v", c.Pattern, c.Flags, c.Text, matches, c.Matches)
		}
	}
	const least = 500
	if n < least {
		t.Errorf("%d cases, want %d at least", n, least)
	}
}

func TestAMatchIsGivenUp(t *testing.T) {
	stop := errors.New("enough")
	compiled, err := Compile(units(`^(a+)+$`), "")
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	_, err = compiled.Find(units("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), 0, func(n int) error {
		if steps += n; steps > 1_000_000 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) {
		t.Errorf("error %v after %d steps, want %v", err, steps, stop)
	}
}

func TestATextThatIsTooLongToRemember(t *testing.T) {
	compiled, err := Compile(units(`(?:a|b)*c`), "")
	if err != nil {
		t.Fatal(err)
	}
	long := make([]uint16, maxStack)
	for i := range long {
		long[i] = 'a'
	}
	if _, err := compiled.Find(long, 0, func(int) error { return nil }); !errors.Is(err, ErrMemory) {
		t.Errorf("error %v, want %v", err, ErrMemory)
	}
}

// FuzzCompile has patterns that nobody would write: none may take the process down.
func FuzzCompile(f *testing.F) {
	for _, pattern := range []string{`(a)\1`, `[^]-x]`, `(?<n>a)\k<n>`, `a{2,1}`, `(?<=a{2})b`, `\c`, `[\d-x]`, `((((`, `\u12`, `(?:)*?`} {
		f.Add(pattern, "aab")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		compiled, err := Compile(units(pattern), "im")
		if err != nil {
			return
		}
		steps := 0
		_, _ = compiled.Find(units(text), 0, func(n int) error {
			if steps += n; steps > 100_000 {
				return errors.New("enough")
			}
			return nil
		})
	})
}
