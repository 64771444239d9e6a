// Package instances holds the names and shapes that cross a boundary between
// the constructs, the state machines and the callers of the switch for an EC2
// instance. It imports nothing outside the standard library.
package instances

// Request is the body of a request and the input of an execution.
type Request struct {
	InstanceID string `json:"instance_id"`
}

// Switched is the output of an execution.
type Switched struct {
	InstanceID string `json:"instance_id"`
	Action     Action `json:"action"`
	Previous   string `json:"previous"` // state, as EC2 names it
	Current    string `json:"current"`
}

// Action is what was done to the instance.
type Action string

const (
	Started Action = "STARTED"
	Stopped Action = "STOPPED"
)

// Errors of executions that switched nothing.
const (
	ErrorInstanceNotNamed     = "InstanceNotNamed"
	ErrorInstanceUnknown      = "InstanceUnknown" // another one than the construct's, or one that is gone
	ErrorInstancePending      = "InstancePending"
	ErrorInstanceStopping     = "InstanceStopping"
	ErrorInstanceShuttingDown = "InstanceShuttingDown"
	ErrorInstanceTerminated   = "InstanceTerminated"
	ErrorInstanceChanged      = "InstanceChanged" // while the execution looked
)

// Statuses are those of HTTP that a synchronous caller gets for the errors. Any
// other error is a 500.
var Statuses = map[string]int{
	ErrorInstanceNotNamed:     400,
	ErrorInstanceUnknown:      404,
	ErrorInstancePending:      409,
	ErrorInstanceStopping:     409,
	ErrorInstanceShuttingDown: 409,
	ErrorInstanceTerminated:   410,
	ErrorInstanceChanged:      409,
}
