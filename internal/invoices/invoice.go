package invoices

// This file has what is read of an invoice.

import (
	"fmt"
	"slices"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dates"
	"github.com/tradepost-dev/tradepost/internal/money"
)

// Invoice is what one says. A value that is missing or cannot be read is the
// zero one, with a Reason if it matters.
type Invoice struct {
	Index  int                 `json:"index"` // its place in the file, from 1
	Vendor Field[string]       `json:"vendor"`
	Number Field[string]       `json:"number"`
	Date   Field[dates.Date]   `json:"date"`
	Due    Field[dates.Date]   `json:"due"`
	Total  Field[money.Amount] `json:"total"`

	Subtotal Field[money.Amount] `json:"subtotal"`
	Charges  []Charge            `json:"charges"` // taxes, shipping, discounts
	Lines    []Line              `json:"lines"`
	Reasons  []contract.Reason   `json:"reasons"` // why a person has to look at it; none: nobody has to
}

// Field is a value as it was read, the text that it was read from, and how sure
// that is: the confidence of the least sure part, in percent.
type Field[T any] struct {
	Value      T       `json:"value"`
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"`
}

// Line is a row of the table. Of quantity and unit price only the text is kept:
// nothing is computed with them.
type Line struct {
	Item      Field[string]       `json:"item"`
	Quantity  Field[string]       `json:"quantity"`
	UnitPrice Field[string]       `json:"unitPrice"`
	Price     Field[money.Amount] `json:"price"`
}

// Charge is what is added to the lines, or taken off.
type Charge struct {
	Type   string              `json:"type"` // Textract's: TAX, DISCOUNT, ...
	Amount Field[money.Amount] `json:"amount"`
}

// Approved tells whether nobody has to look at it.
func (i Invoice) Approved() bool { return len(i.Reasons) == 0 }

// Has tells whether there is a reason.
func (i Invoice) Has(code contract.Code) bool {
	return slices.ContainsFunc(i.Reasons, func(r contract.Reason) bool { return r.Code == code })
}

func (i *Invoice) add(code contract.Code, format string, arguments ...any) {
	i.Reasons = append(i.Reasons, contract.Reason{Code: code, Text: fmt.Sprintf(format, arguments...)})
}

// Summary is what the state machine knows of it.
func (i Invoice) Summary() contract.Invoice {
	summary := contract.Invoice{
		Index: i.Index, Vendor: i.Vendor.Value, Number: i.Number.Value, Date: iso(i.Date.Value), Due: iso(i.Due.Value),
		Confidence: i.Confidence(), Lines: len(i.Lines), Reasons: i.Reasons,
	}
	if total := i.Total.Value; total.Currency() != "" {
		summary.Total = contract.Amount{Value: total.Value(), Currency: string(total.Currency())}
	}
	return summary
}

// iso is a date as texts have it: none is "".
func iso(d dates.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}
