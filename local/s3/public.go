// Whether a policy lets in the public, as S3 sees it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status

package s3

import (
	"encoding/json"
	"slices"
	"strings"
)

// fixing are the condition keys, in lower case, that let in only some if their
// values are fixed.
var fixing = []string{
	"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceaccount", "aws:sourceowner", "aws:sourceip", "aws:userid", "aws:principalorgid",
	"aws:principalaccount", "aws:principalarn", "aws:sourceorgid", "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
}

// isPublic tells whether a statement allows something to everybody. A document
// that cannot be read is none.
func isPublic(policy json.RawMessage) bool {
	var document struct{ Statement json.RawMessage }
	_ = json.Unmarshal(policy, &document)
	type statement struct {
		Effect    string
		Principal json.RawMessage
		Condition map[string]map[string]json.RawMessage
	}
	var statements []statement
	if json.Unmarshal(document.Statement, &statements) != nil {
		statements = make([]statement, 1)
		_ = json.Unmarshal(document.Statement, &statements[0])
	}
	return slices.ContainsFunc(statements, func(s statement) bool {
		if s.Effect != "Allow" || !isEverybody(s.Principal) {
			return false
		}
		for operator, keys := range s.Condition {
			for key, values := range keys {
				if isFixed(operator, key, values) {
					return false
				}
			}
		}
		return true
	})
}

func isEverybody(principal json.RawMessage) bool {
	var text string
	if json.Unmarshal(principal, &text) == nil {
		return text == "*"
	}
	var kinds struct{ AWS json.RawMessage }
	_ = json.Unmarshal(principal, &kinds)
	return slices.Contains(textsOf(kinds.AWS), "*")
}

// isFixed tells whether a condition lets in those only who have a value of a few.
func isFixed(operator, key string, values json.RawMessage) bool {
	if !slices.Contains(fixing, strings.ToLower(key)) || strings.Contains(operator, "Not") || strings.HasSuffix(operator, "IfExists") {
		return false
	}
	return !slices.ContainsFunc(textsOf(values), func(value string) bool { return strings.ContainsAny(value, "*?$") || strings.HasSuffix(value, "/0") })
}

// textsOf is a text, or a list of them.
func textsOf(raw json.RawMessage) []string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []string{text}
	}
	return nil
}
