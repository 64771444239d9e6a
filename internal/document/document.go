// Package document reads JSON objects that others sent, without changing a byte
// of what it does not have to change: numbers stay the digits they were, and
// members stay in order.
package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep objects and lists may be nested.
const MaxDepth = 64

// Value is a part of a document, and where its text stands.
type Value struct {
	Start, End int
	Text       json.RawMessage
}

// Check tells why a text is not one JSON object that everybody reads alike: in
// UTF-8, with each member once, and not nested too deep.
func Check(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("it is not UTF-8")
	}
	kind := byte(0)
	err := walk(text, func(path []string, value Value) {
		if len(path) == 0 {
			kind = value.Text[0]
		}
	})
	if err != nil {
		return err
	}
	if kind != '{' {
		return errors.New("it is not a JSON object")
	}
	return nil
}

// Find returns the part of a sound document that a JSON pointer (RFC 6901) leads
// to, if there is one.
func Find(text []byte, pointer string) (found Value, ok bool) {
	want, err := parse(pointer)
	if err != nil {
		return Value{}, false
	}
	err = walk(text, func(path []string, value Value) {
		if equal(path, want) {
			found, ok = value, true
		}
	})
	return found, ok && err == nil
}

// Text is what a part says in words: a string's content, or the text of a number
// or a truth value. Others have none.
func (v Value) String() string {
	var text string
	switch {
	case len(v.Text) == 0 || v.Text[0] == '{' || v.Text[0] == '[' || string(v.Text) == "null":
		return ""
	case v.Text[0] != '"':
		return string(v.Text)
	case json.Unmarshal(v.Text, &text) != nil:
		return ""
	}
	return text
}

// Replace returns the document with other text in the places of the parts that
// pointers lead to. What is inside of another part goes with that.
func Replace(text []byte, pointers []string, replacement string) []byte {
	for _, pointer := range pointers {
		if value, ok := Find(text, pointer); ok {
			text = append(append(bytes.Clone(text[:value.Start]), replacement...), text[value.End:]...)
		}
	}
	return text
}

// CheckPointer tells what is wrong with a JSON pointer.
func CheckPointer(pointer string) error {
	_, err := parse(pointer)
	return err
}

func parse(pointer string) ([]string, error) {
	if pointer == "" {
		return nil, nil
	}
	if pointer[0] != '/' {
		return nil, fmt.Errorf("%q is no JSON pointer: it begins with /", pointer)
	}
	parts := strings.Split(pointer[1:], "/")
	for i, part := range parts {
		for j := range len(part) {
			if part[j] == '~' && (j+1 == len(part) || part[j+1] != '0' && part[j+1] != '1') {
				return nil, fmt.Errorf("%q is no JSON pointer: ~ is written ~0, and / is ~1", pointer)
			}
		}
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
	}
	return parts, nil
}

func equal(path, want []string) bool {
	if len(path) != len(want) {
		return false
	}
	for i := range path {
		if path[i] != want[i] {
			return false
		}
	}
	return true
}

// walker goes through a document.
type walker struct {
	text    []byte
	decoder *json.Decoder
	visit   func(path []string, value Value)
}

// walk calls visit for every part of the document, the inner ones first.
func walk(text []byte, visit func(path []string, value Value)) error {
	w := &walker{text: text, decoder: json.NewDecoder(bytes.NewReader(text)), visit: visit}
	w.decoder.UseNumber()
	if err := w.value(nil); err != nil {
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("it is not JSON: it ends too early")
		}
		return err
	}
	if _, err := w.decoder.Token(); err != io.EOF {
		return errors.New("there is something after its end")
	}
	return nil
}

func (w *walker) value(path []string) error {
	if len(path) > MaxDepth {
		return fmt.Errorf("it is nested more than %d deep", MaxDepth)
	}
	token, err := w.decoder.Token()
	if err != nil {
		return wrong(err)
	}
	start := w.start(token)
	switch token {
	case json.Delim('{'):
		err = w.members(path)
	case json.Delim('['):
		err = w.items(path)
	}
	if err != nil {
		return err
	}
	end := int(w.decoder.InputOffset())
	w.visit(path, Value{start, end, w.text[start:end]})
	return nil
}

// start is where the token begins that was just read. Only strings and numbers
// are longer than one knows: these begin after what separates them.
func (w *walker) start(token json.Token) int {
	end := int(w.decoder.InputOffset())
	switch token := token.(type) {
	case json.Delim:
		return end - 1
	case json.Number:
		return end - len(token)
	case bool:
		if token {
			return end - len("true")
		}
		return end - len("false")
	case nil:
		return end - len("null")
	}
	start := end - 2 // of a string: back to the quote that no backslash stands before
	for ; w.text[start] != '"' || backslashes(w.text[:start])%2 == 1; start-- {
	}
	return start
}

func backslashes(text []byte) int {
	return len(text) - len(bytes.TrimRight(text, `\`))
}

func (w *walker) members(path []string) error {
	seen := map[string]bool{}
	for w.decoder.More() {
		token, err := w.decoder.Token()
		if err != nil {
			return wrong(err)
		}
		name, ok := token.(string)
		if !ok {
			return errors.New("it is not JSON: a member has no name")
		}
		if seen[name] {
			return fmt.Errorf("it has the member %.40q twice", name)
		}
		seen[name] = true
		if err := w.value(append(path[:len(path):len(path)], name)); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return wrong(err)
}

func (w *walker) items(path []string) error {
	for i := 0; w.decoder.More(); i++ {
		if err := w.value(append(path[:len(path):len(path)], fmt.Sprint(i))); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return wrong(err)
}

func wrong(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is not JSON at byte %d", syntax.Offset)
	}
	return err
}
