package match

// This file measures what wildcards cost.

import (
	"strings"
	"testing"
	"time"
)

func TestWildcardsCostThePlacesThatATextMayBeAt(t *testing.T) {
	for _, row := range []struct {
		name      string
		operators [][]string // the patterns of each
		want      int
	}{
		{"no star", [][]string{{"abc"}}, 1},
		{"one star", [][]string{{"/Users/*/doc.txt"}}, 2},
		{"a star whose end repeats", [][]string{{"/Users/*/dir/dir/dir/doc.txt"}}, 5},
		{"two stars", [][]string{{"arn:aws:events:us-east-1:*:event-bus/*"}}, 3},
		{"a list in anything-but shares its beginnings", [][]string{{"*/init/*", "*/dir/*"}}, 5},
		{"operators of their own share nothing", [][]string{{"*/dir/*"}, {"*/dir/*"}}, 8},
		{"six stars", [][]string{{"*:*:*:*:*:event-bus/*"}}, 11},
	} {
		t.Run(row.name, func(t *testing.T) {
			var operators [][]glob
			for _, patterns := range row.operators {
				var globs []glob
				for _, pattern := range patterns {
					g, err := parseGlob(pattern)
					if err != nil {
						t.Fatal(err)
					}
					globs = append(globs, g)
				}
				operators = append(operators, globs)
			}
			if got := complexity(operators, 100); got != row.want {
				t.Errorf("got %d", got)
			}
			if got := complexity(operators, row.want-1); got != row.want {
				t.Errorf("got %d beyond a limit of %d", got, row.want-1)
			}
		})
	}
}

func TestTheMostCostlyTextIsNotSearchedForLong(t *testing.T) {
	g, err := parseGlob("*" + strings.Repeat("abcdefgh*", 100))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	complexity([][]glob{{g}, {g}}, 1<<20)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}
