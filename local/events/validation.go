// What AWS finds wrong with the members of a request before it looks at anything.

package events

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// violations are the constraints that a request does not satisfy.
type violations []string

func (v *violations) add(value, member, constraint string) {
	*v = append(*v, fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: Member must %s", value, member, constraint))
}

func (v *violations) matching(pattern *regexp.Regexp, shown, value, member string) {
	if !pattern.MatchString(value) {
		v.add(value, member, "satisfy regular expression pattern: "+shown)
	}
}

// named is for names, which have so many characters at most.
func (v *violations) named(name, member string, most int) {
	v.matching(ownName, strings.Trim(ownName.String(), "^$"), name, member)
	if len(name) > most {
		v.add(name, member, fmt.Sprintf("have length less than or equal to %d", most))
	}
}

func (v *violations) oneOf(value, member string, values ...string) {
	if !slices.Contains(values, value) {
		v.add(value, member, "satisfy enum value set: ["+strings.Join(values, ", ")+"]")
	}
}

func (v *violations) atLeast(least, value int, member string) {
	if value < least {
		v.add(fmt.Sprint(value), member, fmt.Sprintf("have value greater than or equal to %d", least))
	}
}

// err tells of all of them, if there are any.
func (v violations) err() error {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return notValid("1 validation error detected: %s", v[0])
	}
	return notValid("%d validation errors detected: %s", len(v), strings.Join(v, "; "))
}
