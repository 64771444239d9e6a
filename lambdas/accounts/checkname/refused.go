package checkname

// This file finds a name among those that are refused.

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/tradepost-dev/tradepost/internal/tidy"
)

// key is the same for names that differ in case, accents, signs, blanks and the
// order of their words: "José O’Neill" and "ONEILL, JOSE". Hyphens part words.
func key(name string) string {
	// Folding makes ligatures and ß plain, which may carry marks then.
	folded := norm.NFKD.String(cases.Fold().String(norm.NFKD.String(tidy.Text(name))))
	words := strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r):
			return plain(r)
		case unicode.IsMark(r), strings.ContainsRune("'’·.", r):
			return -1
		}
		return ' '
	}, folded))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// plain is a letter without the stroke that Unicode holds for a part of it.
func plain(r rune) rune {
	switch r {
	case 'ł':
		return 'l'
	case 'ø':
		return 'o'
	case 'đ', 'ð':
		return 'd'
	case 'ħ':
		return 'h'
	case 'ı':
		return 'i'
	}
	return r
}
