// This file is the way in, and the document's outline: what stands before, in
// and after the root element.

package xml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/tradepost-dev/tradepost/internal/batch"
)

// Format is the XML format of batches.
type Format struct{}

var _ batch.Format = Format{}

// Name is how the format is called.
func (Format) Name() string { return "XML" }

// Recognizes reports whether a file has .xml for its extension or begins, in
// whatever encoding, with a tag. One of white space only is as good as XML.
func (Format) Recognizes(name string, head []byte) bool {
	if strings.EqualFold(path.Ext(name), ".xml") {
		return true
	}
	for _, mark := range []string{"\x00\x00\xfe\xff", "\xfe\xff", "\xff\xfe", "\xef\xbb\xbf"} {
		head = bytes.TrimPrefix(head, []byte(mark))
	}
	head = bytes.TrimLeft(head, " \t\r\n\x00") // a character of UTF-16 or UTF-32 has zeros
	return len(head) == 0 || head[0] == '<'
}

// Split reads a document to its end; see batch.Format.
func (Format) Split(r io.Reader, maxRecords int, each func(*batch.Record) error) error {
	in, err := decode(r)
	if fault, ok := errors.AsType[*batch.Fault](err); ok {
		fault.Line, fault.Column = 1, 1
	}
	if err != nil {
		return err
	}
	s := &scanner{
		window:     window{r: in, buf: make([]byte, windowSize), offset: int64(in.mark)},
		maxRecords: maxRecords,
		each:       each,
	}
	s.namespaces.declare([]byte("xml"), []byte(xmlNamespace))
	return s.document(in.allowed)
}

// scanner reads one document.
type scanner struct {
	window
	maxRecords int // 0 for no limit
	each       func(*batch.Record) error

	namespaces
	stack [maxDepth]element // open elements
	depth int
	names []byte // the open elements' qualified names
	attrs []attribute
	value []byte // of the attributes of the tag being read

	rooted bool // the root element has begun
	record batch.Record
}

func (s *scanner) document(encodings string) error {
	s.ahead()
	if err := s.declaration(encodings); err != nil {
		return err
	}
	for {
		s.ahead()
		if s.pos == s.end {
			if s.stop == io.EOF && s.depth == 0 {
				return s.complete()
			}
			return s.cut("")
		}
		if err := s.next(); err != nil {
			return err
		}
	}
}

// next reads a tag, a text, or whatever else comes next.
func (s *scanner) next() error {
	rest := s.buf[s.pos:s.end]
	if rest[0] != '<' {
		return s.text()
	}
	if len(rest) > 1 {
		switch rest[1] {
		case '/':
			return s.endTag()
		case '!':
			return s.declarationLike()
		case '?':
			return s.instruction()
		}
	}
	return s.startTag()
}

// begins reports whether the window goes on with a prefix.
func (s *scanner) begins(prefix string) bool {
	return s.end-s.pos >= len(prefix) && string(s.buf[s.pos:s.pos+len(prefix)]) == prefix
}

// complete checks what can be missing at the end of a document.
func (s *scanner) complete() error {
	switch {
	case !s.rooted:
		return s.fault(s.pos, batch.Empty, "The file has no content.")
	case s.record.Ordinal == 0:
		return s.fault(s.pos, batch.NoRecords, "The file has no transactions.")
	}
	return nil
}

// cut explains why the window ends in the middle of something.
func (s *scanner) cut(of string) error {
	if fault, ok := s.stop.(*batch.Fault); ok {
		return fault
	}
	switch {
	case s.stop == nil:
		return s.fault(s.pos, TooLongTag, "The tag is longer than %d bytes. Does an attribute lack its closing quote?", maxTag)
	case s.stop != io.EOF:
		return fmt.Errorf("read document: %w", s.stop)
	case of != "":
		return s.fault(s.end, batch.Truncated, "The file ends in the middle of %s.", of)
	}
	return s.fault(s.end, batch.Truncated, "The file ends, but %s is still open.", quote(s.open()))
}

// declaration skips the XML declaration, if there is one.
func (s *scanner) declaration(encodings string) error {
	if !s.begins("<?xml") || s.end-s.pos > 5 && strings.IndexByte(" \t\r\n?", s.buf[s.pos+5]) < 0 {
		return nil
	}
	encoding, length := declared(s.buf[s.pos:s.end])
	if length == 0 {
		if s.end < maxDeclaration && !bytes.Contains(s.buf[:s.end], []byte("?>")) {
			return s.cut("the XML declaration")
		}
		return s.fault(s.pos, batch.Malformed, `The XML declaration is malformed; it should be like <?xml version="1.0" encoding="UTF-8"?>.`)
	}
	if encoding != "" && !strings.Contains(encodings, " "+encoding+" ") {
		return s.fault(s.pos, batch.UnsupportedEncoding, "The XML declaration names the encoding %s, but the file is in another one.", encoding)
	}
	s.pos += length
	return nil
}

