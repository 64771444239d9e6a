// $formatNumber: pictures of decimal numbers, as XPath defines them.

package jsonata

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// decimalFormat is what the characters of a picture mean.
type decimalFormat struct {
	decimal, grouping, exponent, minus, percent, perMille, zero, digit, separator string
}

func newDecimalFormat(options *jsonvalue.Object) decimalFormat {
	f := decimalFormat{".", ",", "e", "-", "%", "‰", "0", "#", ";"}
	for name, field := range map[string]*string{
		"decimal-separator": &f.decimal, "grouping-separator": &f.grouping, "exponent-separator": &f.exponent,
		"minus-sign": &f.minus, "percent": &f.percent, "per-mille": &f.perMille, "zero-digit": &f.zero,
		"digit": &f.digit, "pattern-separator": &f.separator,
	} {
		if value, ok := options.Get(name); ok {
			if text, ok := value.(string); ok {
				*field = text
			}
		}
	}
	return f
}

// isDigit tells whether a character is of the family of digits.
func (f decimalFormat) isDigit(char string) bool {
	zero, _ := nextRune(f.zero)
	r, _ := nextRune(char)
	return char != "" && r >= zero && r < zero+10
}

func (f decimalFormat) isActive(char string) bool {
	return f.isDigit(char) || slices.Contains([]string{f.decimal, f.exponent, f.grouping, f.digit, f.separator}, char)
}

// digits counts the digits of a part, with the optional ones or without.
func (f decimalFormat) digits(part string, optional bool) int {
	n := 0
	for _, char := range chars(part) {
		n += boolToInt(f.isDigit(char) || optional && char == f.digit)
	}
	return n
}

// chars are the characters of a text.
func chars(text string) []string {
	var out []string
	for text != "" {
		_, size := nextRune(text)
		out = append(out, text[:size])
		text = text[size:]
	}
	return out
}

func formatNumber(ev *evaluation, args []any) (any, error) {
	options, _ := membersOf(args[2])
	format := newDecimalFormat(options)
	pictures := strings.Split(textArg(args[1]), format.separator)
	if len(pictures) > 2 {
		return nil, fail("D3080")
	}
	subs := make([]subPicture, len(pictures))
	for i, picture := range pictures {
		var err error
		if subs[i], err = format.parse(picture); err != nil {
			return nil, err
		}
	}
	value := floatArg(args[0])
	sub := subs[0]
	if !(value >= 0) {
		if len(subs) == 2 {
			sub = subs[1]
		} else {
			sub.prefix = format.minus + sub.prefix
		}
	}
	text := sub.format(format, value)
	return text, ev.charge(len(text))
}

// subPicture is a picture of positive or of negative numbers, taken apart and understood.
type subPicture struct {
	picture                            string
	prefix, suffix, active             string
	mantissa, exponent, whole, decimal string
	hasExponent                        bool

	wholeGroups, decimalGroups []int // places of grouping separators
	regular                    int   // distance of separators that come at equal ones
	leastWhole, scaling        int
	leastDecimal, mostDecimal  int
	leastExponent              int
}

func (f decimalFormat) parse(picture string) (subPicture, error) {
	s := subPicture{picture: picture}
	s.split(f)
	if code := s.fault(f); code != "" {
		return s, fail(code)
	}
	s.analyse(f)
	return s, nil
}

// split finds the parts: prefix 0,000.00e0 suffix.
func (s *subPicture) split(f decimalFormat) {
	all := chars(s.picture)
	active := func(char string) bool { return f.isActive(char) && char != f.exponent }
	first := slices.IndexFunc(all, active)
	last := len(all)
	for last > 0 && !active(all[last-1]) {
		last--
	}
	if first < 0 { // nothing of it is active, which is a fault
		s.prefix, s.mantissa = s.picture, ""
		return
	}
	s.prefix, s.active, s.suffix = strings.Join(all[:first], ""), strings.Join(all[first:last], ""), strings.Join(all[last:], "")
	s.mantissa = s.active
	if mantissa, exponent, found := strings.Cut(s.active, f.exponent); found && f.exponent != "" {
		s.mantissa, s.exponent, s.hasExponent = mantissa, exponent, true
	}
	var found bool
	if s.whole, s.decimal, found = strings.Cut(s.mantissa, f.decimal); !found {
		s.decimal = s.suffix
	}
}

// fault is the code of what is wrong with a picture; of several faults, the last one.
func (s *subPicture) fault(f decimalFormat) (code string) {
	faulty := func(is bool, with string) {
		if is {
			code = with
		}
	}
	percents, perMilles := strings.Count(s.picture, f.percent), strings.Count(s.picture, f.perMille)
	decimals := strings.Count(s.picture, f.decimal)
	faulty(decimals > 1, "D3081")
	faulty(percents > 1, "D3082")
	faulty(perMilles > 1, "D3083")
	faulty(percents > 0 && perMilles > 0, "D3084")
	faulty(f.digits(s.mantissa, true) == 0, "D3085")
	faulty(slices.ContainsFunc(chars(s.active), func(char string) bool { return !f.isActive(char) }), "D3086")
	if decimals > 0 {
		faulty(strings.Contains(s.picture, f.grouping+f.decimal) || strings.Contains(s.picture, f.decimal+f.grouping), "D3087")
	} else {
		faulty(strings.HasSuffix(s.whole, f.grouping), "D3088")
	}
	faulty(strings.Contains(s.picture, f.grouping+f.grouping), "D3089")
	if before, _, found := strings.Cut(s.whole, f.digit); found {
		faulty(f.digits(before, false) > 0, "D3090")
	}
	if i := strings.LastIndex(s.decimal, f.digit); i >= 0 {
		faulty(f.digits(s.decimal[i:], false) > 0, "D3091")
	}
	if s.hasExponent {
		faulty(s.exponent != "" && percents+perMilles > 0, "D3092")
		faulty(s.exponent == "" || f.digits(s.exponent, false) < len(chars(s.exponent)), "D3093")
	}
	return code
}

