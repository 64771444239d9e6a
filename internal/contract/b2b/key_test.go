package b2b

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestKeysAreWhatTheFileIsCalledUnlessS3TakesNone(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	for name, key := range map[string]func(string) string{
		"reply":      func(file string) string { return ReplyKey("acme", file) },
		"earlier":    func(file string) string { return EarlierReplyKey("acme", file, id) },
		"quarantine": func(file string) string { return QuarantineKey("acme", id, file) },
	} {
		around := len(key("x")) - 1
		if fits := strings.Repeat("x", 1024-around); len(key(fits)) != 1024 || !strings.Contains(key(fits), fits) {
			t.Errorf("%s: a name that just fits is not kept: %s", name, key(fits))
		}
		seen := map[string]string{}
		for _, letter := range []string{"x", "\u00fc", "\u20ac", "\U0001F600", "a/"} {
			for _, end := range []string{"1.xml", "2.xml"} {
				file := strings.Repeat(letter, 1020/len(letter)) + end
				got := key(file)
				if len(got) > 1024 || len(got) < 1024-utf8.UTFMax || !utf8.ValidString(got) || got != key(file) {
					t.Errorf("%s of %d bytes: a key of %d bytes: %s", name, len(file), len(got), got)
				}
				if name != "quarantine" && !strings.HasSuffix(got, ReplySuffix) {
					t.Errorf("%s does not end as replies do", got)
				}
				if other, taken := seen[got]; taken {
					t.Errorf("%s and %s share a key", file, other)
				}
				seen[got] = file
			}
		}
	}
}
