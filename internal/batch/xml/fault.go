// This file says what can be wrong with an XML document beyond the faults that
// files of every format may have.

package xml

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/internal/batch"
)

const (
	NotXML             batch.Code = "NOT_XML"          // does not begin as XML does
	TrailingContent    batch.Code = "TRAILING_CONTENT" // a second root, or text after the first
	Doctype            batch.Code = "DOCTYPE"
	UndefinedEntity    batch.Code = "UNDEFINED_ENTITY"
	MismatchedTag      batch.Code = "MISMATCHED_TAG"
	DuplicateAttribute batch.Code = "DUPLICATE_ATTRIBUTE"
	UndeclaredPrefix   batch.Code = "UNDECLARED_PREFIX" // of a namespace
	UnexpectedRoot     batch.Code = "UNEXPECTED_ROOT"   // not Transactions
	UnexpectedText     batch.Code = "UNEXPECTED_TEXT"   // between the transactions
	TooDeep            batch.Code = "TOO_DEEP"
	TooLongTag         batch.Code = "TOO_LONG_TAG"
	TooManyAttributes  batch.Code = "TOO_MANY_ATTRIBUTES"
)

// quote shortens and quotes a piece of the document for a message.
func quote(b []byte) string {
	const limit = 60
	if runes := []rune(string(b[:min(len(b), 4*limit)])); len(runes) > limit {
		return fmt.Sprintf("%q...", string(runes[:limit]))
	}
	return fmt.Sprintf("%q", b)
}
