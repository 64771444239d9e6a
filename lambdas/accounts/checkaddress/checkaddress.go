// Package checkaddress is the step of an account application that looks at the
// applicant's address: whether it is written as its country writes addresses,
// and does not contradict itself. Whether somebody lives there it cannot know.
package checkaddress

// This file has the handler and what holds for every country; countries.go has
// the table of what differs.

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/tidy"
)

// How long the parts of an address may be in a payment (ISO 20022, Max70Text
// and Max35Text).
const (
	maxLine = 70
	maxCity = 35
)

// Handle answers with the address as it is stored. The only error is
// contract.AddressRejected, with every reason that there is.
func Handle(_ context.Context, application contract.Application) (contract.CheckedAddress, error) {
	var f findings
	address := f.check(application.Address)
	if len(f.reasons) > 0 {
		return contract.CheckedAddress{}, contract.AddressRejected{Reasons: f.reasons}
	}
	return contract.CheckedAddress{Address: address}, nil
}

// findings are what is wrong with an address.
type findings struct{ reasons []contract.Reason }

func (f *findings) add(code contract.Code, format string, arguments ...any) {
	f.reasons = append(f.reasons, contract.Reason{Code: code, Message: fmt.Sprintf(format, arguments...)})
}

// check returns an address in its tidy form. What no country needs is not
// looked at for a country that is not served.
func (f *findings) check(sent contract.Address) contract.Address {
	code := strings.ToUpper(tidy.Text(sent.Country))
	a := contract.Address{
		Line1:   f.part("line1", sent.Line1, maxLine, true),
		Line2:   f.part("line2", sent.Line2, maxLine, false),
		City:    f.part("city", sent.City, maxCity, true),
		Region:  f.part("region", sent.Region, maxCity, false),
		Country: code,
	}
	if box.MatchString(a.Line1) || box.MatchString(a.Line2) {
		f.add(contract.AddressPOBox, "Give the address where you live, not a post office box.")
	}
	c, known := countries[code]
	if !known {
		f.add(contract.CountryNotServed, "Accounts are opened for addresses in %s.", served())
		return a
	}
	a.Region = f.region(c, a.Region)
	a.PostalCode = f.postalCode(c, a.Region, sent.PostalCode)
	return a
}

// part is one line of an address.
func (f *findings) part(name, sent string, most int, required bool) string {
	text := tidy.Text(sent)
	legible := strings.IndexFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0
	switch {
	case required && !legible:
		f.add(contract.AddressMissing, "Give the address's %s.", name)
	case utf8.RuneCountInString(text) > most:
		f.add(contract.AddressTooLong, "The address's %s has at most %d characters.", name, most)
	case !utf8.ValidString(text) || strings.IndexFunc(text, foreign) >= 0:
		f.add(contract.AddressCharacters, "The address's %s has characters that no address has.", name)
	}
	return text
}

// foreign is what stands in no address: anything but letters, their marks,
// numbers, punctuation and blanks, and the two signs of "n° 5" and "A+B".
func foreign(r rune) bool {
	return !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Number, unicode.Punct) && !strings.ContainsRune(" °+", r)
}
