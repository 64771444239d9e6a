package cfn

// This file resolves what is not known before the engine runs: dynamic
// references, and the values of SSM parameters.

import (
	"fmt"
	"regexp"
	"strings"
)

var dynamicReference = regexp.MustCompile(`\{\{resolve:([^:}]+):([^}]+)\}\}`)

// expand replaces the dynamic references in a text. A half of one is left
// alone: a function around it joins it with the other half.
func (r *resolver) expand(text string) (string, error) {
	if !strings.Contains(text, "{{resolve:") {
		return text, nil
	}
	var firstError error
	expanded := dynamicReference.ReplaceAllStringFunc(text, func(reference string) string {
		parts := dynamicReference.FindStringSubmatch(reference)
		value, err := r.lookUp(parts[1], parts[2])
		if err != nil && firstError == nil {
			firstError = fmt.Errorf("dynamic reference %s: %w", reference, err)
		}
		return value
	})
	return expanded, firstError
}

func (r *resolver) lookUp(service, reference string) (string, error) {
	if r.dynamic == nil {
		return "", fmt.Errorf("not supported by the local engine")
	}
	return r.dynamic(service, reference)
}

func (r *resolver) held(p ssmParameter) (any, error) {
	text, err := r.lookUp("ssm", p.name)
	if err != nil {
		return nil, fmt.Errorf("SSM parameter %s: %w", p.name, err)
	}
	return p.of(text), nil
}
