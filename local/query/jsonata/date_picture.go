// Pictures of dates and times: literal text, and markers like [Y0001] or [MNn,*-3].

package jsonata

import (
	"strings"
	"unicode/utf8"
)

// dateMarkers are the parts of a date that pictures know, with how they look unless a picture says so.
var dateMarkers = map[string]string{
	"Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1", "h": "1",
	"P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
}

// integerMarkers are those that can be numbers.
const integerMarkers = "YMDdFWwXxHhmsf"

// datePart is literal text, or a marker.
type datePart struct {
	literal   string
	component string // "" for literal text

	zulu     bool // modifier t: Z where there is no offset
	names    bool // as a name, not as a number
	letters  letterCase
	hasWidth bool // a maximal width
	width    int
	years    int // digits of a year that are kept, -1 for all
	integer  *integerPicture
}

func parseDatePicture(picture string) ([]datePart, error) {
	var parts []datePart
	literal := func(text string) {
		if text != "" {
			parts = append(parts, datePart{literal: strings.ReplaceAll(text, "]]", "]")})
		}
	}
	for {
		before, rest, found := strings.Cut(picture, "[")
		literal(before)
		switch {
		case !found:
			return parts, nil
		case strings.HasPrefix(rest, "["):
			parts = append(parts, datePart{literal: "["})
			picture = rest[1:]
			continue
		}
		marker, after, found := strings.Cut(rest, "]")
		if !found {
			return nil, fail("D3135")
		}
		part, err := parseMarker(strings.Join(strings.FieldsFunc(marker, isSpace), ""))
		if err != nil {
			return nil, err
		}
		parts, picture = append(parts, part), after
	}
}

func parseMarker(marker string) (datePart, error) {
	_, size := utf8.DecodeRuneInString(marker)
	part := datePart{component: marker[:size], years: -1}
	presentation := marker[size:]
	least := -1
	if i := strings.LastIndexByte(presentation, ','); i >= 0 {
		least = part.widths(presentation[i+1:])
		presentation = presentation[:i]
	}
	modifier := ""
	if n := len(presentation); n > 1 && strings.IndexByte("atco", presentation[n-1]) >= 0 {
		modifier, presentation = presentation[n-1:], presentation[:n-1]
	} else if n == 0 {
		presentation = dateMarkers[part.component]
	}
	if presentation == "" {
		return part, failValue("D3132", part.component)
	}
	part.zulu = modifier == "t"
	switch {
	case presentation[0] == 'n':
		part.names = true
	case presentation[0] == 'N':
		part.names, part.letters = true, upperCase
		if strings.HasPrefix(presentation[1:], "n") {
			part.letters = titleCase
		}
	case strings.Contains(integerMarkers, part.component):
		return part, part.number(presentation, modifier, least)
	}
	if part.component == "Z" || part.component == "z" {
		var err error
		part.integer, err = parseIntegerPicture(presentation)
		return part, err
	}
	return part, nil
}

// widths reads min-max, and returns the least one, -1 for none.
func (part *datePart) widths(text string) (least int) {
	low, high, ranged := strings.Cut(text, "-")
	if f := leadingInteger(high); ranged && high != "*" && f == f {
		part.hasWidth, part.width = true, int(f)
	}
	if f := leadingInteger(low); low != "*" && f == f {
		return int(f)
	}
	return -1
}

// number reads how a part looks as a number.
func (part *datePart) number(presentation, modifier string, least int) error {
	if modifier != "" {
		presentation += ";" + modifier
	}
	integer, err := parseIntegerPicture(presentation)
	if err != nil {
		return err
	}
	part.integer = integer
	integer.mandatory = max(integer.mandatory, least)
	if strings.Contains("YMD", part.component) {
		if part.hasWidth {
			part.years = part.width
			integer.mandatory = part.width
		} else if digits := integer.mandatory + integer.optional; digits >= 2 && integer.form == decimalForm {
			part.years = digits
		}
	}
	integer.width = part.years
	return nil
}
