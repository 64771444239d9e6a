package apigateway

// What AWS checks of all of an input before it looks at anything: it tells all
// that is wrong at once.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// violations are constraints that members of an input fail.
type violations []string

// oneOf requires that a member is one of some values.
func (v *violations) oneOf(member, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		v.add(member, value, "Member must satisfy enum value set: [%s]", strings.Join(allowed, ", "))
	}
}

func (v *violations) add(member, value, constraint string, args ...any) {
	*v = append(*v, fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: ", value, member)+fmt.Sprintf(constraint, args...))
}

// status requires that a member is a status.
func (v *violations) status(value string) {
	if !statusPattern.MatchString(value) {
		v.add("statusCode", value, `Member must satisfy regular expression pattern: [1-5]\d\d`)
	}
}

// patches requires operations that there are, of an action's input.
func (v *violations) patches(input string, operations []patch) {
	for i, o := range operations {
		v.oneOf(fmt.Sprintf("%s.patchOperations.%d.member.op", input, i+1), o.Op, "add", "remove", "move", "test", "replace", "copy")
	}
}

func (v violations) err() error {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return cloud.Errorf(400, "ValidationException", "1 validation error detected: %s", v[0])
	}
	return cloud.Errorf(400, "ValidationException", "%d validation errors detected: %s", len(v), strings.Join(v, "; "))
}

func invalidEnum(member, value string, allowed ...string) error {
	var v violations
	v.oneOf(member, value, allowed...)
	return v.err()
}
