// This file finds what requests name: a state machine as it is, one of its
// versions, or an alias, which stands for one version or for two by their weights.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html

package states

import (
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A target is a machine as a request means it.
type target struct {
	machine  *machine
	revision *revision
	version  *version // nil: the machine as it is now
	alias    *alias   // nil: not by an alias
}

// now is the machine as it is.
func (m *machine) now() target { return target{machine: m, revision: m.current.Load()} }

// chosen says by which version and by which alias an execution was started.
type chosen struct{ version, alias string }

// chosen returns nil for a machine as it is.
func (t target) chosen() *chosen {
	if t.version == nil {
		return nil
	}
	c := &chosen{version: t.version.arn}
	if t.alias != nil {
		c.alias = t.alias.arn
	}
	return c
}

// cutQualifier splits the ARN of a machine from the number of a version or the
// name of an alias behind it.
func cutQualifier(arn string) (machineARN, qualifier string) {
	const parts = 7 // arn:aws:states:REGION:ACCOUNT:stateMachine:NAME
	if fields := strings.SplitN(arn, ":", parts+1); len(fields) > parts {
		return strings.Join(fields[:parts], ":"), fields[parts]
	}
	return arn, ""
}

// isNumber tells the number of a version from the name of an alias.
func isNumber(qualifier string) bool {
	_, err := strconv.ParseUint(qualifier, 10, 64)
	return err == nil
}

// authorize asks whether the caller may do something to a machine. Of a version or
// an alias the machine's own ARN counts, and a condition key.
// https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
func (s *StepFunctions) authorize(caller cloud.Caller, action, arn string) error {
	machineARN, qualifier := cutQualifier(arn)
	if qualifier != "" {
		caller = caller.With("states:StateMachineQualifier", qualifier)
	}
	return s.cloud.Authorize(caller, "states:"+action, machineARN)
}

// target finds what an ARN names and authorizes the caller for it. An alias is
// tossed for one of its versions.
func (s *StepFunctions) target(caller cloud.Caller, action, arn string) (target, error) {
	if err := checkARN(arn, "stateMachine"); err != nil {
		return target{}, err
	}
	if err := s.authorize(caller, action, arn); err != nil {
		return target{}, err
	}
	machineARN, qualifier := cutQualifier(arn)
	m, err := s.existingMachine(machineARN)
	if err == nil && qualifier != "" {
		if t, ok := m.published.find(qualifier); ok {
			t.machine = m
			return t, nil
		}
	}
	if err != nil || qualifier != "" {
		return target{}, noMachine(arn)
	}
	return m.now(), nil
}

func noMachine(arn string) error {
	return cloud.Errorf(400, "StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}
