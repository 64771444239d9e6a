package invoices

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dates"
	"github.com/tradepost-dev/tradepost/internal/money"
)

func limit(t *testing.T, text string) money.Amount {
	t.Helper()
	value, code, _ := strings.Cut(text, " ")
	amount, err := money.Exact(value, money.Currency(code))
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

// reader is one with the default policy.
func reader(t *testing.T) Reader {
	t.Helper()
	return Reader{
		Money: money.Policy{Symbols: money.DefaultSymbols}, MinConfidence: 90,
		Limits: map[money.Currency]money.Amount{"EUR": limit(t, "1000 EUR"), "USD": limit(t, "1000 USD"), "SEK": limit(t, "10000 SEK"), "NOK": limit(t, "10000 NOK")},
	}
}

// field is one of the given type that is read surely.
func field(kind, text string) ExpenseField {
	return ExpenseField{Type: Typed{kind, 99}, ValueDetection: Detection{text, 98}}
}

// unsure is a field that is read with a confidence.
func unsure(kind, text string, confidence float64) ExpenseField {
	f := field(kind, text)
	f.ValueDetection.Confidence = confidence
	return f
}

func row(item, price string) LineItem {
	return LineItem{LineItemExpenseFields: []ExpenseField{field(typeItem, item), field(typePrice, price)}}
}

// sound is an invoice of two lines, with tax, that nobody has to look at.
func sound() ExpenseDocument {
	return ExpenseDocument{
		ExpenseIndex: 1,
		SummaryFields: []ExpenseField{
			field(typeVendor, "Acme GmbH"), field(typeNumber, "RE-2026/17"), field(typeDate, "27.11.2026"), field(typeDue, "27.12.2026"),
			field(typeSubtotal, "100,00 €"), field(typeTax, "19,00 €"), field(typeTotal, "119,00 €"),
		},
		LineItemGroups: []LineItemGroup{{LineItems: []LineItem{row("Bolts", "60,00"), row("Nuts", "40,00")}}},
	}
}

func read(t *testing.T, r Reader, documents ...ExpenseDocument) []Invoice {
	t.Helper()
	answer, err := json.Marshal(Analysis{documents})
	if err != nil {
		t.Fatal(err)
	}
	invoices, err := r.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return invoices
}

func codes(i Invoice) string {
	var codes []string
	for _, reason := range i.Reasons {
		codes = append(codes, string(reason.Code))
	}
	slices.Sort(codes)
	return strings.Join(codes, " ")
}

func TestASoundInvoiceIsReadAndNobodyHasToLookAtIt(t *testing.T) {
	got := read(t, reader(t), sound())
	if len(got) != 1 || !got[0].Approved() || !contract.Payable(got[0].Reasons) {
		t.Fatalf("%+v", got)
	}
	i := got[0]
	if i.Vendor.Value != "Acme GmbH" || i.Number.Value != "RE-2026/17" || i.Date.Value.String() != "2026-11-27" || i.Due.Value.String() != "2026-12-27" ||
		i.Total.Value.String() != "119.00 EUR" || i.Total.Text != "119,00 €" || i.Subtotal.Value.String() != "100.00 EUR" || i.Total.Confidence != 98 {
		t.Errorf("%+v", i)
	}
	if len(i.Lines) != 2 || i.Lines[1].Item.Value != "Nuts" || i.Lines[1].Price.Value.String() != "40.00 EUR" || len(i.Charges) != 1 {
		t.Errorf("%+v", i.Lines)
	}
	want := contract.Invoice{Index: 1, Vendor: "Acme GmbH", Number: "RE-2026/17", Date: "2026-11-27", Due: "2026-12-27",
		Total: contract.Amount{Value: "119.00", Currency: "EUR"}, Confidence: 98, Lines: 2, Reasons: []contract.Reason{}}
	if got := i.Summary(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("summary %+v", got)
	}
}

// set gives the fields of a type another value, or takes them away.
func set(d *ExpenseDocument, kind string, values ...ExpenseField) {
	d.SummaryFields = slices.DeleteFunc(d.SummaryFields, func(f ExpenseField) bool { return f.Type.Text == kind })
	d.SummaryFields = append(d.SummaryFields, values...)
}

func TestWhatAPersonHasToLookAtIsSaid(t *testing.T) {
	rows := func(d *ExpenseDocument, rows ...LineItem) { d.LineItemGroups = []LineItemGroup{{LineItems: rows}} }
	for _, each := range []struct {
		name    string
		change  func(*ExpenseDocument)
		codes   string
		payable bool
		text    string // a part of the reasons
	}{
		{"no vendor", func(d *ExpenseDocument) { set(d, typeVendor) }, "VENDOR_MISSING", false, "The vendor's name is missing."},
		{"a vendor without letters", func(d *ExpenseDocument) { set(d, typeVendor, field(typeVendor, "---")) }, "VENDOR_MISSING", false, `cannot be read from "---"`},
		{"a vendor that is too long", func(d *ExpenseDocument) { set(d, typeVendor, field(typeVendor, strings.Repeat("a", 501))) }, "VENDOR_MISSING", false, "is too long"},
		{"no number", func(d *ExpenseDocument) { set(d, typeNumber) }, "NUMBER_MISSING", false, "The invoice's number is missing."},
		{"two numbers", func(d *ExpenseDocument) { d.SummaryFields = append(d.SummaryFields, unsure(typeNumber, "4711", 95)) }, "SEVERAL_VALUES", true, `"RE-2026/17" and "4711"`},
		{"two numbers, one of them unsure", func(d *ExpenseDocument) { d.SummaryFields = append(d.SummaryFields, unsure(typeNumber, "4711", 80)) }, "", true, ""},
		{"one number, written twice", func(d *ExpenseDocument) { d.SummaryFields = append(d.SummaryFields, field(typeNumber, "re 2026 17")) }, "", true, ""},
		{"two vendors", func(d *ExpenseDocument) { d.SummaryFields = append(d.SummaryFields, field(typeVendor, "Bolt AG")) }, "SEVERAL_VALUES", true, "more than one vendor"},
		{"a vendor's logo", func(d *ExpenseDocument) { d.SummaryFields = append(d.SummaryFields, unsure(typeVendor, "ACME", 97)) }, "", true, ""},
		{"no date", func(d *ExpenseDocument) { set(d, typeDate) }, "DATE_MISSING", true, "The date is missing."},
		{"a date that may be two", func(d *ExpenseDocument) { set(d, typeDate, field(typeDate, "03/04/2026")) }, "DATE_AMBIGUOUS", true, "may be 2026-04-03 or 2026-03-04"},
		{"a date that is none", func(d *ExpenseDocument) { set(d, typeDate, field(typeDate, "31.02.2026")) }, "DATE_UNREADABLE", true, "is no day of the calendar"},
		{"no due date", func(d *ExpenseDocument) { set(d, typeDue) }, "", true, ""},
		{"a due date that may be two", func(d *ExpenseDocument) { set(d, typeDue, field(typeDue, "12/11/2026")) }, "DUE_AMBIGUOUS", true, "The due date"},
		{"a due date that is none", func(d *ExpenseDocument) { set(d, typeDue, field(typeDue, "Net 30")) }, "DUE_UNREADABLE", true, `"Net 30" is no date`},
		{"due before its date", func(d *ExpenseDocument) { set(d, typeDue, field(typeDue, "26.11.2026")) }, "DUE_BEFORE_DATE", true, "due on 2026-11-26, before"},
		{"due on its date", func(d *ExpenseDocument) { set(d, typeDue, field(typeDue, "27.11.2026")) }, "", true, ""},
		{"no total", func(d *ExpenseDocument) { set(d, typeTotal) }, "TOTAL_MISSING", false, "The total is missing."},
		{"an amount due for a total", func(d *ExpenseDocument) { set(d, typeTotal, field(typeOpen, "119,00 €")) }, "", true, ""},
		{"another amount due", func(d *ExpenseDocument) { d.SummaryFields = append(d.SummaryFields, field(typeOpen, "19,00 €")) }, "AMOUNT_DUE_DIFFERS", true, "19.00 EUR, is not the total, 119.00 EUR"},
		{"a total that may be two", func(d *ExpenseDocument) { set(d, typeTotal, field(typeTotal, "1,234 €")) }, "TOTAL_AMBIGUOUS", false, "may be 1234 or 1.234 EUR"},
		{"a total that is none", func(d *ExpenseDocument) { set(d, typeTotal, field(typeTotal, "see below")) }, "TOTAL_UNREADABLE", false, "has no number"},
		{"two totals", func(d *ExpenseDocument) { d.SummaryFields = append(d.SummaryFields, field(typeTotal, "120,00 €")) }, "SEVERAL_VALUES", true, `"119,00 €" and "120,00 €"`},
		{"two totals, one of them ambiguous", func(d *ExpenseDocument) { d.SummaryFields = append(d.SummaryFields, field(typeTotal, "1,190 €")) }, "SEVERAL_VALUES", true, "1,190"},
		{"two totals, the surer one unreadable", func(d *ExpenseDocument) {
			set(d, typeTotal, field(typeTotal, "Total"), unsure(typeTotal, "119,00 €", 95))
		}, "", true, ""},
		{"nothing", func(d *ExpenseDocument) {
			set(d, typeTotal, field(typeTotal, "0,00 €"))
			set(d, typeTax)
			rows(d, row("Bolts", "0,00"))
		}, "NOTHING_TO_PAY", false, "the total is 0.00 EUR"},
		{"a credit by its sign", func(d *ExpenseDocument) {
			set(d, typeTotal, field(typeTotal, "(119,00) €"))
			set(d, typeTax, field(typeTax, "(19,00)"))
			rows(d, row("Bolts", "(60,00)"), row("Nuts", "-40,00"))
		}, "NOTHING_TO_PAY", false, "the total is -119.00 EUR"},
		{"a credit by its title", func(d *ExpenseDocument) { d.Blocks = []Block{{"LINE", "GUTSCHRIFT Nr. 17"}} }, "CREDIT_NOTE", false, "It is a credit note"},
		{"a credit by its French title", func(d *ExpenseDocument) { d.Blocks = []Block{{"LINE", "Facture d’avoir n° 17"}} }, "CREDIT_NOTE", false, ""},
		{"a bank of credit", func(d *ExpenseDocument) {
			d.Blocks = []Block{{"LINE", "Crédit Agricole"}, {"LINE", "avoir un compte"}}
		}, "", true, ""},
		{"a credit in the small print", func(d *ExpenseDocument) { d.Blocks = []Block{{"LINE", "Please ask for a credit note within 30 days"}} }, "", true, ""},
		{"a sum that differs", func(d *ExpenseDocument) { rows(d, row("Bolts", "60,00"), row("Nuts", "40,01")) }, "SUM_DIFFERS", true, "100.01 EUR, with taxes"},
		{"lines with tax", func(d *ExpenseDocument) { rows(d, row("Bolts", "71,40"), row("Nuts", "47,60")) }, "", true, ""},
		{"shipping and a discount", func(d *ExpenseDocument) {
			set(d, typeShipping, field(typeShipping, "9,90"))
			set(d, typeDiscount, field(typeDiscount, "5,00"))
			set(d, typeTotal, field(typeTotal, "123,90 €"))
		}, "", true, ""},
		{"a discount with a sign", func(d *ExpenseDocument) {
			set(d, typeDiscount, field(typeDiscount, "-5,00"))
			set(d, typeTotal, field(typeTotal, "114,00 €"))
		}, "", true, ""},
		{"two taxes", func(d *ExpenseDocument) { set(d, typeTax, field(typeTax, "12,00"), field(typeTax, "7,00")) }, "", true, ""},
		{"two taxes and their sum", func(d *ExpenseDocument) {
			set(d, typeTax, field(typeTax, "12,00"), field(typeTax, "7,00"), field(typeTax, "19,00"))
		}, "", true, ""},
		{"no lines", func(d *ExpenseDocument) { d.LineItemGroups = nil }, "LINES_MISSING", true, "no lines"},
		{"a line without a price", func(d *ExpenseDocument) {
			rows(d, row("Bolts", "60,00"), LineItem{[]ExpenseField{field(typeItem, "Nuts"), field(typeQuantity, "4")}})
		}, "LINE_UNREADABLE", true, "Line 2 (Nuts) has no price."},
		{"a line with a price that is none", func(d *ExpenseDocument) { rows(d, row("Bolts", "60,00"), row("Nuts", "gratis")) }, "LINE_UNREADABLE", true, "line 2 (Nuts)"},
		{"a line of words", func(d *ExpenseDocument) {
			rows(d, row("Bolts", "60,00"), LineItem{[]ExpenseField{field(typeItem, "made of steel")}}, row("Nuts", "40,00"))
		}, "", true, ""},
		{"lines in two currencies", func(d *ExpenseDocument) { rows(d, row("Bolts", "60,00 EUR"), row("Nuts", "$40.00")) }, "SUM_DIFFERS", true, "several currencies"},
		{"an unsure vendor", func(d *ExpenseDocument) { set(d, typeVendor, unsure(typeVendor, "Acme GmbH", 89.9)) }, "LOW_CONFIDENCE", true, "sure to 89.9 % only"},
		{"an unsure number", func(d *ExpenseDocument) { set(d, typeNumber, unsure(typeNumber, "17", 50)) }, "LOW_CONFIDENCE", true, "The number"},
		{"an unsure date", func(d *ExpenseDocument) { set(d, typeDate, unsure(typeDate, "27.11.2026", 50)) }, "LOW_CONFIDENCE", true, "The date"},
		{"an unsure due date", func(d *ExpenseDocument) { set(d, typeDue, unsure(typeDue, "27.12.2026", 50)) }, "LOW_CONFIDENCE", true, "The due date"},
		{"an unsure total", func(d *ExpenseDocument) { set(d, typeTotal, unsure(typeTotal, "119,00 €", 50)) }, "LOW_CONFIDENCE", true, "The total"},
		{"an unsure meaning", func(d *ExpenseDocument) {
			f := field(typeTotal, "119,00 €")
			f.Type.Confidence = 60
			set(d, typeTotal, f)
		}, "LOW_CONFIDENCE", true, "The total"},
		{"an unsure price", func(d *ExpenseDocument) {
			rows(d, row("Bolts", "60,00"), LineItem{[]ExpenseField{field(typeItem, "Nuts"), unsure(typePrice, "40,00", 50)}})
		}, "LOW_CONFIDENCE", true, "price of Nuts"},
		{"just sure", func(d *ExpenseDocument) { set(d, typeTotal, unsure(typeTotal, "119,00 €", 90)) }, "", true, ""},
		{"at the limit", func(d *ExpenseDocument) {
			set(d, typeTotal, field(typeTotal, "1.000,00 €"))
			rows(d, row("Bolts", "981,00"))
		}, "ABOVE_LIMIT", true, "1000.00 EUR is not below 1000.00 EUR"},
		{"below the limit", func(d *ExpenseDocument) {
			set(d, typeTotal, field(typeTotal, "999,99 €"))
			rows(d, row("Bolts", "980,99"))
		}, "", true, ""},
		{"a currency without a limit", func(d *ExpenseDocument) {
			set(d, typeTotal, field(typeTotal, "119,00 CHF"))
			set(d, typeTax, field(typeTax, "19,00 CHF"))
			set(d, typeSubtotal)
		}, "NO_LIMIT", true, "Nothing in CHF"},
	} {
		t.Run(each.name, func(t *testing.T) {
			d := sound()
			each.change(&d)
			got := read(t, reader(t), d)
			if len(got) != 1 || codes(got[0]) != each.codes || contract.Payable(got[0].Reasons) != each.payable || got[0].Approved() != (each.codes == "") {
				t.Fatalf("%d, %s, %+v; want %s", len(got), codes(got[0]), got[0].Reasons, each.codes)
			}
			if text := fmt.Sprint(got[0].Reasons); !strings.Contains(text, each.text) {
				t.Errorf("%s, want %s", text, each.text)
			}
		})
	}
}

func TestCurrenciesAreThoseThatTheDocumentSpeaksOf(t *testing.T) {
	labelled := func(kind, label, text string) ExpenseField {
		f := field(kind, text)
		f.LabelDetection = Detection{label, 99}
		return f
	}
	guessed := func(kind, text, code string, confidence float64) ExpenseField {
		f := field(kind, text)
		f.Currency = Currency{code, confidence}
		return f
	}
	for _, each := range []struct {
		name       string
		fields     []ExpenseField
		want       string
		confidence float64
	}{
		{"a code", []ExpenseField{field(typeTotal, "SEK 1 234,50")}, "1234.50 SEK", 98},
		{"a symbol, and a code elsewhere", []ExpenseField{field(typeTotal, "1 234,50 kr"), field(typeTax, "246,90 SEK")}, "1234.50 SEK", 98},
		{"a symbol, and a label", []ExpenseField{labelled(typeTotal, "Att betala (SEK):", "1 234,50 kr")}, "1234.50 SEK", 98},
		{"no symbol, and a label", []ExpenseField{labelled(typeTotal, "Total EUR", "1.234,50")}, "1234.50 EUR", 98},
		{"no symbol, and a label in words", []ExpenseField{labelled(typeTotal, "Total ALL", "1.234,50")}, "no amount", 98},
		{"a symbol, and a VAT number", []ExpenseField{field(typeTotal, "1 234,50 kr"), field(typeVAT, "SE556677889901")}, "1234.50 SEK", 98},
		{"a symbol, and Norway's VAT number", []ExpenseField{field(typeTotal, "1 234,50 kr"), field(typeVAT, "987 654 321 MVA")}, "1234.50 NOK", 98},
		{"no symbol, and a VAT number", []ExpenseField{field(typeTotal, "1 234,50"), field(typeVAT, "SE556677889901")}, "no amount", 98},
		{"a symbol alone", []ExpenseField{field(typeTotal, "1 234,50 kr")}, "no amount", 98},
		{"dollars", []ExpenseField{field(typeTotal, "$1,234.50")}, "1234.50 USD", 98},
		{"dollars of Canada", []ExpenseField{field(typeTotal, "$1,234.50"), field(typeVAT, "CA123456789")}, "no amount", 98},
		{"Textract's opinion", []ExpenseField{guessed(typeTotal, "1 234,50 kr", "NOK", 91)}, "1234.50 NOK", 91},
		{"Textract's opinion, unsure", []ExpenseField{guessed(typeTotal, "1 234,50 kr", "NOK", 89)}, "no amount", 98},
		{"Textract's opinion against a code", []ExpenseField{guessed(typeTotal, "1 234,50 SEK", "NOK", 99)}, "1234.50 SEK", 98},
		{"Textract's opinion, which everybody has", []ExpenseField{guessed(typeTotal, "$1,234.50", "USD", 99)}, "1234.50 USD", 98},
		{"Textract's opinion against the policy", []ExpenseField{guessed(typeTotal, "$1,234.50", "CAD", 99)}, "no amount", 98},
		{"Textract's opinion that is none", []ExpenseField{guessed(typeTotal, "$1,234.50", "???", 99)}, "1234.50 USD", 98},
	} {
		got := read(t, reader(t), ExpenseDocument{SummaryFields: each.fields})
		if total := got[0].Total; total.Value.String() != each.want || total.Confidence != each.confidence || (each.want == "no amount") != got[0].Has(contract.TotalAmbiguous) {
			t.Errorf("%s: %s, %.0f, %v; want %s", each.name, total.Value, total.Confidence, got[0].Reasons, each.want)
		}
	}
}

// What names no currency is of the total's, whose symbol stands for it throughout.
func TestPricesAreOfTheTotalsCurrency(t *testing.T) {
	d := sound()
	set(&d, typeTotal, field(typeTotal, "119,00 kr"))
	set(&d, typeTax, field(typeTax, "19,00 kr"))
	set(&d, typeSubtotal, field(typeSubtotal, "100,00"))
	d.SummaryFields = append(d.SummaryFields, field(typeVAT, "NO 987654321 MVA"))
	if got := read(t, reader(t), d)[0]; got.Total.Value.String() != "119.00 NOK" || got.Lines[0].Price.Value.String() != "60.00 NOK" || got.Subtotal.Value.String() != "100.00 NOK" || !got.Approved() {
		t.Errorf("%+v", got)
	}
}

func TestPagesOfAnInvoiceAreReadTogether(t *testing.T) {
	second := ExpenseDocument{ExpenseIndex: 2, LineItemGroups: []LineItemGroup{{LineItems: []LineItem{row("Washers", "10,00")}}}}
	other := sound()
	other.ExpenseIndex = 3
	set(&other, typeNumber, field(typeNumber, "18"))
	again := sound() // the same number once more, as on the head of a page
	again.ExpenseIndex = 4
	set(&again, typeNumber, field(typeNumber, "18"))
	again.LineItemGroups = nil
	stranger := again
	stranger.SummaryFields = []ExpenseField{field(typeVendor, "Bolt AG"), field(typeNumber, "18"), field(typeTotal, "1,00 €")}
	stranger.ExpenseIndex = 5
	sameIndex := stranger
	sameIndex.SummaryFields = []ExpenseField{field(typeVendor, "Else"), field(typeNumber, "99")}

	got := read(t, reader(t), sound(), second, other, again, stranger, sameIndex)
	var lines []string
	for _, i := range got {
		lines = append(lines, fmt.Sprintf("%d %s %s %d", i.Index, i.Vendor.Value, i.Number.Value, len(i.Lines)))
	}
	if want := []string{"1 Acme GmbH RE-2026/17 3", "2 Acme GmbH 18 2", "3 Bolt AG 18 0"}; !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}

func TestAFileWithoutAnInvoiceHasNone(t *testing.T) {
	blank := ExpenseDocument{ExpenseIndex: 1, SummaryFields: []ExpenseField{field("OTHER", "hello"), field(typeTotal, " ")}}
	letter := ExpenseDocument{ExpenseIndex: 2, SummaryFields: []ExpenseField{field(typeVendor, "Dear customer"), field(typeDate, "27.11.2026")}}
	if got := read(t, reader(t), blank, letter); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for _, kind := range []string{typeNumber, typeTotal, typeOpen, typeSubtotal, typeTax} {
		poor := ExpenseDocument{SummaryFields: []ExpenseField{field(kind, "5")}}
		if got := read(t, reader(t), poor); len(got) != 1 {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	for _, answer := range []string{`{}`, `{"ExpenseDocuments": null}`, `{"ExpenseDocuments": []}`, `null`} {
		got, err := reader(t).Read([]byte(answer))
		if err != nil || got == nil || len(got) != 0 {
			t.Errorf("%s: %v, %v", answer, got, err)
		}
	}
	for _, answer := range []string{``, `{`, `[]`, `{"ExpenseDocuments": 5}`} {
		if got, err := reader(t).Read([]byte(answer)); err == nil {
			t.Errorf("%s: %v", answer, got)
		}
	}
}

// What AWS's documentation prints is read, member by member.
func TestAnAnswerInAWSsOwnFormIsRead(t *testing.T) {
	answer, err := os.ReadFile(filepath.Join("testdata", "answer.json"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := reader(t).Read(answer)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	i := got[0]
	if i.Vendor.Value != "Quince Supplies Inc." || i.Number.Value != "INV-0042" || i.Total.Value.String() != "54.00 USD" || i.Date.Value.String() != "2026-11-05" ||
		len(i.Lines) != 2 || i.Lines[0].Quantity.Text != "2" || !i.Due.Value.IsZero() {
		t.Errorf("%+v", i)
	}
	if codes(i) != "LOW_CONFIDENCE" || i.Vendor.Confidence != 88.25 {
		t.Errorf("%+v", i.Reasons)
	}
}

func TestCorrectionsAreTakenFromTheComment(t *testing.T) {
	r := reader(t)
	invoice := contract.Invoice{Index: 1, Reasons: []contract.Reason{
		{Code: contract.VendorMissing}, {Code: contract.NumberMissing}, {Code: contract.TotalAmbiguous}, {Code: contract.DateMissing}, {Code: contract.DueUnreadable}, {Code: contract.SumDiffers},
	}}
	comment := "I have called them.\r\n Vendor : Acme: the shop\nNUMBER: 17\ntotal: 1.234,50 €\ndate: 27.11.2026\ndue: 27 December 2026\nhint: none"
	got, faults := Correct(invoice, r, comment)
	want := contract.Invoice{Index: 1, Vendor: "Acme: the shop", Number: "17", Total: contract.Amount{Value: "1234.50", Currency: "EUR"}, Date: "2026-11-27", Due: "2026-12-27",
		Reasons: []contract.Reason{{Code: contract.SumDiffers}}}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(faults) != 0 || len(invoice.Reasons) != 6 {
		t.Errorf("%+v, %q", got, faults)
	}
	got, faults = Correct(invoice, r, "vendor: --\nnumber: "+strings.Repeat("1", 201)+"\ntotal: 1,234 EUR\ntotal: -5 EUR\ndate: 03/04/2026\ndue: soon")
	if fmt.Sprint(got) != fmt.Sprint(invoice) || len(faults) != 6 {
		t.Errorf("%+v, %q", got, faults)
	}
	for _, fault := range faults {
		if !strings.HasPrefix(fault, "The correction of the ") {
			t.Errorf("%q", fault)
		}
	}
	if got, faults = Correct(invoice, Reader{Dates: dates.DayFirst}, "please pay"); fmt.Sprint(got) != fmt.Sprint(invoice) || faults != nil {
		t.Errorf("%+v, %q", got, faults)
	}
}

func TestKeysTellVendorsAndNumbersApart(t *testing.T) {
	for _, same := range [][]string{
		{"ACME G.m.b.H.", "Acme GmbH", "acme gmbh", "ＡＣＭＥ ＧｍｂＨ", "Acme\u00a0GmbH,", "Ácme GmbH"},
		{"Müller & Söhne", "MULLER SOHNE", "Muller+Sohne"}, {"Straße 7", "STRASSE 7"},
	} {
		for _, name := range same {
			if VendorKey(name) != VendorKey(same[0]) {
				t.Errorf("%q and %q are two vendors", name, same[0])
			}
		}
	}
	for _, same := range [][]string{{"INV-2026/001", "inv 2026 001", "# INV2026001"}, {"№ 5", "no 5"}} {
		for _, number := range same {
			if NumberKey(number) != NumberKey(same[0]) {
				t.Errorf("%q and %q are two numbers: %q %q", number, same[0], NumberKey(number), NumberKey(same[0]))
			}
		}
	}
	if VendorKey("Acme Ltd") == VendorKey("Acme GmbH") || NumberKey("001") == NumberKey("1") || VendorKey("東京電力") == "" {
		t.Error("two are one")
	}
}

// Whatever Textract answers, there are invoices or an error.
func FuzzRead(f *testing.F) {
	answer, err := json.Marshal(Analysis{[]ExpenseDocument{sound()}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(answer), "119,00 €", "27.11.2026")
	f.Fuzz(func(t *testing.T, answer, total, date string) {
		r := Reader{Money: money.Policy{Symbols: money.DefaultSymbols}, MinConfidence: 90}
		invoices, err := r.Read([]byte(answer))
		if err == nil {
			if _, err := json.Marshal(invoices); err != nil {
				t.Error(err)
			}
		}
		d := sound()
		set(&d, typeTotal, field(typeTotal, total))
		set(&d, typeDate, field(typeDate, date))
		for _, invoice := range read(t, r, d) {
			if contract.Payable(invoice.Reasons) != (invoice.Total.Value.IsPositive()) {
				t.Errorf("%q: %s, %v", total, invoice.Total.Value, invoice.Reasons)
			}
		}
	})
}