// text reads character data up to the next markup or, in pieces, as far as
// the window goes.
func (s *scanner) text() error {
	if s.layout() {
		return nil
	}
	limit := s.end
	if i := bytes.IndexByte(s.buf[s.pos:s.end], '<'); i >= 0 {
		limit = s.pos + i
	} else if s.stop == nil {
		limit -= maxReference // leave the last reference or "]]>" whole
	}
	if s.depth >= recordDepth {
		return s.characters(limit)
	}
	if at := s.pos + spaces(s.buf[s.pos:limit]); at < limit {
		return s.stray(at, s.buf[at:limit])
	}
	s.pos = limit
	return nil
}

// layout reads white space up to the next tag, if nothing else stands before
// it: half of a document's texts only lay it out.
func (s *scanner) layout() bool {
	for i, c := range s.buf[s.pos:s.end] {
		switch c {
		case ' ', '\n', '\t':
		case '<':
			if s.depth >= recordDepth {
				s.record.Text(s.buf[s.pos : s.pos+i])
			}
			s.pos += i
			return true
		default:
			return false
		}
	}
	return false
}

// stray is the fault of text outside of the records.
func (s *scanner) stray(at int, text []byte) error {
	shown := quote(bytes.TrimRight(text, " \t\r\n"))
	switch {
	case s.depth > 0:
		return s.fault(at, UnexpectedText, "There is text between the transactions: %s.", shown)
	case s.rooted:
		return s.fault(at, TrailingContent, "There is text after the end of the document: %s.", shown)
	}
	return s.fault(at, NotXML, "The file is not XML: it begins with %s.", shown)
}

// declarationLike reads what begins with "<!".
func (s *scanner) declarationLike() error {
	switch {
	case s.begins("<!--"):
		return s.comment()
	case s.begins("<![CDATA["):
		return s.cdata()
	case s.begins("<!DOCTYPE"):
		return s.fault(s.pos, Doctype, "The file has a DOCTYPE, which is not allowed.")
	case s.end-s.pos < len("<![CDATA[") && s.stop != nil:
		return s.cut("a tag")
	}
	return s.fault(s.pos, batch.Malformed, "The file has %s, which is no markup that is allowed here.", quote(s.buf[s.pos:s.pos+4]))
}

// comment skips a comment. Only at its end may it have two hyphens.
func (s *scanner) comment() error {
	s.pos += len("<!--")
	if err := s.until("--", "a comment", nil); err != nil {
		return err
	}
	if s.pos == s.end {
		if s.ahead(); s.pos == s.end {
			return s.cut("a comment")
		}
	}
	if s.buf[s.pos] != '>' {
		return s.fault(s.pos-2, batch.Malformed, `A comment has "--" in it.`)
	}
	s.pos++
	return nil
}

// cdata reads a CDATA section.
func (s *scanner) cdata() error {
	if s.depth < recordDepth {
		return s.stray(s.pos, s.buf[s.pos:s.pos+len("<![CDATA[")])
	}
	s.pos += len("<![CDATA[")
	return s.until("]]>", "a CDATA section", s.lines)
}

// instruction skips a processing instruction.
func (s *scanner) instruction() error {
	at := s.pos
	target, err := s.scanName(s.pos+2, "the name of a processing instruction")
	if err != nil {
		return err
	}
	if strings.EqualFold(string(s.qualified(target)), "xml") {
		return s.fault(at, batch.Malformed, "An XML declaration is allowed only at the very beginning of a file.")
	}
	s.pos = target.end
	if !isSpace(s.buf[s.pos]) && !s.begins("?>") {
		if s.end-s.pos < 2 {
			return s.cut("a processing instruction")
		}
		return s.fault(s.pos, batch.Malformed, "The name of a processing instruction has %s in it.", quote(s.character(s.pos)))
	}
	return s.until("?>", "a processing instruction", nil)
}

// until scans up to a mark and past it. What stands before it is passed on in
// pieces that never end between \r and \n.
func (s *scanner) until(mark, of string, keep func([]byte)) error {
	for {
		rest := s.buf[s.pos:s.end]
		i := bytes.Index(rest, []byte(mark))
		found := i >= 0
		if !found {
			if i = max(len(rest)-len(mark), 0); i > 0 && rest[i-1] == '\r' {
				i--
			}
		}
		if keep != nil {
			keep(rest[:i])
		}
		s.pos += i
		if found {
			s.pos += len(mark)
			return nil
		}
		if s.stop != nil {
			return s.cut(of)
		}
		s.fill()
	}
}
