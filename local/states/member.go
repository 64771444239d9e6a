// This file checks the members of requests, as AWS checks them against the API's
// model before anything else.

package states

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// invalidMember is the error of a value that the model does not allow.
func invalidMember(value, member, constraint string) error {
	return cloud.Errorf(400, "ValidationException",
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}

// oneOf checks a member that is an enumeration.
func oneOf(member, value string, of ...string) error {
	if slices.Contains(of, value) {
		return nil
	}
	return invalidMember(value, member, "Member must satisfy enum value set: ["+strings.Join(of, ", ")+"]")
}

// Bounds of what executions and tasks fail with, in characters.
const (
	maxError = 256
	maxCause = 32768
)

// A hidden text is a member of a request that may be a secret: what AWS says of it
// does not repeat it.
type hidden struct {
	member, value string
	most          int // characters
}

func checkHidden(texts ...hidden) error {
	for _, t := range texts {
		if utf8.RuneCountInString(t.value) > t.most {
			return cloud.Errorf(400, "ValidationException",
				"1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", t.member, t.most)
		}
	}
	return nil
}

// checkLength checks a text of at most so many characters.
func checkLength(member, value string, most int) error {
	if len([]rune(value)) <= most {
		return nil
	}
	return invalidMember(value, member, fmt.Sprintf("Member must have length less than or equal to %d", most))
}
