package sns

// This file decides by a subscription's filter policy, which looks at a
// message's attributes or at its body.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
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
	value, err := jsonvalue.Decode([]byte(policy))
	object, ok := value.(*jsonvalue.Object)
	if err != nil || !ok && value != nil {
		return nil, notJSON("FilterPolicy", policy)
	}
	if object.Len() == 0 {
		return nil, nil
	}
	var text bytes.Buffer
	if err := json.Compact(&text, []byte(policy)); err != nil {
		return nil, notJSON("FilterPolicy", policy)
	}
	pattern, err := filterDialect.Compile(text.String()) // whose errors quote the policy without blanks
	if errors.Is(err, match.ErrCombinations) {
		return nil, errFilterComplexity
	}
	if err != nil {
		return nil, invalid("FilterPolicy: %v", err)
	}
	branches := pattern.Branches()
	if scope == byAttributes && isNested(branches) {
		return nil, invalid("Filter policy scope MessageAttributes does not support nested filter policy")
	}
	if err := checkFilterLimits(policy, branches); err != nil {
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
	value, err := jsonvalue.Decode([]byte(text))
	object, ok := value.(*jsonvalue.Object)
	if err != nil || !ok {
		return invalidBody
	}
	if !f.pattern.Matches(object) {
		return bodyDiffers
	}
	return ""
}

// filterValues are what a policy looks at. Binary attributes are left out.
func filterValues(attributes map[string]attribute) (values *jsonvalue.Object, ok bool) {
	values = jsonvalue.NewObject(len(attributes))
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
			if value, ok = number(*a.StringValue); !ok {
				return nil, false
			}
		}
		values.Set(name, value)
	}
	return values, true
}

// number reads a number, which need not be one of JSON: +1.50 is one as well.
func number(text string) (any, bool) {
	value, err := jsonvalue.Decode([]byte(text))
	if _, ok := jsonvalue.Float(value); ok && err == nil {
		return value, true
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// stringArray reads strings, numbers, true, false and null.
func stringArray(text string) (list []any, ok bool) {
	value, err := jsonvalue.Decode([]byte(text))
	list, ok = value.([]any)
	return list, err == nil && ok && !slices.ContainsFunc(list, func(element any) bool {
		switch element.(type) {
		case []any, *jsonvalue.Object:
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
