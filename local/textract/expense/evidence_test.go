package expense_test

// This file is single pieces of evidence: what is found, how sure that is, and
// what is left alone.

import (
	"testing"

	"github.com/tradepost-dev/tradepost/local/textract/internal/pdftest"
)

func TestEvidenceHasItsConfidence(t *testing.T) {
	at := func(texts ...string) func(*pdftest.Page) {
		return func(p *pdftest.Page) {
			for i, text := range texts {
				p.Text(50, 500+20*float64(i), 10, text)
			}
		}
	}
	for _, row := range []struct {
		name  string
		write func(*pdftest.Page)
		want  []string
	}{
		{"a label in front of its value", at("Invoice No: A-1"), []string{"INVOICE_RECEIPT_ID A-1 99"}},
		{"without a colon", at("Invoice number A-1"), []string{"INVOICE_RECEIPT_ID A-1 99"}},
		{"a sign for number", at("Facture n° 17"), []string{"INVOICE_RECEIPT_ID 17 99"}},
		{"two labels on a line", at("Invoice No: A-1 Date: 1.2.2024"), []string{"INVOICE_RECEIPT_ID A-1 99", "INVOICE_RECEIPT_DATE 1.2.2024 99"}},
		{"a title with a number", at("Rechnung 2024-17"), []string{"INVOICE_RECEIPT_ID 2024-17 85"}},
		{"an amount that might be anything", at("Total 300"), []string{"TOTAL 300 90"}},
		{"a label with further words", at("Total for March 300.00"), []string{"TOTAL 300.00 75"}},
		{"further words and a plain number", at("Total hours 12"), nil},
		{"the only date", at("Berlin, 12.03.2024"), []string{"INVOICE_RECEIPT_DATE 12.03.2024 75"}},
		{"two dates", at("from 12.03.2024", "to 13.03.2024"), nil},
		{"two totals", at("Total 10.00", "Total 20.00"), []string{"TOTAL 10.00 60", "TOTAL 20.00 60"}},
		{"one total twice", at("Total 10.00", "Total 10.00 EUR"), []string{"TOTAL 10.00 99 EUR 85"}},
		{"a label that says more", at("Total 10.00", "Grand total 12.00"), []string{"TOTAL 12.00 99"}},
		{"of an unknown kind", at("Cost centre: 4711"), []string{"OTHER 4711 75"}},
		{"a value that looks like a label", func(p *pdftest.Page) { p.Text(50, 500, 10, "Payment terms:").Text(300, 500, 10, "Net 30") },
			[]string{"PAYMENT_TERMS Net 30 99"}},
		{"a sign for number alone", func(p *pdftest.Page) { p.Text(50, 500, 10, "#").Text(300, 500, 10, "1042") },
			[]string{"INVOICE_RECEIPT_ID 1042 85"}},
		{"a total of parts in a row", func(p *pdftest.Page) {
			p.Text(50, 500, 10, "Total").Text(300, 500, 10, "19%").Text(400, 500, 10, "EUR").Text(440, 500, 10, "12.50")
		},
			[]string{"TOTAL EUR 12.50 99 EUR 99"}},
		{"a sentence", at("Please pay the total amount of 300.00 in advance."), nil},
		{"a sentence that begins like a label", at("To whom it may concern"), nil},
		{"a VAT number", at("VAT 123456789"), nil},
		{"a tax with its rate and its base", at("VAT (19% of 300.00) 57.00"), []string{"TAX 57.00 99"}},
		{"a tax around its rate", at("zzgl. 19 % MwSt. 57,00"), []string{"TAX 57,00 99"}},
		{"a phone number is no date", at("Date: 0911 123456"), []string{"OTHER 0911 123456 75"}},
	} {
		t.Run(row.name, func(t *testing.T) { want(t, told(analyze(t, row.write).Fields), row.want...) })
	}
}

