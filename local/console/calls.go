package console

// This file derives from a template what calls what: who sends events, messages and
// requests to whom, and whose policies and variables name which resources.

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// drawnTypes are the resources that call or are called, with the services whose
// icons they have.
var drawnTypes = map[string]string{
	"AWS::Lambda::Function": "lambda", "AWS::SQS::Queue": "sqs", "AWS::SNS::Topic": "sns", "AWS::S3::Bucket": "s3",
	"AWS::DynamoDB::Table": "dynamodb", "AWS::DynamoDB::GlobalTable": "dynamodb", "AWS::StepFunctions::StateMachine": "states",
	"AWS::StepFunctions::Activity": "states", "AWS::Events::Rule": "events", "AWS::Events::EventBus": "events", "AWS::Pipes::Pipe": "pipes",
	"AWS::Scheduler::Schedule": "scheduler", "AWS::Transfer::Server": "transfer", "AWS::ApiGateway::RestApi": "apigateway",
	"AWS::Kinesis::Stream": "kinesis", "AWS::Glue::Job": "glue", "AWS::EC2::Instance": "ec2",
}

// call is one resource's to another, by their ids.
type call struct {
	From, To string
	How      string // in words
	Dead     bool   // what goes there is what nobody could work on
}

// declarations are a template, as far as it tells of calls.
type declarations struct {
	*cfn.Template
	around *surroundings
	grants map[string][]grant // by the logical id of a role
	calls  map[[2]string]call
}

// grant is what a statement of a role's policy allows.
type grant struct {
	actions   []string
	resources []string // logical ids
}

