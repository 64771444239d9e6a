package tidy

import (
	"testing"
	"testing/quick"
)

func TestTextsThatLookTheSameAreTheSame(t *testing.T) {
	for name, row := range map[string]struct{ typed, want string }{
		"as it is":           {"Zoë d’Arc", "Zoë d’Arc"},
		"blanks":             {" \tZoë\u00a0 \u3000d’Arc\r\n", "Zoë d’Arc"},
		"composed":           {"Zoe\u0308", "Zoë"},
		"full width":         {"Ｚｏë　１２", "Zoë 12"},
		"ligatures":          {"ﬁnn", "finn"},
		"zero width":         {"Z\u200bo\u200dë\ufeff", "Zoë"},
		"marks of direction": {"\u202eZoë\u202c", "Zoë"},
		"filler":             {"Zo\u115fë", "Zoë"},
		"nothing to see":     {"\u200b \u2060", ""},
	} {
		if got := Text(row.typed); got != row.want {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
	}
}

func TestATidyTextStaysAsItIs(t *testing.T) {
	if err := quick.Check(func(text string) bool { return Text(Text(text)) == Text(text) }, nil); err != nil {
		t.Error(err)
	}
}
