// This file is a second, simple opinion on what a document contains: a decoder
// on encoding/xml that holds everything in memory.

package xml

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// result is what a decoder says about one record.
type result struct {
	Ordinal int
	ID      string
	Code    string
	Content contract.Content
}

// node is an element or, without a name, a run of text.
type node struct {
	name     string
	text     string
	attrs    []xml.Attr
	children []*node
}

// referenceRecords decodes a document that Split accepts. An error means that
// encoding/xml does not accept it.
func referenceRecords(r io.Reader) ([]result, error) {
	in, err := decode(r)
	if err != nil {
		return nil, err
	}
	decoder := xml.NewDecoder(in)
	decoder.CharsetReader = func(_ string, decoded io.Reader) (io.Reader, error) { return decoded, nil }
	document := &node{}
	open := []*node{document}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		parent := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			child := &node{name: t.Name.Local, attrs: t.Copy().Attr}
			parent.children = append(parent.children, child)
			open = append(open, child)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if n := len(parent.children); n > 0 && parent.children[n-1].name == "" {
				parent.children[n-1].text += string(t)
			} else {
				parent.children = append(parent.children, &node{text: string(t)})
			}
		}
	}
	return recordsOf(document), nil
}

func recordsOf(document *node) []result {
	var results []result
	for _, root := range document.children {
		for _, n := range root.children {
			if n.name == "" {
				continue
			}
			r := result{Ordinal: len(results) + 1}
			id := idOf(n)
			if id >= 0 {
				r.ID = n.attrs[id].Value
			}
			switch {
			case n.name != "Transaction":
				r.ID, r.Code = "", contract.CodeUnexpectedElement
			case id < 0:
				r.Code = contract.CodeMissingTransactionID
			default:
				if r.Code, _ = contract.CheckTransactionID([]byte(r.ID)); r.Code == "" {
					root := treeOf(n, id)
					r.Content = contract.Content{Attributes: root.Attributes, Children: root.Children}
				}
			}
			results = append(results, r)
		}
	}
	return results
}

func idOf(n *node) int {
	found := -1
	for i, a := range n.attrs {
		if a.Name.Local == "TransactionID" && (found < 0 || a.Name.Space == "" && n.attrs[found].Name.Space != "") {
			found = i
		}
	}
	return found
}

// treeOf makes the tree of an element without one of its attributes. An
// element that is a record's (but is not negative) has no text of its own.
func treeOf(n *node, but int) contract.Node {
	tree := contract.Node{Name: n.name}
	for i, a := range n.attrs {
		if i != but && a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
			tree.Attributes = append(tree.Attributes, contract.Attribute{Name: a.Name.Local, Text: a.Value})
		}
	}
	sortAttributes(tree.Attributes)
	if but < 0 && !slices.ContainsFunc(n.children, func(c *node) bool { return c.name != "" }) {
		for _, child := range n.children {
			tree.Text += child.text
		}
		return tree
	}
	for _, child := range n.children {
		if child.name != "" {
			tree.Children = append(tree.Children, treeOf(child, -1))
		} else if strings.Trim(child.text, " \t\r\n") != "" {
			tree.Children = append(tree.Children, contract.Node{Text: child.text})
		}
	}
	return tree
}

func sortAttributes(attributes []contract.Attribute) {
	slices.SortFunc(attributes, func(a, b contract.Attribute) int { return strings.Compare(a.Name+"\x00"+a.Text, b.Name+"\x00"+b.Text) })
}

// newerName is a name of XML 1.0's fifth edition. encoding/xml knows the
// second, which has fewer letters; it is the one thing in which it is stricter.
var newerName = regexp.MustCompile(`^[:A-Za-z_\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}` +
	`\x{200C}-\x{200D}\x{2070}-\x{218F}\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}]` +
	`[:A-Za-z_\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}` +
	`\x{200C}-\x{200D}\x{2070}-\x{218F}\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}` +
	`.0-9\x{B7}\x{300}-\x{36F}\x{203F}-\x{2040}-]*$`)

func isNewerName(err error) bool {
	var syntax *xml.SyntaxError
	if !errors.As(err, &syntax) {
		return false
	}
	name, ok := strings.CutPrefix(syntax.Msg, "invalid XML name: ")
	return ok && newerName.MatchString(name)
}

// spaced makes an attribute's white space equal: encoding/xml keeps line ends
// and tabs, which XML has a parser turn into spaces.
func spaced(results []result) []result {
	space := strings.NewReplacer("\t", " ", "\r\n", " ", "\n", " ", "\r", " ")
	attributes := func(of []contract.Attribute) {
		for i := range of {
			of[i].Text = space.Replace(of[i].Text)
		}
		sortAttributes(of)
	}
	var nodes func([]contract.Node)
	nodes = func(of []contract.Node) {
		for i := range of {
			attributes(of[i].Attributes)
			nodes(of[i].Children)
		}
	}
	for i := range results {
		results[i].ID = space.Replace(results[i].ID)
		attributes(results[i].Content.Attributes)
		nodes(results[i].Content.Children)
	}
	return results
}
