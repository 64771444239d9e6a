// Package invoices reads invoices from what Amazon Textract's AnalyzeExpense
// answers: what each says, how sure that is, and what a person has to look at.
// Nothing in an answer makes it fail: what cannot be read is a Reason.
package invoices

// This file has AnalyzeExpense's answer, as far as it is read:
// https://docs.aws.amazon.com/textract/latest/dg/API_ExpenseDocument.html

import (
	"slices"
	"strings"
)

// Analysis is the whole answer, of all pages.
type Analysis struct {
	ExpenseDocuments []ExpenseDocument
}

// ExpenseDocument is what Textract takes for an invoice, or for a page of one.
type ExpenseDocument struct {
	ExpenseIndex   int
	SummaryFields  []ExpenseField
	LineItemGroups []LineItemGroup
	Blocks         []Block
}

// LineItemGroup is a table.
type LineItemGroup struct {
	LineItems []LineItem
}

// LineItem is a row of one.
type LineItem struct {
	LineItemExpenseFields []ExpenseField
}

// ExpenseField is a value with its meaning.
type ExpenseField struct {
	Type           Typed
	LabelDetection Detection // what stands before it in the document
	ValueDetection Detection
	Currency       Currency
	PageNumber     int
}

// Typed is one of Textract's types, TOTAL say.
type Typed struct {
	Text       string
	Confidence float64 // percent, as all are
}

// Detection is a text of the document.
type Detection struct {
	Text       string
	Confidence float64
}

// Currency is Textract's own opinion of an amount's currency.
type Currency struct {
	Code       string
	Confidence float64
}

// Block is a part of the document's text.
type Block struct {
	BlockType string // LINE, WORD, PAGE
	Text      string
}

// Types of summary fields and of the fields of a line.
const (
	typeVendor   = "VENDOR_NAME"
	typeNumber   = "INVOICE_RECEIPT_ID"
	typeDate     = "INVOICE_RECEIPT_DATE"
	typeDue      = "DUE_DATE"
	typeTotal    = "TOTAL"
	typeOpen     = "AMOUNT_DUE"
	typeSubtotal = "SUBTOTAL"
	typeTax      = "TAX"
	typeDiscount = "DISCOUNT"
	typeShipping = "SHIPPING_HANDLING_CHARGE"
	typeService  = "SERVICE_CHARGE"
	typeGratuity = "GRATUITY"
	typeVAT      = "VENDOR_VAT_NUMBER"

	typeItem      = "ITEM"
	typeQuantity  = "QUANTITY"
	typeUnitPrice = "UNIT_PRICE"
	typePrice     = "PRICE"
	typeCode      = "PRODUCT_CODE"
)

// confidence is that of the least sure part.
func (f ExpenseField) confidence() float64 {
	return min(f.Type.Confidence, f.ValueDetection.Confidence)
}

// text is the value in one line.
func (f ExpenseField) text() string { return strings.Join(strings.Fields(f.ValueDetection.Text), " ") }

// of are the fields of a type, the surest ones first.
func of(fields []ExpenseField, kind string) []ExpenseField {
	found := slices.DeleteFunc(slices.Clone(fields), func(f ExpenseField) bool { return f.Type.Text != kind || f.text() == "" })
	slices.SortStableFunc(found, func(a, b ExpenseField) int {
		switch {
		case a.confidence() > b.confidence():
			return -1
		case a.confidence() < b.confidence():
			return 1
		}
		return 0
	})
	return found
}

// split puts the pages of each invoice together. Textract may answer with a
// document per page: one without a number, or with the number and the vendor of
// the one before, goes on with it.
func split(documents []ExpenseDocument) []ExpenseDocument {
	var invoices []ExpenseDocument
	for _, document := range documents {
		last := len(invoices) - 1
		if last >= 0 && goesOn(invoices[last], document) {
			invoices[last].SummaryFields = append(invoices[last].SummaryFields, document.SummaryFields...)
			invoices[last].LineItemGroups = append(invoices[last].LineItemGroups, document.LineItemGroups...)
			invoices[last].Blocks = append(invoices[last].Blocks, document.Blocks...)
			continue
		}
		document.SummaryFields = slices.Clone(document.SummaryFields)
		document.LineItemGroups = slices.Clone(document.LineItemGroups)
		document.Blocks = slices.Clone(document.Blocks)
		invoices = append(invoices, document)
	}
	return slices.DeleteFunc(invoices, ExpenseDocument.empty)
}

func goesOn(before, document ExpenseDocument) bool {
	if document.ExpenseIndex != 0 && document.ExpenseIndex == before.ExpenseIndex {
		return true
	}
	number, vendor := document.first(typeNumber), document.first(typeVendor)
	return number == "" || NumberKey(number) == NumberKey(before.first(typeNumber)) &&
		(vendor == "" || VendorKey(vendor) == VendorKey(before.first(typeVendor)))
}

// first is the surest text of a type, or none.
func (d ExpenseDocument) first(kind string) string {
	if fields := of(d.SummaryFields, kind); len(fields) > 0 {
		return fields[0].text()
	}
	return ""
}

// empty tells of a document that is no invoice, as far as anything was found in
// it: no line, and neither a number nor an amount. A letter has a sender, too.
func (d ExpenseDocument) empty() bool {
	telling := []string{typeNumber, typeTotal, typeOpen, typeSubtotal, typeTax}
	return len(d.rows()) == 0 && !slices.ContainsFunc(d.SummaryFields, func(f ExpenseField) bool {
		return slices.Contains(telling, f.Type.Text) && f.text() != ""
	})
}

// rows are the lines of all tables.
func (d ExpenseDocument) rows() []LineItem {
	var rows []LineItem
	for _, group := range d.LineItemGroups {
		rows = append(rows, group.LineItems...)
	}
	return rows
}
