package cloudformation

// This file knows requests that are sent once more by their tokens.

import (
	"regexp"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

var tokenForm = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]*$`)

func checkToken(token string) error {
	if token != "" && (len(token) > 128 || !tokenForm.MatchString(token)) {
		return invalid("1 validation error detected: Value '%.150s' at 'clientRequestToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]*", token)
	}
	return nil
}

// repeats tells whether a request has been taken before, with the mutex held: what
// it asks for is under way then, or done. There may be no such stack.
func (s *stack) repeats(action, token string) (bool, error) {
	if err := checkToken(token); err != nil || s == nil || token == "" {
		return false, err
	}
	switch s.tokens[token] {
	case "":
		return false, nil
	case action:
		return true, nil
	}
	return false, cloud.Errorf(400, "TokenAlreadyExistsException", "A client request token already exists.")
}

// takes lets a request begin, with the mutex held. The events that follow have its token.
func (s *stack) takes(action, token string) {
	s.token = token
	if token != "" {
		s.tokens[token] = action
	}
}
