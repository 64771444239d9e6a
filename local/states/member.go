// This file checks the members of requests, as AWS checks them against the API's
// model before anything else.

package states

import (
	"fmt"
	"slices"
	"strings"

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

// checkLength checks a text of at most so many characters.
func checkLength(member, value string, most int) error {
	if len([]rune(value)) <= most {
		return nil
	}
	return invalidMember(value, member, fmt.Sprintf("Member must have length less than or equal to %d", most))
}
