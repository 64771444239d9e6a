package invoices

// This file decides whether a person has to look at an invoice.

import (
	"slices"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

// Judge adds the reasons that lie in the policy: what is not sure enough, and
// totals that are too high for nobody to look at. Those that were there stay.
func (i *Invoice) Judge(r Reader) {
	sure := func(name, text string, confidence float64) {
		if text != "" && confidence < r.MinConfidence {
			i.add(contract.LowConfidence, "The %s, %q, is sure to %.1f %% only.", name, text, confidence)
		}
	}
	sure("vendor", i.Vendor.Text, i.Vendor.Confidence)
	sure("number", i.Number.Text, i.Number.Confidence)
	sure("date", i.Date.Text, i.Date.Confidence)
	sure("due date", i.Due.Text, i.Due.Confidence)
	sure("total", i.Total.Text, i.Total.Confidence)
	for _, line := range i.Lines {
		sure("price of "+line.Item.Text, line.Price.Text, line.Price.Confidence)
	}
	total := i.Total.Value
	if total.Currency() == "" {
		return
	}
	limit, known := r.Limits[total.Currency()]
	switch {
	case !known:
		i.add(contract.NoLimit, "Nothing in %s is paid without approval.", total.Currency())
	case !total.Below(limit):
		i.add(contract.AboveLimit, "%s is not below %s, from where on payments are approved.", total, limit)
	}
}

// Confidence is that of the least sure of what is paid by: vendor, number, total,
// dates and prices.
func (i Invoice) Confidence() float64 {
	all := []float64{i.Vendor.Confidence, i.Number.Confidence, i.Total.Confidence}
	for _, date := range []Field[string]{{Text: i.Date.Text, Confidence: i.Date.Confidence}, {Text: i.Due.Text, Confidence: i.Due.Confidence}} {
		if date.Text != "" {
			all = append(all, date.Confidence)
		}
	}
	for _, line := range i.Lines {
		if line.Price.Text != "" {
			all = append(all, line.Price.Confidence)
		}
	}
	return slices.Min(all)
}
