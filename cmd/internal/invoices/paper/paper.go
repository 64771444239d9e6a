// Package paper makes invoices as PDFs: in four layouts and three languages, and
// some that nobody would want to get. The same sample is the same file, byte for
// byte, every time.
package paper

// This file writes PDFs; samples.go says what stands in them.

import (
	"bytes"
	"fmt"
	"time"

	"github.com/go-pdf/fpdf"
)

// Invoice is what stands in one, as it is written.
type Invoice struct {
	Language               Language
	Layout                 Layout
	Title                  string // "" is the language's word for an invoice
	Vendor, Street, Town   string
	VAT                    string // the vendor's number, or none
	Customer, Number, Date string
	Due                    string // none if it is not said
	Rows                   []Row
	Subtotal, TaxRate, Tax string // none if there is no tax
	Total                  string
}

// Row is a line of the table.
type Row struct{ Item, Quantity, UnitPrice, Price string }

// Language is in which an invoice is written.
type Language string

// Languages.
const (
	English Language = "en"
	German  Language = "de"
	French  Language = "fr"
)

// words are a language's.
type words struct {
	title, number, date, due, customer, from, vat string
	item, quantity, unitPrice, price              string
	subtotal, tax, total                          string
}

var wordsOf = map[Language]words{
	English: {"INVOICE", "Invoice No", "Invoice date", "Due date", "Bill to", "From", "VAT No", "Description", "Qty", "Unit price", "Amount", "Subtotal", "VAT", "Total"},
	German: {"RECHNUNG", "Rechnungsnummer", "Rechnungsdatum", "Fällig am", "Rechnung an", "Absender", "USt-IdNr.", "Bezeichnung", "Menge", "Einzelpreis", "Betrag", "Zwischensumme", "MwSt.",
		"Gesamtbetrag"},
	French: {"FACTURE", "Facture n°", "Date de facture", "Échéance", "Facturé à", "Fournisseur", "N° TVA", "Désignation", "Quantité", "Prix unitaire", "Montant", "Total HT", "TVA", "Total TTC"},
}

// Layout is where on the page things stand.
type Layout int

// Layouts.
const (
	Beside  Layout = iota // labels left of their values, at the top right
	Above                 // labels above their values, in a row
	Inline                // "label: value" in lines of their own
	Parties               // sender and receiver side by side, under their labels
)

// sheet is a page in the making. Texts are in UTF-8, the font's in Windows-1252.
type sheet struct {
	*fpdf.Fpdf
	encoded func(string) string
}

// PDF is a file of these invoices, a page each.
func PDF(invoices ...Invoice) []byte {
	return write(func(s sheet) {
		for _, invoice := range invoices {
			s.AddPage()
			s.invoice(invoice)
		}
	})
}

func write(fill func(sheet)) []byte {
	pdf := fpdf.New("P", "pt", "A4", "")
	written := time.Date(2026, time.November, 27, 0, 0, 0, 0, time.UTC)
	pdf.SetCreationDate(written)
	pdf.SetModificationDate(written)
	pdf.SetCatalogSort(true)
	fill(sheet{pdf, pdf.UnicodeTranslatorFromDescriptor("cp1252")})
	var file bytes.Buffer
	if err := pdf.Output(&file); err != nil {
		panic(fmt.Sprintf("paper: %v", err)) // it is written to memory
	}
	return file.Bytes()
}

// text writes from a place on, right up to one; in points from the top left.
func (s sheet) text(x, y, size float64, text string) {
	s.SetFont("Helvetica", "", size)
	s.Text(x, y, s.encoded(text))
}

func (s sheet) right(x, y, size float64, text string) {
	s.SetFont("Helvetica", "", size)
	s.Text(x-s.GetStringWidth(s.encoded(text)), y, s.encoded(text))
}

