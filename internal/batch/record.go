// This file gathers a record: one transaction of the batch.

package batch

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Record is one transaction of a batch. It is valid until the function that it
// is passed to returns; what Content and TransactionID return stays valid.
//
// A format fills one Record again and again: Begin and Identify, then the
// content in document order (Attribute, Open, Text, Close), then End. It
// allocates nothing once it has grown to the size of the largest record, and
// that is bounded: a record that could not be stored is rejected, and no longer
// gathered.
type Record struct {
	Ordinal int // from 1

	// Code and Message say what is wrong with the record by itself; both are
	// empty if nothing is. A record with a Code has no content.
	Code    string // one of package contract
	Message string // a sentence for the partner

	id     []byte
	text   []byte // names and texts, one behind the other
	pieces []piece
	size   int  // of what DynamoDB's JSON adds to text, at least
	run    int  // where in text the piece of text being gathered begins
	leaf   bool // the innermost open element has no child element yet
}

// piece is a part of the content. What it says ends at end in the record's
// text and begins where the piece before it ends.
type piece struct {
	kind kind
	end  int32
}

type kind uint8

const (
	open      kind = iota // the name of an element
	attribute             // the name of an attribute; the next piece is its value
	value
	text
	closing
)

// What DynamoDB's JSON adds, at least, to the strings of content.
const (
	elementJSON   = len(`{"M":{"name":{"S":""},"text":{"S":""}}},`)
	attributeJSON = len(`{"M":{"name":{"S":""},"text":{"S":""}}},`)
	textJSON      = len(`{"M":{"text":{"S":""}}},`) // of one between elements
)

// TransactionID is the record's id. If the record is bad it is what there is
// of one, at most contract.MaxTransactionIDLength characters.
func (r *Record) TransactionID() string { return string(r.id) }

// TransactionIDBytes is TransactionID without a copy: it is valid as long as
// the record is.
func (r *Record) TransactionIDBytes() []byte { return r.id }

// Begin empties the record for the next one of the file.
func (r *Record) Begin() {
	*r = Record{Ordinal: r.Ordinal + 1, id: r.id[:0], text: r.text[:0], pieces: r.pieces[:0]}
}

// Identify takes the record's id.
func (r *Record) Identify(id []byte) {
	r.id = append(r.id, firstCharacters(id, contract.MaxTransactionIDLength)...)
	if code, message := contract.CheckTransactionID(id); code != "" {
		r.Reject(code, "%s", message)
	}
}

// Reject makes the record a bad one: what there is of it is dropped, and what
// follows is not kept. The first reason counts.
func (r *Record) Reject(code, format string, arguments ...any) {
	if r.Code == "" {
		r.Code, r.Message = code, fmt.Sprintf(format, arguments...)
		r.text, r.pieces, r.run = r.text[:0], r.pieces[:0], 0
	}
}

// Attribute adds an attribute to the element that was opened last, or to the
// record itself, before any of its content.
func (r *Record) Attribute(name, of []byte) {
	if r.fits(len(name) + len(of)) {
		r.text = append(r.text, name...)
		r.add(attribute, attributeJSON)
		r.text = append(r.text, of...)
		r.add(value, 0)
	}
}

// Open begins an element.
func (r *Record) Open(name []byte) {
	r.endText(false)
	r.leaf = true
	if r.fits(len(name)) {
		r.text = append(r.text, name...)
		r.add(open, elementJSON)
	}
}

// Text adds a piece of text to the open element, or to the record itself. What
// is added before the next Open, Close or End is one text.
func (r *Record) Text(piece []byte) {
	if r.fits(len(piece)) {
		r.text = append(r.text, piece...)
	}
}

// Close ends the innermost open element.
func (r *Record) Close() {
	r.endText(r.leaf)
	r.leaf = false
	r.add(closing, 0)
}

// End ends the record.
func (r *Record) End() { r.endText(false) }

// endText ends a piece of text. Beside elements it is dropped if it is blank,
// since white space there only lays out the file.
func (r *Record) endText(alone bool) {
	if gathered := r.text[r.run:]; len(gathered) == 0 || !alone && blank(gathered) {
		r.text = r.text[:r.run]
		return
	}
	if alone { // the element has room for it
		r.add(text, 0)
	} else {
		r.add(text, textJSON)
	}
}

// add makes a piece of the text that no piece has yet. JSON takes json bytes
// more for it.
func (r *Record) add(k kind, json int) {
	if r.size += json; r.fits(0) {
		r.run = len(r.text)
		r.pieces = append(r.pieces, piece{kind: k, end: int32(r.run)})
	}
}

// fits reports whether the record is good and n bytes more may be added; if
// they are too many the record is a bad one.
func (r *Record) fits(n int) bool {
	if r.Code == "" && r.size+len(r.text)+n > contract.MaxContentBytes {
		r.Reject(contract.CodeTransactionTooLarge, "The transaction takes more than %d bytes.", contract.MaxContentBytes)
	}
	return r.Code == ""
}

// Content returns what the record contains, as a tree. Its strings share one
// piece of memory.
func (r *Record) Content() contract.Content {
	t := &tree{text: string(r.text), pieces: r.pieces}
	root := t.element()
	return contract.Content{Attributes: root.Attributes, Children: root.Children}
}

// tree takes a record's pieces one by one.
type tree struct {
	text   string
	begin  int // of the next piece, in text
	pieces []piece
}

// next takes what the next piece says.
func (t *tree) next() string {
	end := int(t.pieces[0].end)
	said := t.text[t.begin:end]
	t.begin, t.pieces = end, t.pieces[1:]
	return said
}

// element makes a node of the pieces up to the one that closes it, or to the
// end: its attributes, and its text or children.
func (t *tree) element() (n contract.Node) {
	for len(t.pieces) > 0 {
		switch t.pieces[0].kind {
		case attribute:
			n.Attributes = append(n.Attributes, contract.Attribute{Name: t.next(), Text: t.next()})
		case open:
			name := t.next()
			child := t.element()
			child.Name = name
			n.Children = append(n.Children, child)
		case text:
			n.Children = append(n.Children, contract.Node{Text: t.next()})
		case closing:
			t.next()
			if len(n.Children) == 1 && n.Children[0].Name == "" { // nothing but text
				n.Text, n.Children = n.Children[0].Text, nil
			}
			return sorted(n)
		}
	}
	return sorted(n)
}

func sorted(n contract.Node) contract.Node {
	slices.SortFunc(n.Attributes, func(a, b contract.Attribute) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Text, b.Text))
	})
	return n
}

// firstCharacters cuts b behind its first n characters.
func firstCharacters(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	i := 0
	for ; n > 0 && i < len(b); n-- {
		_, size := utf8.DecodeRune(b[i:])
		i += size
	}
	return b[:i]
}

// blank reports whether b is white space: blanks, tabs and line ends.
func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}
