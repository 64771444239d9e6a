package graph

// This file measures text, and breaks it into lines.

import "strings"

// widths are those of the characters from ' ' to '~' in Helvetica, in
// thousandths of the size. Other fonts of the family differ by a few percent.
var widths = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// A face is a size of text in pixels, in percent of Helvetica's width: room for
// bold letters and for wider fonts.
type face struct{ size, percent int }

var (
	nameFace  = face{13, 112}
	doesFace  = face{11, 106}
	labelFace = face{11, 106}
)

// width is how many pixels a text takes.
func (f face) width(text string) int {
	total := 0
	for _, r := range text {
		switch {
		case r >= ' ' && r <= '~':
			total += widths[r-' ']
		case r < 0x2E80:
			total += 600
		default:
			total += 1000
		}
	}
	return total * f.size * f.percent / 100_000
}

// wrap breaks a text into so many lines at the most, none wider than limit. What
// does not fit ends in an ellipsis.
func (f face) wrap(text string, limit, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && f.width(line+" "+word) <= limit {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > most {
		lines[most-1] += " " + lines[most] + "…"
		lines = lines[:most]
	}
	for i := range lines {
		lines[i] = f.cut(lines[i], limit)
	}
	return lines
}

// cut shortens a line that is wider than limit.
func (f face) cut(line string, limit int) string {
	if f.width(line) <= limit {
		return line
	}
	runes := []rune(strings.TrimSuffix(line, "…"))
	for len(runes) > 0 && f.width(string(runes)+"…") > limit {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimSpace(string(runes)) + "…"
}

func (f face) widest(lines []string) int {
	widest := 0
	for _, line := range lines {
		widest = max(widest, f.width(line))
	}
	return widest
}
