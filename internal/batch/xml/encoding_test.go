package xml

import (
	"encoding/binary"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Partners go by the list in docs/reply.md.
func TestTheEncodingsOfTheDocumentAreThoseThatAreUnderstood(t *testing.T) {
	document, err := os.ReadFile("../../../docs/reply.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(document), "| encoding | names in the XML declaration |\n")
	if !found {
		t.Fatal("docs/reply.md has no list of encodings")
	}
	list, _, _ = strings.Cut(list, "\n\n")
	var listed []string
	for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(list, -1) {
		listed = append(listed, match[1])
	}
	understood := strings.Fields(namesUTF8 + namesUTF16LE + namesUTF16BE)
	understood = append(understood, slices.Collect(maps.Keys(singleBytes))...)
	slices.Sort(understood)
	understood = slices.Compact(understood)
	if sorted := slices.Sorted(slices.Values(listed)); !slices.Equal(sorted, understood) {
		t.Errorf("listed %q, understood %q", sorted, understood)
	}
	for _, name := range listed {
		text := `<?xml version="1.0" encoding="` + strings.ToLower(name) + `"?>` + oneRecord("<Notes>a</Notes>")
		switch {
		case strings.HasSuffix(name, "BE"):
			text = utf16Text(binary.BigEndian, text)
		case strings.Contains(name, "16"), strings.Contains(name, "UCS"):
			text = utf16Text(binary.LittleEndian, text)
		}
		if got, err := splitAll(strings.NewReader(text), 0); err != nil || len(got) != 1 || got[0].Content.Children[0].Text != "a" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
