package invoices

// This file reads what there is one of: vendor, number, dates and total.

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dates"
	"github.com/tradepost-dev/tradepost/internal/money"
	"github.com/tradepost-dev/tradepost/internal/written"
)

// Reader reads invoices.
type Reader struct {
	Money         money.Policy
	Dates         dates.Order
	MinConfidence float64 // in percent: what is less sure is looked at by a person

	// Limits are by currency. A total that is not below is looked at by a person,
	// and so is one of another currency.
	Limits map[money.Currency]money.Amount
}

// Limits of what is taken for a vendor's name and a number, in bytes: they make
// a key of DynamoDB's.
const (
	maxVendor = 500
	maxNumber = 200
)

// Read reads the invoices of a file from AnalyzeExpense's answer, in JSON. Its
// error is about the answer as a whole: it is not JSON.
func (r Reader) Read(answer []byte) ([]Invoice, error) {
	var analysis Analysis
	if err := json.Unmarshal(answer, &analysis); err != nil {
		return nil, fmt.Errorf("read the analysis: %w", err)
	}
	invoices := []Invoice{}
	for i, document := range split(analysis.ExpenseDocuments) {
		invoices = append(invoices, r.read(i+1, document))
	}
	return invoices, nil
}

// page is an invoice while it is read.
type page struct {
	Reader
	*Invoice
	document ExpenseDocument
	stated   []money.Currency // that the document names
}

func (r Reader) read(index int, document ExpenseDocument) Invoice {
	p := page{r, &Invoice{Index: index, Charges: []Charge{}, Lines: []Line{}, Reasons: []contract.Reason{}}, document, stated(document)}
	p.identify()
	p.readDates()
	p.readTotal()
	p.readLines()
	p.readCharges()
	p.checkSum()
	p.checkCreditNote()
	p.Judge(r)
	return *p.Invoice
}

func (p page) identify() {
	vendor, err := p.text(typeVendor, "vendor", maxVendor, func(a, b string) bool {
		// A logo's name and the whole one are of one vendor.
		a, b = VendorKey(a), VendorKey(b)
		return strings.Contains(a, b) || strings.Contains(b, a)
	})
	if p.Vendor = vendor; err != nil {
		p.add(contract.VendorMissing, "The vendor's name %v.", err)
	}
	number, err := p.text(typeNumber, "number", maxNumber, func(a, b string) bool { return NumberKey(a) == NumberKey(b) })
	if p.Number = number; err != nil {
		p.add(contract.NumberMissing, "The invoice's number %v.", err)
	}
}

// text is a value that is kept as it is written.
func (p page) text(kind, name string, most int, same func(a, b string) bool) (Field[string], error) {
	read := func(f ExpenseField) (Field[string], error) {
		switch text := f.text(); {
		case key(text) == "":
			return Field[string]{}, fmt.Errorf("cannot be read from %q", text)
		case len(text) > most:
			return Field[string]{}, fmt.Errorf("is too long: %.40q", text)
		default:
			return Field[string]{text, text, f.confidence()}, nil
		}
	}
	field, err := best(p, of(p.document.SummaryFields, kind), name, read, same)
	if errors.Is(err, errMissing) {
		err = errors.New("is missing")
	}
	return field, err
}

func (p page) readDates() {
	for _, each := range []struct {
		field                          *Field[dates.Date]
		kind, name                     string
		missing, ambiguous, unreadable contract.Code
	}{
		{&p.Date, typeDate, "date", contract.DateMissing, contract.DateAmbiguous, contract.DateUnreadable},
		{&p.Due, typeDue, "due date", "", contract.DueAmbiguous, contract.DueUnreadable}, // one that is missing is missing
	} {
		read := func(f ExpenseField) (Field[dates.Date], error) {
			value, err := p.Dates.Parse(f.text())
			return Field[dates.Date]{value, f.text(), f.confidence()}, err
		}
		field, err := best(p, of(p.document.SummaryFields, each.kind), each.name, read, func(a, b dates.Date) bool { return a == b })
		*each.field = field
		switch {
		case err == nil:
		case errors.Is(err, errMissing):
			if each.missing != "" {
				p.add(each.missing, "The %s is missing.", each.name)
			}
		case ambiguous(err):
			p.add(each.ambiguous, "The %s %v.", each.name, err)
		default:
			p.add(each.unreadable, "The %s %v.", each.name, err)
		}
	}
	if !p.Date.Value.IsZero() && !p.Due.Value.IsZero() && p.Due.Value.Before(p.Date.Value) {
		p.add(contract.DueBeforeDate, "It is due on %s, before its own date, %s.", p.Due.Value, p.Date.Value)
	}
}

func (p page) readTotal() {
	equal := func(a, b money.Amount) bool { return a.Equal(b) }
	total, err := best(p, of(p.document.SummaryFields, typeTotal), "total", p.amount, equal)
	open, openErr := best(p, of(p.document.SummaryFields, typeOpen), "amount due", p.amount, equal)
	if errors.Is(err, errMissing) {
		total, err = open, openErr
	}
	p.Total = total
	switch {
	case err == nil:
		if openErr == nil && !open.Value.Equal(total.Value) {
			p.add(contract.OpenDiffers, "The amount due, %s, is not the total, %s.", open.Value, total.Value)
		}
		if !total.Value.IsPositive() {
			p.add(contract.NothingToPay, "There is nothing to pay: the total is %s.", total.Value)
		}
	case errors.Is(err, errMissing):
		p.add(contract.TotalMissing, "The total is missing.")
	case ambiguous(err):
		p.add(contract.TotalAmbiguous, "The total %v.", err)
	default:
		p.add(contract.TotalUnreadable, "The total %v.", err)
	}
}

// errMissing is the error of best where there is no field.
var errMissing = errors.New("missing")

// best is the surest value that can be read. If none can, it is the error of the
// surest one, with its text. Another sure one that says something else, or may,
// is a reason.
func best[T any](p page, fields []ExpenseField, name string, read func(ExpenseField) (Field[T], error), same func(a, b T) bool) (Field[T], error) {
	var chosen *Field[T]
	var fault error
	for _, f := range fields {
		if field, err := read(f); err == nil {
			chosen = &field
			break
		} else {
			fault = cmp.Or(fault, err)
		}
	}
	switch {
	case len(fields) == 0:
		return Field[T]{}, errMissing
	case chosen == nil:
		return Field[T]{Text: fields[0].text(), Confidence: fields[0].confidence()}, fault
	}
	for _, f := range fields {
		other, err := read(f)
		if f.confidence() < p.MinConfidence || err == nil && same(other.Value, chosen.Value) || err != nil && !ambiguous(err) {
			continue
		}
		p.add(contract.SeveralValues, "There is more than one %s: %q and %q.", name, chosen.Text, f.text())
		break
	}
	return *chosen, nil
}

// ambiguous tells whether an amount or a date may mean two things.
func ambiguous(err error) bool {
	fault, ok := errors.AsType[*written.Fault](err)
	return ok && fault.Kind == written.Ambiguous
}
