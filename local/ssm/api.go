package ssm

// This file has the actions that read.

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxNames is how many parameters one request may ask for.
const maxNames = 10

type getParameterInput struct {
	Name           string
	WithDecryption bool // nothing is encrypted
}

type getParameterOutput struct{ Parameter parameter }

func (s *SSM) getParameter(_ context.Context, caller cloud.Caller, in getParameterInput) (getParameterOutput, error) {
	p, ok, err := s.find(caller, "GetParameter", in.Name)
	if err == nil && !ok {
		err = cloud.Errorf(400, "ParameterNotFound", "Parameter %s not found.", in.Name)
	}
	return getParameterOutput{p}, err
}

type getParametersInput struct{ Names []string }

type getParametersOutput struct {
	InvalidParameters []string
	Parameters        []parameter
}

func (s *SSM) getParameters(_ context.Context, caller cloud.Caller, in getParametersInput) (getParametersOutput, error) {
	out := getParametersOutput{InvalidParameters: []string{}, Parameters: []parameter{}}
	if n := len(in.Names); n < 1 || n > maxNames {
		return out, cloud.Errorf(400, "ValidationException", "names must have 1 to %d members, got %d", maxNames, n)
	}
	for _, name := range in.Names {
		p, ok, err := s.find(caller, "GetParameters", name)
		switch {
		case err != nil:
			return out, err
		case ok:
			out.Parameters = append(out.Parameters, p)
		default:
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}

type byPathInput struct {
	Path             string
	Recursive        bool
	MaxResults       int
	NextToken        string
	ParameterFilters []any
}

type byPathOutput struct {
	Parameters []parameter
	NextToken  string `json:",omitempty"`
}

func (s *SSM) getParametersByPath(_ context.Context, caller cloud.Caller, in byPathInput) (byPathOutput, error) {
	out := byPathOutput{Parameters: []parameter{}}
	if !strings.HasPrefix(in.Path, "/") {
		return out, cloud.Errorf(400, "ValidationException", "The parameter path must start with a slash, got %q.", in.Path)
	}
	if len(in.ParameterFilters) > 0 {
		return out, cloud.Errorf(400, "InvalidFilterKey", "the local engine does not filter parameters")
	}
	if err := s.cloud.Authorize(caller, "ssm:GetParametersByPath", s.arn(strings.TrimSuffix(in.Path, "/"))); err != nil {
		return out, err
	}
	below := s.below(strings.TrimSuffix(in.Path, "/")+"/", in.Recursive)
	start := 0
	if in.NextToken != "" {
		var err error
		if start, err = strconv.Atoi(in.NextToken); err != nil || start < 0 || start > len(below) {
			return out, cloud.Errorf(400, "InvalidNextToken", "The specified token is not valid.")
		}
	}
	if in.MaxResults < 1 || in.MaxResults > maxNames {
		in.MaxResults = maxNames
	}
	end := min(start+in.MaxResults, len(below))
	out.Parameters = append(out.Parameters, below[start:end]...)
	if end < len(below) {
		out.NextToken = strconv.Itoa(end)
	}
	return out, nil
}

// below returns the parameters whose names start with a path, sorted.
func (s *SSM) below(path string, recursive bool) []parameter {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []parameter
	for _, name := range slices.Sorted(maps.Keys(s.parameters)) {
		if rest, ok := strings.CutPrefix(name, path); ok && (recursive || !strings.Contains(rest, "/")) {
			found = append(found, s.parameters[name])
		}
	}
	return found
}
