package operation

// This file checks props.

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

// Faults collects what is wrong with a construct's props, so that all of it
// stands in one message.
type Faults []error

// Add adds faults; nil is none.
func (f *Faults) Add(faults ...error) {
	for _, fault := range faults {
		if fault != nil {
			*f = append(*f, fault)
		}
	}
}

// Addf adds a fault: say what was given, and what to give.
func (f *Faults) Addf(format string, arguments ...any) { f.Add(fmt.Errorf(format, arguments...)) }

// Require adds a fault if a required property is not given.
func (f *Faults) Require(property string, given bool) {
	if !given {
		f.Addf("%s is required", property)
	}
}

// Within adds a fault if a property's value is not between two others. With
// T a time.Duration they are said as such.
func Within[T cmp.Ordered](f *Faults, property string, value, least, most T) {
	if value < least || value > most {
		f.Addf("%s is %v: give %v to %v", property, value, least, most)
	}
}

// NotNegative adds a fault if a property's value is negative.
func NotNegative[T cmp.Ordered](f *Faults, property string, value T) {
	var zero T
	if value < zero {
		f.Addf("%s is %v: it cannot be negative", property, value)
	}
}

// Alarms adds a fault for each adjustment of an alarm that makes no sense.
func (f *Faults) Alarms(alarms map[string]Alarm) {
	for _, name := range slices.Sorted(maps.Keys(alarms)) {
		NotNegative(f, name+".Threshold", alarms[name].Threshold)
		NotNegative(f, name+".Periods", alarms[name].Periods)
	}
}

// Handlers adds a fault for each function that code is given for and that a
// system does not have.
func Handlers[Handler ~string](f *Faults, code map[Handler]awslambda.Code, known []Handler) {
	var names []string
	for _, name := range known {
		names = append(names, string(name))
	}
	for _, name := range slices.Sorted(maps.Keys(code)) {
		if !slices.Contains(known, name) {
			f.Addf("Code has %q: give some of %s", string(name), strings.Join(names, ", "))
		}
	}
}

// Err is all of them in one error, or nil.
func (f Faults) Err() error { return errors.Join(f...) }

// Must stops synthesis with everything that is wrong with a construct's props.
// The construct is named as in Go: "b2b.Pipeline".
func Must(construct, id string, err error) {
	if err != nil {
		panic(fmt.Sprintf("%s %s: %v", construct, id, err))
	}
}
