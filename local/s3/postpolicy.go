// The policies of forms: what a browser may upload.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html

package s3

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// postPolicy is what of a policy holds the file: its size, in bytes.
type postPolicy struct{ least, most *int64 }

// isSigning tells whether a field is of the signature, which no policy names.
func isSigning(name string) bool {
	return name == "x-amz-signature" || name == "signature" || name == "awsaccesskeyid"
}

// signed are the fields of a signature of either version.
var signed = []string{"x-amz-signature", "signature", "awsaccesskeyid", "x-amz-algorithm", "x-amz-credential", "x-amz-date"}

// readPolicy finds out whose form it is, and holds the form to its policy. One
// that has none is everybody's.
func (q *request) readPolicy(f form) (postPolicy, error) {
	given := func(name string) bool { return f.fields[name] != "" }
	if !given("policy") || !slices.ContainsFunc(signed, given) {
		return postPolicy{}, nil
	}
	version4 := given("x-amz-algorithm") || given("x-amz-credential") || given("x-amz-signature") || given("x-amz-date")
	switch {
	case !version4 && !given("awsaccesskeyid"):
		return postPolicy{}, missingField("AWSAccessKeyId")
	case !version4 && !given("signature"):
		return postPolicy{}, missingField("Signature")
	}
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"} {
		if version4 && !given(strings.ToLower(name)) {
			return postPolicy{}, missingField(name)
		}
	}
	fields := url.Values{}
	for name, value := range f.fields {
		fields.Set(name, value)
	}
	caller, err := q.Signer(fields)
	if err != nil {
		return postPolicy{}, err
	}
	q.client = q.client.s3.As(caller, q.client.origin)
	q.client.requestID = q.RequestID
	return f.hold(q.bucket, q.key)
}

func badPolicy(why string) error {
	return cloud.Errorf(400, "InvalidPolicyDocument", "Invalid Policy: %s", why)
}

func outOfPolicy(why string) error {
	return cloud.Errorf(403, "AccessDenied", "Invalid according to Policy: %s", why)
}

// hold holds a form to its policy.
func (f form) hold(bucket, key string) (p postPolicy, err error) {
	text, err := base64.StdEncoding.DecodeString(f.fields["policy"])
	if err != nil {
		return p, badPolicy("Could not decode the policy.")
	}
	var document struct {
		Expiration string
		Conditions []json.RawMessage
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return p, badPolicy("Invalid JSON.")
	}
	end, err := time.Parse(time.RFC3339, document.Expiration)
	if err != nil {
		return p, badPolicy("Invalid 'expiration' value: '" + document.Expiration + "'")
	}
	if time.Now().After(end) {
		return p, outOfPolicy("Policy expired.")
	}
	held := map[string]bool{"policy": true, "file": true}
	for _, raw := range document.Conditions {
		c, err := readPostCondition(raw)
		if err != nil {
			return p, err
		}
		if err := f.holdTo(c, &p, bucket, key); err != nil {
			return p, err
		}
		held[c.field] = true
	}
	for name := range f.fields {
		if !held[name] && !isSigning(name) && !strings.HasPrefix(name, "x-ignore-") {
			return p, outOfPolicy("Extra input fields: " + name)
		}
	}
	return p, nil
}

// holdTo holds a form to one condition.
func (f form) holdTo(c postCondition, p *postPolicy, bucket, key string) error {
	value := f.fields[c.field]
	switch c.field {
	case "bucket":
		value = bucket
	case "key":
		value = key
	}
	switch c.operator {
	case "eq":
		if !c.named || value != c.value {
			return c.failed()
		}
	case "starts-with":
		if !c.named || !strings.HasPrefix(value, c.value) {
			return c.failed()
		}
	case "content-length-range":
		least, err := strconv.ParseInt(c.least, 10, 64)
		most, err2 := strconv.ParseInt(c.value, 10, 64)
		if err != nil || err2 != nil {
			return c.failed()
		}
		p.least, p.most = &least, &most
	default:
		return badPolicy("Invalid Condition: " + c.operator)
	}
	return nil
}

// postCondition is one of a policy.
type postCondition struct {
	operator string // eq, starts-with or content-length-range
	field    string // in lower case
	named    bool   // as $FIELD, or by an object
	value    string
	least    string // of content-length-range
	text     string // as messages have it
}

func (c postCondition) failed() error { return outOfPolicy("Policy Condition failed: " + c.text) }

// readPostCondition reads {"FIELD": "VALUE"}, ["OPERATOR", "$FIELD", "VALUE"], or
// ["content-length-range", LEAST, MOST].
func readPostCondition(raw json.RawMessage) (postCondition, error) {
	var simple map[string]string
	if json.Unmarshal(raw, &simple) == nil {
		if len(simple) != 1 {
			return postCondition{}, badPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
		}
		for name, value := range simple {
			c := postCondition{operator: "eq", field: strings.ToLower(name), named: true, value: value}
			c.text = listText([]string{"eq", "$" + name, value})
			return c, nil
		}
	}
	var list []any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&list) != nil || len(list) != 3 {
		return postCondition{}, badPolicy("Invalid Condition: it is neither an object of texts nor a list of three.")
	}
	texts := make([]string, len(list))
	for i, value := range list {
		switch value := value.(type) {
		case string:
			texts[i] = value
		case json.Number:
			texts[i] = value.String()
		}
	}
	c := postCondition{operator: strings.ToLower(texts[0]), value: texts[2], text: listText(texts)}
	if c.operator == "content-length-range" {
		c.least = texts[1]
		return c, nil
	}
	field, named := strings.CutPrefix(texts[1], "$")
	c.field, c.named = strings.ToLower(field), named
	return c, nil
}

// listText is a condition as messages have it.
func listText(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		raw, _ := json.Marshal(text)
		quoted[i] = string(raw)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
