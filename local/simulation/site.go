package simulation

// This file names calls as readers know them: by the constructs that make them and
// that they are made to.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/assembly"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Site is where calls are made. Resources are named by their constructs' paths, or
// by "<stack>/<logical id>" where the assembly tells none.
type Site struct {
	Service string // that calls on behalf of the caller ("EventBridge"), or empty
	Caller  string // function, state machine, rule, ...
	State   string // of the state machine, or empty
	Action  string // "dynamodb:PutItem"
	On      string // tables, queues, buckets, functions, ...; empty where the call names none
}

func (s Site) String() string { return s.Who() + ": " + s.What() }

// Who is who calls.
func (s Site) Who() string {
	who := s.Caller
	if s.Service != "" {
		who = strings.TrimSuffix(s.Service+" for "+s.Caller, " for ")
	}
	if s.State != "" {
		who += ", " + s.State
	}
	return who
}

// What is what is called.
func (s Site) What() string {
	if s.On == "" {
		return s.Action
	}
	return s.Action + " of " + s.On
}

func (s Site) compare(other Site) int { return strings.Compare(s.String(), other.String()) }

// within leaves a stack's name out.
func (s Site) within(stack string) Site {
	s.Caller, s.On = strings.TrimPrefix(s.Caller, stack), strings.ReplaceAll(", "+s.On, ", "+stack, ", ")[2:]
	return s
}

// stackOf is what all paths begin with, "Shop/", or empty.
func stackOf(sites []Site) (stack string) {
	for _, site := range sites {
		for _, path := range append(strings.Split(site.On, ", "), site.Caller) {
			name, _, _ := strings.Cut(path, "/")
			switch name += "/"; {
			case path == "" || name == stack:
			case stack != "":
				return ""
			default:
				stack = name
			}
		}
	}
	return stack
}

// resource is one of the assembly.
type resource struct{ path, kind string }

// resources are those of a run, by their physical ids and by the last parts of these,
// and by "<stack>/<logical id>".
// Names are not unique: a table may be called as a queue is.
type resources map[string][]resource

// resourcesOf reads how the resources of stacks are called, by the paths of their
// constructs.
func resourcesOf(ctx context.Context, c *cloud.Cloud, stacks []assembly.Stack) (resources, error) {
	found := resources{}
	for _, s := range stacks {
		names := map[string]string{}
		paths, err := s.Constructs()
		if err != nil {
			return nil, fmt.Errorf("stack %s: %w", s.Name, err)
		}
		for path, id := range paths {
			names[id] = path
		}
		in := map[string]string{"StackName": s.Name}
		for {
			var page struct {
				StackResourceSummaries []struct{ LogicalResourceId, PhysicalResourceId, ResourceType string }
				NextToken              string
			}
			if err := c.Do(ctx, c.Administrator(), "cloudformation", "ListStackResources", in, &page); err != nil {
				return nil, err
			}
			for _, r := range page.StackResourceSummaries {
				named := resource{cmp.Or(names[r.LogicalResourceId], s.Name+"/"+r.LogicalResourceId), r.ResourceType}
				found.add(r.PhysicalResourceId, named)
				found[s.Name+"/"+r.LogicalResourceId] = []resource{named}
			}
			if in["NextToken"] = page.NextToken; page.NextToken == "" {
				break
			}
		}
	}
	return found, nil
}

// add adds a resource by its physical id, and by what that ends in. A stage's may be
// any word.
func (r resources) add(id string, named resource) {
	if named.kind == "AWS::ApiGateway::Stage" {
		return
	}
	r[id] = append(r[id], named)
	if short := last(id); short != id {
		r[short] = append(r[short], named)
	}
}

// declared is the resource that a stack declares by a logical id, or none.
func (r resources) declared(stack, id string) resource {
	if found := r[stack+"/"+id]; len(found) > 0 {
		return found[0]
	}
	return resource{}
}

