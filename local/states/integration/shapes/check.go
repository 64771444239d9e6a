package shapes

// This file holds values to shapes, in the words of AWS's TestState.

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// Check tells what is wrong with the output of an operation as a task has it,
// whose members begin with an upper-case letter, in the API's spelling or in that of
// the SDK for Java (TaskName). Members that the shape does not
// have are let pass, and so is everything of an operation without a known output.
func (o Output) Check(value any, mode Mode) error {
	m := of(o.Service)
	if m == nil || mode == None {
		return nil
	}
	name, ok := m.Outputs[o.Operation]
	if !ok {
		return nil
	}
	if o.Within != "" {
		name = m.shape(name).Members[o.Within]
	}
	c := checker{model: m, mode: mode, free: o.Free, numericTimes: o.NumericTimes}
	return c.structure(value, m.shape(name))
}

// A Fault is what is wrong with a field.
type Fault struct {
	Field   string
	Problem string // "must be a string"
	missing bool
}

func (f *Fault) Error() string {
	if f.missing {
		return "Required field '" + f.Field + "' is missing"
	}
	return "Field '" + f.Field + "' " + f.Problem
}

// errNoObject is the error of an output that is no object at all.
var errNoObject = errors.New("the output must be a JSON object")

type checker struct {
	model        *Model
	mode         Mode
	free         []string
	numericTimes bool
}

func (c checker) structure(value any, s Shape) error {
	object, ok := value.(*jsonvalue.Object)
	if !ok {
		return errNoObject
	}
	members := map[string]string{}
	for name, shape := range s.Members {
		members[UpperFirst(name)], members[TaskName(name)] = shape, shape
	}
	if c.mode == Strict {
		for _, name := range s.Required {
			if name = UpperFirst(name); !object.Has(name) && !object.Has(TaskName(name)) {
				return &Fault{Field: name, missing: true}
			}
		}
	}
	for name, member := range object.All() {
		shape, known := members[name]
		if !known || slices.Contains(c.free, name) {
			continue
		}
		if err := c.value(name, member, c.model.shape(shape)); err != nil {
			return err
		}
	}
	return nil
}

// value checks the value of a field, or an element of it.
func (c checker) value(field string, value any, s Shape) error {
	if want := wanted(s.Kind); want != "" && !c.is(value, s.Kind) {
		return fault(field, "must be "+want)
	}
	switch s.Kind {
	case Structure:
		return c.structure(value, s)
	case Map:
		for _, member := range value.(*jsonvalue.Object).All() {
			if err := c.value(field, member, c.model.shape(s.Of)); err != nil {
				return err
			}
		}
	case List:
		list := value.([]any)
		if err := s.checkLength(field, len(list)); err != nil {
			return err
		}
		for _, element := range list {
			if err := c.value(field, element, c.model.shape(s.Of)); err != nil {
				return err
			}
		}
	case Text:
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, value.(string)) {
			return fault(field, "is not an expected value")
		}
		return s.checkLength(field, utf8.RuneCountInString(value.(string)))
	case Number:
		return s.checkRange(field, value)
	}
	return nil
}

// wanted is what a value must be, in a message.
func wanted(k Kind) string {
	switch k {
	case Structure, Map:
		return "an object"
	case List:
		return "an array"
	case Text, Time:
		return "a string"
	case Number:
		return "a number"
	case Truth:
		return "a boolean"
	default:
		return ""
	}
}

// is tells whether a value is written as a kind is.
func (c checker) is(value any, k Kind) bool {
	if k == Time && c.numericTimes && jsonvalue.KindOf(value) == "number" {
		return true
	}
	return strings.HasSuffix(wanted(k), " "+jsonvalue.KindOf(value))
}

func (s Shape) checkLength(field string, n int) error {
	switch {
	case s.Min != nil && float64(n) < *s.Min:
		return fault(field, "is smaller than the minimum length")
	case s.Max != nil && float64(n) > *s.Max:
		return fault(field, "exceeds the maximum length")
	}
	return nil
}

func (s Shape) checkRange(field string, value any) error {
	n, _ := jsonvalue.Float(value)
	switch {
	case s.Min != nil && n < *s.Min:
		return fault(field, "is less than the minimum value")
	case s.Max != nil && n > *s.Max:
		return fault(field, "exceeds the maximum value")
	}
	return nil
}

func fault(field, message string) error {
	return &Fault{Field: field, Problem: message}
}
