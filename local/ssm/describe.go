package ssm

// This file describes parameters, and finds them by filters.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const maxDescribed = 50

// described is a parameter, or a version of it, without its value.
type described struct {
	Name             string
	ARN              string `json:",omitempty"`
	Type             string
	KeyId            string `json:",omitempty"`
	LastModifiedDate cloud.Time
	LastModifiedUser string
	Description      string `json:",omitempty"`
	AllowedPattern   string `json:",omitempty"`
	Version          int
	Tier             string
	Policies         []struct{}
	DataType         string
}

func (p *parameter) describe(v *version) described {
	return described{
		Name: p.name, Type: v.typ, KeyId: v.key, LastModifiedDate: cloud.Time(v.modified), LastModifiedUser: v.by, Description: v.description,
		AllowedPattern: v.pattern, Version: v.number, Tier: v.tier, Policies: []struct{}{}, DataType: v.dataType,
	}
}

type describeInput struct {
	Filters []struct {
		Key    string
		Values []string
	}
	ParameterFilters []filter
	paging
}

type describeOutput struct {
	Parameters []described
	NextToken  string `json:",omitempty"`
}

func (s *SSM) describeParameters(_ context.Context, caller cloud.Caller, in describeInput) (describeOutput, error) {
	out := describeOutput{Parameters: []described{}}
	filters := in.ParameterFilters
	if len(in.Filters) > 0 && len(filters) > 0 {
		return out, invalid("You can use either Filters or ParameterFilters in a single request.")
	}
	for _, f := range in.Filters { // as they were before 2017
		if !slices.Contains([]string{"Name", "Type", "KeyId"}, f.Key) {
			return out, invalid("1 validation error detected: Value '%s' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: [KeyId, Name, Type]", f.Key)
		}
		filters = append(filters, filter{f.Key, "BeginsWith", f.Values})
	}
	if err := checkFilters(filters, filtersOfDescriptions); err != nil {
		return out, err
	}
	if err := s.cloud.Authorize(caller, "ssm:DescribeParameters", "*"); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	own := slices.DeleteFunc(s.filtered(filters), func(p *parameter) bool { return strings.HasPrefix(p.name, public) })
	found, next, err := cut(own, in.paging, maxDescribed)
	for _, p := range found {
		d := p.describe(p.latest())
		d.ARN = p.arn
		out.Parameters = append(out.Parameters, d)
	}
	out.NextToken = next
	return out, err
}

type historyInput struct {
	Name           string
	WithDecryption bool
	paging
}

type past struct {
	described
	Value  string
	Labels []string
}

type historyOutput struct {
	Parameters []past
	NextToken  string `json:",omitempty"`
}

func (s *SSM) getParameterHistory(_ context.Context, caller cloud.Caller, in historyInput) (historyOutput, error) {
	out := historyOutput{Parameters: []past{}}
	name, _ := s.split(in.Name)
	if err := s.cloud.Authorize(caller, "ssm:GetParameterHistory", s.arn(name)); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := s.called(name)
	if p == nil {
		return out, notFound(in.Name)
	}
	found, next, err := cut(p.versions, in.paging, maxDescribed)
	for _, v := range found {
		out.Parameters = append(out.Parameters, past{p.describe(v), p.answer(v, in.WithDecryption).Value, append([]string{}, v.labels...)})
	}
	out.NextToken = next
	return out, err
}

type filter struct {
	Key    string
	Option string
	Values []string
}

// options are those that a filter's key may have, the default first.
var options = map[string][]string{
	"Name": {"Equals", "BeginsWith", "Contains"}, "Type": {"Equals", "BeginsWith"}, "KeyId": {"Equals", "BeginsWith"}, "Path": {"OneLevel", "Recursive"},
	"Tier": {"Equals"}, "DataType": {"Equals", "BeginsWith"}, "Label": {"Equals", "BeginsWith"}, "tag:": {"Equals"},
}

var (
	filtersByPath         = []string{"Type", "KeyId", "Label"}
	filtersOfDescriptions = []string{"Path", "Name", "Type", "KeyId", "Tier", "DataType", "tag:"}
)

func checkFilters(filters []filter, keys []string) error {
	for i, f := range filters {
		if slices.ContainsFunc(filters[:i], func(other filter) bool { return other.Key == f.Key }) {
			return cloud.Errorf(400, "InvalidFilterKey", "The following filters are duplicated in the request: [%s]. A request can contain only one instance of a specific filter.", f.Key)
		}
		key, option := f.kind(), f.option()
		switch {
		case !slices.Contains(keys, key):
			return cloud.Errorf(400, "InvalidFilterKey", "The following filter key is not valid: %s. Valid filter keys include: [%s].", f.Key, strings.Join(keys, ", "))
		case !slices.Contains(options[key], option):
			return cloud.Errorf(400, "InvalidFilterOption", "The following filter option is not valid: %s. Valid options include: [%s].", f.Option, strings.Join(options[key], ", "))
		case len(f.Values) == 0 && key != "tag:":
			return cloud.Errorf(400, "InvalidFilterValue", "The following filter values are missing : null for filter key %s.", f.Key)
		case len(f.Values) > 50 || key == "Label" && len(f.Values) > 1:
			return cloud.Errorf(400, "InvalidFilterValue", "There are too many filter values for filter key %s.", f.Key)
		}
		for _, value := range f.Values {
			if key == "Path" && !strings.HasPrefix(value, "/") {
				return invalid(`The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". %s`, value)
			}
			if key == "Type" && option == "Equals" && !slices.Contains([]string{stringType, listType, secure}, value) {
				return cloud.Errorf(400, "InvalidFilterValue", "The following filter value is not valid: %s. Valid values include: [String, StringList, SecureString].", value)
			}
		}
	}
	return nil
}

// kind is the key without the name of a tag.
func (f filter) kind() string {
	if strings.HasPrefix(f.Key, "tag:") && f.Key != "tag:" {
		return "tag:"
	}
	return f.Key
}

func (f filter) option() string {
	if f.Option == "" && len(options[f.kind()]) > 0 {
		return options[f.kind()][0]
	}
	return f.Option
}

// selects tells whether one of the values finds the parameter.
func (f filter) selects(p *parameter) bool {
	latest := p.latest()
	finds := func(texts ...string) bool {
		return slices.ContainsFunc(f.Values, func(value string) bool {
			return slices.ContainsFunc(texts, func(text string) bool { return f.finds(text, value) })
		})
	}
	switch key := f.kind(); key {
	case "Name":
		return finds(p.name) || finds("/"+p.name) && f.option() == "Equals"
	case "Type":
		return finds(latest.typ)
	case "KeyId":
		return latest.typ == secure && finds(latest.key)
	case "Tier":
		return finds(latest.tier)
	case "DataType":
		return finds(latest.dataType)
	case "Path":
		return finds(p.name)
	case "Label":
		return slices.ContainsFunc(p.versions, func(v *version) bool { return finds(v.labels...) })
	case "tag:":
		value, tagged := p.tags[strings.TrimPrefix(f.Key, key)]
		return tagged && (len(f.Values) == 0 || finds(value))
	}
	panic(fmt.Sprintf("ssm: filter %s", f.Key)) // checkFilters knows no other
}

func (f filter) finds(text, value string) bool {
	switch f.option() {
	case "BeginsWith":
		return strings.HasPrefix(text, value)
	case "Contains":
		return strings.Contains(text, value)
	case "OneLevel", "Recursive":
		rest, below := strings.CutPrefix(text, strings.TrimSuffix(value, "/")+"/")
		return below && (f.option() == "Recursive" || !strings.Contains(rest, "/"))
	}
	return text == value
}
