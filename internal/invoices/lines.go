package invoices

// This file reads the lines, and checks their sum.

import (
	"regexp"
	"slices"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/money"
)

// readLines reads the rows that have a price. A row of words only goes on with
// the one before.
func (p page) readLines() {
	for _, row := range p.document.rows() {
		fields := row.LineItemExpenseFields
		line := Line{Item: plain(fields, typeItem), Quantity: plain(fields, typeQuantity), UnitPrice: plain(fields, typeUnitPrice)}
		if line.Item.Text == "" {
			line.Item = plain(fields, typeCode)
		}
		prices := of(fields, typePrice)
		if len(prices) == 0 && line.Quantity.Text == "" && line.UnitPrice.Text == "" {
			continue
		}
		if len(prices) == 0 {
			p.add(contract.LineUnreadable, "Line %d (%s) has no price.", len(p.Lines)+1, line.Item.Text)
		} else if price, err := best(p, prices, "price", p.amount, money.Amount.Equal); err != nil {
			line.Price = price
			p.add(contract.LineUnreadable, "The price of line %d (%s) %v.", len(p.Lines)+1, line.Item.Text, err)
		} else {
			line.Price = price
		}
		p.Lines = append(p.Lines, line)
	}
	if len(p.Lines) == 0 {
		p.add(contract.LinesMissing, "There are no lines to check the total by.")
	}
}

// plain is a field's text, whatever it is.
func plain(fields []ExpenseField, kind string) Field[string] {
	if found := of(fields, kind); len(found) > 0 {
		return Field[string]{found[0].text(), found[0].text(), found[0].confidence()}
	}
	return Field[string]{}
}

// readCharges reads what is added to the lines or taken off, as far as it can be
// read: what cannot is missing in the sum.
func (p page) readCharges() {
	for _, kind := range []string{typeTax, typeShipping, typeService, typeGratuity, typeDiscount} {
		for _, f := range of(p.document.SummaryFields, kind) {
			amount, err := p.amount(f)
			if err != nil {
				continue
			}
			if kind == typeDiscount { // written with a sign or without
				amount.Value = amount.Value.Magnitude().Negated()
			}
			p.Charges = append(p.Charges, Charge{kind, amount})
		}
	}
	if fields := of(p.document.SummaryFields, typeSubtotal); len(fields) > 0 {
		if amount, err := p.amount(fields[0]); err == nil {
			p.Subtotal = amount
		}
	}
}

// checkSum compares the lines with the total: they are the total, taxes and all,
// or come to it with the charges. Exactly: what is printed was computed by
// somebody.
func (p page) checkSum() {
	total := p.Total.Value
	if total.Currency() == "" || len(p.Lines) == 0 || p.Has(contract.LineUnreadable) {
		return // which is a reason by itself
	}
	var prices []money.Amount
	for _, line := range p.Lines {
		prices = append(prices, line.Price.Value)
	}
	lines, err := sum(prices)
	if err != nil {
		p.add(contract.SumDiffers, "The lines are in several currencies.")
		return
	}
	if lines.Equal(total) || slices.ContainsFunc(p.charges(), func(charges []money.Amount) bool {
		all, err := sum(append([]money.Amount{lines}, charges...))
		return err == nil && all.Equal(total)
	}) {
		return
	}
	p.add(contract.SumDiffers, "The lines come to %s, with taxes and other charges not to the total, %s.", lines, total)
}

// charges are the ways to read them: of several taxes one may be the sum of the
// others, and a discount may stand among the lines already.
func (p page) charges() [][]money.Amount {
	var taxes, others, discounts []money.Amount
	for _, charge := range p.Charges {
		switch charge.Type {
		case typeTax:
			taxes = append(taxes, charge.Amount.Value)
		case typeDiscount:
			discounts = append(discounts, charge.Amount.Value)
		default:
			others = append(others, charge.Amount.Value)
		}
	}
	ways := [][]money.Amount{taxes}
	if len(taxes) > 1 {
		for _, tax := range taxes {
			ways = append(ways, []money.Amount{tax})
		}
	}
	var all [][]money.Amount
	for _, way := range ways {
		all = append(all, slices.Concat(way, others), slices.Concat(way, others, discounts))
	}
	// Prices with tax, less a discount.
	return append(all, slices.Concat(others, discounts), discounts)
}

func sum(amounts []money.Amount) (money.Amount, error) {
	total := amounts[0]
	for _, each := range amounts[1:] {
		var err error
		if total, err = total.Plus(each); err != nil {
			return total, err
		}
	}
	return total, nil
}

// creditNote is what a document says, in a line of its own, by which money is
// owed to us.
var creditNote = regexp.MustCompile(`(?i)^\W*(credit (note|memo|invoice)|gutschrift|stornorechnung|rechnungskorrektur|facture d'avoir|note d'avoir|` +
	`note de crédit|avoir( n\W.*)?$|(nota|factura) de (crédito|abono)|nota di credito|creditnota|kreditn?ota|kreditfaktura|hyvityslasku)`)

// checkCreditNote finds the title of a credit note, whose total has no minus.
func (p page) checkCreditNote() {
	var titles []string
	for _, block := range p.document.Blocks {
		if block.BlockType == "LINE" {
			titles = append(titles, block.Text)
		}
	}
	for _, f := range p.document.SummaryFields {
		titles = append(titles, f.LabelDetection.Text, f.ValueDetection.Text)
	}
	for _, title := range titles {
		title = strings.ReplaceAll(title, "’", "'")
		if len(title) <= 60 && creditNote.MatchString(title) {
			p.add(contract.CreditNote, "It is a credit note: %q.", title)
			return
		}
	}
}
