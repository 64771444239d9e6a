// This file reads text that is delimited: rows of fields.
// https://docs.aws.amazon.com/step-functions/latest/dg/example-csv-parse-dist-map.html

package items

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// A Table says how rows are written.
type Table struct {
	Given     bool     // the headers are these, and not the first row
	Headers   []string // where Given
	Delimiter byte     // Default: a comma.
}

// maxHeaders is the most that headers may have, in bytes.
const maxHeaders = 10 << 10

// Delimiter returns the character that CSVDelimiter names; ok is false if it
// names none.
func Delimiter(name string) (delimiter byte, ok bool) {
	delimiter, ok = map[string]byte{"": ',', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}[name]
	return delimiter, ok
}

// rows yields an object for each row but that of the headers.
func (r *reader) rows(text io.Reader, source string, t Table) error {
	if t.Delimiter == 0 {
		t.Delimiter = ','
	}
	parser := rowParser{lines: bufio.NewReaderSize(text, 64<<10), delimiter: t.Delimiter}
	headers := t.Headers
	if !t.Given {
		var err error
		if headers, err = parser.row(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return unreadable(err)
		}
		if len(strings.Join(headers, "")) > maxHeaders {
			return faultf("CSV headers cannot be larger than 10 KiB.")
		}
	}
	columns, err := columnsOf(headers)
	if err != nil {
		return err
	}
	for {
		fields, err := parser.row()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
		if err := r.emit(Item{Value: columns.object(fields), Source: source}); err != nil {
			return err
		}
	}
}

// columns are headers in the order that the members of a row's object have.
type columns []column

type column struct {
	name  string
	index int // of its field
}

func columnsOf(headers []string) (columns, error) {
	order := hashOrder(headers)
	if len(order) < len(headers) {
		return nil, faultf("CSV headers cannot contain duplicates.")
	}
	return order, nil
}

// object is a row: what it lacks is empty, and what it has beyond the headers is
// left out.
func (c columns) object(fields []string) *jsonvalue.Object {
	o := jsonvalue.NewObject(len(c))
	for _, column := range c {
		var field string
		if column.index < len(fields) {
			field = fields[column.index]
		}
		o.Set(column.name, strings.ToValidUTF8(field, "\uFFFD"))
	}
	return o
}

// A rowParser reads rows. A quotation may hold delimiters and newlines, and a
// quotation mark that is doubled. A backslash in a field makes the character
// behind it count as it is, if that is a backslash, a quotation mark or the
// delimiter; any other backslash is dropped.
type rowParser struct {
	lines     *bufio.Reader
	delimiter byte

	fields []string
	field  strings.Builder
	line   string
	at     int  // in line
	inside bool // of a field: something of it was read
	quoted bool // inside of a quotation
}

// row reads the next row, or io.EOF.
func (p *rowParser) row() ([]string, error) {
	p.fields, p.quoted, p.inside = nil, false, false
	p.field.Reset()
	for size := 0; ; {
		line, err := p.nextLine()
		if errors.Is(err, io.EOF) && p.quoted {
			return nil, faultf("Unterminated quoted field at end of CSV line.")
		}
		if err != nil {
			return nil, err
		}
		if size += len(line); size > maxItemSize {
			return nil, faultf(itemTooBig)
		}
		p.line, p.at = line, 0
		p.split()
		if !p.quoted {
			break
		}
		p.field.WriteByte('\n')
	}
	return append(p.fields, p.field.String()), nil
}

// nextLine reads a line without its end.
func (p *rowParser) nextLine() (string, error) {
	var line []byte
	for {
		part, err := p.lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxItemSize:
			return "", faultf(itemTooBig)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)):
			return "", err
		}
		text := strings.TrimSuffix(string(line), "\n")
		return strings.TrimSuffix(text, "\r"), nil
	}
}

// split reads the fields of a line.
func (p *rowParser) split() {
	for p.at < len(p.line) {
		c := p.line[p.at]
		p.at++
		switch {
		case c == '\\':
			p.escaped()
		case c == '"':
			p.quotationMark()
		case c == p.delimiter && !p.quoted:
			p.fields = append(p.fields, p.field.String())
			p.field.Reset()
			p.inside = false
		default:
			p.field.WriteByte(c)
			p.inside = true
		}
	}
}

// escaped reads what is behind a backslash.
func (p *rowParser) escaped() {
	p.inside = true
	if next := p.peek(); next == '\\' || next == '"' || next == p.delimiter && p.at < len(p.line) {
		p.field.WriteByte(next)
		p.at++
	}
}

// quotationMark opens or closes a quotation, unless it is doubled.
func (p *rowParser) quotationMark() {
	if (p.quoted || p.inside) && p.peek() == '"' {
		p.field.WriteByte('"')
		p.at++
		return
	}
	p.quoted = !p.quoted
	if before := p.field.String(); before != "" && p.at < len(p.line) && p.peek() != p.delimiter {
		p.field.WriteByte('"') // in the middle of a field: it is part of it, too
		if strings.TrimSpace(before) == "" {
			p.field.Reset() // but for blanks before a quotation
		}
	}
	p.inside = !p.inside
}

// peek is the next character of the line, or 0.
func (p *rowParser) peek() byte {
	if p.at < len(p.line) {
		return p.line[p.at]
	}
	return 0
}