func (s sheet) invoice(i Invoice) {
	w := wordsOf[i.Language]
	if i.Title != "" {
		w.title = i.Title
	}
	fields := [][2]string{{w.number, i.Number}, {w.date, i.Date}}
	if i.Due != "" {
		fields = append(fields, [2]string{w.due, i.Due})
	}
	switch i.Layout {
	case Beside:
		s.letterhead(i)
		s.text(400, 60, 16, w.title)
		for n, field := range fields {
			s.text(350, 100+16*float64(n), 10, field[0])
			s.text(460, 100+16*float64(n), 10, field[1])
		}
		s.receiver(50, 150, w.customer, i.Customer)
	case Above:
		s.letterhead(i)
		s.text(440, 60, 16, w.title)
		s.receiver(50, 140, w.customer, i.Customer)
		for n, field := range fields {
			s.text(50+170*float64(n), 215, 9, field[0])
			s.text(50+170*float64(n), 229, 10, field[1])
		}
	case Inline:
		s.text(50, 60, 18, w.title)
		for n, field := range fields {
			s.text(50, 90+16*float64(n), 10, field[0]+": "+field[1])
		}
		s.receiver(50, 160, w.customer+":", i.Customer)
		s.text(350, 60, 14, i.Vendor)
		s.text(350, 76, 9, i.Street)
		s.text(350, 88, 9, i.Town)
	case Parties:
		s.text(50, 55, 20, w.title)
		s.text(50, 95, 9, w.from)
		s.text(50, 109, 11, i.Vendor)
		s.text(50, 122, 9, i.Street)
		s.text(50, 134, 9, i.Town)
		s.receiver(320, 95, w.customer, i.Customer)
		for n, field := range fields {
			s.text(50, 170+15*float64(n), 10, field[0])
			s.text(170, 170+15*float64(n), 10, field[1])
		}
	}
	s.table(i, w)
	if i.VAT != "" {
		s.text(50, 800, 8, w.vat+" "+i.VAT)
	}
}

func (s sheet) letterhead(i Invoice) {
	s.text(50, 60, 20, i.Vendor)
	s.text(50, 78, 10, i.Street)
	s.text(50, 90, 10, i.Town)
}

func (s sheet) receiver(x, y float64, label, name string) {
	s.text(x, y, 9, label)
	s.text(x, y+14, 10, name)
	s.text(x, y+26, 10, "Market Square 1")
}

func (s sheet) table(i Invoice, w words) {
	y := 260.0
	s.text(50, y, 10, w.item)
	s.right(340, y, 10, w.quantity)
	s.right(430, y, 10, w.unitPrice)
	s.right(545, y, 10, w.price)
	s.Line(50, y+5, 545, y+5)
	for _, row := range i.Rows {
		y += 18
		s.text(50, y, 10, row.Item)
		s.right(340, y, 10, row.Quantity)
		s.right(430, y, 10, row.UnitPrice)
		s.right(545, y, 10, row.Price)
	}
	y += 16
	for _, sum := range [][2]string{{w.subtotal, i.Subtotal}, {w.tax + " " + i.TaxRate, i.Tax}, {w.total, i.Total}} {
		if sum[1] == "" {
			continue
		}
		y += 16
		s.right(430, y, 10, sum[0])
		s.right(545, y, 10, sum[1])
	}
}

// Blank is a page without a text.
func Blank() []byte {
	return write(func(s sheet) {
		s.AddPage()
		s.Rect(100, 100, 300, 200, "D")
	})
}

// Letter is a page that is no invoice.
func Letter() []byte {
	return write(func(s sheet) {
		s.AddPage()
		s.text(50, 100, 11, "Dear customer,")
		s.text(50, 120, 11, "we wish you a happy new year.")
	})
}

// Encrypted is an invoice that only opens with a password.
func Encrypted(invoice Invoice) []byte {
	return write(func(s sheet) {
		s.SetProtection(0, "a secret", "another secret")
		s.AddPage()
		s.invoice(invoice)
	})
}
