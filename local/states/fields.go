// This file reads the JSON objects of a definition: every field is taken once,
// checked, and what nobody took is a fault.

package states

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// A fault is what is wrong at one place of a definition.
type fault struct {
	path    string // "/States/Store/Next"
	message string
	aws     diagnosis // where AWS says it in another way
}

// InvalidDefinition is the error of a definition that AWS would refuse or that
// the local engine cannot run. It names all faults.
type InvalidDefinition struct{ faults []fault }

func (e *InvalidDefinition) Error() string {
	lines := make([]string, len(e.faults))
	for i, f := range e.faults {
		lines[i] = f.path + ": " + f.message
	}
	return "invalid state machine definition: " + strings.Join(lines, "; ")
}

// fields is one object of a definition while it is read.
type fields struct {
	faults *[]fault
	path   string
	values *jsonvalue.Object
	taken  map[string]bool
}

// object returns the value as fields, or reports that it is none.
func object(faults *[]fault, path string, value any) fields {
	f := fields{faults: faults, path: path, taken: map[string]bool{}}
	values, ok := value.(*jsonvalue.Object)
	if !ok {
		f.complain("", "must be an object, not %s", jsonvalue.KindOf(value))
	}
	f.values = values
	return f
}

// complain reports a fault of a field, or of the object itself if name is empty.
// What AWS says of it can be added to the result, before the next one is reported.
func (f fields) complain(name, format string, args ...any) *fault {
	*f.faults = append(*f.faults, fault{path: f.at(name), message: fmt.Sprintf(format, args...)})
	return &(*f.faults)[len(*f.faults)-1]
}

// lacks reports a field that must be there.
func (f fields) lacks(name string) {
	f.complain(name, "is required").aws = diagnosis{location: f.at(""), missing: name}
}

func (f fields) at(name string) string {
	switch {
	case name == "" && f.path == "":
		return "/"
	case name == "":
		return f.path
	default:
		return f.path + "/" + name
	}
}

// take returns a field's value.
func (f fields) take(name string) (any, bool) {
	f.taken[name] = true
	return f.values.Get(name)
}

func (f fields) has(name string) bool {
	return f.values.Has(name)
}

// done reports the fields that nobody took.
func (f fields) done(of string) {
	for _, name := range slices.Sorted(f.values.Names()) {
		if !f.taken[name] {
			f.complain(name, "is not a field of %s", of).aws = diagnosis{message: "Field '" + name + "' is not supported", location: f.at("")}
		}
	}
}

// text returns a string field, or "" if it is absent.
func (f fields) text(name string) string {
	value, ok := f.take(name)
	if !ok {
		return ""
	}
	text, ok := value.(string)
	if !ok {
		f.complain(name, "must be a string, not %s", jsonvalue.KindOf(value))
	}
	return text
}

// required is text for a field that must be there.
func (f fields) required(name string) string {
	if !f.has(name) {
		f.lacks(name)
	}
	return f.text(name)
}

func (f fields) boolean(name string) bool {
	value, ok := f.take(name)
	if !ok {
		return false
	}
	b, ok := value.(bool)
	if !ok {
		f.complain(name, "must be a boolean, not %s", jsonvalue.KindOf(value))
	}
	return b
}

// number returns a numeric field within bounds, or otherwise if it is absent.
func (f fields) number(name string, otherwise, low, high float64) float64 {
	value, ok := f.take(name)
	if !ok {
		return otherwise
	}
	n, ok := jsonvalue.Float(value)
	switch {
	case !ok:
		f.complain(name, "must be a number, not %s", jsonvalue.KindOf(value))
	case n < low || n > high:
		f.complain(name, "must be between %v and %v", low, high)
	default:
		return n
	}
	return otherwise
}

// whole is number for integers.
func (f fields) whole(name string, otherwise, low, high int) int {
	n := f.number(name, float64(otherwise), float64(low), float64(high))
	if n != math.Trunc(n) {
		f.complain(name, "must be an integer")
		return otherwise
	}
	return int(n)
}

// list returns an array field; one that is required must not be empty.
func (f fields) list(name string, required bool) []any {
	value, ok := f.take(name)
	if !ok {
		if required {
			f.lacks(name)
		}
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		f.complain(name, "must be an array, not %s", jsonvalue.KindOf(value))
	} else if required && len(list) == 0 {
		f.complain(name, "must not be empty").aws = diagnosis{message: "Value cannot be empty"}
	}
	return list
}

// atMostOne reports fields that exclude each other.
func (f fields) atMostOne(names ...string) {
	var given []string
	for _, name := range names {
		if f.has(name) {
			given = append(given, name)
		}
	}
	if len(given) > 1 {
		f.complain("", "must have only one of %s", strings.Join(given, ", "))
	}
}
