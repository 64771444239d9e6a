package invoices

// This file says when two invoices are the same one.

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// VendorKey is a vendor's name as its invoices are told apart by: letters and
// digits only, in small letters, without accents, full-width forms narrow. So
// "ACME G.m.b.H." and "Acme GmbH" are one vendor, and "Acme Ltd" is another.
// The key is coarse on purpose: two vendors that fall together and write the
// same number are a conflict, which a person sees; one vendor that falls apart
// would be paid twice.
func VendorKey(name string) string { return key(name) }

// NumberKey is an invoice's number as it is told apart by: likewise, so that
// "INV-2026/001", "inv 2026 001" and "# INV2026001" are one number. Zeros at its
// beginning count.
func NumberKey(number string) string { return key(number) }

func key(text string) string {
	var key strings.Builder
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKC.String(text))) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			key.WriteRune(r)
		}
	}
	return key.String()
}
