// Numbers in words, in Roman numerals and as letters.

package jsonata

import (
	"math"
	"regexp"
	"strings"
)

var (
	few = []string{
		"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
		"Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
	}
	ordinals = []string{
		"Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
		"Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth",
		"Nineteenth",
	}
	decades    = []string{"Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred"}
	magnitudes = []string{"Thousand", "Million", "Billion", "Trillion"}
)

// wordsOf spells a number: One Thousand, Two Hundred and Thirty-Four.
func wordsOf(value float64, ordinal bool) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return ""
	}
	return spelled(value, false, ordinal)
}

// spelled spells a number; follows says that words of a larger part stand before it.
func spelled(value float64, follows, ordinal bool) string {
	lead := func(link, words string) string {
		if follows {
			return link + words
		}
		return words
	}
	switch {
	case value <= 19:
		if ordinal {
			return lead(" and ", ordinals[int(value)])
		}
		return lead(" and ", few[int(value)])
	case value < 100:
		words := lead(" and ", decades[int(value)/10-2])
		if rest := math.Mod(value, 10); rest > 0 {
			return words + "-" + spelled(rest, false, ordinal)
		}
		if ordinal {
			return strings.TrimSuffix(words, "y") + "ieth"
		}
		return words
	case value < 1000:
		words := lead(", ", few[int(value)/100]+" Hundred")
		return words + remainder(math.Mod(value, 100), ordinal)
	}
	magnitude := min(int(math.Floor(math.Log10(value)/3)), len(magnitudes))
	factor := math.Pow(10, float64(3*magnitude))
	mantissa := math.Floor(value / factor)
	words := lead(", ", spelled(mantissa, false, false)+" "+magnitudes[magnitude-1])
	return words + remainder(value-mantissa*factor, ordinal)
}

func remainder(rest float64, ordinal bool) string {
	switch {
	case rest > 0:
		return spelled(rest, true, ordinal)
	case ordinal:
		return "th"
	}
	return ""
}

var wordValues = func() map[string]float64 {
	values := map[string]float64{"hundredth": 100}
	for i := range few {
		values[strings.ToLower(few[i])] = float64(i)
		values[strings.ToLower(ordinals[i])] = float64(i)
	}
	for i, word := range decades {
		word = strings.ToLower(word)
		values[word] = float64(10 * (i + 2))
		values[word[:len(word)-1]+"ieth"] = float64(10 * (i + 2))
	}
	for i, word := range magnitudes {
		word = strings.ToLower(word)
		values[word] = math.Pow(10, float64(3*(i+1)))
		values[word+"th"] = values[word]
	}
	return values
}()

var wordSeparator = regexp.MustCompile(`,\s|\sand\s|[\s\\-]`)

// wordsValue reads what wordsOf writes, in lower case.
func wordsValue(text string) float64 {
	segments := []float64{0}
	for _, word := range wordSeparator.Split(text, -1) {
		value, ok := wordValues[word]
		if !ok {
			value = math.NaN()
		}
		top := segments[len(segments)-1]
		switch {
		case !(value < 100):
			segments[len(segments)-1] = top * value
		case top >= 1000:
			segments = append(segments, value)
		default:
			segments[len(segments)-1] = top + value
		}
	}
	return total(segments)
}

var romanNumerals = []struct {
	value float64
	text  string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"},
	{9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"},
}

// maxRoman is the largest number that is written in Roman numerals: they grow with the number itself.
const maxRoman = 10_000_000

func romanOf(value float64) string {
	var b strings.Builder
	for _, numeral := range romanNumerals {
		for value >= numeral.value {
			b.WriteString(numeral.text)
			value -= numeral.value
		}
	}
	return b.String()
}

func romanValue(text string) float64 {
	values := map[byte]float64{'M': 1000, 'D': 500, 'C': 100, 'L': 50, 'X': 10, 'V': 5, 'I': 1}
	sum, largest := 0.0, 1.0
	for i := len(text) - 1; i >= 0; i-- {
		value, ok := values[text[i]]
		switch {
		case !ok:
			return math.NaN()
		case value < largest:
			sum -= value
		default:
			largest = value
			sum += value
		}
	}
	return sum
}

func lettersOf(value float64, first byte) string {
	var letters []byte
	for value > 0 && !math.IsInf(value, 0) {
		letters = append([]byte{first + byte(math.Mod(value-1, 26))}, letters...)
		value = math.Floor((value - 1) / 26)
	}
	return string(letters)
}

func lettersValue(text string, first byte) float64 {
	sum := 0.0
	letters := units(text)
	for i := range letters {
		letter := letters[len(letters)-1-i]
		sum += (float64(letter) - float64(first) + 1) * math.Pow(26, float64(i))
	}
	return sum
}