// callsOf are the calls of a template, in the order of what makes them. Those of other
// stacks' resources have ids by elsewhere.
func callsOf(parsed *cfn.Template, around *surroundings) []call {
	t := &declarations{parsed, around, map[string][]grant{}, map[[2]string]call{}}
	ids := slices.Sorted(maps.Keys(t.Resources))
	for _, id := range ids {
		t.readGrants(id)
	}
	for _, id := range ids {
		t.read(id)
	}
	return slices.SortedFunc(maps.Values(t.calls), func(a, b call) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
}

// add notes calls. What is said first of two resources counts, but for dead letters.
func (t *declarations) add(from, to []string, how string, dead bool) {
	for _, a := range from {
		for _, b := range to {
			if a == b || drawnTypes[t.typeOf(a)] == "" || drawnTypes[t.typeOf(b)] == "" {
				continue
			}
			key := [2]string{a, b}
			if known, ok := t.calls[key]; !ok || dead && !known.Dead && known.How == permitted {
				t.calls[key] = call{a, b, how, dead}
			}
		}
	}
}

// permitted is a call that only a policy tells of: what it is for is told by others
// where they do.
const permitted = "as its policy permits"

func (t *declarations) typeOf(id string) string {
	if r := t.Resources[id]; r != nil {
		return r.Type
	}
	return t.around.typeOf(id)
}

// read notes the calls that a resource tells of.
func (t *declarations) read(id string) {
	r := t.Resources[id]
	self, has := []string{id}, func(names ...string) []string { return t.references(member(r.Properties, names...)) }
	switch r.Type {
	case "AWS::Lambda::EventSourceMapping":
		t.add(has("EventSourceArn"), has("FunctionName"), "is read in batches", false)
	case "AWS::Lambda::Permission":
		t.add(has("SourceArn"), has("FunctionName"), "invokes", false)
	case "AWS::Lambda::EventInvokeConfig":
		t.add(has("FunctionName"), has("DestinationConfig", "OnFailure"), "failed events", true)
		t.add(has("FunctionName"), has("DestinationConfig", "OnSuccess"), "results", false)
	case "AWS::Lambda::Function":
		t.add(self, has("DeadLetterConfig"), "failed events", true)
		t.add(self, has("Environment"), "has it in its environment", false)
		t.permit(self, has("Role"))
	case "AWS::StepFunctions::StateMachine":
		t.add(self, slices.Concat(has("DefinitionString"), has("Definition"), has("DefinitionSubstitutions")), "has it in its definition", false)
		t.permit(self, has("RoleArn"))
	case "AWS::Events::Rule":
		t.add(slices.Concat(has("EventPattern"), has("EventBusName")), self, "events", false)
		t.targets(self, member(r.Properties, "Targets"))
	case "AWS::Scheduler::Schedule":
		t.targets(self, member(r.Properties, "Target"))
	case "AWS::Pipes::Pipe":
		t.add(has("Source"), self, "is read in batches", false)
		t.add(self, slices.Concat(has("Enrichment"), has("Target")), "calls", false)
	case "AWS::SNS::Subscription":
		t.add(has("TopicArn"), has("Endpoint"), "tells", false)
		t.add(has("TopicArn"), has("RedrivePolicy"), "undelivered messages", true)
	case "AWS::SQS::Queue":
		t.add(self, has("RedrivePolicy"), "dead letters", true)
	case "AWS::S3::Bucket":
		t.add(self, has("NotificationConfiguration"), "notifies", false)
	case "Custom::S3BucketNotifications":
		t.add(has("BucketName"), has("NotificationConfiguration"), "notifies", false)
	case "AWS::ApiGateway::Method":
		t.add(has("RestApiId"), has("Integration"), "integrates", false)
		t.permit(has("RestApiId"), has("Integration", "Credentials"))
	case "AWS::ApiGateway::Authorizer":
		t.add(has("RestApiId"), has("AuthorizerUri"), "asks who calls", false)
	case "AWS::Transfer::User":
		t.permit(has("ServerId"), has("Role"))
	}
}

// targets notes whom a rule or a schedule calls.
func (t *declarations) targets(self []string, targets any) {
	list, ok := targets.([]any)
	if !ok {
		list = []any{targets}
	}
	for _, target := range list {
		t.add(self, t.references(member(target, "Arn")), "calls", false)
		t.add(self, t.references(member(target, "DeadLetterConfig")), "undelivered events", true)
	}
}

// readGrants notes what a policy allows to roles.
func (t *declarations) readGrants(id string) {
	r := t.Resources[id]
	switch r.Type {
	case "AWS::IAM::Role":
		policies, _ := member(r.Properties, "Policies").([]any)
		for _, p := range policies {
			t.grant([]string{id}, member(p, "PolicyDocument"))
		}
		for _, managed := range t.references(member(r.Properties, "ManagedPolicyArns")) {
			if m := t.Resources[managed]; m != nil {
				t.grant([]string{id}, member(m.Properties, "PolicyDocument"))
			}
		}
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy":
		t.grant(t.references(member(r.Properties, "Roles")), member(r.Properties, "PolicyDocument"))
	}
}

func (t *declarations) grant(roles []string, document any) {
	statements, ok := member(document, "Statement").([]any)
	if !ok {
		statements = []any{member(document, "Statement")}
	}
	for _, s := range statements {
		if member(s, "Effect") != "Allow" {
			continue
		}
		g := grant{texts(member(s, "Action")), t.references(member(s, "Resource"))}
		for _, role := range roles {
			t.grants[role] = append(t.grants[role], g)
		}
	}
}

// reading are actions by which one takes from a queue or a stream: that this is read
// by a function is told by their mapping.
var reading = regexp.MustCompile(`^(sqs:(ReceiveMessage|DeleteMessage|ChangeMessageVisibility|GetQueue.*)|kinesis:(Get|Describe|List|Subscribe).*|dynamodb:(GetRecords|GetShardIterator|DescribeStream|ListStreams))$`)

// permit notes calls of whom has roles, by their policies.
func (t *declarations) permit(self, roles []string) {
	for _, role := range roles {
		for _, g := range t.grants[role] {
			if !slices.ContainsFunc(g.actions, func(action string) bool { return !reading.MatchString(action) }) {
				continue
			}
			t.add(self, g.resources, permitted, false)
		}
	}
}

// member is what an object has below names, or nil.
func member(value any, names ...string) any {
	for _, name := range names {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// texts is a text, or a list of them.
func texts(value any) (all []string) {
	if text, ok := value.(string); ok {
		return []string{text}
	}
	list, _ := value.([]any)
	for _, one := range list {
		if text, ok := one.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// placeholder is one of Fn::Sub: ${Queue}, ${Queue.Arn}.
var placeholder = regexp.MustCompile(`\$\{([^!.}]+)[^}]*\}`)

// references are the ids of the resources that a value names.
func (t *declarations) references(value any) (ids []string) {
	if id := t.around.reference(value); id != "" {
		return []string{id}
	}
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			ids = append(ids, t.references(one)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch argument := v[name]; name {
			case "Ref":
				ids = append(ids, texts(argument)...)
			case "Fn::GetAtt":
				if parts := texts(argument); len(parts) > 0 {
					id, _, _ := strings.Cut(parts[0], ".")
					ids = append(ids, id)
				}
			case "Fn::Sub":
				ids = append(ids, t.substituted(argument)...)
			default:
				ids = append(ids, t.references(argument)...)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(slices.DeleteFunc(ids, func(id string) bool { return t.Resources[id] == nil && t.around.typeOf(id) == "" }))
}

// substituted are those of Fn::Sub, with or without variables.
func (t *declarations) substituted(argument any) (ids []string) {
	text := argument
	if list, ok := argument.([]any); ok && len(list) == 2 {
		text, ids = list[0], t.references(list[1])
	}
	written, _ := text.(string)
	for _, found := range placeholder.FindAllStringSubmatch(written, -1) {
		ids = append(ids, found[1])
	}
	return ids
}
