package console

// This file is a stack's picture before anybody says how the resources are.

import (
	"fmt"
	"maps"
	"strings"

	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// sketch is a picture without how things are at the moment. It does not change.
type sketch struct {
	nodes []node
	calls []call      // by the nodes' names
	plan  *graph.Plan // nil: nothing calls anything
}

// maxElsewhere is how many resources of another stack a picture shows one by one. More
// are shown as that stack: a picture is of one stack, and has to stay readable.
const maxElsewhere = 8

// sketch returns the picture of a stack.
func (a *account) sketch(d *deployed) *sketch {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := *d.StackName
	if a.sketches[name] == nil {
		a.sketches[name] = newSketch(a.callsAround(d))
	}
	return a.sketches[name]
}

// callsAround are the calls of a stack's resources, and those of others' to them, with
// the nodes, by their ids.
func (a *account) callsAround(d *deployed) (calls []call, nodes map[string]node) {
	for _, other := range a.stacks {
		for _, c := range a.calls[*other.StackName] {
			for _, id := range []*string{&c.From, &c.To} {
				if !strings.Contains(*id, "/") {
					*id = *other.StackName + "/" + *id
				}
				*id = strings.TrimPrefix(*id, *d.StackName+"/")
			}
			if other == d || !strings.Contains(c.From, "/") || !strings.Contains(c.To, "/") {
				calls = append(calls, c)
			}
		}
	}
	nodes = maps.Clone(d.nodes)
	guests := map[string]map[string]bool{} // ids of other stacks' resources, by stack
	for _, c := range calls {
		for _, id := range []string{c.From, c.To} {
			stack, logical, away := strings.Cut(id, "/")
			if !away {
				continue
			}
			n, there := a.stack(stack).nodes[logical]
			if !there { // it is not created, by its condition
				continue
			}
			n.Name += " of " + stack
			nodes[id] = n
			if guests[stack] == nil {
				guests[stack] = map[string]bool{}
			}
			guests[stack][id] = true
		}
	}
	for stack, ids := range guests {
		if len(ids) <= maxElsewhere {
			continue
		}
		whole := node{ID: stack + "/", Name: stack, Type: stackType, Physical: stack, Stack: stack, Now: fmt.Sprintf("%d resources", len(ids))}
		for id := range ids {
			nodes[id] = whole
		}
	}
	return calls, nodes
}

// newSketch lays the picture out. A resource that nothing calls, and that calls nothing,
// is not in it.
func newSketch(calls []call, nodes map[string]node) *sketch {
	s := &sketch{}
	machine, boxes, drawn := &graph.Machine{}, map[string]*graph.State{}, map[call]bool{}
	box := func(n node) *graph.State {
		if boxes[n.Name] == nil {
			boxes[n.Name] = &graph.State{Name: n.Name, Type: "Task", Does: n.service() + ": " + longestNow[n.Type] + inAlarm}
			machine.States, s.nodes = append(machine.States, boxes[n.Name]), append(s.nodes, n)
		}
		return boxes[n.Name]
	}
	for _, c := range calls {
		from, called := nodes[c.From]
		to, calls := nodes[c.To]
		shown := call{from.Name, to.Name, c.How, c.Dead}
		if !called || !calls || drawn[call{From: from.Name, To: to.Name, Dead: c.Dead}] { // it is not created, by its condition; or several are one
			continue
		}
		drawn[call{From: from.Name, To: to.Name, Dead: c.Dead}] = true
		b := box(from)
		b.Transitions = append(b.Transitions, graph.Transition{To: box(to).Name, Catch: c.Dead})
		s.calls = append(s.calls, shown)
	}
	if len(s.nodes) > 0 {
		s.plan = machine.Plan()
	}
	return s
}

// inAlarm is what is said of a resource that has an alarm in ALARM.
const inAlarm = ", in ALARM"

// longestNow is how long what is said of a resource may be, for its room in the picture.
var longestNow = map[string]string{
	"AWS::SQS::Queue": "10000 visible, 100 in flight", "AWS::DynamoDB::Table": "100000 items", "AWS::DynamoDB::GlobalTable": "100000 items",
	"AWS::StepFunctions::StateMachine": "1000 or more running", "AWS::Lambda::Function": "100000 calls in an hour", "AWS::Events::Rule": "100000 matches in an hour", "AWS::SNS::Topic": "100000 messages in an hour",
}
