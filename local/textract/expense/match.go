package expense

// This file compares texts with the tables of labels.

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold splits a text into words as they are compared: in small letters, without
// accents and punctuation, in which "#", "№" and "n°" are "no".
func fold(text string) []string {
	text = strings.NewReplacer("ß", "ss", "#", " no ", "º", "o", "°", "o").Replace(strings.ToLower(text))
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r): // accents
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '%':
			b.WriteRune(r)
		case r == '.' && abbreviates(b.String()): // "P.O."
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// abbreviates tells whether a dot after the text belongs to an abbreviation of
// single letters: the last word has one letter, or is made of such.
func abbreviates(text string) bool {
	last := text[strings.LastIndexByte(text, ' ')+1:]
	return len(last) > 0 && len(last) <= 3 && !strings.ContainsFunc(last, unicode.IsDigit) && len([]rune(last)) == 1
}

// vocabulary is texts by their folded words, for the longest that a list of
// words begins with.
type vocabulary[V any] struct {
	entries map[string]V
	longest int
}

// add takes in texts, separated by ";" or lines, unless they are there.
func (v *vocabulary[V]) add(texts string, value V) {
	if v.entries == nil {
		v.entries = map[string]V{}
	}
	for text := range strings.FieldsFuncSeq(texts, func(r rune) bool { return r == ';' || r == '\n' }) {
		words := fold(text)
		if len(words) == 0 {
			continue
		}
		for _, spelt := range spellings(words) {
			key := strings.Join(spelt, " ")
			if _, ok := v.entries[key]; !ok {
				v.entries[key] = value
			}
			v.longest = max(v.longest, len(spelt))
		}
	}
}

// spellings are words with each of the words for a number in place of "no".
func spellings(words []string) [][]string {
	i := slices.Index(words, "no")
	if i < 0 {
		return [][]string{words}
	}
	var all [][]string
	for _, n := range numberWords {
		spelt := slices.Clone(words)
		spelt[i] = n
		all = append(all, spelt)
	}
	return all
}

var numberWords = func() []string {
	var words []string
	for text := range strings.SplitSeq(numbers, ";") {
		if folded := fold(text)[0]; !slices.Contains(words, folded) {
			words = append(words, folded)
		}
	}
	return words
}()

// longestPrefix returns the entry with the most words that words begin with, and
// how many those are.
func (v *vocabulary[V]) longestPrefix(words []string) (value V, n int) {
	for n := min(v.longest, len(words)); n > 0; n-- {
		if value, ok := v.entries[strings.Join(words[:n], " ")]; ok {
			return value, n
		}
	}
	return value, 0
}

// meaning is what a label says of the value that it stands at.
type meaning struct {
	field Type
	shape shape
	group string
}

var (
	meanings = func() *vocabulary[meaning] {
		v := &vocabulary[meaning]{}
		for _, l := range labels {
			v.add(l.texts, meaning{l.field, l.shape, l.group})
		}
		return v
	}()
	headings = func() *vocabulary[Type] {
		v := &vocabulary[Type]{}
		for _, c := range columns {
			v.add(c.texts, c.field)
		}
		return v
	}()
	titleWords = func() *vocabulary[bool] {
		v := &vocabulary[bool]{}
		v.add(titles, true)
		return v
	}()
	legal = func() *vocabulary[bool] {
		v := &vocabulary[bool]{}
		v.add(legalForms, true)
		return v
	}()
)

// tokens are the folded words of a line, each with the word that it is of.
type tokens struct {
	folded []string
	of     []int
}

func (l *line) tokens(from int) tokens {
	var t tokens
	for i, w := range l.words[from:] {
		for _, f := range fold(w.Text) {
			t.folded = append(t.folded, f)
			t.of = append(t.of, from+i)
		}
	}
	return t
}

// endsWord tells whether a word of the line ends with the first n tokens.
func (t tokens) endsWord(n int) bool { return n == len(t.of) || t.of[n] != t.of[n-1] }

// longest returns the entry with the most whole words that the tokens begin
// with, and the line's word behind it.
func longest[V any](v *vocabulary[V], t tokens) (value V, next int, ok bool) {
	for words := t.folded; len(words) > 0; {
		value, n := v.longestPrefix(words)
		if n == 0 {
			return value, 0, false
		}
		if t.endsWord(n) {
			return value, t.of[n-1] + 1, true
		}
		words = words[:n-1]
	}
	return value, 0, false
}
