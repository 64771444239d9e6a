package contenthash

import (
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func content(children ...contract.Node) contract.Content {
	return contract.Content{Children: children}
}

func group(name string, children ...contract.Node) contract.Node {
	return contract.Node{Name: name, Children: children}
}

func leaf(name, text string, attributes ...contract.Attribute) contract.Node {
	return contract.Node{Name: name, Text: text, Attributes: attributes}
}

// Whatever tells two trees apart tells their hashes apart.
func TestDifferentContentHasDifferentHashes(t *testing.T) {
	a, b := contract.Attribute{Name: "a", Text: "1"}, contract.Attribute{Name: "b", Text: "2"}
	contents := map[string]contract.Content{
		"nothing":                      {},
		"an empty element":             content(leaf("A", "")),
		"an element":                   content(leaf("A", "1")),
		"an element of another name":   content(leaf("B", "1")),
		"two elements":                 content(leaf("A", "1"), leaf("B", "2")),
		"two elements, the other way":  content(leaf("B", "2"), leaf("A", "1")),
		"an element twice":             content(leaf("A", "1"), leaf("A", "1")),
		"an element in a group":        content(group("A", leaf("B", "2"))),
		"an element beside an empty":   content(leaf("A", ""), leaf("B", "2")),
		"a quantity in the first line": content(group("L", leaf("S", "A"), leaf("Q", "2")), group("L", leaf("S", "B"))),
		"a quantity in the second":     content(group("L", leaf("S", "A")), group("L", leaf("S", "B"), leaf("Q", "2"))),
		"a quantity in neither":        content(group("L", leaf("S", "A")), group("L", leaf("S", "B")), leaf("Q", "2")),
		"two groups in one":            content(group("L", leaf("S", "A"), leaf("S", "B"), leaf("Q", "2"))),
		"an attribute of the record":   {Attributes: []contract.Attribute{a}},
		"an element like it":           content(leaf("a", "1")),
		"an attribute of an element":   content(leaf("A", "1", a)),
		"another attribute":            content(leaf("A", "1", b)),
		"two attributes":               content(leaf("A", "1", a, b)),
		"attributes of two elements":   content(leaf("A", "1", a), leaf("A", "1", b)),
		"text":                         content(leaf("", "1")),
		"text before an element":       content(leaf("", "1"), leaf("A", "")),
		"text after an element":        content(leaf("A", ""), leaf("", "1")),
		"text in a group":              content(group("A", leaf("", "1"), leaf("B", ""))),
		"what the format itself has":   content(leaf("A", "0[]0{}")),
	}
	names := map[Hash]string{}
	for name, c := range contents {
		hash := Of(c)
		if other, known := names[hash]; known {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		names[hash] = name
	}
}

// Hashes are stored: another one for the same content would turn duplicates
// of what is stored already into conflicts. If they must change, so must
// contract.ContentVersion.
func TestTheHashStaysWhatItIs(t *testing.T) {
	for want, c := range map[string]contract.Content{
		"9d9f08bde7a3c652e63d15879c585b9a4d0643a736eaa149abcaab6811f22d29": {},
		"270f98ee7fe6f676c95cb067f29438a039521ab535768979a6f1a3439e299af8": {
			Attributes: []contract.Attribute{{Name: "currency", Text: "EUR"}},
			Children:   []contract.Node{leaf("Notes", "<a> & \"b\" 😀\n"), group("Line", leaf("", "x"), leaf("Sku", "", contract.Attribute{Name: "no", Text: ""}))},
		},
	} {
		if got := Of(c).String(); got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
}
