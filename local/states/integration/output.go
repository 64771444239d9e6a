// This file says what results of integrations look like, for mocks of them.

package integration

import (
	"strings"

	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// Output is the shape of a call's answer, which is a task's result.
func (i *Integration) Output() shapes.Output {
	if i.Direct {
		return shapes.Output{} // what the function likes to answer
	}
	return shapes.Output{Service: i.Service, Operation: i.Action}
}

// JobOutput is the shape of what .sync gives of the job in the end. Its times are
// numbers; in version 2 the input and the output of an execution are JSON.
func (i *Integration) JobOutput(version int) shapes.Output {
	o := shapes.Output{Service: i.Service, Operation: i.described, Within: i.describedWithin, NumericTimes: true}
	if version == 2 {
		o.Free = []string{"Input", "Output"}
	}
	return o
}

// Unserved is the integration of a Resource that Find does not know: any action of
// any service. It can be mocked, and not called.
func Unserved(name string) *Integration {
	i := &Integration{Callback: true, job: awaitExecution, stop: stopExecution}
	parts := strings.Split(name, ":")
	if len(parts) < 2 {
		return nil
	}
	i.Action = shapes.UpperFirst(parts[len(parts)-1])
	i.Service = parts[len(parts)-2]
	i.ResourceType = strings.Join(parts[:len(parts)-1], ":")
	return i
}
