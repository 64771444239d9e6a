package cloud

// This file holds inputs to the case of their members' names, which AWS minds
// and encoding/json does not: what runs here must not fail there.

import (
	"reflect"
	"strings"
)

// members are the names of an input's own members.
type members []string

// membersOf returns the names that encoding/json gives the fields of a struct;
// none for another type.
func membersOf(t reflect.Type) members {
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names members
	for _, field := range reflect.VisibleFields(t) {
		if name := memberName(field); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// memberName returns the name that encoding/json gives a field, or "".
func memberName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	switch {
	case !field.IsExported() || name == "-":
		return ""
	case name == "" && !field.Anonymous: // the fields of an embedded struct stand for it
		return field.Name
	}
	return name
}

// misspelled finds a name in a valid JSON object that is a member's but for
// its case, and returns it with the member's; or nothing.
func (m members) misspelled(object []byte) (written, want string) {
	depth, expectName := 0, false
	for i := 0; i < len(object); i++ {
		switch object[i] {
		case '{', '[':
			depth++
			expectName = depth == 1
		case '}', ']':
			depth--
		case ',':
			expectName = depth == 1
		case '"':
			end := i + 1
			for object[end] != '"' {
				if object[end] == '\\' {
					end++
				}
				end++
			}
			if expectName {
				if want := m.folded(object[i+1 : end]); want != "" {
					return string(object[i+1 : end]), want
				}
				expectName = false
			}
			i = end
		}
	}
	return "", ""
}

// folded returns the member that has the name in another case only, or "".
func (m members) folded(name []byte) (want string) {
	for _, member := range m {
		if string(name) == member {
			return ""
		}
		if strings.EqualFold(string(name), member) {
			want = member
		}
	}
	return want
}
