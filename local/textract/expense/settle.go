package expense

// This file decides between fields of one type, and adds what has no label.

import (
	"slices"
	"strings"
	"unicode"
)

// repeatable are the types of which a document may have several.
var repeatable = []Type{Tax, Discount, VendorPhone, ReceiverName, ReceiverAddress, VendorName, VendorAddress, Other}

// settle decides between fields of one type. A label of several words ("Invoice
// date", "Grand total") says more than one of a single word; what is said twice
// is told once; and where the evidence is equal, all are told, as disputed.
func settle(all []found) []Field {
	var fields []Field
	for i, f := range all {
		if slices.Contains(repeatable, f.Type) {
			fields = append(fields, f.Field)
			continue
		}
		rivals := slices.DeleteFunc(slices.Clone(all), func(other found) bool { return other.Type != f.Type })
		if slices.ContainsFunc(rivals, func(other found) bool { return other.beats(f) }) || slices.ContainsFunc(all[:i], f.repeats) {
			continue
		}
		for _, other := range rivals {
			if !f.beats(other) && !f.sameValue(other) {
				f.Confidence = min(f.Confidence, disputed)
				f.Value.Confidence = f.Confidence
			}
		}
		fields = append(fields, f.Field)
	}
	return fields
}

// beats tells whether a field makes another one of its type irrelevant.
func (f found) beats(other found) bool {
	if f.sameValue(other) {
		return f.Confidence > other.Confidence
	}
	if f.Confidence >= weakShape && other.Confidence <= title {
		return true
	}
	return f.Confidence >= weakShape && f.labelWords > 1 && other.labelWords == 1
}

// repeats tells whether an earlier field has told the same.
func (f found) repeats(earlier found) bool {
	return earlier.Type == f.Type && earlier.Confidence == f.Confidence && f.sameValue(earlier)
}

func (f found) sameValue(other found) bool {
	return essence(f.Value.Text) == essence(other.Value.Text)
}

// essence is the letters and digits of a value, without its currency.
func essence(text string) string {
	rest, _ := cutCurrency(plain(text))
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, rest)
}

func has(fields []Field, t Type) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return f.Type == t })
}

// addDate takes the only date of a page for its date, if no label tells one:
// "Berlin, 12.03.2024".
func (s *sheet) addDate(fields []Field) []Field {
	if has(fields, ReceiptDate) {
		return fields
	}
	var only []word
	for _, row := range s.rows {
		for _, l := range row {
			if l.used {
				continue
			}
			value := dateWithin(l.words)
			if value != nil && only != nil {
				return fields
			}
			if value != nil {
				only = value
			}
		}
	}
	if only == nil {
		return fields
	}
	value := detect(only, guess)
	return append(fields, Field{Type: ReceiptDate, Confidence: value.Confidence, Value: value})
}

// dateWithin returns the longest date among words.
func dateWithin(words []word) []word {
	for n := min(len(words), 5); n > 0; n-- {
		for i := 0; i+n <= len(words); i++ {
			if isDate(strings.Trim(textOf(words[i:i+n]), ".,;()")) {
				return words[i : i+n]
			}
		}
	}
	return nil
}

// others are what stands behind a colon, and of which no more is known.
func (s *sheet) others() []Field {
	var fields []Field
	for _, row := range s.rows {
		for _, l := range row {
			n := slices.IndexFunc(l.words, func(w word) bool { return strings.HasSuffix(w.Text, ":") }) + 1
			if l.used || n == 0 || n > 4 || n == len(l.words) || len(l.words)-n > 8 {
				continue
			}
			l.used = true
			label, value := detect(l.words[:n], read), detect(l.words[n:], guess)
			fields = append(fields, Field{Type: Other, Confidence: value.Confidence, Label: &label, Value: value})
		}
	}
	return fields
}
