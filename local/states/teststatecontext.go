// This file reads a context object that TestState is given.

package states

import "github.com/tradepost-dev/tradepost/local/jsonvalue"

// contextMembers are what the parts of a context object may have, by the type of
// their values; Execution.Input may be anything.
func contextMembers() map[string]map[string]string {
	return map[string]map[string]string{
		"Execution":    {"Id": "string", "Input": "", "Name": "string", "RoleArn": "string", "StartTime": "string", "RedriveCount": "number", "RedriveTime": "string"},
		"State":        {"Name": "string", "EnteredTime": "string", "RetryCount": "number"},
		"StateMachine": {"Id": "string", "Name": "string"},
		"Task":         {"Token": "string"},
	}
}

// readContext reads a context object for a state. It need not have all members.
func readContext(text string, tested state) (*jsonvalue.Object, error) {
	value, err := jsonvalue.Decode([]byte(text))
	context, ok := value.(*jsonvalue.Object)
	if err != nil || !ok {
		return nil, invalidContext("Context object must be a valid JSON object")
	}
	for name, part := range context.All() {
		members, known := contextMembers()[name]
		switch {
		case name == "Map":
			return nil, invalidContext("'Map' field is not supported when mocking a Context object")
		case !known:
			return nil, invalidContext("Field '" + name + "' is not allowed")
		case name == "Task" && !hasToken(tested):
			return nil, invalidContext("Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern")
		}
		if err := checkContextPart(name, part, members); err != nil {
			return nil, err
		}
	}
	return context, nil
}

func invalidContext(message string) error {
	return notTestable("Invalid Context object provided: %s", message)
}

// hasToken tells whether a state's context object has a task token.
func hasToken(s state) bool {
	t, ok := s.(*task)
	return ok && t.resource.pattern != requestResponse
}

func checkContextPart(name string, part any, members map[string]string) error {
	object, ok := part.(*jsonvalue.Object)
	if !ok {
		return invalidContext(name + " must be an object")
	}
	for member, value := range object.All() {
		want, known := members[member]
		if !known {
			return invalidContext("Field '" + member + "' is not allowed")
		}
		if kind := jsonvalue.KindOf(value); want != "" && kind != want {
			return invalidContext(name + "." + member + " must be a " + want)
		}
	}
	return nil
}