func (s *subPicture) analyse(f decimalFormat) {
	s.wholeGroups = s.groups(f, s.whole, false)
	s.regular = regularDistance(s.wholeGroups)
	s.decimalGroups = s.groups(f, s.decimal, true)
	s.leastWhole = f.digits(s.whole, false)
	s.scaling = s.leastWhole
	s.leastDecimal, s.mostDecimal = f.digits(s.decimal, false), f.digits(s.decimal, true)
	if s.leastWhole == 0 && s.mostDecimal == 0 {
		if s.hasExponent {
			s.leastDecimal, s.mostDecimal = 1, 1
		} else {
			s.leastWhole = 1
		}
	}
	if s.hasExponent && s.leastWhole == 0 && strings.Contains(s.whole, f.digit) {
		s.leastWhole = 1
	}
	if s.leastWhole == 0 && s.leastDecimal == 0 {
		s.leastDecimal = 1
	}
	if s.hasExponent {
		s.leastExponent = f.digits(s.exponent, false)
	}
}

// groups are the numbers of digits to the right of a part's separators, or to their left. After the first,
// separators are looked for in the whole part, as the reference implementation does.
func (s *subPicture) groups(f decimalFormat, part string, left bool) []int {
	var places []int
	at := strings.Index(part, f.grouping)
	for at >= 0 && f.grouping != "" {
		side := part[min(at, len(part)):]
		if left {
			side = part[:min(at, len(part))]
		}
		places = append(places, f.digits(side, true))
		next := -1
		if at+1 <= len(s.whole) {
			next = strings.Index(s.whole[at+1:], f.grouping)
		}
		if next >= 0 {
			next += at + 1
		}
		at = next
	}
	return places
}

func (s *subPicture) format(f decimalFormat, value float64) string {
	adjusted := value
	if strings.Contains(s.picture, f.percent) {
		adjusted *= 100
	} else if strings.Contains(s.picture, f.perMille) {
		adjusted *= 1000
	}
	mantissa, exponent := s.scale(adjusted)
	whole, decimal := f.split(roundHalfEven(mantissa, float64(s.mostDecimal)), s.mostDecimal)
	whole = strings.TrimLeft(whole, f.zero)
	decimal = trimZeros(decimal, f.zero)
	whole = strings.Repeat(f.zero, max(0, s.leastWhole-len(chars(whole)))) + whole
	decimal += strings.Repeat(f.zero, max(0, s.leastDecimal-len(chars(decimal))))

	text := s.grouped(f, whole, decimal)
	if s.leastExponent > 0 {
		digits, _ := f.split(math.Abs(exponent), 0)
		digits = strings.Repeat(f.zero, max(0, s.leastExponent-len(chars(digits)))) + digits
		sign := ""
		if exponent < 0 {
			sign = f.minus
		}
		text += f.exponent + sign + digits
	}
	return s.prefix + text + s.suffix
}

func trimZeros(text, zero string) string {
	for zero != "" && strings.HasSuffix(text, zero) {
		text = strings.TrimSuffix(text, zero)
	}
	return text
}

// scale makes a mantissa of as many digits as the picture has, and its power of ten.
func (s *subPicture) scale(value float64) (mantissa, exponent float64) {
	mantissa = value
	if s.leastExponent == 0 {
		return mantissa, 0
	}
	most, least := math.Pow(10, float64(s.scaling)), math.Pow(10, float64(s.scaling-1))
	const enough = 1000 // powers of ten, between any two numbers
	for range enough {
		switch {
		case mantissa < least && mantissa > 0:
			mantissa *= 10
			exponent--
		case mantissa > most && !math.IsInf(mantissa, 0):
			mantissa /= 10
			exponent++
		default:
			return mantissa, exponent
		}
	}
	return mantissa, exponent
}

// split writes a number's digits before and after the decimal point, in the format's family of digits.
func (f decimalFormat) split(value float64, decimals int) (whole, decimal string) {
	const most = 100 // decimals, in JavaScript
	size := math.Abs(value)
	text := numberText(size)
	if size < 1e21 {
		text = strconv.FormatFloat(size, 'f', min(decimals, most), 64)
	}
	if zero, _ := nextRune(f.zero); zero != '0' {
		text = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + zero
			}
			return r
		}, text)
	}
	whole, decimal, _ = strings.Cut(text, ".")
	return whole, decimal
}

// grouped puts the separators in. Places beyond the digits are counted from the end, as JavaScript does.
func (s *subPicture) grouped(f decimalFormat, whole, decimal string) string {
	text := append(append(chars(whole), f.decimal), chars(decimal)...)
	point := len(chars(whole))
	if s.regular > 0 {
		for at := point - s.regular; at > 0; at -= s.regular {
			text = slices.Insert(text, at, f.grouping)
		}
	} else {
		for _, place := range s.wholeGroups {
			text = slices.Insert(text, sliceIndex(float64(point-place), len(text)), f.grouping)
			point++
		}
	}
	point = slices.Index(text, f.decimal)
	for _, place := range s.decimalGroups {
		text = slices.Insert(text, min(place+point+1, len(text)), f.grouping)
	}
	point = slices.Index(text, f.decimal)
	if !strings.Contains(s.picture, f.decimal) || point == len(text)-1 {
		text = text[:len(text)-1]
	}
	return strings.Join(text, "")
}