func TestValuesAreToldAsTheyAreWritten(t *testing.T) {
	for _, row := range []struct{ written, want string }{
		{"$1,234.56", "TOTAL $1,234.56 99 USD 90"},
		{"1.234,56 EUR", "TOTAL 1.234,56 EUR 99 EUR 99"},
		{"(45.00)", "TOTAL (45.00) 99"},
		{"USD 0.1", "TOTAL USD 0.1 99 USD 99"},
		{"1 234,50 kr", "TOTAL 1 234,50 kr 99"},
		{"CHF 1'234.50", "TOTAL CHF 1'234.50 99 CHF 99"},
		{"١٬٢٣٤٫٥٠", "TOTAL ١٬٢٣٤٫٥٠ 99"},
		{"￥１，２３４", "TOTAL ￥１，２３４ 99 JPY 90"},
		{"1,234", "TOTAL 1,234 90"},
		{"-12.50 €", "TOTAL -12.50 € 99 EUR 99"},
		{"R$ 10,00", "TOTAL R$ 10,00 99 BRL 99"},
	} {
		t.Run(row.written, func(t *testing.T) {
			page := analyze(t, func(p *pdftest.Page) { p.Text(50, 500, 10, "Total").Text(300, 500, 10, row.written) })
			want(t, told(page.Fields), row.want)
		})
	}
	for _, written := range []string{
		"2024-03-01", "01/03/24", "1.3.2024", "1 March 2024", "March 1st, 2024", "1. März 2024", "1er mars 2024", "2 de mayo de 2024", "01-Mar-2024",
		"2024年3月1日", "２０２４/０３/０１", "٠١/٠٣/٢٠٢٤", "Friday, 1 March 2024",
	} {
		t.Run(written, func(t *testing.T) {
			page := analyze(t, func(p *pdftest.Page) { p.Text(50, 500, 10, "Due date").Text(300, 500, 10, written) })
			want(t, told(page.Fields), "DUE_DATE "+written+" 99")
		})
	}
}

func TestNamesAreTakenFromWhatStandsOut(t *testing.T) {
	for _, row := range []struct {
		name  string
		write func(*pdftest.Page)
		want  []string
	}{
		{"large letters", func(p *pdftest.Page) { p.Text(50, 60, 24, "brightcloud").Text(50, 500, 10, "some other words") },
			[]string{"VENDOR_NAME brightcloud 85"}},
		{"a legal form", func(p *pdftest.Page) { p.Text(50, 60, 10, "Hello").Text(50, 90, 10, "Northwind Ltd") },
			[]string{"VENDOR_NAME Northwind Ltd 95"}},
		{"the first", func(p *pdftest.Page) { p.Text(50, 60, 10, "Café Central") }, []string{"VENDOR_NAME Café Central 75"}},
		{"two companies", func(p *pdftest.Page) { p.Text(50, 60, 10, "Northwind Ltd").Text(300, 60, 10, "Contoso GmbH") },
			[]string{"VENDOR_NAME Northwind Ltd 60"}},
		{"a title is no name", func(p *pdftest.Page) { p.Text(50, 60, 24, "Invoice") }, nil},
		{"the window of an envelope", func(p *pdftest.Page) {
			p.Text(50, 130, 6, "Elektro Hartmann · Gewerbering 12 · 90411 Nürnberg").Text(50, 140, 10, "Stadtwerke Fürth AG").Text(50, 152, 10, "Leyher Str. 69").Text(50, 164, 10, "90763 Fürth")
		}, []string{"VENDOR_NAME Elektro Hartmann 90", "RECEIVER_NAME Stadtwerke Fürth AG 85", "RECEIVER_ADDRESS Leyher Str. 69 / 90763 Fürth 85"}},
		{"labels", func(p *pdftest.Page) {
			p.Text(50, 60, 10, "Seller").Text(50, 72, 10, "Northwind").Text(50, 84, 10, "Bristol").Text(300, 60, 10, "Ship to: Dock 7")
		}, []string{"VENDOR_NAME Northwind 97", "VENDOR_ADDRESS Bristol 97", "RECEIVER_NAME Dock 7 99"}},
	} {
		t.Run(row.name, func(t *testing.T) { want(t, told(analyze(t, row.write).Fields), row.want...) })
	}
}

