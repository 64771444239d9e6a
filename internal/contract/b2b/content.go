// This file is the tree that a transaction's content is. docs/record.md tells
// readers of the table about it.

package b2b

// ContentVersion is the version of the form that content is stored in, and of
// its hash. Members may be added within a version if rows without them keep
// their meaning and their hash; any other change raises it.
const ContentVersion = 1

// Content is what a record contains, without its transaction id. Two contents
// are the same if their trees are equal: groups, repetitions and order count.
type Content struct {
	Attributes []Attribute `json:"attributes,omitempty"` // by name, then by text: they have no order of their own
	Children   []Node      `json:"children,omitempty"`
}

// Node is an element, or a piece of text that stands between elements. An
// element with child elements is a group; any other has a text, which may be
// empty.
type Node struct {
	Name       string      `json:"name,omitempty"` // of an element
	Attributes []Attribute `json:"attributes,omitempty"`
	Text       string      `json:"text,omitempty"`     // unless it is a group
	Children   []Node      `json:"children,omitempty"` // of a group, at least one
}

// Attribute is a detail of an element or of the record itself. Several may
// have one name: namespaces do not count.
type Attribute struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Members of content as it is stored.
const (
	MemberName       = "name"
	MemberText       = "text"
	MemberAttributes = "attributes"
	MemberChildren   = "children"
)

// ElementNotes is the element that a posted transaction's transactionMessage
// fills.
const ElementNotes = "Notes"
