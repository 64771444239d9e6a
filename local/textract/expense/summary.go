package expense

// This file finds labels outside of tables, and the values that they stand at:
// behind them, right of them, or below.

import (
	"slices"
	"strings"
	"unicode"
)

// label is a label on the sheet.
type label struct {
	meaning
	line        *line
	first, next int     // its words are line.words[first:next]
	words       int     // how many words of the table it is
	end         int     // where the next label of the line begins, or the line ends
	colon       bool    // behind it
	base        float64 // how good the evidence is if the value stands behind it
}

// found is a field with what makes one label stronger than another one.
type found struct {
	Field
	labelWords int
}

// findFields finds what is written outside of tables.
func (s *sheet) findFields() []Field {
	var all []found
	for _, row := range s.rows {
		for _, l := range row {
			if l.used {
				continue
			}
			for _, at := range l.labels() {
				all = append(all, s.read(at)...)
			}
		}
	}
	fields := settle(all)
	fields = s.addDate(fields)
	fields = s.addVendor(fields)
	return append(fields, s.others()...)
}

// labels finds the labels of a line: at its beginning, and farther behind where
// a colon follows.
func (l *line) labels() []label {
	var all []label
	for first := 0; first < len(l.words); first++ {
		t := l.tokens(first)
		m, next, ok := longest(meanings, t)
		base := float64(exact)
		if !ok && first == 0 {
			// "Invoice 2024-17", "# 1042"
			if _, behind, isTitle := longest(titleWords, t); isTitle && behind < len(l.words) || isTitle && t.folded[0] == "no" {
				m, next, ok, base = meaning{ReceiptID, number, ""}, behind, true, title
			}
		}
		if !ok {
			continue
		}
		at := label{meaning: m, line: l, first: first, next: next, words: len(l.tokens(first).before(next)), end: len(l.words), base: base}
		at.takeRemarks()
		at.takeColon()
		if first > 0 && !at.colon {
			continue
		}
		if len(all) > 0 {
			all[len(all)-1].end = first
		}
		all = append(all, at)
		first = at.next - 1
	}
	return all
}

// tokens are the folded words of the label.
func (at label) tokens() string {
	return strings.Join(at.line.tokens(at.first).before(at.next), " ")
}

// before returns the tokens of the words before one.
func (t tokens) before(word int) []string {
	for i, of := range t.of {
		if of >= word {
			return t.folded[:i]
		}
	}
	return t.folded
}

// takeRemarks takes what stands within a label: "plus 19% VAT".
func (at *label) takeRemarks() {
	if at.shape != amount {
		return
	}
	behind := at.next + remarks(at.line.words[at.next:])
	if behind == at.next {
		return
	}
	if m, next, ok := longest(meanings, at.line.tokens(behind)); ok && m.field == at.field {
		at.next = next
	}
}

// takeColon takes what only leads from the label to the value.
func (at *label) takeColon() {
	words := at.line.words
	at.colon = strings.HasSuffix(words[at.next-1].Text, ":")
	for at.next < len(words) && !strings.ContainsFunc(words[at.next].Text, isMeaningful) {
		at.colon = at.colon || strings.Contains(words[at.next].Text, ":")
		at.next++
	}
}

func isMeaningful(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || isSymbol(r) || r == '%' || r == '('
}

// read reads the values of a label.
func (s *sheet) read(at label) []found {
	if at.shape == party {
		return s.readParty(at)
	}
	behind := at.line.words[at.next:at.end]
	if words, extra, ok := at.shape.pick(behind, at.colon); ok && (at.field != Tax || isStrongAmount(textOf(words))) {
		base, labelEnd := at.base, at.next
		if extra && !at.colon {
			if at.shape == amount && !isStrongAmount(textOf(words)) {
				return nil
			}
			base = min(base, guess)
		}
		if at.shape == amount {
			labelEnd += min(remarks(behind), len(behind)-len(words))
		}
		return s.field(at, labelEnd, words, base)
	}
	labelEnd := at.next
	if at.shape == amount {
		labelEnd += remarks(behind)
	}
	extra := labelEnd < at.end
	if at.base == title && at.tokens() != "no" || extra && (at.shape != amount || at.end < len(at.line.words)) {
		return nil
	}
	base, want := at.base, at.shape
	if extra { // "Total for March"
		base, labelEnd = guess, at.end
	}
	if words := s.right(at.line, want); words != nil && (!extra || isStrongAmount(textOf(words))) {
		return s.field(at, labelEnd, words, base)
	}
	if words := s.below(at, want); words != nil && !extra {
		return s.field(at, labelEnd, words, min(base, above))
	}
	return nil
}

// field makes a field of a label, whose words end before labelEnd, and a value.
func (s *sheet) field(at label, labelEnd int, value []word, confidence float64) []found {
	at.line.used = true
	s.use(value)
	told := detect(at.line.words[at.first:labelEnd], read)
	f := Field{Type: at.field, Label: &told, Value: detect(value, confidence)}
	if at.shape == amount {
		f.Currency = currencyOf(f.Value.Text)
		if f.Currency == nil {
			f.Currency = currencyWithin(told.Text)
		}
		if f.Currency == nil {
			f.Currency = s.onlyCurrency()
		}
		if !isStrongAmount(f.Value.Text) {
			confidence = min(confidence, weakShape)
		}
	}
	f.Confidence = min(confidence, f.Value.Confidence)
	f.Value.Confidence = f.Confidence
	return []found{{f, at.words}}
}

