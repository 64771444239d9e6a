package expense_test

// This file is invoices as people write them: layouts and languages.

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/textract/expense"
	"github.com/tradepost-dev/tradepost/local/textract/internal/pdftest"
	"github.com/tradepost-dev/tradepost/local/textract/pdf"
)

// reader is one for all tests: compiling PDFium takes time.
var reader = sync.OnceValue(func() *pdf.Reader { return &pdf.Reader{} })

// analyze reads a page that the test writes.
func analyze(t *testing.T, write func(*pdftest.Page)) expense.Page {
	t.Helper()
	var d pdftest.Document
	write(d.Page())
	file := d.Bytes()
	opened, err := reader().Open(context.Background(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	page, err := opened.Page(1)
	if err != nil {
		t.Fatal(err)
	}
	return expense.Analyze(page)
}

// told is the fields of a page, one a line: type, value, confidence, currency.
func told(fields []expense.Field) []string {
	var lines []string
	for _, f := range fields {
		line := fmt.Sprintf("%s %s %g", f.Type, strings.ReplaceAll(f.Value.Text, "\n", " / "), f.Confidence)
		if f.Currency != nil {
			line += fmt.Sprintf(" %s %g", f.Currency.Code, f.Currency.Confidence)
		}
		lines = append(lines, line)
	}
	return lines
}

func rows(page expense.Page) []string {
	var lines []string
	for _, table := range page.Tables {
		for _, row := range table.Rows {
			var cells []string
			for _, f := range row.Fields {
				if f.Type != expense.ExpenseRow {
					cells = append(cells, fmt.Sprintf("%s=%s", f.Type, strings.ReplaceAll(f.Value.Text, "\n", " / ")))
				}
			}
			lines = append(lines, strings.Join(cells, " | "))
		}
	}
	return lines
}

// want compares what is told with what must be, in any order.
func want(t *testing.T, got []string, expected ...string) {
	t.Helper()
	for _, e := range expected {
		if !slices.Contains(got, e) {
			t.Errorf("missing: %s", e)
		}
	}
	for _, g := range got {
		if !slices.Contains(expected, g) {
			t.Errorf("unexpected: %s", g)
		}
	}
}

func TestALabelStandsLeftOfItsValue(t *testing.T) {
	page := analyze(t, func(p *pdftest.Page) {
		p.Text(50, 60, 20, "Northwind Traders Ltd").Text(50, 78, 10, "12 Harbour Street").Text(50, 90, 10, "Bristol BS1 4RN")
		p.Text(400, 60, 16, "INVOICE")
		p.Text(350, 100, 10, "Invoice No:").Text(450, 100, 10, "INV-2024-001")
		p.Text(350, 114, 10, "Invoice date").Text(450, 114, 10, "1 March 2024")
		p.Text(350, 128, 10, "Due date: 31/03/2024")
		p.Text(350, 142, 10, "PO number 4500012345")
		p.Text(50, 140, 10, "Bill to:").Text(50, 154, 10, "Contoso GmbH").Text(50, 166, 10, "Hauptstr. 5").Text(50, 178, 10, "10115 Berlin")
		y := 240.0
		p.Text(50, y, 10, "Description").Right(340, y, 10, "Qty").Right(430, y, 10, "Unit price").Right(540, y, 10, "Amount")
		p.Text(50, y+18, 10, "Steel brackets, 40 mm").Right(340, y+18, 10, "10").Right(430, y+18, 10, "12.50").Right(540, y+18, 10, "125.00")
		p.Text(50, y+36, 10, "Assembly at the customer's").Right(340, y+36, 10, "2").Right(430, y+36, 10, "60.00").Right(540, y+36, 10, "120.00")
		p.Text(50, y+48, 10, "place, with travel")
		p.Text(380, y+80, 10, "Subtotal").Right(540, y+80, 10, "£245.00")
		p.Text(380, y+94, 10, "VAT 20%").Right(540, y+94, 10, "£49.00")
		p.Text(380, y+108, 12, "Total").Right(540, y+108, 12, "£294.00")
		p.Text(50, 760, 8, "Payment terms: 30 days net")
	})
	want(t, told(page.Fields),
		"VENDOR_NAME Northwind Traders Ltd 95", "VENDOR_ADDRESS 12 Harbour Street / Bristol BS1 4RN 85",
		"INVOICE_RECEIPT_ID INV-2024-001 99", "INVOICE_RECEIPT_DATE 1 March 2024 99", "DUE_DATE 31/03/2024 99", "PO_NUMBER 4500012345 99",
		"RECEIVER_NAME Contoso GmbH 97", "RECEIVER_ADDRESS Hauptstr. 5 / 10115 Berlin 97",
		"SUBTOTAL £245.00 99 GBP 99", "TAX £49.00 99 GBP 99", "TOTAL £294.00 99 GBP 99", "PAYMENT_TERMS 30 days net 99")
	want(t, rows(page),
		"ITEM=Steel brackets, 40 mm | QUANTITY=10 | UNIT_PRICE=12.50 | PRICE=125.00",
		"ITEM=Assembly at the customer's / place, with travel | QUANTITY=2 | UNIT_PRICE=60.00 | PRICE=120.00")
}

func TestALabelStandsAboveItsValue(t *testing.T) {
	page := analyze(t, func(p *pdftest.Page) {
		p.Text(50, 60, 22, "Werkzeug Müller").Text(50, 84, 9, "Industriestraße 7, 70565 Stuttgart")
		p.Text(50, 150, 9, "Rechnung an").Text(50, 163, 10, "Maschinenbau Süd AG").Text(50, 175, 10, "Am Ring 1").Text(50, 187, 10, "81671 München")
		p.Text(50, 230, 9, "Rechnungsnummer").Text(200, 230, 9, "Rechnungsdatum").Text(350, 230, 9, "Fälligkeitsdatum").Text(470, 230, 9, "Kundennummer")
		p.Text(50, 243, 10, "2024-0815").Text(200, 243, 10, "05.02.2024").Text(350, 243, 10, "06.03.2024").Text(470, 243, 10, "K 4711")
		y := 300.0
		p.Text(50, y, 9, "Pos.").Text(90, y, 9, "Artikelnummer").Text(180, y, 9, "Bezeichnung").Right(360, y, 9, "Menge").Right(450, y, 9, "Einzelpreis").Right(545, y, 9, "Gesamt")
		for i, row := range [][]string{{"1", "B-100", "Bohrer 8 mm", "5", "4,20 €", "21,00 €"}, {"2", "S-200", "Schrauben M6, 100 Stück", "2 Pk", "11,50 €", "23,00 €"}} {
			y := y + 16*float64(i+1)
			p.Text(50, y, 9, row[0]).Text(90, y, 9, row[1]).Text(180, y, 9, row[2]).Right(360, y, 9, row[3]).Right(450, y, 9, row[4]).Right(545, y, 9, row[5])
		}
		p.Right(450, 360, 9, "Nettobetrag").Right(545, 360, 9, "44,00 €")
		p.Right(450, 374, 9, "zzgl. 19 % MwSt.").Right(545, 374, 9, "8,36 €")
		p.Right(450, 388, 10, "Rechnungsbetrag").Right(545, 388, 10, "52,36 €")
		p.Text(50, 800, 7, "USt-IdNr.: DE 123 456 789").Text(300, 800, 7, "IBAN: DE89 3704 0044 0532 0130 00")
	})
	want(t, told(page.Fields),
		"VENDOR_NAME Werkzeug Müller 85", "VENDOR_ADDRESS Industriestraße 7, 70565 Stuttgart 85",
		"RECEIVER_NAME Maschinenbau Süd AG 97", "RECEIVER_ADDRESS Am Ring 1 / 81671 München 97",
		"INVOICE_RECEIPT_ID 2024-0815 97", "INVOICE_RECEIPT_DATE 05.02.2024 97", "DUE_DATE 06.03.2024 97", "CUSTOMER_NUMBER K 4711 97",
		"SUBTOTAL 44,00 € 99 EUR 99", "TAX 8,36 € 99 EUR 99", "TOTAL 52,36 € 99 EUR 99",
		"VENDOR_VAT_NUMBER DE 123 456 789 99", "OTHER DE89 3704 0044 0532 0130 00 75")
	want(t, rows(page),
		"OTHER=1 | PRODUCT_CODE=B-100 | ITEM=Bohrer 8 mm | QUANTITY=5 | UNIT_PRICE=4,20 € | PRICE=21,00 €",
		"OTHER=2 | PRODUCT_CODE=S-200 | ITEM=Schrauben M6, 100 Stück | QUANTITY=2 Pk | UNIT_PRICE=11,50 € | PRICE=23,00 €")
}
