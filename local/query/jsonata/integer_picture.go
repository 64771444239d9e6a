// Pictures of integers: $formatInteger, $parseInteger, and the parts of dates.

package jsonata

import (
	"math"
	"slices"
	"strings"
)

type integerForm int

const (
	decimalForm integerForm = iota
	lettersForm
	romanForm
	wordsForm
	sequenceForm
)

type letterCase int

const (
	lowerCase letterCase = iota
	upperCase
	titleCase
)

// integerPicture is a picture, understood. Characters are counted as UTF-16 does not: no digits and separators
// are known beyond its single units.
type integerPicture struct {
	form    integerForm
	letters letterCase
	ordinal bool
	token   string // of a form that is not known

	zero       rune // of the family of digits
	mandatory  int
	optional   int
	regular    int // digits between equal separators, 0 for none
	separators []separator

	width int // digits that a date's part has, when it is read; -1 or 0 for any
}

// separator stands before so many digits, counted from the right.
type separator struct {
	position  int
	character rune
}

// decimalGroups are the zeros of the families of digits.
var decimalGroups = []rune{
	0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
	0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
	0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
}

func formatInteger(ev *evaluation, args []any) (any, error) {
	picture, err := parseIntegerPicture(textArg(args[1]))
	if err != nil {
		return nil, err
	}
	text, err := picture.format(math.Floor(floatArg(args[0])))
	if err == nil {
		err = ev.charge(len(text))
	}
	return text, err
}

func parseInteger(_ *evaluation, args []any) (any, error) {
	picture, err := parseIntegerPicture(textArg(args[1]))
	if err != nil {
		return nil, err
	}
	if picture.form == sequenceForm {
		return nil, failValue("D3130", picture.token)
	}
	return picture.parse(args[0].(string)), nil
}

func parseIntegerPicture(text string) (*integerPicture, error) {
	p := &integerPicture{}
	primary := text
	if i := strings.LastIndexByte(text, ';'); i >= 0 {
		primary = text[:i]
		p.ordinal = strings.HasPrefix(text[i+1:], "o")
	}
	switch primary {
	case "A", "a":
		p.form = lettersForm
	case "I", "i":
		p.form = romanForm
	case "W", "w", "Ww":
		p.form = wordsForm
	default:
		return p, p.digits(primary)
	}
	switch primary {
	case "A", "I", "W":
		p.letters = upperCase
	case "Ww":
		p.letters = titleCase
	}
	return p, nil
}

// digits reads a pattern of digits and separators, from its right.
func (p *integerPicture) digits(pattern string) error {
	p.zero = -1
	position := 0
	runes := []rune(pattern)
	for _, r := range slices.Backward(runes) {
		group := slices.IndexFunc(decimalGroups, func(zero rune) bool { return r >= zero && r <= zero+9 })
		switch {
		case group >= 0 && p.zero >= 0 && p.zero != decimalGroups[group]:
			return fail("D3131")
		case group >= 0:
			p.zero = decimalGroups[group]
			p.mandatory++
			position++
		case r == '#':
			p.optional++
			position++
		default:
			p.separators = append(p.separators, separator{position, r})
		}
	}
	if p.mandatory == 0 {
		p.form, p.token = sequenceForm, pattern
		return nil
	}
	p.regular = p.repeats()
	return nil
}

// repeats is the distance of separators that are all alike and come at equal distances, or 0.
func (p *integerPicture) repeats() int {
	positions := make([]int, len(p.separators))
	for i, s := range p.separators {
		if s.character != p.separators[0].character {
			return 0
		}
		positions[i] = s.position
	}
	return regularDistance(positions)
}

func regularDistance(positions []int) int {
	if len(positions) == 0 {
		return 0
	}
	distance := positions[0]
	for _, position := range positions[1:] {
		for a, b := distance, position; ; a, b = b, a%b {
			if b == 0 {
				distance = a
				break
			}
		}
	}
	for i := range positions {
		if !slices.Contains(positions, (i+1)*distance) {
			return 0
		}
	}
	return distance
}

func (p *integerPicture) format(value float64) (string, error) {
	size := math.Abs(value)
	var text string
	switch p.form {
	case lettersForm:
		text = lettersOf(size, p.firstLetter())
	case romanForm:
		if size > maxRoman {
			return "", errMemory
		}
		text = romanOf(size)
		if p.letters == upperCase {
			text = strings.ToUpper(text)
		}
	case wordsForm:
		text = wordsOf(size, p.ordinal)
		switch p.letters {
		case upperCase:
			text = strings.ToUpper(text)
		case lowerCase:
			text = strings.ToLower(text)
		}
	case decimalForm:
		text = p.decimal(size)
	default:
		return "", failValue("D3130", p.token)
	}
	if value < 0 {
		text = "-" + text
	}
	return text, nil
}

func (p *integerPicture) firstLetter() byte {
	if p.letters == upperCase {
		return 'A'
	}
	return 'a'
}

func (p *integerPicture) decimal(size float64) string {
	digits := []rune(numberText(size))
	for len(digits) < p.mandatory {
		digits = slices.Insert(digits, 0, '0')
	}
	if p.zero != '0' {
		for i := range digits {
			digits[i] += p.zero - '0'
		}
	}
	if p.regular > 0 {
		for at := len(digits) - p.regular; at > 0; at -= p.regular {
			digits = slices.Insert(digits, at, p.separators[0].character)
		}
	} else {
		for _, s := range slices.Backward(p.separators) { // from the left
			at := len(digits) - s.position
			digits = slices.Insert(digits, max(0, at), s.character)
		}
	}
	if !p.ordinal {
		return string(digits)
	}
	return string(digits) + ordinalSuffix(digits)
}

func ordinalSuffix(digits []rune) string {
	last := digits[len(digits)-1]
	teen := len(digits) > 1 && digits[len(digits)-2] == '1'
	if suffix, ok := map[rune]string{'1': "st", '2': "nd", '3': "rd"}[last]; ok && !teen {
		return suffix
	}
	return "th"
}

// parse reads a number by a picture. What does not fit it makes the number NaN, or whatever the reference
// implementation makes of it.
func (p *integerPicture) parse(text string) float64 {
	switch p.form {
	case lettersForm:
		return lettersValue(text, p.firstLetter())
	case romanForm:
		return romanValue(strings.ToUpper(text))
	case wordsForm:
		return wordsValue(strings.ToLower(text))
	}
	if p.ordinal {
		text = text[:max(0, len(text)-len("th"))]
	}
	if p.regular > 0 {
		text = strings.ReplaceAll(text, ",", "")
	} else {
		for _, s := range p.separators {
			text = strings.ReplaceAll(text, string(s.character), "")
		}
	}
	if p.zero != '0' {
		text = strings.Map(func(r rune) rune { return r - p.zero + '0' }, text)
	}
	return leadingInteger(text)
}
