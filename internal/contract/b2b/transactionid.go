package b2b

import (
	"fmt"
	"unicode"
)

// CheckTransactionID says what is wrong with a transaction id: a code for the
// reply and a sentence for the partner, both "" if nothing is. An id has 1 to
// MaxTransactionIDLength characters, none of them a control character, and is
// not blank.
func CheckTransactionID(id []byte) (code, message string) {
	if len(id) == 0 {
		return CodeInvalidTransactionID, "The transaction id is empty."
	}
	characters, blank := 0, true
	for _, r := range string(id) { // does not copy
		if ' ' < r && r < unicode.MaxASCII { // nearly always
			blank = false
			characters++
			continue
		}
		if unicode.IsControl(r) {
			return CodeInvalidTransactionID, fmt.Sprintf("The transaction id has the control character %U.", r)
		}
		blank = blank && unicode.IsSpace(r)
		characters++
	}
	switch {
	case blank:
		return CodeInvalidTransactionID, "The transaction id is blank."
	case characters > MaxTransactionIDLength:
		return CodeInvalidTransactionID, fmt.Sprintf("The transaction id has %d characters; at most %d are allowed.", characters, MaxTransactionIDLength)
	}
	return "", ""
}
