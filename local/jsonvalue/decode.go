// This file reads JSON.

package jsonvalue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Decode reads one JSON document. Of a name that is there twice the last value counts, in the first one's
// place, as for JSON.parse. What is not UTF-8 becomes U+FFFD, and so does half a surrogate pair. What is nested
// more than 10,000 deep is refused.
func Decode(text []byte) (any, error) {
	d := decoders.Get().(*decoder)
	defer d.release()
	d.text = *bytes.NewBuffer(text)
	d.tokens.Reset(&d.text, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	value, err := d.value()
	if err == nil {
		err = d.end()
	}
	if err != nil {
		return nil, fmt.Errorf("decode a JSON document: %w", err)
	}
	return value, nil
}

// UnmarshalJSON makes an object a member of a struct that encoding/json reads.
func (o *Object) UnmarshalJSON(text []byte) error {
	value, err := Decode(text)
	if err != nil {
		return err
	}
	object, ok := value.(*Object)
	if !ok {
		return fmt.Errorf("decode a JSON document: expected an object, not %s", KindOf(value))
	}
	*o = *object
	return nil
}

// A decoder builds values. What belongs to a list or an object that is not complete yet lies on a stack, so
// that each of them is allocated once, and as large as it is.
type decoder struct {
	text    bytes.Buffer
	tokens  jsontext.Decoder
	items   []any
	members []member
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// maxKept is how many values a decoder that is used again may have room for.
const maxKept = 4096

// release lets go of the document. After an error there may be something of it on the stacks.
func (d *decoder) release() {
	d.text = bytes.Buffer{}
	d.tokens.Reset(&d.text)
	clear(d.items)
	clear(d.members)
	d.items, d.members = d.items[:0], d.members[:0]
	if cap(d.items) <= maxKept && cap(d.members) <= maxKept {
		decoders.Put(d)
	}
}

func (d *decoder) value() (any, error) {
	switch d.tokens.PeekKind() {
	case '0':
		text, err := d.tokens.ReadValue()
		if err != nil {
			return nil, d.place(err)
		}
		return number(text), nil
	case '{':
		return d.object()
	case '[':
		return d.list()
	}
	token, err := d.tokens.ReadToken()
	if err != nil {
		return nil, d.place(err)
	}
	switch token.Kind() {
	case '"':
		return token.String(), nil
	case 't':
		return true, nil
	case 'f':
		return false, nil
	default:
		return nil, nil
	}
}

func (d *decoder) list() (any, error) {
	if _, err := d.tokens.ReadToken(); err != nil {
		return nil, d.place(err)
	}
	from := len(d.items)
	for d.tokens.PeekKind() != ']' {
		item, err := d.value()
		if err != nil {
			return nil, err
		}
		d.items = append(d.items, item)
	}
	list := make([]any, len(d.items)-from)
	copy(list, d.items[from:])
	clear(d.items[from:])
	d.items = d.items[:from]
	_, err := d.tokens.ReadToken()
	return list, d.place(err)
}

func (d *decoder) object() (any, error) {
	if _, err := d.tokens.ReadToken(); err != nil {
		return nil, d.place(err)
	}
	from := len(d.members)
	for d.tokens.PeekKind() != '}' {
		token, err := d.tokens.ReadToken()
		if err != nil {
			return nil, d.place(err)
		}
		name := token.String()
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		d.members = append(d.members, member{name, value})
	}
	object := newObject(d.members[from:])
	clear(d.members[from:])
	d.members = d.members[:from]
	_, err := d.tokens.ReadToken()
	return object, d.place(err)
}

// newObject makes an object of members whose names may be there twice.
func newObject(members []member) *Object {
	if len(members) <= indexed {
		for i := range members {
			for j := range i {
				if members[j].name == members[i].name {
					return setEach(members)
				}
			}
		}
		return &Object{members: slices.Clone(members)}
	}
	index := indexOf(members)
	if len(index) < len(members) {
		return setEach(members)
	}
	return &Object{members: slices.Clone(members), index: index}
}

func setEach(members []member) *Object {
	object := NewObject(len(members))
	for _, m := range members {
		object.Set(m.name, m.value)
	}
	return object
}

// end finds nothing more in the text.
func (d *decoder) end() error {
	switch _, err := d.tokens.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return d.place(err)
	default:
		return fmt.Errorf("there is more behind the value, which ends at byte %d", d.tokens.InputOffset())
	}
}

// place says where an error is, in words of its own.
func (d *decoder) place(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("unexpected end of the text")
	case errors.As(err, &syntax):
		return fmt.Errorf("%v at byte %d", syntax.Err, syntax.ByteOffset)
	default:
		return err
	}
}
