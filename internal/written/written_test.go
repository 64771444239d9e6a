package written

import (
	"strings"
	"testing"
	"unicode"
)

func TestWhatIsWrittenInManyWaysIsFolded(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"blanks only", " \t\u00a0\u3000\n", ""},
		{"ASCII", "USD 1,234.56", "USD 1,234.56"},
		{"blanks of every kind", "1\u00a0234\u202f567\u2009890 \t 1", "1 234 567 890 1"},
		{"full width", "￥１，２３４．５６", "¥1,234.56"},
		{"full-width parentheses", "（４５．００）", "(45.00)"},
		{"Arabic-Indic", "١٢٣٤٫٥٠", "1234٫50"},
		{"Persian", "۱۲۳", "123"},
		{"Devanagari", "१२३", "123"},
		{"mathematical", "𝟏𝟐𝟛"[:8], "12"},
		{"dashes", "‐‑‒–—−", "------"},
		{"apostrophes", "1’234‘567ʼ890", "1'234'567'890"},
		{"what nobody sees", "\u200f\u202b12\u202c\ufeff\u200b3\u00ad", "123"},
		{"letters stay", "Kč zł Ж", "Kč zł Ж"},
		{"superscripts are no digits", "10²", "10²"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := Folded(row.text)
			if err != nil || got != row.want {
				t.Errorf("got %q, %v; want %q", got, err, row.want)
			}
		})
	}
}

func TestDigitsOfTwoScriptsAreRefused(t *testing.T) {
	for _, text := range []string{"1٢3", "١۲", "１2", "𝟏𝟚"} {
		if got, err := Folded(text); err == nil {
			t.Errorf("%q is folded to %q", text, got)
		}
	}
	if _, err := Folded("\xff1"); err == nil {
		t.Error("what is not UTF-8 is folded")
	}
}

// Every digit of Unicode has the value that its place in its script says.
func TestEveryDigitIsFolded(t *testing.T) {
	seen := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.Is(unicode.Nd, r) {
			continue
		}
		got, err := Folded(string(r))
		if want := string('0' + rune(seen%10)); err != nil || got != want {
			t.Errorf("%U is %q, %v; want %q", r, got, err, want)
		}
		seen++
	}
	if seen < 600 {
		t.Errorf("%d digits", seen)
	}
}

func FuzzFolded(f *testing.F) {
	f.Add("（１’234．－）")
	f.Fuzz(func(t *testing.T, text string) {
		folded, err := Folded(text)
		if err != nil {
			return
		}
		if again, err := Folded(folded); err != nil || again != folded {
			t.Errorf("%q, folded again, is %q, %v", folded, again, err)
		}
		if strings.TrimSpace(folded) != folded || strings.Contains(folded, "  ") {
			t.Errorf("%q has blanks", folded)
		}
	})
}
