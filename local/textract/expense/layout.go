package expense

// This file makes lines and rows of words.

import (
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/textract/pdf"
)

// gap is how far words of one line are apart at most, in parts of their height;
// columns of a table are farther apart, and two spaces of a typewriter, too.
const gap = 0.75

// place is where something stands on a sheet, in points, as one reads it.
type place = pdf.Box

// sheet is a page turned so that most of its writing is upright.
type sheet struct {
	width, height float64

	all  []Line    // of all directions
	rows [][]*line // of the upright ones, from top to bottom and left to right

	lineOf map[int]*line // by the number of a word
}

// line is an upright line.
type line struct {
	words []word
	text  string
	place place
	row   int

	used bool // as a label, a value or a part of a table
}

type word struct {
	pdf.Word
	place place
	id    int
}

func newSheet(page pdf.Page) *sheet {
	byAngle := map[int][]word{}
	for i, w := range page.Words {
		byAngle[w.Angle] = append(byAngle[w.Angle], word{w, turn(w.Box, w.Angle, page.Width, page.Height), i})
	}
	main := 0
	for _, angle := range []int{90, 180, 270} {
		if len(byAngle[angle]) > len(byAngle[main]) {
			main = angle
		}
	}
	s := &sheet{width: page.Width, height: page.Height, lineOf: map[int]*line{}}
	if main%180 != 0 {
		s.width, s.height = page.Height, page.Width
	}
	s.rows = layOut(byAngle[main])
	for _, angle := range []int{main, (main + 90) % 360, (main + 180) % 360, (main + 270) % 360} {
		rows := s.rows
		if angle != main {
			rows = layOut(byAngle[angle])
		}
		for _, row := range rows {
			for _, l := range row {
				s.all = append(s.all, l.told())
				for _, w := range l.words {
					s.lineOf[w.id] = l
				}
			}
		}
	}
	return s
}

// turn is where a box of a page stands, in points, if writing of the angle is
// turned upright.
func turn(b pdf.Box, angle int, width, height float64) place {
	left, top, right, bottom := b.Left*width, b.Top*height, b.Right*width, b.Bottom*height
	switch angle {
	case 90:
		return place{Left: top, Top: width - right, Right: bottom, Bottom: width - left}
	case 180:
		return place{Left: width - right, Top: height - bottom, Right: width - left, Bottom: height - top}
	case 270:
		return place{Left: height - bottom, Top: left, Right: height - top, Bottom: right}
	}
	return place{Left: left, Top: top, Right: right, Bottom: bottom}
}

// layOut makes rows of words, and lines of the words of each row.
func layOut(words []word) [][]*line {
	slices.SortStableFunc(words, func(a, b word) int { return compare(middle(a.place), middle(b.place)) })
	var rows [][]*line
	for len(words) > 0 {
		n := 1
		for n < len(words) && sameRow(words[n-1].place, words[n].place) && sameRow(words[0].place, words[n].place) {
			n++
		}
		if row := splitRow(slices.Clone(words[:n]), len(rows)); len(row) > 0 {
			rows = append(rows, row)
		}
		words = words[n:]
	}
	return rows
}

func middle(p place) float64 { return (p.Top + p.Bottom) / 2 }

func sameRow(a, b place) bool {
	return middle(b)-middle(a) <= 0.45*min(a.Height(), b.Height())
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// splitRow makes lines of a row. What is only a rule, drawn with dashes, is none
// that anything is read from.
func splitRow(words []word, row int) []*line {
	slices.SortStableFunc(words, func(a, b word) int { return compare(a.place.Left, b.place.Left) })
	var lines []*line
	start := 0
	for i := 1; i <= len(words); i++ {
		if i < len(words) {
			a, b := words[i-1].place, words[i].place
			if b.Left-a.Right <= gap*max(a.Height(), b.Height()) {
				continue
			}
		}
		if part := words[start:i]; !isRule(part) {
			lines = append(lines, newLine(part, row))
		}
		start = i
	}
	return lines
}

// isRule tells whether words are drawn only: "-----", "=====", "......".
func isRule(words []word) bool {
	text := textOf(words)
	return len(text) > 2 && !strings.ContainsFunc(text, isMeaningful)
}

func newLine(words []word, row int) *line {
	return &line{words: words, text: textOf(words), place: placeOf(words), row: row}
}

func textOf(words []word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.Text
	}
	return strings.Join(texts, " ")
}

func placeOf(words []word) place {
	p := words[0].place
	for _, w := range words[1:] {
		p = p.Union(w.place)
	}
	return p
}

func (l *line) told() Line {
	told := Line{Detection: detect(l.words, read)}
	for _, w := range l.words {
		told.Words = append(told.Words, w.Word)
	}
	return told
}

// detect tells of words with a confidence, as far as they can be read.
func detect(words []word, confidence float64) Detection {
	d := Detection{Text: textOf(words), Box: words[0].Box, Angle: words[0].Angle, Confidence: confidence}
	for _, w := range words {
		d.Box = d.Box.Union(w.Box)
		if w.Unsure {
			d.Confidence = min(d.Confidence, unsure)
		}
	}
	return d
}
