package paper

// This file is the samples.

import (
	"slices"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

// Sample is a file, and what has to become of it.
type Sample struct {
	Name string // of the file
	File []byte

	// Invoices are what has to be read: none of a file that fails.
	Invoices []Reading
}

// Reading is what has to be read of an invoice.
type Reading struct {
	Vendor, Number, Date, Due, Total string // the dates as 2026-11-27, the total as "294.00 GBP", or none

	// Reasons are why a reviewer is asked: none if it is paid at once.
	Reasons []contract.Code

	// Duplicate is one that another sample has, too.
	Duplicate bool

	// Refused is what a reviewer does who is asked; otherwise they approve, with
	// this comment.
	Refused bool
	Comment string
}

// Outcome is what becomes of it then.
func (r Reading) Outcome() contract.OutcomeCode {
	switch {
	case r.Duplicate:
		return contract.OutcomeDuplicate
	case r.Refused:
		return contract.OutcomeRefused
	}
	return contract.OutcomePaid
}

// rows are two lines that come to a sum.
func rows(first, second Row) []Row { return []Row{first, second} }

// sound are invoices as everybody writes them.
var sound = []struct {
	name    string
	invoice Invoice
	want    Reading
}{
	{"en-beside", Invoice{
		Language: English, Layout: Beside, Vendor: "Northwind Traders Ltd", Street: "12 Harbour Street", Town: "Bristol BS1 4RN", Customer: "Tradepost Ltd", Number: "INV-2026-001",
		Date: "1 March 2026", Due: "31 March 2026", Rows: rows(Row{"Steel brackets, 40 mm", "10", "12.50", "125.00"}, Row{"Assembly", "2", "60.00", "120.00"}),
		Subtotal: "£245.00", TaxRate: "20%", Tax: "£49.00", Total: "£294.00",
	}, Reading{Vendor: "Northwind Traders Ltd", Number: "INV-2026-001", Date: "2026-03-01", Due: "2026-03-31", Total: "294.00 GBP"}},
	{"en-above", Invoice{
		Language: English, Layout: Above, Vendor: "Fabrikam Inc.", Street: "100 Main Street", Town: "Springfield, IL 62701", Customer: "Tradepost Ltd", Number: "77-1042",
		Date: "Nov 5, 2026", Due: "Dec 5, 2026", Rows: rows(Row{"Toner", "3", "$80.00", "$240.00"}, Row{"Paper", "12", "$5.00", "$60.00"}), Total: "$300.00",
	}, Reading{Vendor: "Fabrikam Inc.", Number: "77-1042", Date: "2026-11-05", Due: "2026-12-05", Total: "300.00 USD"}},
	{"en-inline", Invoice{
		Language: English, Layout: Inline, Vendor: "Harbour Supplies LLC", Street: "9 Pier Road", Town: "Boston, MA 02110", Customer: "Tradepost Ltd", Number: "HS/2026/88",
		Date: "11/27/2026", Rows: rows(Row{"Rope", "100", "$10.00", "$1,000.00"}, Row{"Anchors", "2", "$117.28", "$234.56"}), Total: "$1,234.56",
	}, Reading{Vendor: "Harbour Supplies LLC", Number: "HS/2026/88", Date: "2026-11-27", Total: "1234.56 USD", Reasons: []contract.Code{contract.AboveLimit}}},
	{"en-parties", Invoice{
		Language: English, Layout: Parties, Vendor: "Nordic Timber AB", Street: "Skeppsbron 4", Town: "111 30 Stockholm", VAT: "SE556677889901", Customer: "Tradepost Ltd", Number: "N-4410",
		Date: "2026-11-20", Due: "2026-12-20", Rows: rows(Row{"Planks", "10", "98,76", "987,60"}, Row{"Freight", "1", "246,90", "246,90"}), Total: "1 234,50 kr",
	}, Reading{Vendor: "Nordic Timber AB", Number: "N-4410", Date: "2026-11-20", Due: "2026-12-20", Total: "1234.50 SEK"}},
	{"de-beside", Invoice{
		Language: German, Layout: Beside, Vendor: "Werkzeug Müller GmbH", Street: "Industriestraße 7", Town: "70565 Stuttgart", Customer: "Tradepost GmbH", Number: "RE-2026-0815",
		Date: "05.02.2026", Due: "06.03.2026", Rows: rows(Row{"Bohrer 8 mm", "5", "4,20 €", "21,00 €"}, Row{"Schrauben M6", "2", "11,50 €", "23,00 €"}),
		Subtotal: "44,00 €", TaxRate: "19 %", Tax: "8,36 €", Total: "52,36 €",
	}, Reading{Vendor: "Werkzeug Müller GmbH", Number: "RE-2026-0815", Date: "2026-02-05", Due: "2026-03-06", Total: "52.36 EUR"}},
	{"de-above", Invoice{
		Language: German, Layout: Above, Vendor: "Alpenblick Käse AG", Street: "Dorfstrasse 3", Town: "3800 Interlaken", Customer: "Tradepost AG", Number: "20261127",
		Date: "27. November 2026", Rows: rows(Row{"Bergkäse", "20", "30.00", "600.00"}, Row{"Raclette", "10", "23.45", "234.50"}), Total: "CHF 834.50",
	}, Reading{Vendor: "Alpenblick Käse AG", Number: "20261127", Date: "2026-11-27", Total: "834.50 CHF"}},
	{"de-inline", Invoice{
		Language: German, Layout: Inline, Vendor: "Druckerei Schön KG", Street: "Am Markt 2", Town: "04109 Leipzig", Customer: "Tradepost GmbH", Number: "D 2026/311",
		Date: "03.11.2026", Due: "17.11.2026", Rows: rows(Row{"Kataloge", "1.000", "1,00", "1.000,00"}, Row{"Versand", "1", "37,44", "37,44"}),
		Subtotal: "1.037,44 EUR", TaxRate: "19 %", Tax: "197,12 EUR", Total: "1.234,56 EUR",
	}, Reading{Vendor: "Druckerei Schön KG", Number: "D 2026/311", Date: "2026-11-03", Due: "2026-11-17", Total: "1234.56 EUR", Reasons: []contract.Code{contract.AboveLimit}}},
	{"de-parties", Invoice{
		Language: German, Layout: Parties, Vendor: "Uhren Ziegler AG", Street: "Bahnhofplatz 1", Town: "8001 Zürich", Customer: "Tradepost AG", Number: "UZ-9",
		Date: "1.10.2026", Due: "31.10.2026", Rows: rows(Row{"Wanduhr", "1", "1'000.00", "1'000.00"}, Row{"Montage", "2", "117.25", "234.50"}), Total: "CHF 1’234.50",
	}, Reading{Vendor: "Uhren Ziegler AG", Number: "UZ-9", Date: "2026-10-01", Due: "2026-10-31", Total: "1234.50 CHF", Reasons: []contract.Code{contract.AboveLimit}}},
	{"fr-beside", Invoice{
		Language: French, Layout: Beside, Vendor: "Boulangerie Lefèvre SARL", Street: "8 rue du Four", Town: "75006 Paris", Customer: "Tradepost SAS", Number: "F2026-118",
		Date: "12 novembre 2026", Due: "12 décembre 2026", Rows: rows(Row{"Baguettes", "200", "1,10 €", "220,00 €"}, Row{"Croissants", "100", "1,30 €", "130,00 €"}),
		Subtotal: "350,00 €", TaxRate: "5,5 %", Tax: "19,25 €", Total: "369,25 €",
	}, Reading{Vendor: "Boulangerie Lefèvre SARL", Number: "F2026-118", Date: "2026-11-12", Due: "2026-12-12", Total: "369.25 EUR"}},
	{"fr-above", Invoice{
		Language: French, Layout: Above, Vendor: "Imprimerie Garnier SA", Street: "2 quai Voltaire", Town: "69002 Lyon", Customer: "Tradepost SAS", Number: "2026/0042",
		Date: "27/11/2026", Due: "27/12/2026", Rows: rows(Row{"Affiches", "50", "9,00 €", "450,00 €"}, Row{"Livraison", "1", "25,00 €", "25,00 €"}),
		Subtotal: "475,00 €", TaxRate: "20 %", Tax: "95,00 €", Total: "570,00 €",
	}, Reading{Vendor: "Imprimerie Garnier SA", Number: "2026/0042", Date: "2026-11-27", Due: "2026-12-27", Total: "570.00 EUR"}},
	{"fr-inline", Invoice{
		Language: French, Layout: Inline, Vendor: "Garage Moreau SARL", Street: "14 avenue Foch", Town: "31000 Toulouse", Customer: "Tradepost SAS", Number: "GM-771",
		Date: "1er mars 2026", Rows: rows(Row{"Révision", "1", "180,00", "180,00"}, Row{"Huile", "4", "12,50", "50,00"}), Subtotal: "230,00 EUR", TaxRate: "20 %", Tax: "46,00 EUR", Total: "276,00 EUR",
	}, Reading{Vendor: "Garage Moreau SARL", Number: "GM-771", Date: "2026-03-01", Total: "276.00 EUR"}},
	{"fr-parties", Invoice{
		Language: French, Layout: Parties, Vendor: "Vins du Midi SAS", Street: "5 place du Marché", Town: "34000 Montpellier", Customer: "Tradepost SAS", Number: "VM 2026-9",
		Date: "15 févr. 2026", Due: "15 mars 2026", Rows: rows(Row{"Corbières, 6 bouteilles", "20", "42,00 €", "840,00 €"}, Row{"Caisses", "20", "2,00 €", "40,00 €"}),
		Subtotal: "880,00 €", TaxRate: "20 %", Tax: "176,00 €", Total: "1 056,00 €",
	}, Reading{Vendor: "Vins du Midi SAS", Number: "VM 2026-9", Date: "2026-02-15", Due: "2026-03-15", Total: "1056.00 EUR", Reasons: []contract.Code{contract.AboveLimit}}},
}

// Samples are all of them: sound ones first, then those that nobody would want
// to get.
func Samples() []Sample {
	var all []Sample
	for _, s := range sound {
		all = append(all, Sample{s.name + ".pdf", PDF(s.invoice), []Reading{s.want}})
	}
	return append(all, odd()...)
}

// changed is a sound sample's invoice, by a number of its own and otherwise as a
// change makes it.
func changed(place int, number string, change func(*Invoice, *Reading)) (Invoice, Reading) {
	invoice, want := sound[place].invoice, sound[place].want
	invoice.Number, want.Number = number, number
	change(&invoice, &want)
	return invoice, want
}

func odd() []Sample {
	one := func(name string, invoice Invoice, want Reading) Sample {
		return Sample{name + ".pdf", PDF(invoice), []Reading{want}}
	}
	again := sound[4].invoice // in another layout, by another spelling
	again.Layout, again.Vendor = Parties, "WERKZEUG MÜLLER G.m.b.H."
	repeated := sound[4].want
	repeated.Vendor, repeated.Duplicate = again.Vendor, true

	asked, askedWant := changed(1, "77-1043", func(i *Invoice, want *Reading) {
		i.Rows, i.Total = rows(Row{"Toner", "10", "$100.00", "$1,000.00"}, Row{"Paper", "9", "$26.00", "$234.00"}), "$1,234"
		want.Total, want.Reasons, want.Comment = "", []contract.Code{contract.TotalAmbiguous}, "They mean thousands.\ntotal: 1234.00 USD"
	})
	day, dayWant := changed(9, "2026/0043", func(i *Invoice, want *Reading) {
		i.Date, i.Due = "03/11/2026", ""
		want.Date, want.Due, want.Reasons, want.Comment = "", "", []contract.Code{contract.DateAmbiguous}, "date: 2026-11-03"
	})
	wrong, wrongWant := changed(0, "INV-2026-002", func(i *Invoice, want *Reading) {
		i.Total = "£394.00"
		want.Total, want.Reasons, want.Refused = "394.00 GBP", []contract.Code{contract.SumDiffers}, true
	})
	credit, creditWant := changed(4, "RE-2026-0816", func(i *Invoice, want *Reading) {
		i.Title = "GUTSCHRIFT"
		want.Reasons, want.Refused = []contract.Code{contract.CreditNote}, true
	})
	first, firstWant := changed(8, "F2026-119", func(*Invoice, *Reading) {})
	second, secondWant := changed(9, "2026/0044", func(*Invoice, *Reading) {})
	return []Sample{
		one("same-invoice-again", again, repeated),
		one("ambiguous-total", asked, askedWant),
		one("ambiguous-date", day, dayWant),
		one("wrong-sum", wrong, wrongWant),
		one("credit-note", credit, creditWant),
		{"two-invoices.pdf", PDF(first, second), []Reading{firstWant, secondWant}},
		{Name: "no-text.pdf", File: Blank()},
		{Name: "letter.pdf", File: Letter()},
		{Name: "encrypted.pdf", File: Encrypted(sound[0].invoice)},
		{Name: "no-document.pdf", File: []byte("This is no PDF.")},
	}
}

// Is tells whether that was read which had to be.
func (r Reading) Is(got contract.Invoice) bool {
	var reasons []contract.Code
	for _, reason := range got.Reasons {
		if !slices.Contains(reasons, reason.Code) {
			reasons = append(reasons, reason.Code)
		}
	}
	slices.Sort(reasons)
	total := ""
	if got.Total.Currency != "" {
		total = got.Total.String()
	}
	return got.Vendor == r.Vendor && got.Number == r.Number && got.Date == r.Date && got.Due == r.Due && total == r.Total && slices.Equal(reasons, r.Reasons)
}