// use marks the lines of words as used.
func (s *sheet) use(words []word) {
	for _, w := range words {
		s.lineOf[w.id].used = true
	}
}

// remarks counts the words behind the label of an amount that say how it comes
// about: "19%", "(EUR)", "(20 % of 300.00)".
func remarks(words []word) int {
	n := 0
	for n < len(words) {
		text := strings.Trim(words[n].Text, "():,")
		if strings.HasPrefix(words[n].Text, "(") {
			if closed := slices.IndexFunc(words[n:], func(w word) bool { return strings.HasSuffix(strings.TrimRight(w.Text, ":"), ")") }); closed > 0 {
				n += closed + 1
				continue
			}
		}
		switch {
		case isPercent(text), text == "%", text == "@":
		case n+1 < len(words) && strings.Trim(words[n+1].Text, "():,") == "%" && isAmount(text):
		case named(text) != nil && len(codeOf(text)) == 3, text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !isSymbol(r) }):
		default:
			return n
		}
		n++
	}
	return n
}

// codeOf returns a text that is the code of a currency.
func codeOf(text string) string {
	if slices.Contains(codes, text) {
		return text
	}
	return ""
}

// pick takes the value out of the words behind a label, and tells whether there
// are further words.
func (s shape) pick(words []word, colon bool) (value []word, extra, ok bool) {
	switch s {
	case amount:
		return pickAmount(words)
	case date:
		for n := min(len(words), 7); n > 0; n-- {
			if isDate(strings.TrimRight(textOf(words[:n]), ".,;")) {
				return words[:n], n < len(words), true
			}
		}
	case number:
		return pickNumber(words)
	case anyText:
		if colon && len(words) > 0 {
			return words, false, true
		}
	}
	return nil, false, false
}

// pickAmount takes the last amount: "VAT (19% of 300.00) 57.00".
func pickAmount(words []word) (value []word, extra, ok bool) {
	if opened(words) {
		return nil, false, false
	}
	for i := range words {
		if text := textOf(words[i:]); isAmount(text) {
			return words[i:], i > remarks(words), true
		}
	}
	return nil, false, false
}

// opened tells whether words end within parentheses that do not hold the last
// word alone: "(20% on $120.00)", "plus VAT (19 %)".
func opened(words []word) bool {
	if len(words) == 0 || !strings.HasSuffix(words[len(words)-1].Text, ")") {
		return false
	}
	return !strings.Contains(words[len(words)-1].Text, "(")
}

// pickNumber takes an identifier, which may be of several groups: "DE 123 456 789".
func pickNumber(words []word) (value []word, extra, ok bool) {
	hasDigit := func(w word) bool { return strings.ContainsFunc(w.Text, unicode.IsDigit) }
	n := slices.IndexFunc(words, hasDigit) + 1
	if n == 0 || n > 2 || n == 2 && strings.ToUpper(words[0].Text) != words[0].Text {
		return nil, false, false
	}
	for n < len(words) && hasDigit(words[n]) && !strings.ContainsFunc(words[n].Text, unicode.IsLetter) {
		n++
	}
	if text := textOf(words[:n]); len(text) > 50 || !isNumber(textOf(words[:1])) && !isNumber(text) {
		return nil, false, false
	}
	return words[:n], n < len(words), true
}

// right returns the value right of a line: what comes next, or, of amounts, the
// last one before the next label.
func (s *sheet) right(l *line, want shape) []word {
	var value, before []word
	row := s.rows[l.row]
	for _, next := range row[slices.Index(row, l)+1:] {
		if next.isLabel() {
			break
		}
		if !strings.ContainsFunc(next.text, isMeaningful) || want == amount && (isPercent(next.text) || remarks(next.words) == len(next.words)) {
			before = next.words
			continue
		}
		if want.fits(next.text) {
			value = next.words
			if want == amount && before != nil && codeOf(textOf(before)) != "" {
				value = append(slices.Clone(before), value...)
			}
		}
		if want != amount {
			break
		}
	}
	return value
}

// isLabel tells whether a line begins with a label that explains all of it, or
// that a colon follows.
func (l *line) isLabel() bool {
	for _, at := range l.labels() {
		if at.base == exact && (at.colon || at.next >= len(l.words)) {
			return true
		}
	}
	return false
}

// below returns the value below a label that has its line for itself.
func (s *sheet) below(at label, want shape) []word {
	if at.first > 0 || at.end < len(at.line.words) {
		return nil
	}
	top := at.line.place
	for _, row := range s.rows[at.line.row+1:] {
		for _, l := range row {
			if l.place.Top-top.Bottom > 1.5*top.Height() {
				return nil
			}
			if !under(top, l.place) {
				continue
			}
			if l.used || l.isLabel() || !want.fits(l.text) {
				return nil
			}
			return l.words
		}
	}
	return nil
}

// under tells whether something stands in the same column as what is above it.
func under(top, p place) bool {
	overlap := min(top.Right, p.Right) - max(top.Left, p.Left)
	return overlap > 0.3*min(top.Width(), p.Width())
}

// onlyCurrency returns the currency of the page, if it knows one only.
func (s *sheet) onlyCurrency() *Currency {
	var only *Currency
	for _, row := range s.rows {
		for _, l := range row {
			c := currencyWithin(l.text)
			if c == nil {
				continue
			}
			if only != nil && only.Code != c.Code {
				return nil
			}
			only = &Currency{c.Code, title}
		}
	}
	return only
}
