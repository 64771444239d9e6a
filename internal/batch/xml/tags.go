// This file reads tags and keeps account of the open elements.

package xml

import (
	"bytes"

	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

const (
	maxDepth      = 8
	recordDepth   = 2 // of the root's children
	maxAttributes = 256

	rootName   = "Transactions"
	recordName = "Transaction"
	idName     = "TransactionID"
)

// element is an open element.
type element struct {
	name     int // where its qualified name begins in names
	bindings int // that were there before it
}

// attribute is one of the tag being read.
type attribute struct {
	name
	from, to    int  // its value within scanner.value
	declaration bool // of a namespace
}

// open is the qualified name of the innermost open element.
func (s *scanner) open() []byte {
	if s.depth == 0 {
		return nil
	}
	return s.names[s.stack[s.depth-1].name:]
}

func (s *scanner) startTag() error {
	start := s.pos
	tag, err := s.scanName(start+1, "the name of a tag")
	if err != nil {
		return err
	}
	end, empty, err := s.attributes(tag.end)
	if err != nil {
		return err
	}
	if end-start > maxTag {
		return s.fault(start, TooLongTag, "The tag is longer than %d bytes. Does an attribute lack its closing quote?", maxTag)
	}
	if err := s.enter(tag); err != nil {
		return err
	}
	s.pos = end
	if empty {
		return s.leave()
	}
	return nil
}

// attributes reads a tag from behind its name to its end.
func (s *scanner) attributes(at int) (end int, empty bool, err error) {
	s.attrs, s.value = s.attrs[:0], s.value[:0]
	for {
		i := s.skipSpace(at)
		switch {
		case i == s.end:
			return 0, false, s.cut("a tag")
		case s.buf[i] == '>':
			return i + 1, false, nil
		case s.buf[i] == '/':
			if i+1 == s.end {
				return 0, false, s.cut("a tag")
			}
			if s.buf[i+1] != '>' {
				return 0, false, s.fault(i, batch.Malformed, `A "/" in a tag must be followed by ">".`)
			}
			return i + 2, true, nil
		case i == at:
			return 0, false, s.fault(i, batch.Malformed, "There should be white space or the end of the tag here, not %s.", quote(s.character(i)))
		case len(s.attrs) == maxAttributes:
			return 0, false, s.fault(i, TooManyAttributes, "A tag has more than %d attributes.", maxAttributes)
		}
		var a attribute
		if a.name, err = s.scanName(i, "the name of an attribute"); err != nil {
			return 0, false, err
		}
		if at, err = s.attributeValue(&a); err != nil {
			return 0, false, err
		}
		a.declaration = string(s.prefix(a.name)) == "xmlns" || string(s.qualified(a.name)) == "xmlns"
		s.attrs = append(s.attrs, a)
	}
}

// attributeValue reads ="value", and returns the index behind it.
func (s *scanner) attributeValue(a *attribute) (int, error) {
	i := s.skipSpace(a.end)
	if i < s.end && s.buf[i] != '=' {
		return 0, s.fault(i, batch.Malformed, "The attribute %s has no value.", quote(s.qualified(a.name)))
	}
	if i < s.end {
		i = s.skipSpace(i + 1)
	}
	if i == s.end {
		return 0, s.cut("a tag")
	}
	mark := s.buf[i]
	if mark != '"' && mark != '\'' {
		return 0, s.fault(i, batch.Malformed, "The value of the attribute %s has no quotes.", quote(s.qualified(a.name)))
	}
	i++
	length := bytes.IndexByte(s.buf[i:s.end], mark)
	if length < 0 {
		if lt := bytes.IndexByte(s.buf[i:s.end], '<'); lt >= 0 { // more likely a missing quote than a long value
			return 0, s.unquoted(i+lt, a)
		}
		return 0, s.cut("an attribute's value")
	}
	a.from = len(s.value)
	if err := s.normalize(i, i+length, a); err != nil {
		return 0, err
	}
	a.to = len(s.value)
	return i + length + 1, nil
}

func (s *scanner) unquoted(at int, a *attribute) error {
	return s.fault(at, batch.Malformed, `The value of the attribute %s has "<" in it. Does it lack its closing quote?`, quote(s.qualified(a.name)))
}

func (s *scanner) skipSpace(i int) int { return i + spaces(s.buf[i:s.end]) }

// enter opens an element whose tag has been read.
func (s *scanner) enter(tag name) error {
	if s.depth == maxDepth {
		return s.fault(tag.start-1, TooDeep, "Elements are nested more than %d levels deep.", maxDepth)
	}
	if s.depth == 0 && s.rooted {
		return s.fault(tag.start-1, TrailingContent, "There is a second root element, %s.", quote(s.qualified(tag)))
	}
	s.stack[s.depth] = element{name: len(s.names), bindings: len(s.bindings)}
	if err := s.checkNamespaces(tag); err != nil {
		return err
	}
	s.names = append(s.names, s.qualified(tag)...)
	s.depth++
	switch {
	case s.depth == 1:
		return s.enterRoot(tag)
	case s.depth == recordDepth:
		return s.enterRecord(tag)
	}
	s.record.Open(s.local(tag))
	s.keepAttributes(-1)
	return nil
}

func (s *scanner) enterRoot(tag name) error {
	s.rooted = true
	if string(s.local(tag)) != rootName {
		return s.fault(tag.start-1, UnexpectedRoot, "The root element is %s; it must be %q.", quote(s.qualified(tag)), rootName)
	}
	return nil
}

func (s *scanner) enterRecord(tag name) error {
	r := &s.record
	r.Begin()
	if s.maxRecords > 0 && r.Ordinal > s.maxRecords {
		return s.fault(tag.start-1, batch.TooManyRecords, "The file has more than %d transactions. Please send them in several files.", s.maxRecords)
	}
	id := s.findID()
	if string(s.local(tag)) != recordName {
		r.Reject(contract.CodeUnexpectedElement, "The element %s is not a %s.", quote(s.qualified(tag)), recordName)
	} else if id < 0 {
		r.Reject(contract.CodeMissingTransactionID, "The transaction has no attribute %s.", idName)
	} else {
		r.Identify(s.value[s.attrs[id].from:s.attrs[id].to])
	}
	s.keepAttributes(id)
	return nil
}

// findID returns the index of the attribute TransactionID, preferably of the
// one without a prefix; -1 if there is none.
func (s *scanner) findID() int {
	found := -1
	for i, a := range s.attrs {
		if string(s.local(a.name)) != idName {
			continue
		}
		if a.colon < a.start {
			return i
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

// keepAttributes adds the tag's attributes but one to the record.
func (s *scanner) keepAttributes(but int) {
	for i, a := range s.attrs {
		if i != but && !a.declaration {
			s.record.Attribute(s.local(a.name), s.value[a.from:a.to])
		}
	}
}

// checkNamespaces declares the tag's prefixes, and checks that those in use
// are declared and that no attribute is given twice.
func (s *scanner) checkNamespaces(tag name) error {
	for _, a := range s.attrs {
		if !a.declaration {
			continue
		}
		uri := s.value[a.from:a.to]
		var prefix []byte
		if a.colon > a.start {
			prefix = s.local(a.name)
		}
		xml := string(prefix) == "xml"
		if string(prefix) == "xmlns" || len(prefix) > 0 && len(uri) == 0 || xml != (string(uri) == xmlNamespace) {
			return s.fault(a.start, batch.Malformed, "The namespace declaration %s=%s is not allowed.", s.qualified(a.name), quote(uri))
		}
		s.declare(prefix, uri)
	}
	if err := s.checkPrefix(tag); err != nil {
		return err
	}
	for i, a := range s.attrs {
		if !a.declaration {
			if err := s.checkPrefix(a.name); err != nil {
				return err
			}
		}
		for _, b := range s.attrs[:i] {
			if s.same(a.name, b.name) {
				return s.fault(a.start, DuplicateAttribute, "The attribute %s is given twice.", quote(s.qualified(a.name)))
			}
		}
	}
	return nil
}

func (s *scanner) checkPrefix(n name) error {
	if n.colon < n.start {
		return nil
	}
	if _, ok := s.uri(s.prefix(n)); !ok {
		return s.fault(n.start, UndeclaredPrefix, "The namespace prefix %s is not declared.", quote(s.prefix(n)))
	}
	return nil
}

// same reports whether two attributes have the same name: as written, or
// because their prefixes stand for the same namespace.
func (s *scanner) same(a, b name) bool {
	if !bytes.Equal(s.local(a), s.local(b)) {
		return false
	}
	if bytes.Equal(s.prefix(a), s.prefix(b)) {
		return true
	}
	uriA, okA := s.uri(s.prefix(a))
	uriB, okB := s.uri(s.prefix(b))
	prefixed := a.colon > a.start && b.colon > b.start
	return prefixed && okA && okB && bytes.Equal(uriA, uriB)
}

func (s *scanner) endTag() error {
	name := s.open()
	after := s.pos + len("</") + len(name)
	if after > s.end || s.depth == 0 || !bytes.Equal(s.buf[s.pos+len("</"):after], name) {
		return s.mismatched()
	}
	end := after
	if end < s.end && s.buf[end] != '>' {
		end = s.skipSpace(after)
	}
	switch {
	case end == s.end:
		return s.cut("a closing tag")
	case s.buf[end] != '>':
		return s.mismatched()
	}
	s.pos = end + 1
	return s.leave()
}

// mismatched explains a closing tag that is not the one of the open element.
func (s *scanner) mismatched() error {
	tag, err := s.scanName(s.pos+len("</"), "the name of a closing tag")
	if err != nil {
		return err
	}
	at, found := s.pos, quote(s.qualified(tag))
	if s.depth == 0 {
		return s.fault(at, MismatchedTag, "The closing tag %s has no opening tag.", found)
	}
	if bytes.Equal(s.qualified(tag), s.open()) {
		return s.fault(tag.end, batch.Malformed, "The closing tag %s has more in it than its name.", found)
	}
	return s.fault(at, MismatchedTag, "The closing tag %s does not match the open tag %s.", found, quote(s.open()))
}

// leave closes the innermost element.
func (s *scanner) leave() error {
	e := s.stack[s.depth-1]
	s.names = s.names[:e.name]
	s.namespaces.leave(e.bindings)
	s.depth--
	switch {
	case s.depth >= recordDepth:
		s.record.Close()
	case s.depth == recordDepth-1:
		s.record.End()
		return s.each(&s.record)
	}
	return nil
}
