package approvals

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

var (
	key   = []byte(strings.Repeat("k", 32))
	other = []byte(strings.Repeat("o", 32))
	ann   = Link{Request: "r1", Approver: "ann@example.com", Expires: 1000}
)

func TestALinkSaysWhatWasSigned(t *testing.T) {
	for name, keys := range map[string][][]byte{"the current key": {key}, "the key before": {other, key}} {
		if got, ok := Open(ann.Sign(key), keys); !ok || got != ann {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

func TestALinkThatWasNotSignedIsNone(t *testing.T) {
	signed := ann.Sign(key)
	payload, signature, _ := strings.Cut(signed, ".")
	bob := Link{Request: "r1", Approver: "bob@example.com", Expires: 1000}
	foreign, _, _ := strings.Cut(bob.Sign(key), ".")
	for name, text := range map[string]string{
		"nothing": "", "a dot": ".", "no signature": payload, "an empty one": payload + ".", "no payload": "." + signature,
		"another's payload": foreign + "." + signature, "another key": ann.Sign(other), "more behind": signed + "A", "a second part": signed + ".A",
		"padding": signed + "=", "a space": signed + " ", "half a signature": signed[:len(signed)-10], "too long": strings.Repeat("A", 3000) + "." + signature,
		"no base64": "!." + signature, "other JSON": base64.RawURLEncoding.EncodeToString([]byte(`{}`)) + "." + signature,
	} {
		if got, ok := Open(text, [][]byte{key}); ok || got != (Link{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if _, ok := Open(signed, nil); ok {
		t.Error("no key opens it")
	}
}

// Each bit counts: also those of the signature's last letter that no byte has.
func TestAChangedLetterBreaksALink(t *testing.T) {
	signed := []byte(ann.Sign(key))
	for i := range signed {
		changed := slices.Clone(signed)
		if changed[i]++; string(changed) != string(signed) {
			if _, ok := Open(string(changed), [][]byte{key}); ok {
				t.Errorf("letter %d may be %q", i, changed[i])
			}
		}
	}
}
