// Package expense finds in the words of a page what an invoice or a receipt
// says: labels and their values, the parties, the lines of its table. It knows
// layouts (a label left of its value or above it, tables with a heading) and
// words of some languages, but no particular document: where it does not
// recognize a thing, it says nothing of it. Values are told as they are written.
//
// A confidence tells how good the evidence is, in percent:
//
//	99  a label of the table stands in front of a value of the right shape
//	97  the label stands above the value
//	95  a name with a legal form ("Ltd", "GmbH") stands out at the top
//	90  the value's shape is only just right: a total without decimals
//	85  the label is a title ("Invoice 2024-17"), or the name only stands out
//	75  the label has further words; the only date of a page; a name at the top
//	60  different values have the same claim
//	50  the document does not say for all characters what they are
package expense

import "github.com/tradepost-dev/tradepost/local/textract/pdf"

// Page is what a page says.
type Page struct {
	Lines  []Line  // of all words, without rules that are drawn with dashes
	Fields []Field // found outside of tables
	Tables []Table
}

// Line is words next to each other, without a wide gap between them.
type Line struct {
	Words []pdf.Word
	Detection
}

// Detection is a text at its place.
type Detection struct {
	Text       string
	Box        pdf.Box
	Angle      int // as of a pdf.Word
	Confidence float64
}

// Field is a value of which it is known what it is.
type Field struct {
	Type       Type
	Confidence float64
	Label      *Detection // nil where none is written
	Value      Detection
	Currency   *Currency // of amounts
	Group      *Group    // of names and addresses
}

// Currency is one by its code in ISO 4217.
type Currency struct {
	Code       string
	Confidence float64
}

// Group is what fields of one party have in common.
type Group struct {
	ID   string
	Type string // "RECEIVER_BILL_TO"
}

// Table is the lines of a bill.
type Table struct{ Rows []Row }

// Row is one of them, with its whole text as the last field.
type Row struct{ Fields []Field }

// The confidences of the package's doc.
const (
	exact     = 99
	above     = 97
	legalName = 95
	weakShape = 90
	title     = 85
	guess     = 75
	disputed  = 60
	unsure    = 50

	read = 99.9 // of a text itself, which is in the document
)

// Analyze finds what a page says.
func Analyze(page pdf.Page) Page {
	s := newSheet(page)
	result := Page{Lines: s.all}
	tables := s.findTables()
	for _, t := range tables {
		result.Tables = append(result.Tables, t.table)
	}
	result.Fields = s.findFields()
	return result
}

// Confidence tells how well a word itself can be read.
func Confidence(w pdf.Word) float64 {
	if w.Unsure {
		return unsure
	}
	return read
}
