// Package tidy brings text that people typed into the one form in which it is
// checked and stored.
package tidy

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Text writes a text in Unicode's form NFKC, without characters that nobody
// sees (zero-width ones, marks of direction), with single blanks between words
// and none around them. What is checked in this form has to be stored in it: a
// text that looks the same may have been another one.
func Text(text string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(norm.NFKC.String(visible)), " ")
}