func TestTables(t *testing.T) {
	for _, row := range []struct {
		name  string
		write func(*pdftest.Page)
		want  []string
	}{
		{"numbers in the middle of two lines of text", func(p *pdftest.Page) {
			p.Text(50, 300, 10, "Item").Right(400, 300, 10, "Quantity").Right(540, 300, 10, "Amount")
			p.Text(50, 320, 10, "Workshop").Text(50, 332, 10, "on site").Right(400, 326, 10, "2").Right(540, 326, 10, "4000.00")
			p.Text(50, 352, 10, "Calls").Text(50, 364, 10, "by phone").Right(400, 358, 10, "4").Right(540, 358, 10, "1000.00")
		}, []string{"ITEM=Workshop / on site | QUANTITY=2 | PRICE=4000.00", "ITEM=Calls / by phone | QUANTITY=4 | PRICE=1000.00"}},
		{"drawn with dashes", func(p *pdftest.Page) {
			p.Text(50, 300, 10, "Description").Right(540, 300, 10, "Amount").Text(50, 312, 10, "---------------------")
			p.Text(50, 324, 10, "Call out fee").Right(540, 324, 10, "80.00").Text(50, 336, 10, "---------------------").Text(50, 348, 10, "Total").Right(540, 348, 10, "80.00")
		}, []string{"ITEM=Call out fee | PRICE=80.00"}},
		{"an item that is called like a total", func(p *pdftest.Page) {
			p.Text(50, 300, 10, "Description").Right(300, 300, 10, "Qty").Right(540, 300, 10, "Amount")
			p.Text(50, 316, 10, "Shipping").Right(300, 316, 10, "1").Right(540, 316, 10, "8.00").Text(50, 332, 10, "Shipping").Right(540, 332, 10, "9.00")
		}, []string{"ITEM=Shipping | QUANTITY=1 | PRICE=8.00"}},
		{"columns for net and gross", func(p *pdftest.Page) {
			p.Text(50, 300, 10, "Artikel").Right(300, 300, 10, "Netto").Right(540, 300, 10, "Gesamt").Text(50, 316, 10, "Bohrer").Right(300, 316, 10, "10,00").Right(540, 316, 10, "11,90")
		}, []string{"ITEM=Bohrer | OTHER=10,00 | PRICE=11,90"}},
		{"no heading", func(p *pdftest.Page) { p.Text(50, 300, 10, "2 x Melange").Right(540, 300, 10, "11,80") }, nil},
		{"words that might be a heading", func(p *pdftest.Page) { p.Text(50, 300, 10, "the price of this product is 12.00") }, nil},
	} {
		t.Run(row.name, func(t *testing.T) { want(t, rows(analyze(t, row.write)), row.want...) })
	}
}

func TestAPageIsReadHoweverItIsTurned(t *testing.T) {
	for _, angle := range []int{0, 90, 180, 270} {
		page := analyze(t, func(p *pdftest.Page) {
			write := func(x, y float64, text string) {
				switch angle {
				case 90:
					x, y = p.Width-y, x
				case 180:
					x, y = p.Width-x, p.Height-y
				case 270:
					x, y = y, p.Height-x
				}
				p.Turned(x, y, 10, angle, text)
			}
			write(50, 300, "Invoice No:")
			write(200, 300, "A-1")
			write(50, 320, "Description")
			write(300, 320, "Amount")
			write(50, 335, "Steel")
			write(300, 335, "12.50")
		})
		want(t, told(page.Fields), "INVOICE_RECEIPT_ID A-1 99")
		want(t, rows(page), "ITEM=Steel | PRICE=12.50")
		for _, f := range page.Fields {
			if f.Value.Angle != angle {
				t.Errorf("the value's angle is %d, not %d", f.Value.Angle, angle)
			}
		}
	}
}
