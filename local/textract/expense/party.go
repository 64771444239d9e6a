package expense

// This file finds who bills whom.

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxAddress is how many lines an address has at most, below the name.
const maxAddress = 6

// readParty reads the name and the address at a label. The name stands behind
// it, below it, or right of it; the address continues below the name.
func (s *sheet) readParty(at label) []found {
	alone := at.first == 0 && at.next >= len(at.line.words)
	if behind := at.line.words[at.next:at.end]; at.colon && len(behind) > 0 && isName(textOf(behind)) {
		return s.party(at, behind, s.blockBelow(placeOf(behind), at.line.row), exact)
	}
	if !alone {
		return nil // "To whom it may concern"
	}
	if block := s.blockBelow(at.line.place, at.line.row); len(block) > 0 {
		return s.party(at, block[0].words, block[1:], above)
	}
	if name := s.nameRight(at.line); name != nil {
		return s.party(at, name.words, s.blockBelow(name.place, name.row), exact)
	}
	return nil
}

// party makes fields of a name and the lines of an address.
func (s *sheet) party(at label, name []word, address []*line, confidence float64) []found {
	group := &Group{ID: fmt.Sprintf("%s-%d-%d", at.group, at.line.row, at.first), Type: at.group}
	fields := s.field(at, at.next, name, confidence)
	fields[0].Group = group
	if f := addressField(at.field, address, confidence); f != nil {
		f.Group = group
		fields = append(fields, found{*f, 1})
	}
	return fields
}

// addressField makes a field of the lines of an address, which is the vendor's
// or the receiver's as the name is.
func addressField(name Type, address []*line, confidence float64) *Field {
	if len(address) == 0 {
		return nil
	}
	var words []word
	var texts []string
	for _, l := range address {
		l.used = true
		words, texts = append(words, l.words...), append(texts, l.text)
	}
	value := detect(words, confidence)
	value.Text = strings.Join(texts, "\n")
	field := ReceiverAddress
	if name == VendorName {
		field = VendorAddress
	}
	return &Field{Type: field, Confidence: value.Confidence, Value: value}
}

// blockBelow returns the lines below something, each close to the one before
// and starting where it starts, until a label, an amount, or a gap.
func (s *sheet) blockBelow(top place, row int) []*line {
	var block []*line
	last := top
	for _, row := range s.rows[row+1:] {
		i := slices.IndexFunc(row, func(l *line) bool { return aligned(top, l.place) })
		if i < 0 {
			if row[0].place.Top-last.Bottom > last.Height() {
				break
			}
			continue
		}
		l := row[i]
		if l.place.Top-last.Bottom > 0.9*max(last.Height(), l.place.Height()) || l.used || !isName(l.text) || l.isLabelled() || len(block) > maxAddress {
			break
		}
		block, last = append(block, l), l.place
	}
	return block
}

// aligned tells whether a line begins or ends where the one above does, or has
// the same middle.
func aligned(a, b place) bool {
	slack := 0.6 * a.Height()
	near := func(x, y float64) bool { return x-y <= slack && y-x <= slack }
	return near(a.Left, b.Left) || near(a.Right, b.Right) || near(a.Left+a.Right, b.Left+b.Right)
}

// isLabelled tells whether a line has a label, with or without its value.
func (l *line) isLabelled() bool {
	return slices.ContainsFunc(l.labels(), func(at label) bool {
		if at.base != exact {
			return false
		}
		_, _, ok := at.shape.pick(l.words[at.next:at.end], at.colon)
		return ok || at.colon || at.next >= len(l.words)
	})
}

// nameRight returns the name right of a label.
func (s *sheet) nameRight(l *line) *line {
	row := s.rows[l.row]
	if i := slices.Index(row, l) + 1; i < len(row) && isName(row[i].text) && !row[i].isLabelled() && !row[i].used {
		return row[i]
	}
	return nil
}

// isName tells whether a text may be a name or a line of an address: it has
// letters, and is no amount, date or title.
func isName(text string) bool {
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		// The house's number or the post code of an address in other scripts
		// is not told from any other number.
		return false
	}
	if isAmount(text) || isDate(text) || isPercent(text) || len(text) > 100 {
		return false
	}
	words := fold(text)
	_, n := titleWords.longestPrefix(words)
	return n == 0 || n < len(words) && !strings.ContainsFunc(strings.Join(words[n:], ""), unicode.IsDigit)
}

// hasLegalForm tells whether a name ends like a company's.
func hasLegalForm(text string) bool {
	words := fold(text)
	for i := range words {
		if _, n := legal.longestPrefix(words[i:]); i > 0 && n > 0 && i+n == len(words) {
			return true
		}
	}
	return false
}

