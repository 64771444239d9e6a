// This file says what can be wrong with a file as a whole, and where.

package batch

import "fmt"

// Code tells kinds of faults apart. Those here may concern files of any
// format; each format adds its own. Codes are part of the public reply format:
// docs/reply.md has all of them.
type Code string

const (
	UnknownFormat       Code = "UNKNOWN_FORMAT"       // none of the formats that are understood
	Compressed          Code = "COMPRESSED"           // gzip or zip
	Empty               Code = "EMPTY"                // no bytes, or white space only
	UnsupportedEncoding Code = "UNSUPPORTED_ENCODING" // or one that contradicts the bytes
	InvalidEncoding     Code = "INVALID_ENCODING"     // bytes that have no meaning in the encoding
	IllegalCharacter    Code = "ILLEGAL_CHARACTER"    // one that the format forbids
	Malformed           Code = "MALFORMED"            // any breach of the format's grammar without a code of its own
	Truncated           Code = "TRUNCATED"            // ends too early
	NoRecords           Code = "NO_RECORDS"
	TooManyBytes        Code = "TOO_MANY_BYTES"
	TooManyRecords      Code = "TOO_MANY_RECORDS"
)

// Place is where in a file something is. Line and column count from 1, the
// column in characters; a line ends at a line feed. The offset counts bytes
// from 0. In a file that is not UTF-8 all three refer to the text decoded to
// UTF-8.
type Place struct {
	Line   int
	Column int
	Offset int64
}

// Fault is what makes a file unusable as a whole. Its place is that of the
// first character in question.
type Fault struct {
	Code Code
	Place
	Message string // a sentence for the partner
}

// Error is the message with the place.
func (f *Fault) Error() string {
	return fmt.Sprintf("Line %d, column %d (byte %d): %s", f.Line, f.Column, f.Offset, f.Message)
}
