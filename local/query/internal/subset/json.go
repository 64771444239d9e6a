// JSON text of objects and arrays, where JavaScript and Go write the same.

package subset

import (
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// appendJSON writes a value as JSON.stringify does, or is false where that is
// not plain: names that JavaScript would reorder, characters that only one of
// the two escapes.
func appendJSON(to []byte, value any) ([]byte, bool) {
	switch v := plain(value).(type) {
	case string:
		return appendQuoted(to, v)
	case []any:
		return appendArray(to, v)
	case *jsonvalue.Object:
		return appendObject(to, v)
	case nil, bool, float64:
		s, ok := text(v)
		return append(to, s...), ok
	default:
		return nil, false
	}
}

func appendArray(to []byte, list []any) (_ []byte, ok bool) {
	to = append(to, '[')
	for i, element := range list {
		if i > 0 {
			to = append(to, ',')
		}
		if to, ok = appendJSON(to, element); !ok {
			return nil, false
		}
	}
	return append(to, ']'), true
}

func appendObject(to []byte, object *jsonvalue.Object) (_ []byte, ok bool) {
	to = append(to, '{')
	start := len(to)
	for name, member := range object.All() {
		if len(to) > start {
			to = append(to, ',')
		}
		// JavaScript puts names that are whole numbers first.
		if name != "" && name[0] >= '0' && name[0] <= '9' {
			return nil, false
		}
		if to, ok = appendQuoted(to, name); !ok {
			return nil, false
		}
		if to, ok = appendJSON(append(to, ':'), member); !ok {
			return nil, false
		}
	}
	return append(to, '}'), true
}

var escapes = strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

func appendQuoted(to []byte, s string) ([]byte, bool) {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0xFFFD }) {
		return nil, false
	}
	to = append(to, '"')
	to = append(to, escapes.Replace(s)...)
	return append(to, '"'), true
}