// addVendor takes a name at the top for the vendor's, if no label tells one.
func (s *sheet) addVendor(fields []Field) []Field {
	if has(fields, VendorName) {
		return fields
	}
	group := &Group{ID: "VENDOR_SUPPLIER", Type: "VENDOR_SUPPLIER"}
	if found := s.window(fields, group); found != nil {
		return append(fields, found...)
	}
	best, confidence := s.prominent()
	if best == nil {
		return fields
	}
	best.used = true
	value := detect(best.words, confidence)
	fields = append(fields, Field{Type: VendorName, Confidence: value.Confidence, Value: value, Group: group})
	if f := addressField(VendorName, s.blockBelow(best.place, best.row), min(confidence, title)); f != nil {
		f.Group = group
		fields = append(fields, *f)
	}
	return fields
}

// window finds the window of an envelope: the sender in a small line of parts,
// and the receiver's name and address below it.
func (s *sheet) window(fields []Field, group *Group) []Field {
	for _, row := range s.rows {
		for _, l := range row {
			if l.place.Top > 0.35*s.height || l.used || l.place.Height() > 0.95*s.usualHeight() {
				continue
			}
			name := l.firstPart()
			if name == nil {
				continue
			}
			block := s.blockBelow(l.place, l.row)
			if len(block) < 2 {
				continue
			}
			l.used = true
			value := detect(name, weakShape)
			found := []Field{{Type: VendorName, Confidence: value.Confidence, Value: value, Group: group}}
			if has(fields, ReceiverName) {
				return found
			}
			to := &Group{ID: "RECEIVER_BILL_TO", Type: "RECEIVER_BILL_TO"}
			receiver := detect(block[0].words, title)
			block[0].used = true
			found = append(found, Field{Type: ReceiverName, Confidence: receiver.Confidence, Value: receiver, Group: to})
			if f := addressField(ReceiverName, block[1:], title); f != nil {
				f.Group = to
				found = append(found, *f)
			}
			return found
		}
	}
	return nil
}

// firstPart returns what stands before the first of two separators at least:
// "Werkzeug GmbH · Industriestr. 7 · 70565 Stuttgart".
func (l *line) firstPart() []word {
	first, separators := 0, 0
	for i, w := range l.words {
		if !strings.Contains("·•|–-", w.Text) && (i == len(l.words)-1 || !strings.HasSuffix(w.Text, ",")) {
			continue
		}
		if separators++; separators == 1 {
			first = i
			if strings.HasSuffix(w.Text, ",") {
				first++
			}
		}
	}
	if separators < 2 || first == 0 || !isName(textOf(l.words[:first])) || !strings.ContainsFunc(l.text, unicode.IsDigit) {
		return nil
	}
	return l.words[:first]
}

// prominent returns the line in the upper part of the page that is most likely
// the vendor's name: in larger letters than most, or with a legal form, or the
// first. Where several companies have the same claim, it is disputed.
func (s *sheet) prominent() (*line, float64) {
	var first, largest *line
	var companies []*line
	usual := s.usualHeight()
	for _, row := range s.rows {
		for _, l := range row {
			if l.place.Top > 0.3*s.height || l.used || !isName(l.text) || l.isLabelled() || len(l.words) > 8 {
				continue
			}
			if first == nil && l.place.Top < 0.2*s.height {
				first = l
			}
			if largest == nil || l.place.Height() > 1.05*largest.place.Height() {
				largest = l
			}
			if hasLegalForm(l.text) && l.place.Height() >= 0.7*usual {
				companies = append(companies, l)
			}
		}
	}
	large := largest != nil && largest.place.Height() > 1.2*usual
	switch {
	case large && hasLegalForm(largest.text):
		return largest, legalName
	case large:
		return largest, title
	case len(companies) > 0 && slices.ContainsFunc(companies, func(l *line) bool { return l.text != companies[0].text }):
		return companies[0], disputed
	case len(companies) > 0 && companies[0].place.Top < 0.2*s.height:
		return companies[0], legalName
	case first != nil:
		return first, guess
	}
	return nil, 0
}

// usualHeight is the height that most letters of the page do not exceed.
func (s *sheet) usualHeight() float64 {
	var heights []float64
	for _, row := range s.rows {
		for _, l := range row {
			for _, w := range l.words {
				heights = append(heights, w.place.Height())
			}
		}
	}
	if len(heights) == 0 {
		return 0
	}
	slices.Sort(heights)
	return heights[len(heights)/2]
}
