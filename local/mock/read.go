package mock

// This file reads the files, and refuses what would be without effect.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// file is a mock configuration as it is written.
type file struct {
	StateMachines map[string]struct {
		TestCases map[string]map[string]string // responses by state
	}
	MockedResponses map[string]map[string]struct { // by name, and by number or range
		Return json.RawMessage
		Throw  *struct{ Error, Cause *string }
	}
}

// Read reads mock configurations as if they were one. Without any it returns nil.
func Read(paths ...string) (*Config, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	c := &Config{machines: map[string]machine{}, scripts: map[string][]script{}}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the mock configuration: %w", err)
		}
		if err := c.add(text); err != nil {
			return nil, fmt.Errorf("mock configuration %s: %w", path, err)
		}
	}
	return c, nil
}

// Parse reads the text of one mock configuration.
func Parse(text []byte) (*Config, error) {
	c := &Config{machines: map[string]machine{}, scripts: map[string][]script{}}
	if err := c.add(text); err != nil {
		return nil, fmt.Errorf("mock configuration: %w", err)
	}
	return c, nil
}

// add takes in what a file says. Its error has all faults of the file.
func (c *Config) add(text []byte) error {
	var f file
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return err
	}
	var faults []error
	responses := map[string]*Responses{}
	for _, name := range slices.Sorted(maps.Keys(f.MockedResponses)) {
		r, err := f.responses(name)
		if err != nil {
			faults = append(faults, err)
		}
		responses[name] = r
	}
	for _, name := range slices.Sorted(maps.Keys(f.StateMachines)) {
		if c.machines[name] != nil || c.scripts[strings.TrimPrefix(name, servicePrefix)] != nil {
			faults = append(faults, fmt.Errorf("another mock configuration has test cases of %s", name))
			continue
		}
		faults = append(faults, c.define(name, f.StateMachines[name].TestCases, responses)...)
	}
	return errors.Join(faults...)
}

// define takes in the test cases of a state machine, or the scripts of a service.
func (c *Config) define(name string, cases map[string]map[string]string, responses map[string]*Responses) (faults []error) {
	m := machine{}
	var scripts []script
	for _, title := range slices.Sorted(maps.Keys(cases)) {
		m[title] = Case{}
		s := script{title, map[string]*Counter{}}
		for _, state := range slices.Sorted(maps.Keys(cases[title])) {
			r, ok := responses[cases[title][state]]
			if !ok {
				faults = append(faults, fmt.Errorf("%s, %s, %s: there is no mocked response %q", name, title, state, cases[title][state]))
				continue
			}
			m[title][state] = r
			s.actions[strings.ToLower(state)] = r.Count()
		}
		scripts = append(scripts, s)
	}
	service, isService := strings.CutPrefix(name, servicePrefix)
	if !isService {
		c.machines[name] = m
		return faults
	}
	// A name is better than a pattern, and a longer pattern better than a
	// shorter one.
	slices.SortStableFunc(scripts, func(a, b script) int {
		return cmp.Or(cmp.Compare(strings.Count(a.pattern, "*"), strings.Count(b.pattern, "*")), cmp.Compare(len(b.pattern), len(a.pattern)))
	})
	c.scripts[service] = scripts
	return faults
}

// responses reads a mocked response.
func (f *file) responses(name string) (*Responses, error) {
	r := &Responses{name: name}
	var faults []error
	complain := func(number, format string, arguments ...any) {
		faults = append(faults, fmt.Errorf("mocked response %s, %q: %s", name, number, fmt.Sprintf(format, arguments...)))
	}
	for _, number := range slices.Sorted(maps.Keys(f.MockedResponses[name])) {
		first, last, ok := parseSpan(number)
		if !ok {
			complain(number, "want a number, counted from 0, or a range such as 1-3")
		}
		written := f.MockedResponses[name][number]
		s := span{first: first, last: last}
		switch thrown := written.Throw; {
		case (thrown == nil) == (written.Return == nil):
			complain(number, "want either Return or Throw")
		case thrown != nil && (thrown.Error == nil || thrown.Cause == nil):
			complain(number, "a Throw has an Error and a Cause")
		case thrown != nil:
			s.response.Throw = &Throw{*thrown.Error, *thrown.Cause}
		default:
			s.response = Return(written.Return)
		}
		r.spans = append(r.spans, s)
	}
	slices.SortFunc(r.spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	for i := range r.spans {
		if i > 0 && r.spans[i].first <= r.spans[i-1].last {
			complain(strconv.Itoa(r.spans[i].first), "another response is for this call, too")
		}
	}
	if len(r.spans) == 0 {
		faults = append(faults, fmt.Errorf("mocked response %s is empty", name))
	}
	return r, errors.Join(faults...)
}

// parseSpan reads "2" or "2-5".
func parseSpan(text string) (first, last int, ok bool) {
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	first, err := strconv.Atoi(from)
	if err != nil {
		return 0, 0, false
	}
	last, err = strconv.Atoi(to)
	return first, last, err == nil && 0 <= first && first <= last
}
