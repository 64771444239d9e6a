package ssm

// This file reads parameters.

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxNames is how many parameters one request may ask for.
const maxNames = 10

func checkNames(names []string) error {
	if n := len(names); n < 1 || n > maxNames {
		return invalid("names must have 1 to %d members, got %d", maxNames, n)
	}
	return nil
}

// answered is a parameter as answers have it.
type answered struct {
	ARN              string `json:",omitempty"`
	DataType         string
	LastModifiedDate cloud.Time
	Name             string
	Selector         string `json:",omitempty"`
	SourceResult     string `json:",omitempty"`
	Type             string
	Value            string
	Version          int
}

func (p *parameter) answer(v *version, decrypted bool) answered {
	a := answered{ARN: p.arn, DataType: v.dataType, LastModifiedDate: cloud.Time(v.modified), Name: p.name, Type: v.typ, Value: v.value, Version: v.number}
	if v.typ == secure && !decrypted {
		a.Value = v.sealed
	}
	return a
}

// find returns what a reference stands for, after asking whether the caller may
// read it.
func (s *SSM) find(ctx context.Context, caller cloud.Caller, action, reference string, decrypted bool) (answered, error) {
	name, selector := s.split(reference)
	if err := s.cloud.Authorize(caller, "ssm:"+action, s.arn(name)); err != nil {
		return answered{}, err
	}
	if secret, ok := strings.CutPrefix(name, referenced); ok {
		return s.secret(ctx, caller, secret, decrypted)
	}
	if !nameParts.MatchString(name) || strings.Contains(name, "/") && !strings.HasPrefix(name, "/") && !strings.HasPrefix(reference, "arn:") {
		return answered{}, errName
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := s.called(name)
	if p == nil {
		return answered{}, notFound(reference)
	}
	v := p.selected(selector)
	if v == nil {
		return answered{}, versionNotFound(selector, p.name)
	}
	a := p.answer(v, decrypted)
	if !strings.HasPrefix(reference, "arn:") {
		a.Name = name // with a slash, or without
	}
	if selector != "" {
		a.Selector = ":" + selector
	}
	return a, nil
}

func versionNotFound(version, name string) error {
	return cloud.Errorf(400, "ParameterVersionNotFound", "Systems Manager could not find version %s of %s. Verify the version and try again.", version, name)
}

// referenced is what the names of secrets of Secrets Manager start with.
const referenced = "/aws/reference/secretsmanager/"

// secret reads a secret of Secrets Manager, as the caller.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
func (s *SSM) secret(ctx context.Context, caller cloud.Caller, id string, decrypted bool) (answered, error) {
	if !decrypted {
		return answered{}, invalid("WithDecryption flag must be True for retrieving a Secret Manager secret.")
	}
	var value struct {
		ARN          string
		CreatedDate  cloud.Time
		SecretString string
	}
	var source map[string]any
	input, err := json.Marshal(struct{ SecretId string }{id})
	if err != nil {
		return answered{}, err
	}
	output, err := s.cloud.Call(ctx, caller, "secretsmanager", "GetSecretValue", input)
	if err == nil {
		err = cmp.Or(json.Unmarshal(output, &value), json.Unmarshal(output, &source))
	}
	if err != nil {
		if e := cloud.AsError(err); e.Code == "AccessDeniedException" {
			return answered{}, e
		}
		return answered{}, cloud.Errorf(400, "ParameterNotFound", "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret %s not found.", referenced+id)
	}
	result, err := sourceResult(source)
	return answered{
		ARN: s.arn(referenced + id), DataType: "text", LastModifiedDate: value.CreatedDate, Name: referenced + id, SourceResult: result, Type: secure, Value: value.SecretString,
	}, err
}

// sourceResult is a secret's answer with names that begin in lower case, but ARN.
func sourceResult(answer map[string]any) (string, error) {
	source := map[string]any{}
	for name, value := range answer {
		if name != "ARN" {
			name = strings.ToLower(name[:1]) + name[1:]
		}
		source[name] = value
	}
	text, err := json.Marshal(source)
	return string(text), err
}

type getParameterInput struct {
	Name           string
	WithDecryption bool
}

type getParameterOutput struct{ Parameter answered }

func (s *SSM) getParameter(ctx context.Context, caller cloud.Caller, in getParameterInput) (getParameterOutput, error) {
	p, err := s.find(ctx, caller, "GetParameter", in.Name, in.WithDecryption)
	return getParameterOutput{p}, err
}

type getParametersInput struct {
	Names          []string
	WithDecryption bool
}

type getParametersOutput struct {
	InvalidParameters []string
	Parameters        []answered
}

func (s *SSM) getParameters(ctx context.Context, caller cloud.Caller, in getParametersInput) (getParametersOutput, error) {
	out := getParametersOutput{InvalidParameters: []string{}, Parameters: []answered{}}
	if err := checkNames(in.Names); err != nil {
		return out, err
	}
	for _, name := range in.Names {
		p, err := s.find(ctx, caller, "GetParameters", name, in.WithDecryption)
		if err == nil {
			out.Parameters = append(out.Parameters, p)
			continue
		}
		if code := cloud.AsError(err).Code; code != "ParameterNotFound" && code != "ParameterVersionNotFound" {
			return out, err
		}
		out.InvalidParameters = append(out.InvalidParameters, name)
	}
	return out, nil
}

type byPathInput struct {
	Path             string
	Recursive        bool
	WithDecryption   bool
	ParameterFilters []filter
	paging
}

type byPathOutput struct {
	Parameters []answered
	NextToken  string `json:",omitempty"`
}

func (s *SSM) getParametersByPath(_ context.Context, caller cloud.Caller, in byPathInput) (byPathOutput, error) {
	out := byPathOutput{Parameters: []answered{}}
	if !strings.HasPrefix(in.Path, "/") {
		return out, invalid("The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_.")
	}
	if err := checkFilters(in.ParameterFilters, filtersByPath); err != nil {
		return out, err
	}
	if err := s.cloud.Authorize(caller, "ssm:GetParametersByPath", s.arn(strings.TrimSuffix(in.Path, "/"))); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	below := filter{Key: "Path", Option: "OneLevel", Values: []string{in.Path}}
	if in.Recursive {
		below.Option = "Recursive"
	}
	found, next, err := cut(s.filtered(append(in.ParameterFilters, below)), in.paging, maxNames)
	for _, p := range found {
		out.Parameters = append(out.Parameters, p.answer(labelled(p, in.ParameterFilters), in.WithDecryption))
	}
	out.NextToken = next
	return out, err
}

// labelled is the version that the filter of a label finds, or else the latest.
func labelled(p *parameter, filters []filter) *version {
	for _, f := range filters {
		if f.Key == "Label" {
			if v := p.selected(f.Values[0]); v != nil {
				return v
			}
		}
	}
	return p.latest()
}

// filtered returns the parameters that stand all filters, by name.
func (s *SSM) filtered(filters []filter) []*parameter {
	var found []*parameter
	for _, name := range slices.Sorted(maps.Keys(s.parameters)) {
		p := s.parameters[name]
		if !slices.ContainsFunc(filters, func(f filter) bool { return !f.selects(p) }) {
			found = append(found, p)
		}
	}
	return found
}

type paging struct {
	MaxResults int
	NextToken  string
}

// cut takes a page out of a list. The token is the place of its first item.
func cut[T any](list []T, in paging, longest int) (page []T, next string, err error) {
	start := 0
	if in.NextToken != "" {
		if start, err = strconv.Atoi(in.NextToken); err != nil || start < 0 || start > len(list) {
			return nil, "", cloud.Errorf(400, "InvalidNextToken", "The specified token is not valid.")
		}
	}
	size := in.MaxResults
	switch {
	case size == 0:
		size = longest
	case size < 1 || size > longest:
		return nil, "", invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to %d", size, longest)
	}
	end := min(start+size, len(list))
	if end < len(list) {
		next = strconv.Itoa(end)
	}
	return list[start:end], next, nil
}
