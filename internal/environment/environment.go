// Package environment reads a function's settings from environment variables
// and reports all that is wrong with them in one error, so that a wrong
// deployment is understood from its first log line.
package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Reader reads variables and remembers what was wrong with them. Look is
// usually os.LookupEnv.
type Reader struct {
	Look   func(name string) (string, bool)
	Out    io.Writer // the function's standard output, where metrics go
	faults []error
}

// String returns a variable that must be set and not empty.
func (r *Reader) String(name string) string {
	value, ok := r.Look(name)
	if !ok || value == "" {
		r.faults = append(r.faults, fmt.Errorf("%s is not set", name))
		return ""
	}
	return value
}

// Int64 returns a variable that must be a positive decimal number.
func (r *Reader) Int64(name string) int64 {
	value := r.String(name)
	if value == "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n <= 0 {
		r.faults = append(r.faults, fmt.Errorf("%s is %q, not a positive number", name, value))
	}
	return n
}

// Duration returns a variable that must be a positive Go duration, "15m0s".
func (r *Reader) Duration(name string) time.Duration {
	value := r.String(name)
	if value == "" {
		return 0
	}
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		r.faults = append(r.faults, fmt.Errorf(`%s is %q, not a positive duration such as "15m"`, name, value))
	}
	return d
}

// Strings returns a variable that must be a JSON list of strings, which may be
// empty.
func (r *Reader) Strings(name string) []string {
	var list []string
	r.JSON(name, &list)
	return list
}

// JSON reads a variable into a value, without members that the value has not.
func (r *Reader) JSON(name string, value any) {
	text := r.String(name)
	if text == "" {
		return
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		r.faults = append(r.faults, fmt.Errorf("%s is no JSON of a %T: %w", name, value, err))
	}
}

// Fault remembers what else is wrong with a variable; nil is nothing.
func (r *Reader) Fault(name string, err error) {
	if err != nil {
		r.faults = append(r.faults, fmt.Errorf("%s: %w", name, err))
	}
}

// Err names every variable that was missing or wrong; nil if none was.
func (r *Reader) Err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return fmt.Errorf("environment: %w", errors.Join(r.faults...))
}
