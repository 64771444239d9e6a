package console

// This file is what an account's stacks are made of, for pictures of what calls what,
// also from stack to stack. It is read anew only where a stack has changed: reading large
// templates and laying their pictures out take longer than all the rest of a page, which
// is renewed every two seconds.

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// deployed is a stack as it is. It does not change.
type deployed struct {
	types.Stack
	template  *cfn.Template
	resources []types.StackResourceSummary
	nodes     map[string]node // what can be in a picture, by logical id
	nested    map[string]string
}

// revision is the same as long as the stack is, and empty while it is being changed.
func revision(s types.Stack) string {
	if strings.HasSuffix(string(s.StackStatus), "IN_PROGRESS") {
		return ""
	}
	return *s.StackId + " " + string(s.StackStatus) + " " + showTime(s.LastUpdatedTime)
}

// newDeployed reads a stack's template.
func newDeployed(s types.Stack, template string, resources []types.StackResourceSummary) (*deployed, error) {
	parsed := &cfn.Template{}
	if template != "" { // one that has only a change set has none
		var err error
		if parsed, err = cfn.Parse([]byte(template)); err != nil {
			return nil, err
		}
	}
	d := &deployed{Stack: s, template: parsed, resources: resources, nodes: map[string]node{}, nested: map[string]string{}}
	names := map[string]bool{}
	for _, r := range resources {
		id, physical := *r.LogicalResourceId, aws.ToString(r.PhysicalResourceId)
		declared := parsed.Resources[id]
		switch {
		case declared == nil || physical == "":
		case declared.Type == stackType:
			d.nested[id] = physical
		case drawnTypes[declared.Type] != "":
			n := node{ID: id, Name: nameOf(id, declared.Metadata.Members), Type: declared.Type, Physical: physical, Stack: *s.StackName}
			if names[n.Name] {
				n.Name += " " + id
			}
			d.nodes[id], names[n.Name] = n, true
		}
	}
	return d, nil
}

const stackType = "AWS::CloudFormation::Stack"

// account is all stacks that there are. It does not change.
type account struct {
	stacks  []*deployed // by name
	exports map[string]string
	named   map[string]*node // by physical id; nil: several have it
	byARN   map[string]*node // by service and name
	calls   map[string][]call

	mu       sync.Mutex
	sketches map[string]*sketch // by the name of a stack
}

func newAccount(stacks []*deployed) *account {
	a := &account{stacks: stacks, exports: map[string]string{}, named: map[string]*node{}, byARN: map[string]*node{}, calls: map[string][]call{}, sketches: map[string]*sketch{}}
	for _, d := range stacks {
		for _, o := range d.Outputs {
			if o.ExportName != nil {
				a.exports[*o.ExportName] = *o.OutputValue
			}
		}
		for _, n := range d.nodes {
			_, taken := a.named[n.Physical]
			if a.named[n.Physical] = &n; taken {
				a.named[n.Physical] = nil
			}
			a.byARN[drawnTypes[n.Type]+" "+nameIn(n.Physical)] = &n
		}
	}
	for _, d := range stacks {
		a.calls[*d.StackName] = callsOf(d.template, &surroundings{d, a})
	}
	return a
}

// stack finds one by its name or id, or nil.
func (a *account) stack(name string) *deployed {
	for _, d := range a.stacks {
		if name == *d.StackName || name == *d.StackId {
			return d
		}
	}
	return nil
}

// nameIn is the name of what an ARN is of, or of its part: of a table's index the table,
// of an object the bucket. Of other texts it is what they end in.
func nameIn(text string) string {
	arn, ok := cloud.ParseARN(text)
	if !ok {
		return lastPart(text)
	}
	name := arn.Resource
	for _, kind := range []string{"table/", "function:", "stateMachine:", "activity:", "event-bus/", "rule/", "stream/", "pipe/", "server/", "job/"} {
		name = strings.TrimPrefix(name, kind)
	}
	if arn.Service != "events" { // whose rules have their bus before them
		name, _, _ = strings.Cut(name, "/")
	}
	name, _, _ = strings.Cut(lastPart(name), ":")
	return name
}

// find is the resource that a text tells of, or nil: an ARN, or, if it is said to be a
// name, a name or an address.
func (a *account) find(text string, isName bool) *node {
	if arn, ok := cloud.ParseARN(text); ok {
		return a.byARN[arn.Service+" "+nameIn(text)]
	}
	if isName || strings.Contains(text, "://") {
		return a.named[text]
	}
	return nil
}

// accounts are the last one that was read.
type accounts struct {
	mu   sync.Mutex
	last *account
}

// of returns the account that has stacks as they are told; load reads one.
func (s *accounts) of(told []types.Stack, load func(types.Stack) (*deployed, error)) (*account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var stacks []*deployed
	same := s.last != nil && len(told) == len(s.last.stacks)
	for i, stack := range told {
		if v := revision(stack); s.last != nil && v != "" {
			if known := s.last.stack(*stack.StackId); known != nil && revision(known.Stack) == v {
				stacks = append(stacks, known)
				same = same && s.last.stacks[i] == known
				continue
			}
		}
		d, err := load(stack)
		if missing(err) { // deleted meanwhile
			same = false
			continue
		}
		if err != nil {
			return nil, err
		}
		stacks, same = append(stacks, d), false
	}
	if !same {
		s.last = newAccount(stacks)
	}
	return s.last, nil
}

// account reads what there is.
func (c *console) account(ctx context.Context) (*account, error) {
	var told []types.Stack
	for pages := cloudformation.NewDescribeStacksPaginator(c.stacks, &cloudformation.DescribeStacksInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		told = append(told, page.Stacks...)
	}
	slices.SortFunc(told, func(a, b types.Stack) int { return strings.Compare(*a.StackName, *b.StackName) })
	return c.accounts.of(told, func(s types.Stack) (*deployed, error) {
		resources, err := c.resources(ctx, *s.StackId)
		if err != nil {
			return nil, err
		}
		body, err := c.stacks.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: s.StackId})
		if err != nil {
			return nil, err
		}
		return newDeployed(s, aws.ToString(body.TemplateBody), resources)
	})
}
