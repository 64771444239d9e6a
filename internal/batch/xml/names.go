// This file knows XML's names and namespaces.

package xml

import (
	"bytes"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/internal/batch"
)

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// name is a qualified name in the window.
type name struct {
	start, colon, end int // colon is start-1 if there is no prefix
}

func (s *scanner) qualified(n name) []byte { return s.buf[n.start:n.end] }
func (s *scanner) local(n name) []byte     { return s.buf[n.colon+1 : n.end] }
func (s *scanner) prefix(n name) []byte    { return s.buf[n.start:max(n.start, n.colon)] }

// Kinds of ASCII characters in names.
const (
	nameStart = 1 << iota
	namePart
)

// asciiNames tells which ASCII characters names begin with and consist of.
// The colon is not among them, since it separates names.
var asciiNames = func() (kinds [256]byte) {
	for c := range utf8.RuneSelf {
		switch b := byte(c); {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_':
			kinds[c] = nameStart | namePart
		case '0' <= b && b <= '9', b == '-', b == '.':
			kinds[c] = namePart
		}
	}
	return kinds
}()

// scanName reads a qualified name at an index of the window.
func (s *scanner) scanName(at int, of string) (name, error) {
	n := name{start: at, colon: at - 1}
	part := at // where the part before or after the colon begins
	kind := byte(nameStart)
	buf := s.buf[:s.end]
	i := at
	if i < len(buf) && asciiNames[buf[i]]&nameStart != 0 { // nearly always
		kind = namePart
		for i++; i < len(buf) && asciiNames[buf[i]]&namePart != 0; {
			i++
		}
	}
	for i < len(buf) {
		if asciiNames[buf[i]]&kind != 0 {
			kind = namePart
			i++
			continue
		}
		c, size := rune(buf[i]), 1
		if c == ':' && n.colon < at && i > part {
			n.colon, part, kind = i, i+1, nameStart
			i++
			continue
		}
		if c < utf8.RuneSelf {
			break
		}
		if c, size = utf8.DecodeRune(buf[i:]); !isNameCharacter(c, kind) {
			break
		}
		kind = namePart
		i += size
	}
	if i == len(buf) {
		return n, s.cut(of)
	}
	if i == part {
		return n, s.fault(i, batch.Malformed, "There should be %s here, not %s.", of, quote(s.character(i)))
	}
	n.end = i
	return n, nil
}

// character is the one at an index of the window.
func (s *scanner) character(at int) []byte {
	_, size := utf8.DecodeRune(s.buf[at:s.end])
	return s.buf[at : at+size]
}

// isNameCharacter reports the productions NameStartChar and NameChar of XML
// 1.0, fifth edition, beyond ASCII.
func isNameCharacter(r rune, kind byte) bool {
	if kind == namePart && (r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040) {
		return true
	}
	switch {
	case r < 0xC0 || r == 0xD7 || r == 0xF7 || r >= 0x300 && r <= 0x36F || r == 0x37E:
		return false
	case r <= 0x1FFF:
		return true
	}
	return r == 0x200C || r == 0x200D || r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF ||
		r >= 0x3001 && r <= 0xD7FF || r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD ||
		r >= 0x10000 && r <= 0xEFFFF
}

// namespaces holds the prefixes that are declared at the scanner's place, in
// one reused piece of memory.
type namespaces struct {
	bindings []binding
	text     []byte // prefixes and URIs
}

// binding is a prefix, "" for the default, and the URI behind it, "" for none.
type binding struct {
	prefix, uri, end int // indices of text
}

func (ns *namespaces) declare(prefix, uri []byte) {
	b := binding{prefix: len(ns.text)}
	ns.text = append(ns.text, prefix...)
	b.uri = len(ns.text)
	ns.text = append(ns.text, uri...)
	b.end = len(ns.text)
	ns.bindings = append(ns.bindings, b)
}

// leave forgets all bindings but the first n.
func (ns *namespaces) leave(n int) {
	if n < len(ns.bindings) {
		ns.text = ns.text[:ns.bindings[n].prefix]
		ns.bindings = ns.bindings[:n]
	}
}

// uri is what a prefix stands for.
func (ns *namespaces) uri(prefix []byte) (uri []byte, ok bool) {
	for i := len(ns.bindings) - 1; i >= 0; i-- {
		b := ns.bindings[i]
		if bytes.Equal(ns.text[b.prefix:b.uri], prefix) {
			return ns.text[b.uri:b.end], true
		}
	}
	return nil, false
}
