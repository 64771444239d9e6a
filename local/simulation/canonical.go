package simulation

// This file puts the members of JSON documents in order: SDKs write maps in any.

import (
	"bytes"
	"encoding/json"
	"slices"
)

// canonical is a JSON document whose objects have their members in order, and which is
// otherwise as it was written. What is no JSON stays as it is.
func canonical(document json.RawMessage) []byte {
	if !json.Valid(document) {
		return document
	}
	ordered, _ := appendOrdered(make([]byte, 0, len(document)), document)
	return ordered
}

// appendOrdered appends the value that text begins with, and returns what is behind it.
func appendOrdered(to, text []byte) (ordered, rest []byte) {
	text = next(text)
	switch text[0] {
	case '{':
		return appendObject(to, text)
	case '[':
		to, text = append(to, '['), next(text[1:])
		for text[0] != ']' {
			to, text = appendOrdered(to, text)
			if text[0] == ',' {
				to, text = append(to, ','), text[1:]
			}
		}
		return append(to, ']'), next(text[1:])
	}
	end := scalar(text)
	return append(to, text[:end]...), next(text[end:])
}

func appendObject(to, text []byte) (ordered, rest []byte) {
	var room [16][2]int
	members := room[:0] // where they begin and end
	to, text = append(to, '{'), next(text[1:])
	begin, sorted := len(to), true
	for text[0] != '}' {
		at := len(to)
		to, text = appendOrdered(to, text) // its name
		to, text = appendOrdered(append(to, ':'), text[1:])
		members = append(members, [2]int{at, len(to)})
		if n := len(members); n > 1 && bytes.Compare(to[members[n-2][0]:members[n-2][1]], to[at:]) > 0 {
			sorted = false
		}
		if text[0] == ',' {
			to, text = append(to, ','), next(text[1:])
		}
	}
	if !sorted {
		slices.SortFunc(members, func(a, b [2]int) int { return bytes.Compare(to[a[0]:a[1]], to[b[0]:b[1]]) })
		var moved []byte
		for _, m := range members {
			moved = append(append(moved, to[m[0]:m[1]]...), ',')
		}
		copy(to[begin:], moved[:len(moved)-1])
	}
	return append(to, '}'), next(text[1:])
}

// next is the text without the space that it begins with.
func next(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }

// scalar is where a value ends that is a string, a number or a word.
func scalar(text []byte) int {
	if text[0] != '"' {
		if end := bytes.IndexAny(text, ",]} \t\r\n"); end >= 0 {
			return end
		}
		return len(text)
	}
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}
