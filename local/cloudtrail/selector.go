// Event selectors: which calls a trail records.

package cloudtrail

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type selector interface{ selects(call cloud.APICall) bool }

// eventSelector is the property of that name. A trail without one records
// management events.
type eventSelector struct {
	ReadWriteType                 string
	IncludeManagementEvents       *bool
	ExcludeManagementEventSources []string
	DataResources                 []dataResource
}

type dataResource struct {
	Type   string
	Values []string // ARNs, or beginnings of them: "arn:aws:s3:::bucket/"
}

func (s eventSelector) check(path string) error {
	if !slices.Contains([]string{"", "All", "ReadOnly", "WriteOnly"}, s.ReadWriteType) {
		return cfn.Invalidf(path+".ReadWriteType", "must be All, ReadOnly or WriteOnly, got %q", s.ReadWriteType)
	}
	for i, r := range s.DataResources {
		if r.Type != objectType {
			return &cfn.Unsupported{Property: fmt.Sprintf("%s.DataResources[%d].Type", path, i), Reason: "the local engine records data events of " + objectType + " only, not of " + r.Type}
		}
	}
	return nil
}

func (s eventSelector) selects(call cloud.APICall) bool {
	if s.ReadWriteType == "ReadOnly" && !call.ReadOnly || s.ReadWriteType == "WriteOnly" && call.ReadOnly {
		return false
	}
	arn, data := dataARN(call)
	if !data {
		return (s.IncludeManagementEvents == nil || *s.IncludeManagementEvents) &&
			!slices.Contains(s.ExcludeManagementEventSources, call.EventSource)
	}
	for _, r := range s.DataResources {
		if hasAnyPrefix(arn, r.Values) {
			return true
		}
	}
	return false
}

// advancedSelector is an advanced event selector: all its fields must hold.
type advancedSelector struct {
	Name           string `json:",omitempty"`
	FieldSelectors []fieldSelector
}

type fieldSelector struct {
	Field         string
	Equals        []string `json:",omitempty"`
	StartsWith    []string `json:",omitempty"`
	EndsWith      []string `json:",omitempty"`
	NotEquals     []string `json:",omitempty"`
	NotStartsWith []string `json:",omitempty"`
	NotEndsWith   []string `json:",omitempty"`
}

// fields are the fields of advanced event selectors that a call has.
var fields = map[string]func(cloud.APICall) string{
	"eventCategory": func(call cloud.APICall) string {
		if _, data := dataARN(call); data {
			return "Data"
		}
		return "Management"
	},
	"eventSource": func(call cloud.APICall) string { return call.EventSource },
	"eventName":   func(call cloud.APICall) string { return call.EventName },
	"readOnly":    func(call cloud.APICall) string { return strconv.FormatBool(call.ReadOnly) },
	"eventType":   func(cloud.APICall) string { return "AwsApiCall" },
	"resources.ARN": func(call cloud.APICall) string {
		arn, _ := dataARN(call)
		return arn
	},
	"resources.type": func(call cloud.APICall) string {
		if _, data := dataARN(call); data {
			return objectType
		}
		return ""
	},
	"userIdentity.arn": func(call cloud.APICall) string { return call.Caller.ARN },
	"errorCode":        func(call cloud.APICall) string { return call.ErrorCode },
}

func (s advancedSelector) check(path string) error {
	categories := 0
	for i, f := range s.FieldSelectors {
		at := fmt.Sprintf("%s.FieldSelectors[%d]", path, i)
		if fields[f.Field] == nil {
			return &cfn.Unsupported{Property: at + ".Field", Reason: fmt.Sprintf("the local engine does not select by %q", f.Field)}
		}
		if f.Field == "resources.type" {
			if i := slices.IndexFunc(f.Equals, func(t string) bool { return t != objectType }); i >= 0 {
				return &cfn.Unsupported{Property: at + ".Equals", Reason: "the local engine records data events of " + objectType + " only, not of " + f.Equals[i]}
			}
		}
		if f.Field == "eventCategory" {
			categories++
		}
	}
	if categories != 1 {
		return cfn.Invalidf(path+".FieldSelectors", "exactly one of them must be on eventCategory")
	}
	return nil
}

func (s advancedSelector) selects(call cloud.APICall) bool {
	for _, f := range s.FieldSelectors {
		if !f.holds(fields[f.Field](call)) {
			return false
		}
	}
	return true
}

// holds: one of the positive values must match, and none of the negative.
func (f fieldSelector) holds(value string) bool {
	positive := len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0 ||
		slices.Contains(f.Equals, value) || hasAnyPrefix(value, f.StartsWith) || hasAnySuffix(value, f.EndsWith)
	return positive && !slices.Contains(f.NotEquals, value) && !hasAnyPrefix(value, f.NotStartsWith) && !hasAnySuffix(value, f.NotEndsWith)
}

func hasAnyPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func hasAnySuffix(s string, suffixes []string) bool {
	return slices.ContainsFunc(suffixes, func(p string) bool { return strings.HasSuffix(s, p) })
}
