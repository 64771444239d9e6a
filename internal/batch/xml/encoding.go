// This file finds out a document's encoding and decodes it to UTF-8. The
// decoders of x/text put U+FFFD in the place of what they cannot decode;
// these refuse it.

package xml

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"

	"github.com/tradepost-dev/tradepost/internal/batch"
)

// declaration is XML 1.0's production XMLDecl. Its two encodings are in
// submatch 1 or 2.
var declaration = regexp.MustCompile(`^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.0"|'1\.0')` +
	`(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([A-Za-z][A-Za-z0-9._-]*)"|'([A-Za-z][A-Za-z0-9._-]*)'))?` +
	`(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>`)

// maxDeclaration is how much of a document is looked at for its declaration.
const maxDeclaration = 1024

// declared returns the encoding that a declaration names, in upper case, and
// the declaration's length; 0 if there is none that is well-formed.
func declared(head []byte) (encoding string, length int) {
	match := declaration.FindSubmatch(head[:min(len(head), maxDeclaration)])
	if match == nil {
		return "", 0
	}
	return strings.ToUpper(string(match[1]) + string(match[2])), len(match[0])
}

// input is a document decoded to UTF-8.
type input struct {
	io.Reader
	mark    int    // length of a UTF-8 byte order mark, which the reader is behind
	allowed string // encodings that the declaration may name, in spaces
}

// What a declaration may name, in upper case and between spaces, in a file
// that is known to be in UTF-8 or UTF-16; docs/reply.md lists these names.
const (
	namesUTF8    = " UTF-8 UTF8 "
	namesUTF16LE = " UTF-16 UTF-16LE ISO-10646-UCS-2 "
	namesUTF16BE = " UTF-16 UTF-16BE ISO-10646-UCS-2 "
)

// singleBytes are the encodings of single bytes by the names that a
// declaration may give them. US-ASCII needs no table.
var singleBytes = map[string]*charmap.Charmap{
	"US-ASCII": nil, "ASCII": nil,
	"ISO-8859-1": charmap.ISO8859_1, "ISO_8859-1": charmap.ISO8859_1, "LATIN1": charmap.ISO8859_1,
	"ISO-8859-15": charmap.ISO8859_15, "LATIN-9": charmap.ISO8859_15,
	"WINDOWS-1252": charmap.Windows1252, "CP1252": charmap.Windows1252,
}

// decode looks at a document's first bytes, as XML 1.0's appendix F proposes.
// A *batch.Fault has no place yet.
func decode(r io.Reader) (input, error) {
	buffered := bufio.NewReaderSize(r, maxDeclaration)
	head, err := buffered.Peek(maxDeclaration)
	if len(head) == 0 && errors.Is(err, io.EOF) {
		return input{}, &batch.Fault{Code: batch.Empty, Message: "The file is empty."}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return input{}, err
	}
	begins := func(magic string) bool { return strings.HasPrefix(string(head), magic) }
	wide := func(mark int, order func(high, low byte) rune, names string) (input, error) {
		if _, err := buffered.Discard(mark); err != nil {
			return input{}, err
		}
		return input{Reader: transform.NewReader(buffered, utf16Decoder{unit: order}), allowed: names}, nil
	}
	switch {
	case begins("\x00\x00\xfe\xff"), begins("\xff\xfe\x00\x00"):
		return input{}, &batch.Fault{Code: batch.UnsupportedEncoding, Message: "The encoding UTF-32 is not supported. Please use UTF-8."}
	case begins("\xfe\xff"):
		return wide(2, bigEndian, namesUTF16BE)
	case begins("\xff\xfe"):
		return wide(2, littleEndian, namesUTF16LE)
	case begins("\x00<\x00?"):
		return wide(0, bigEndian, namesUTF16BE)
	case begins("<\x00?\x00"):
		return wide(0, littleEndian, namesUTF16LE)
	case begins("\xef\xbb\xbf"):
		_, err := buffered.Discard(3)
		return input{Reader: buffered, mark: 3, allowed: namesUTF8}, err
	}
	name, _ := declared(head)
	names := " " + name + " "
	if name == "" || strings.Contains(namesUTF8, names) {
		return input{Reader: buffered, allowed: namesUTF8}, nil
	}
	if table, ok := singleBytes[name]; ok {
		return input{Reader: transform.NewReader(buffered, byteDecoder{table: table}), allowed: names}, nil
	}
	if strings.Contains(namesUTF16LE+namesUTF16BE, names) {
		return input{}, &batch.Fault{Code: batch.UnsupportedEncoding, Message: "The XML declaration names " + name + ", but the file is not in UTF-16."}
	}
	return input{}, &batch.Fault{Code: batch.UnsupportedEncoding, Message: "The encoding " + name + " is not supported. Please use UTF-8."}
}

func undecodable(what string) error {
	return &batch.Fault{Code: batch.InvalidEncoding, Message: "The file has " + what + ", which has no meaning in its encoding."}
}

// byteDecoder decodes an encoding of single bytes; without a table, US-ASCII.
type byteDecoder struct {
	transform.NopResetter
	table *charmap.Charmap
}

func (d byteDecoder) Transform(dst, src []byte, _ bool) (nDst, nSrc int, err error) {
	for _, b := range src {
		r := rune(b)
		if b >= utf8.RuneSelf {
			if r = utf8.RuneError; d.table != nil {
				r = d.table.DecodeByte(b)
			}
			if r == utf8.RuneError {
				return nDst, nSrc, undecodable(fmt.Sprintf("the byte 0x%02X", b))
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc++
	}
	return nDst, nSrc, nil
}

// utf16Decoder decodes UTF-16 whose units have the given byte order.
type utf16Decoder struct {
	transform.NopResetter
	unit func(first, second byte) rune
}

func bigEndian(first, second byte) rune    { return rune(first)<<8 | rune(second) }
func littleEndian(first, second byte) rune { return rune(second)<<8 | rune(first) }

func (d utf16Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		rest, size := src[nSrc:], 2
		if len(rest) < 2 {
			return nDst, nSrc, unfinished(atEOF, "half a character at its end")
		}
		r := d.unit(rest[0], rest[1])
		if utf16.IsSurrogate(r) {
			if len(rest) < 4 {
				return nDst, nSrc, unfinished(atEOF, "half a character at its end")
			}
			if r, size = utf16.DecodeRune(r, d.unit(rest[2], rest[3])), 4; r == utf8.RuneError {
				return nDst, nSrc, undecodable("an unpaired surrogate")
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

func unfinished(atEOF bool, what string) error {
	if atEOF {
		return undecodable(what)
	}
	return transform.ErrShortSrc
}
