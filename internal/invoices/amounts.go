package invoices

// This file reads amounts, by what the document says of its currency.

import (
	"regexp"
	"strings"

	"github.com/tradepost-dev/tradepost/internal/money"
)

// amount reads a field.
func (p page) amount(f ExpenseField) (Field[money.Amount], error) {
	field := Field[money.Amount]{Text: f.text(), Confidence: f.confidence()}
	w, err := money.Read(f.text())
	if err != nil {
		return field, err
	}
	hints := p.hints(w, f)
	currency, err := p.Money.Currency(w, hints...)
	if err != nil {
		return field, err
	}
	if len(w.Currencies()) != 1 && f.Currency.Code == string(currency) {
		field.Confidence = min(field.Confidence, f.Currency.Confidence)
	}
	field.Value, err = w.In(currency, p.Money.Mark)
	return field, err
}

// hints are the currencies that an amount may be of, by the rest of the
// document: that of the total, once it is known; those that it names, and if
// there are none the vendor's country's, for a symbol that may be it. Textract's
// opinion counts if it is sure.
func (p page) hints(w money.Written, f ExpenseField) []money.Currency {
	if total := p.Total.Value.Currency(); total != "" {
		return []money.Currency{total}
	}
	hints := append([]money.Currency{}, p.stated...)
	if code := money.Currency(f.Currency.Code); code.Known() && f.Currency.Confidence >= p.MinConfidence {
		hints = append(hints, code)
	}
	if len(hints) == 0 && len(w.Currencies()) > 1 {
		if code, ok := byCountry[p.country()]; ok {
			hints = append(hints, code)
		}
	}
	return hints
}

// byCountry are the currencies of countries whose symbol is also another's.
var byCountry = map[string]money.Currency{
	"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK", "GB": "GBP", "JP": "JPY", "CN": "CNY", "AU": "AUD", "NZ": "NZD", "CA": "CAD", "MX": "MXN",
	"IN": "INR", "PK": "PKR", "LK": "LKR", "NP": "NPR", "RO": "RON",
}

// country is that of the vendor's VAT number, which begins with its code, or, in
// Norway, ends in MVA.
func (p page) country() string {
	number := strings.ToUpper(key(p.document.first(typeVAT)))
	if strings.HasSuffix(number, "MVA") {
		return "NO"
	}
	if len(number) < 2 {
		return ""
	}
	return number[:2]
}

// inLabel is a currency in what stands before an amount: "Amount (EUR)", "Total
// EUR".
var inLabel = regexp.MustCompile(`(?:^|[\s(\[])([A-Z]{3})[)\]:.\s]*$`)

// wordsToo are codes that are words as well.
var wordsToo = map[money.Currency]bool{"ALL": true, "TOP": true, "TRY": true, "CUP": true, "MAD": true}

// stated are the currencies that a document names: in an amount, by a code or a
// symbol that is of one currency only, or in what stands before one.
func stated(document ExpenseDocument) []money.Currency {
	fields := append([]ExpenseField{}, document.SummaryFields...)
	for _, row := range document.rows() {
		fields = append(fields, row.LineItemExpenseFields...)
	}
	var codes []money.Currency
	for _, f := range fields {
		if w, err := money.Read(f.text()); err == nil && len(w.Currencies()) == 1 {
			codes = append(codes, w.Currencies()[0])
		}
		if match := inLabel.FindStringSubmatch(f.LabelDetection.Text); match != nil {
			if code := money.Currency(match[1]); code.Known() && !wordsToo[code] {
				codes = append(codes, code)
			}
		}
	}
	return codes
}
