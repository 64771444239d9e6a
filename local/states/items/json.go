// This file reads the items of a JSON document, and documents line by line.

package items

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// maxBefore is how far into a document the items may begin, in bytes.
const maxBefore = 16 << 20

// The causes that were recorded.
const (
	notIterable = "Attempting to map over non-iterable node."
	noSuchPath  = "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."
	itemTooBig  = "An item is larger than the 8 MB that can be read."
)

// json yields the elements of the array, or the members of the object, that the
// pointer points to.
func (r *reader) json(text io.Reader, source string) error {
	budget := &bounded{text, maxBefore, "The items must begin in the first 16 MB of the file."}
	d := jsontext.NewDecoder(budget, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := descend(d, r.ItemsPointer); err != nil {
		return notJSON(err)
	}
	kind := d.PeekKind()
	if kind != '[' && kind != '{' {
		if _, err := d.ReadToken(); err != nil {
			return notJSON(err)
		}
		return faultf(notIterable)
	}
	if _, err := d.ReadToken(); err != nil {
		return notJSON(err)
	}
	for d.PeekKind() != ']' && d.PeekKind() != '}' {
		// What the decoder has read ahead counts for the next item, too.
		budget.left, budget.cause = maxItemSize+readAhead, itemTooBig
		item := Item{Source: source}
		if kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return notJSON(err)
			}
			item.Key, item.Member = name.String(), true
		}
		value, err := d.ReadValue()
		if err != nil {
			return notJSON(err)
		}
		if item.Value, err = decoded(value); err != nil {
			return err
		}
		if err := r.emit(item); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return notJSON(err)
}

// descend moves to where a JSON Pointer points: the next token is the first one
// of the value.
func descend(d *jsontext.Decoder, pointer string) error {
	if pointer == "" {
		return nil
	}
	for _, name := range strings.Split(pointer, "/")[1:] {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		kind := d.PeekKind()
		if kind != '{' && kind != '[' {
			if _, err := d.ReadToken(); err != nil {
				return err
			}
			return faultf(noSuchPath)
		}
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		if err := enter(d, kind, name); err != nil {
			return err
		}
	}
	return nil
}

// enter moves to the member of an object, or to the element of an array.
func enter(d *jsontext.Decoder, kind jsontext.Kind, name string) error {
	for index := 0; d.PeekKind() != '}' && d.PeekKind() != ']'; index++ {
		at := strconv.Itoa(index)
		if kind == '{' {
			token, err := d.ReadToken()
			if err != nil {
				return err
			}
			at = token.String()
		}
		if at == name {
			return nil
		}
		if err := d.SkipValue(); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	return faultf(noSuchPath)
}

// lines yields the documents of a text that has one in each line.
func (r *reader) lines(text io.Reader, source string) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, maxItemSize)
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		value, err := decoded(line)
		if err != nil {
			return err
		}
		if err := r.emit(Item{Value: value, Source: source}); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return faultf(itemTooBig)
	}
	return unreadable(lines.Err())
}

func decoded(text []byte) (any, error) {
	if len(text) > maxItemSize {
		return nil, faultf(itemTooBig)
	}
	value, err := jsonvalue.Decode(text)
	if err != nil {
		return nil, faultf("The file is not valid JSON: %v", err)
	}
	return value, nil
}

// notJSON is the fault of a text that is not the JSON it should be.
func notJSON(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return faultf("The file is not valid JSON: %v", err)
	}
	return unreadable(err)
}

// unreadable is the fault of a text that cannot be read to its end.
func unreadable(err error) error {
	var fault *Fault
	if err == nil || errors.As(err, &fault) {
		return err
	}
	return faultf("The file cannot be read: %v", err)
}
