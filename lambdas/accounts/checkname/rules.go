package checkname

// This file says what a person's name looks like.

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

const (
	// maxName is how long a name may be in a payment (ISO 20022, Max140Text).
	maxName = 140

	// maxMarks is how many marks a letter may carry: in Vietnamese and in
	// pointed Hebrew it is two or three.
	maxMarks = 4

	// signs may stand in a name between letters: O’Neill, Jean-Luc, Martin
	// Luther King, Jr., Gal·la.
	signs = " '’.,-‐·"
)

// faults are what is wrong with a tidy name.
func faults(name string) []contract.Reason {
	if strings.IndexFunc(name, unicode.IsLetter) < 0 {
		return []contract.Reason{{Code: contract.NameMissing, Message: "Give your name."}}
	}
	var reasons []contract.Reason
	if utf8.RuneCountInString(name) > maxName {
		reasons = append(reasons, contract.Reason{Code: contract.NameTooLong, Message: fmt.Sprintf("A name has at most %d characters.", maxName)})
	}
	if !writable(name) {
		reasons = append(reasons, contract.Reason{Code: contract.NameCharacters, Message: "A name has letters, blanks, apostrophes, hyphens, points and commas, and begins with a letter."})
	}
	if mixed(name) {
		reasons = append(reasons, contract.Reason{Code: contract.NameMixedScripts, Message: "Write your name in the letters of one alphabet."})
	}
	return reasons
}

// writable reports whether a name has characters of names only.
func writable(name string) bool {
	marks := 0
	for i, r := range name {
		switch {
		case unicode.IsLetter(r):
			marks = 0
		case i == 0:
			return false
		case unicode.IsMark(r):
			if marks++; marks > maxMarks {
				return false
			}
		case strings.ContainsRune(signs, r):
			marks = 0
		default:
			return false
		}
	}
	return true
}

// alphabets have letters that look like those of one another: a name in two of
// them is meant to be taken for another name.
var alphabets = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee}

func mixed(name string) bool {
	found := 0
	for _, alphabet := range alphabets {
		if strings.IndexFunc(name, func(r rune) bool { return unicode.Is(alphabet, r) }) >= 0 {
			found++
		}
	}
	return found > 1
}
