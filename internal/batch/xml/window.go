// This file holds the part of the document that is in memory: a buffer of
// fixed size that slides over the input. Everything in it has been checked to
// be valid UTF-8 and to consist of XML's characters.

package xml

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/internal/batch"
)

const (
	// maxTag is the length of the longest tag, in bytes.
	maxTag = 256 << 10

	// windowSize lets a read bring in as much as maxTag at least.
	windowSize = 2 * maxTag
)

type window struct {
	r    io.Reader
	buf  []byte
	pos  int // of the next byte to scan
	end  int // of the checked bytes
	tail int // of the bytes that were read: behind end is at most an unfinished character

	// stop says why nothing follows end; nil while more may be read. It is
	// io.EOF, a *batch.Fault, or the reader's error.
	stop error

	// The place of buf[0].
	offset int64
	line   int // line feeds before it
	column int // characters before it in its line
}

// ahead sees to it that a whole tag is in the window, if the input goes on for
// that long. At the end of the input less remains.
func (w *window) ahead() {
	if w.end-w.pos < maxTag && w.stop == nil {
		w.fill()
	}
}

// fill drops what has been scanned and reads until the window is full.
func (w *window) fill() {
	w.drop(w.pos)
	for empty := 0; w.tail < len(w.buf) && w.stop == nil; {
		n, err := w.r.Read(w.buf[w.tail:])
		w.tail += n
		if n > 0 {
			empty = 0
		} else if empty++; empty == 100 {
			err = io.ErrNoProgress
		}
		w.stop = err
	}
	reached := w.stop
	w.end += checked(w.buf[w.end:w.tail])
	if w.end < w.tail {
		rest := w.buf[w.end:w.tail]
		r, size := utf8.DecodeRune(rest)
		switch {
		case !utf8.FullRune(rest) && reached == nil:
			// The character's other bytes come with the next fill.
		case r == utf8.RuneError && size == 1:
			w.stop = w.fault(w.end, batch.InvalidEncoding, "The byte 0x%02X is not valid UTF-8 here. Does the XML declaration name the file's encoding?", rest[0])
		default:
			w.stop = w.fault(w.end, batch.IllegalCharacter, "The character %U is not allowed in XML.", r)
		}
	} else if f, ok := reached.(*batch.Fault); ok { // from the decoder, which knows no place
		w.stop = w.fault(w.end, f.Code, "%s", f.Message)
	}
}

// drop forgets the first n bytes of the window but for their part in places.
func (w *window) drop(n int) {
	gone := w.buf[:n]
	w.offset += int64(n)
	if last := bytes.LastIndexByte(gone, '\n'); last >= 0 {
		w.line += bytes.Count(gone, []byte{'\n'})
		w.column = 0
		gone = gone[last+1:]
	}
	w.column += utf8.RuneCount(gone)
	copy(w.buf, w.buf[n:w.tail])
	w.pos -= n
	w.end -= n
	w.tail -= n
}

// checked returns the length of the longest prefix of b that is valid UTF-8
// and has only characters that XML 1.0 allows.
func checked(b []byte) int {
	const highBits, blanks = 0x8080808080808080, 0x2020202020202020
	i := 0
	for i < len(b) {
		// Eight bytes at a time, as long as they are ASCII without controls: a
		// smaller byte borrows, a larger one has the high bit. The lowest byte
		// with a mark is marked for itself, since borrows go upwards.
		if i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			marks := (x | (x - blanks)) & highBits
			if marks == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(marks) / 8
		}
		if c := b[i]; c < utf8.RuneSelf {
			if !isCharacter(rune(c)) {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 || !isCharacter(r) {
			return i
		}
		i += size
	}
	return i
}

// isCharacter reports XML 1.0's production Char.
func isCharacter(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t' || r == '\n' || r == '\r'
	case r <= 0xD7FF:
		return true
	}
	return r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}
