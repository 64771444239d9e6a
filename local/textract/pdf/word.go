package pdf

// This file makes words of characters.

import (
	"math"
	"strings"
	"unicode"
)

// hyphen is what PDFium tells of a hyphen at a line's end.
const hyphen = '\x02'

// blank tells whether a character only keeps words apart.
func blank(r rune) bool {
	return r != hyphen && (r <= ' ' || unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' || r == '\ufffe')
}

// writing is words in the making.
type writing struct {
	width, height float64 // of the page, in points

	words []Word
	text  strings.Builder // of the word that is not finished
	word  Word
	last  character // of that word
}

// add takes the next character.
func (w *writing) add(c character) {
	if blank(c.text) || !w.shows(c.box) {
		w.end()
		return
	}
	if w.text.Len() > 0 && !w.last.joins(c) {
		w.end()
	}
	if w.text.Len() == 0 {
		w.word = Word{Box: c.box, Angle: c.angle}
	}
	if c.text == hyphen {
		c.text = '-'
	}
	w.text.WriteRune(c.text)
	w.word.Box = w.word.Box.Union(c.box)
	w.word.Unsure = w.word.Unsure || c.unsure
	w.last = c
}

// finish returns all words.
func (w *writing) finish() []Word {
	w.end()
	return w.words
}

func (w *writing) end() {
	if w.text.Len() > 0 {
		w.word.Text = w.text.String()
		b := &w.word.Box
		*b = Box{b.Left / w.width, b.Top / w.height, b.Right / w.width, b.Bottom / w.height}
		w.words = append(w.words, w.word)
		w.text.Reset()
	}
}

// shows tells whether the middle of a box is on the page.
func (w *writing) shows(b Box) bool {
	x, y := (b.Left+b.Right)/2, (b.Top+b.Bottom)/2
	return x >= 0 && x <= w.width && y >= 0 && y <= w.height // NaN is not
}

// joins tells whether the next character continues the word: it is written in
// the same direction, on the same line, and near. Writing may go either way.
func (c character) joins(next character) bool {
	if c.angle != next.angle {
		return false
	}
	a, b := c.box, next.box
	if c.angle%180 != 0 {
		a, b = turned(a), turned(b)
	}
	gap := max(b.Left-a.Right, a.Left-b.Right)
	offset := math.Abs((a.Top + a.Bottom - b.Top - b.Bottom) / 2)
	size := max(a.Height(), b.Height())
	return gap <= size*0.6 && offset <= size*0.6
}

// turned swaps the axes.
func turned(b Box) Box { return Box{b.Top, b.Left, b.Bottom, b.Right} }
