// This file turns a position in the window into a place in the document. It
// counts when a fault is made, so that a sound document pays nothing for it.

package xml

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/internal/batch"
)

// fault makes a fault at an index of the window.
func (w *window) fault(at int, code batch.Code, format string, arguments ...any) *batch.Fault {
	before := w.buf[:at]
	line, column := w.line, w.column
	if last := bytes.LastIndexByte(before, '\n'); last >= 0 {
		line += bytes.Count(before, []byte{'\n'})
		column = 0
		before = before[last+1:]
	}
	return &batch.Fault{
		Code:    code,
		Place:   batch.Place{Line: line + 1, Column: column + utf8.RuneCount(before) + 1, Offset: w.offset + int64(at)},
		Message: fmt.Sprintf(format, arguments...),
	}
}
