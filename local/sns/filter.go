package sns

// This file decides by a subscription's filter policy, which looks at a
// message's attributes or at its body.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/match"
)

// filterDialect is what SNS allows in a filter policy.
// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
var filterDialect = match.Dialect{
	MaxNumber: 1e9,
	Negatable: []string{"prefix", "suffix", "wildcard"},
	Valued:    true,
}

// Scopes of a filter policy.
const (
	byAttributes = "MessageAttributes"
	byBody       = "MessageBody"
)

// filter is a filter policy; a nil one lets everything through.
type filter struct {
	scope   string
	pattern *match.Pattern
}

// newFilter reads a filter policy. An empty one is none.
func newFilter(policy, scope string) (*filter, error) {
	if policy == "" {
		return nil, nil
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(policy), &object); err != nil {
		return nil, invalid("FilterPolicy: failed to parse JSON.")
	}
	if len(object) == 0 {
		return nil, nil
	}
	if scope == byAttributes && isNested(object) {
		return nil, invalid("Filter policy scope MessageAttributes does not support nested filter policy")
	}
	pattern, err := filterDialect.Compile([]byte(policy))
	if err != nil {
		return nil, invalid("FilterPolicy: %v", err)
	}
	if err := checkFilterLimits(policy, object); err != nil {
		return nil, err
	}
	return &filter{scope, pattern}, nil
}

// rejection is why a filter keeps a message away; empty if it does not. It is
// the end of a metric's name.
type rejection string

const (
	attributesDiffer  rejection = "MessageAttributes"
	noAttributes      rejection = "NoMessageAttributes"
	invalidAttributes rejection = "InvalidAttributes"
	bodyDiffers       rejection = "MessageBody"
	invalidBody       rejection = "InvalidMessageBody"
)

var rejections = []rejection{attributesDiffer, noAttributes, invalidAttributes, bodyDiffers, invalidBody}

// rejects judges a message whose body is text.
func (f *filter) rejects(text string, attributes map[string]attribute) rejection {
	switch {
	case f == nil:
		return ""
	case f.scope == byBody:
		return f.rejectsBody(text)
	case len(attributes) == 0: // not even {"exists": false} holds then
		return noAttributes
	}
	values, ok := filterValues(attributes)
	if !ok {
		return invalidAttributes
	}
	if !f.pattern.Matches(values) {
		return attributesDiffer
	}
	return ""
}

func (f *filter) rejectsBody(text string) rejection {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var object match.Object
	if err := decoder.Decode(&object); err != nil || object == nil {
		return invalidBody
	}
	if _, err := decoder.Token(); err != io.EOF {
		return invalidBody
	}
	if !f.pattern.Matches(object) {
		return bodyDiffers
	}
	return ""
}

// filterValues are what a policy looks at. Binary attributes are left out.
func filterValues(attributes map[string]attribute) (values match.Object, ok bool) {
	values = match.Object{}
	for name, a := range attributes {
		if a.StringValue == nil {
			continue
		}
		value := any(*a.StringValue)
		switch kind, _, _ := strings.Cut(a.DataType, "."); {
		case a.DataType == "String.Array":
			if value, ok = stringArray(*a.StringValue); !ok {
				return nil, false
			}
		case kind == "Number":
			number, err := strconv.ParseFloat(*a.StringValue, 64)
			if err != nil {
				return nil, false
			}
			value = number
		}
		values[name] = value
	}
	return values, true
}

// stringArray reads strings, numbers, true, false and null.
func stringArray(text string) (list []any, ok bool) {
	if !bytes.HasPrefix(bytes.TrimSpace([]byte(text)), []byte("[")) || json.Unmarshal([]byte(text), &list) != nil {
		return nil, false
	}
	return list, !slices.ContainsFunc(list, func(element any) bool {
		switch element.(type) {
		case []any, map[string]any:
			return true
		}
		return false
	})
}

func (a attribute) value() string {
	if a.StringValue != nil {
		return *a.StringValue
	}
	return base64.StdEncoding.EncodeToString(a.BinaryValue)
}
