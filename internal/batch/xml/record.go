// This file gathers a record: one transaction of the batch.

package xml

import (
	"fmt"
	"unicode/utf8"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Record is one child of the root element. It is valid until the function
// that it is passed to returns; what its methods return stays valid.
type Record struct {
	Ordinal int // from 1

	// Code and Message say what is wrong with the record by itself; both are
	// empty if nothing is. A record with a Code has no fields.
	Code    string // one of package contract
	Message string // a sentence for the partner

	id     []byte
	text   []byte // the names and values of fields, in order
	fields []field
	size   int // of the fields' JSON, at least
}

// field is a field within a record's text: a value with its name behind it.
type field struct {
	value, name, end int
}

// fieldJSON is what JSON adds to a field's name and value: {"name":"","value":""},
const fieldJSON = 23

// TransactionID is the record's id. If the record is bad it is what there is
// of one, at most contract.MaxTransactionIDLength characters.
func (r *Record) TransactionID() string { return string(r.id) }

// TransactionIDBytes is TransactionID without a copy: it is valid as long as
// the record is.
func (r *Record) TransactionIDBytes() []byte { return r.id }

// Fields returns the record's fields in document order. They share one
// string.
func (r *Record) Fields() []contract.Field {
	text := string(r.text)
	fields := make([]contract.Field, len(r.fields))
	for i, f := range r.fields {
		fields[i] = contract.Field{Name: text[f.name:f.end], Value: text[f.value:f.name]}
	}
	return fields
}

func (r *Record) begin() {
	*r = Record{Ordinal: r.Ordinal + 1, id: r.id[:0], text: r.text[:0], fields: r.fields[:0]}
}

// reject makes the record a bad one: what there is of it is dropped, and what
// follows is checked but not kept. The first reason counts.
func (r *Record) reject(code, format string, arguments ...any) {
	if r.Code == "" {
		r.Code, r.Message = code, fmt.Sprintf(format, arguments...)
		r.text, r.fields = r.text[:0], r.fields[:0]
	}
}

// keep appends a piece of a value, unless the record is bad.
func (r *Record) keep(piece []byte) {
	if r.Code != "" {
		return
	}
	if r.size+len(r.text)+len(piece) > contract.MaxMessageBytes {
		r.tooLarge()
		return
	}
	r.text = append(r.text, piece...)
}

func (r *Record) tooLarge() {
	r.reject(contract.CodeTransactionTooLarge, "The transaction takes more than %d bytes.", contract.MaxMessageBytes)
}

// field makes a field of the text from value on. Its name is the path and,
// behind it, the last part.
func (r *Record) field(value int, path, last []byte) {
	if r.Code != "" {
		return
	}
	name := len(r.text)
	r.text = append(r.text, path...)
	if len(path) > 0 && len(last) > 0 {
		r.text = append(r.text, '/')
	}
	r.text = append(r.text, last...)
	r.fields = append(r.fields, field{value: value, name: name, end: len(r.text)})
	if r.size += fieldJSON; r.size+len(r.text) > contract.MaxMessageBytes {
		r.tooLarge()
	}
}

// identify takes the record's id; found is false if it has none.
func (r *Record) identify(id []byte, found bool) {
	if !found {
		r.reject(contract.CodeMissingTransactionID, "The transaction has no attribute TransactionID.")
		return
	}
	r.id = append(r.id, firstCharacters(id, contract.MaxTransactionIDLength)...)
	if code, message := contract.CheckTransactionID(id); code != "" {
		r.reject(code, "%s", message)
	}
}

// firstCharacters cuts b behind its first n characters.
func firstCharacters(b []byte, n int) []byte {
	i := 0
	for ; n > 0 && i < len(b); n-- {
		_, size := utf8.DecodeRune(b[i:])
		i += size
	}
	return b[:i]
}
