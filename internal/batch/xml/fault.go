// This file says what can be wrong with a document.

package xml

import "fmt"

// Code tells kinds of document faults apart.
type Code string

const (
	Empty               Code = "EMPTY"                // no bytes, or white space only
	NotXML              Code = "NOT_XML"              // does not begin as XML does
	Compressed          Code = "COMPRESSED"           // gzip or zip
	UnsupportedEncoding Code = "UNSUPPORTED_ENCODING" // or one that contradicts the bytes
	InvalidEncoding     Code = "INVALID_ENCODING"     // bytes that have no meaning in the encoding
	IllegalCharacter    Code = "ILLEGAL_CHARACTER"    // a character, or a reference to one, that XML forbids
	Malformed           Code = "MALFORMED"            // any other breach of XML's grammar
	Truncated           Code = "TRUNCATED"            // ends before the root element does
	TrailingContent     Code = "TRAILING_CONTENT"     // a second root, or text after the first
	Doctype             Code = "DOCTYPE"
	UndefinedEntity     Code = "UNDEFINED_ENTITY"
	MismatchedTag       Code = "MISMATCHED_TAG"
	DuplicateAttribute  Code = "DUPLICATE_ATTRIBUTE"
	UndeclaredPrefix    Code = "UNDECLARED_PREFIX" // of a namespace
	UnexpectedRoot      Code = "UNEXPECTED_ROOT"   // not Transactions
	UnexpectedText      Code = "UNEXPECTED_TEXT"   // between the transactions
	NoRecords           Code = "NO_RECORDS"
	TooDeep             Code = "TOO_DEEP"
	TooLongTag          Code = "TOO_LONG_TAG"
	TooManyAttributes   Code = "TOO_MANY_ATTRIBUTES"
	TooManyBytes        Code = "TOO_MANY_BYTES"
	TooManyRecords      Code = "TOO_MANY_RECORDS"
)

// Fault is what makes a document unusable as a whole. Its place is that of the
// first character in question. Line and column count from 1, the column in
// characters; a line ends at a line feed. The offset counts bytes from 0. In
// a file that is not UTF-8 all three refer to the text decoded to UTF-8.
type Fault struct {
	Code    Code
	Line    int
	Column  int
	Offset  int64
	Message string // a sentence for the partner
}

// Error is the message with the place.
func (f *Fault) Error() string {
	return fmt.Sprintf("Line %d, column %d (byte %d): %s", f.Line, f.Column, f.Offset, f.Message)
}

// quote shortens and quotes a piece of the document for a message.
func quote(b []byte) string {
	const limit = 60
	if runes := []rune(string(b[:min(len(b), 4*limit)])); len(runes) > limit {
		return fmt.Sprintf("%q...", string(runes[:limit]))
	}
	return fmt.Sprintf("%q", b)
}
