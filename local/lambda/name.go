package lambda

// This file reads the names by which calls find functions.

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Patterns of the names that calls may give, as AWS writes them in its refusals.
var (
	functionName = newNamePattern(`(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`)
	invokedName  = newNamePattern(`(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`)
	anyQualifier = newNamePattern(`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`)
)

// Parts of a name that the patterns of functions have.
const (
	accountPart   = 9
	namePart      = 11
	qualifierPart = 13
)

type namePattern struct {
	*regexp.Regexp
	text string
}

func newNamePattern(text string) namePattern {
	return namePattern{regexp.MustCompile("^(?:" + text + ")$"), text}
}

// patternOf is that of the names that an action takes.
func patternOf(action string) namePattern {
	switch action {
	case "lambda:InvokeFunction", "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:DeleteFunction":
		return invokedName
	}
	return functionName
}

// plain tells a name or a qualifier that all patterns know as such.
func plain(text string) bool {
	for _, c := range []byte(text) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return text != ""
}

// parseName splits NAME[:QUALIFIER], [ACCOUNT:]function:NAME[:QUALIFIER] and
// arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER].
func parseName(text string) (name, qualifier string) {
	if plain(text) {
		return text, ""
	}
	if _, rest, ok := strings.Cut(text, ":function:"); ok {
		if name, qualifier, _ = strings.Cut(rest, ":"); plain(name) {
			return name, qualifier
		}
	}
	if parts := invokedName.FindStringSubmatch(text); parts != nil {
		return parts[namePart], parts[qualifierPart]
	}
	return text, ""
}

// checkName refuses what is no name of a function, or one of elsewhere, and what is
// no qualifier.
func (l *Lambda) checkName(pattern namePattern, given, qualifier string) error {
	if plain(given) && (qualifier == "" || plain(qualifier)) && len(qualifier) <= 128 {
		return nil
	}
	var faults []string
	if n := len(qualifier); n > 128 {
		faults = append(faults, fault("'"+qualifier+"'", "qualifier", "Member must have length less than or equal to 128"))
	} else if n > 0 && !anyQualifier.MatchString(qualifier) {
		faults = append(faults, fault("'"+qualifier+"'", "qualifier", "Member must satisfy regular expression pattern: "+anyQualifier.text))
	}
	if !pattern.MatchString(given) {
		faults = append(faults, fault("'"+given+"'", "functionName", "Member must satisfy regular expression pattern: "+pattern.text))
	}
	if len(faults) > 0 {
		return notValid(faults...)
	}
	if account := pattern.FindStringSubmatch(given)[accountPart]; account != "" && account != l.cloud.Account+":" {
		return cloud.Errorf(403, "AccessDeniedException", "the function %s is of another account, and no policy of that one is known here", given)
	}
	if arn, ok := cloud.ParseARN(given); ok && arn.Region != l.cloud.Region {
		return cloud.Errorf(404, "ResourceNotFoundException", "Functions from '%s' are not reachable in this region ('%s')", arn.Region, l.cloud.Region)
	}
	return nil
}

// newName is the name that a function is to get: by itself, or at the end of an ARN.
func (l *Lambda) newName(given string) (string, error) {
	var faults []string
	if len(given) > 140 {
		faults = append(faults, fault("'"+given+"'", "functionName", "Member must have length less than or equal to 140"))
	}
	if !functionName.MatchString(given) {
		faults = append(faults, fault("'"+given+"'", "functionName", "Member must satisfy regular expression pattern: "+functionName.text))
	}
	if len(faults) > 0 {
		return "", notValid(faults...)
	}
	if err := l.checkName(functionName, given, ""); err != nil {
		return "", err
	}
	name, qualifier := parseName(given)
	if len(name) > 64 {
		return "", invalid("1 validation error detected: %s", fault("'"+name+"'", "functionName", "Member must have length less than or equal to 64"))
	}
	if qualifier != "" {
		return "", invalid("Function name %s has a qualifier, which a new function has not", given)
	}
	return name, nil
}

// untyped is an error that AWS tells without a type.
func untyped(err error) error {
	e := *cloud.AsError(err)
	e.Fields = map[string]any{"Type": nil}
	return &e
}

// fault is what is wrong with one parameter, in AWS's words.
func fault(value, parameter, constraint string) string {
	return fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, parameter, constraint)
}

// notValid is AWS's error of faults.
func notValid(faults ...string) error {
	errors := "error"
	if len(faults) > 1 {
		errors = "errors"
	}
	return cloud.Errorf(400, "ValidationException", "%d validation %s detected: %s", len(faults), errors, strings.Join(faults, "; "))
}

// unsatisfied is notValid of one parameter that breaks a constraint.
func unsatisfied(value, parameter, constraint string) error {
	return notValid(fault(value, parameter, constraint))
}
