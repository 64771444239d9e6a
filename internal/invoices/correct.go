package invoices

// This file takes corrections from a reviewer's comment.

import (
	"fmt"
	"slices"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

// HowToCorrect tells a reviewer what Correct takes.
const HowToCorrect = `To correct what was read, write lines such as these into the comment, and approve:
  vendor: Acme GmbH
  number: 2026-17
  total: 1234.50 EUR
  date: 2026-11-27
  due: 2026-12-27`

// correction is of one value: it takes what was wrong with it away.
type correction struct {
	set   func(*contract.Invoice, Reader, string) error
	codes []contract.Code
}

var corrections = map[string]correction{
	"vendor": {func(i *contract.Invoice, _ Reader, text string) error { return identity(&i.Vendor, text, maxVendor) },
		[]contract.Code{contract.VendorMissing, contract.Conflict}},
	"number": {func(i *contract.Invoice, _ Reader, text string) error { return identity(&i.Number, text, maxNumber) },
		[]contract.Code{contract.NumberMissing, contract.Conflict}},
	"total": {correctTotal,
		[]contract.Code{contract.TotalMissing, contract.TotalAmbiguous, contract.TotalUnreadable, contract.NothingToPay, contract.CreditNote, contract.Conflict}},
	"date": {func(i *contract.Invoice, r Reader, text string) error { return correctDate(&i.Date, r, text) },
		[]contract.Code{contract.DateMissing, contract.DateAmbiguous, contract.DateUnreadable}},
	"due": {func(i *contract.Invoice, r Reader, text string) error { return correctDate(&i.Due, r, text) },
		[]contract.Code{contract.DueAmbiguous, contract.DueUnreadable, contract.DueBeforeDate}},
}

// Correct applies the corrections of a reviewer's comment, whose other lines are
// left alone. Its faults are for the reviewer: a correction that cannot be read
// is not made.
func Correct(invoice contract.Invoice, r Reader, comment string) (corrected contract.Invoice, faults []string) {
	invoice.Reasons = slices.Clone(invoice.Reasons)
	for line := range strings.Lines(comment) {
		name, value, found := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		known, ok := corrections[name]
		if !found || !ok {
			continue
		}
		if err := known.set(&invoice, r, strings.TrimSpace(value)); err != nil {
			faults = append(faults, fmt.Sprintf("The correction of the %s was not understood: %v.", name, err))
			continue
		}
		invoice.Reasons = slices.DeleteFunc(invoice.Reasons, func(reason contract.Reason) bool { return slices.Contains(known.codes, reason.Code) })
	}
	return invoice, faults
}

func identity(value *string, text string, most int) error {
	if key(text) == "" || len(text) > most {
		return fmt.Errorf("%.40q has no letter or digit, or too many", text)
	}
	*value = text
	return nil
}

func correctTotal(i *contract.Invoice, r Reader, text string) error {
	amount, err := r.Money.Parse(text)
	if err != nil {
		return err
	}
	if !amount.IsPositive() {
		return fmt.Errorf("%s is nothing to pay", amount)
	}
	i.Total = contract.Amount{Value: amount.Value(), Currency: string(amount.Currency())}
	return nil
}

func correctDate(date *string, r Reader, text string) error {
	d, err := r.Dates.Parse(text)
	if err != nil {
		return err
	}
	*date = d.String()
	return nil
}