// last is what an ARN or a URL ends in.
func last(id string) string { return id[strings.LastIndexAny(id, ":/")+1:] }

// find looks for a resource that an ARN, a URL or a name is of, by its first part
// that is one's: of a service if it has one of the name, otherwise of any.
func (r resources) find(id, service string) (resource, bool) {
	named := r[id]
	for _, part := range strings.FieldsFunc(id, func(c rune) bool { return c == ':' || c == '/' || c == '.' }) {
		if len(named) == 0 {
			named = r[part]
		}
	}
	if len(named) == 0 {
		return resource{}, false
	}
	return slices.MinFunc(named, func(a, b resource) int {
		if of := a.of(service); of != b.of(service) {
			return map[bool]int{true: -1, false: 1}[of]
		}
		return cmp.Or(len(a.path)-len(b.path), strings.Compare(a.path, b.path)) // a policy has its bucket's name
	}), true
}

// of tells whether a resource is of a service, by that's name in IAM actions.
func (r resource) of(service string) bool {
	return strings.HasPrefix(strings.ToLower(r.kind), "aws::"+cmp.Or(namespaces[service], service)+"::")
}

// namespaces are CloudFormation's names of services, where they are others.
var namespaces = map[string]string{"states": "stepfunctions", "execute-api": "apigateway"}

// services are what AWS's principals are called.
var services = map[string]string{
	"apigateway": "API Gateway", "cloudwatch": "CloudWatch", "events": "EventBridge", "lambda": "Lambda", "logs": "CloudWatch Logs", "s3": "S3",
	"scheduler": "EventBridge Scheduler", "secretsmanager": "Secrets Manager", "sns": "SNS", "states": "Step Functions", "transfer": "Transfer",
}

// site names a call that a function's handler makes itself, or not.
func (r resources) site(call cloud.Call, part string, inside bool) Site {
	s := Site{Action: call.Service + ":" + call.Action, On: r.subject(call)}
	if service := call.Caller.Service; service != "" {
		name := strings.TrimSuffix(service, ".amazonaws.com")
		found, _ := r.find(call.Caller.Context["aws:SourceArn"], name)
		s.Service, s.Caller = cmp.Or(services[name], name), found.path
		if found.kind == "AWS::Lambda::EventSourceMapping" {
			s.Caller = s.On // the function's, as polls are: mappings have paths that nobody wrote
		}
		return s
	}
	session := last(call.Caller.ARN) // functions and state machines give theirs their names
	if caller, ok := r.find(session, "states"); ok && caller.of("states") {
		s.Caller, s.State = caller.path, part
	} else if caller, ok := r.find(session, "lambda"); ok && caller.of("lambda") {
		s.Caller = caller.path
		if !inside {
			s.Service = services["lambda"]
		}
	} else {
		caller, _ := r.find(call.Caller.Role, "iam")
		s.Caller = caller.path
	}
	return s
}

// subject are the resources that a call's input names, of the service if there are
// some: in its members, and where none of these names one, in theirs.
func (r resources) subject(call cloud.Call) string {
	var value any
	if json.Unmarshal(call.Input, &value) != nil {
		return ""
	}
	for level := []any{value}; len(level) > 0; {
		var next []any
		own, others := map[string]bool{}, map[string]bool{}
		note := func(text string) {
			if found, ok := r.find(text, call.Service); ok && found.of(call.Service) {
				own[found.path] = true
			} else if ok {
				others[found.path] = true
			}
		}
		for _, value := range level {
			switch v := value.(type) {
			case []any:
				next = append(next, v...)
			case map[string]any:
				for name, member := range v {
					note(name)
					next = append(next, member)
				}
			case string:
				note(v)
			}
		}
		for _, paths := range []map[string]bool{own, others} {
			if len(paths) > 0 {
				return strings.Join(slices.Sorted(maps.Keys(paths)), ", ")
			}
		}
		level = next
	}
	return ""
}
