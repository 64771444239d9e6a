package console

// This file is what stays of a stack's picture while the stack does: reading a large
// template and laying its picture out take longer than all the rest of the page, which
// is renewed every two seconds.

import (
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// sketch is a picture before anybody says how the resources are. It does not change.
type sketch struct {
	from     string // the template, and which resources there are of it
	template *cfn.Template
	nodes    []node
	calls    []call // by the nodes' names
	plan     *graph.Plan
}

// sketches are the last ones of each stack.
type sketches struct {
	mu      sync.Mutex
	byStack map[string]*sketch
}

// of returns the sketch of a stack as it is.
func (s *sketches) of(stack, template string, resources []types.StackResourceSummary) (*sketch, error) {
	var from strings.Builder
	from.WriteString(template)
	for _, r := range resources {
		from.WriteString("\n" + *r.LogicalResourceId + " " + aws.ToString(r.PhysicalResourceId))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.byStack[stack]; known != nil && known.from == from.String() {
		return known, nil
	}
	parsed, err := cfn.Parse([]byte(template))
	if err != nil {
		return nil, err
	}
	made := newSketch(parsed, resources)
	made.from = from.String()
	if s.byStack == nil {
		s.byStack = map[string]*sketch{}
	}
	s.byStack[stack] = made
	return made, nil
}

// newSketch lays the picture out. A resource that nothing calls, and that calls nothing,
// is not in it.
func newSketch(t *cfn.Template, resources []types.StackResourceSummary) *sketch {
	nodes, names := map[string]node{}, map[string]bool{} // nodes by logical id
	for _, r := range resources {
		id := *r.LogicalResourceId
		if declared := t.Resources[id]; declared != nil && drawnTypes[declared.Type] != "" && aws.ToString(r.PhysicalResourceId) != "" {
			n := node{ID: id, Name: nameOf(id, declared.Metadata), Type: declared.Type, Physical: *r.PhysicalResourceId}
			if names[n.Name] {
				n.Name += " " + id
			}
			nodes[id], names[n.Name] = n, true
		}
	}
	s := &sketch{template: t}
	machine, boxes := &graph.Machine{}, map[string]*graph.State{}
	box := func(n node) *graph.State {
		if boxes[n.ID] == nil {
			boxes[n.ID] = &graph.State{Name: n.Name, Type: "Task", Does: drawnTypes[n.Type] + ": " + longestNow[n.Type] + inAlarm}
			machine.States, s.nodes = append(machine.States, boxes[n.ID]), append(s.nodes, n)
		}
		return boxes[n.ID]
	}
	for _, c := range callsOf(t) {
		from, called := nodes[c.From]
		to, calls := nodes[c.To]
		if !called || !calls { // it is not created, by its condition
			continue
		}
		b := box(from)
		b.Transitions = append(b.Transitions, graph.Transition{To: box(to).Name, Catch: c.Dead})
		s.calls = append(s.calls, call{from.Name, to.Name, c.How, c.Dead})
	}
	s.plan = machine.Plan()
	return s
}

// inAlarm is what is said of a resource that has an alarm in ALARM.
const inAlarm = ", in ALARM"

// longestNow is how long what is said of a resource may be, for its room in the picture.
var longestNow = map[string]string{
	"AWS::SQS::Queue": "10000 visible, 100 in flight", "AWS::DynamoDB::Table": "100000 items", "AWS::DynamoDB::GlobalTable": "100000 items",
	"AWS::StepFunctions::StateMachine": "1000 or more running", "AWS::Lambda::Function": "100000 calls in an hour", "AWS::Events::Rule": "100000 matches in an hour", "AWS::SNS::Topic": "100000 messages in an hour",
}
