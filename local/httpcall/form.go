// This file writes query strings and forms.

package httpcall

import (
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

const formType = "application/x-www-form-urlencoded"

// pairs are the keys and values of a query or a form, in order.
type pairs [][2]string

// set gives a key one value, in the place of those that it had.
func (p *pairs) set(key, value string) {
	kept, placed := (*p)[:0:0], false
	for _, pair := range *p {
		switch {
		case pair[0] != key:
			kept = append(kept, pair)
		case !placed:
			kept, placed = append(kept, [2]string{key, value}), true
		}
	}
	if !placed {
		kept = append(kept, [2]string{key, value})
	}
	*p = kept
}

func (p *pairs) add(key, value string) { *p = append(*p, [2]string{key, value}) }

// String is the pairs as they are sent.
func (p pairs) String() string {
	var b strings.Builder
	for i, pair := range p {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(pair[0]) + "=" + escape(pair[1]))
	}
	return b.String()
}

// escape writes every byte as %XX that is not unreserved in RFC 3986.
func escape(text string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(unreserved, text[i]) >= 0 {
			b.WriteByte(text[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", text[i])
		}
	}
	return b.String()
}

// The ways to write arrays in forms.
const (
	indices  = "INDICES"
	repeat   = "REPEAT"
	commas   = "COMMAS"
	brackets = "BRACKETS"
)

// put adds a value under a key, with what it holds under longer keys.
func (p *pairs) put(key string, value any, arrays string) {
	switch value := value.(type) {
	case *jsonvalue.Object:
		for name, member := range value.All() {
			p.put(key+"["+name+"]", member, arrays)
		}
	case []any:
		p.putArray(key, value, arrays)
	default:
		p.add(key, plain(value))
	}
}

func (p *pairs) putArray(key string, values []any, arrays string) {
	if arrays == commas {
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = plain(value)
		}
		p.add(key, strings.Join(texts, ","))
		return
	}
	for i, value := range values {
		switch arrays {
		case repeat:
			p.put(key, value, arrays)
		case brackets:
			p.put(key+"[]", value, arrays)
		default:
			p.put(fmt.Sprintf("%s[%d]", key, i), value, arrays)
		}
	}
}

// plain is a value as text: a string as it is, null as nothing, others as JSON.
func plain(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	}
	return jsonvalue.Text(value)
}
