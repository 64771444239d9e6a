package events

// This file makes rules and buses by calls.

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// call returns the answer as JSON, or the error.
func (w *world) call(t *testing.T, action, input string) string {
	t.Helper()
	out, err := w.Call(t.Context(), w.cloud.Administrator(), action, json.RawMessage(input))
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// do is call where the answer is to be as given.
func (w *world) do(t *testing.T, action, input, want string) {
	t.Helper()
	if got := w.call(t, action, input); got != want {
		t.Errorf("%s %s: %s\nwant %s", action, input, got, want)
	}
}

func (w *world) tell(t *testing.T, source string) {
	t.Helper()
	w.call(t, "PutEvents", `{"Entries": [{"Source": "`+source+`", "DetailType": "d", "Detail": "{}"}]}`)
}

const (
	ruleNamed = "arn:aws:events:eu-central-1:111122223333:rule/"
	busNamed  = "arn:aws:events:eu-central-1:111122223333:event-bus/"
	noFailure = `{"FailedEntryCount":0,"FailedEntries":[]}`
)

func functionTarget(id, function string) string {
	return `{"Id":"` + id + `","Arn":"arn:aws:lambda:eu-central-1:111122223333:function:` + function + `"}`
}

func TestARuleMadeByACallWorksUntilItIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.do(t, "PutRule", `{"Name": "r", "EventPattern": "{\"source\": [\"orders\"]}", "Description": "first"}`, `{"RuleArn":"`+ruleNamed+`r"}`)
		w.do(t, "PutTargets", `{"Rule": "r", "Targets": [`+functionTarget("a", "one")+`,`+functionTarget("b", "two")+`]}`, noFailure)
		w.tell(t, "orders")
		if got := w.called(); got != "one two" {
			t.Errorf("called are %q", got)
		}
		w.do(t, "PutTargets", `{"Rule": "r", "Targets": [`+functionTarget("a", "three")+`]}`, noFailure)
		w.do(t, "ListTargetsByRule", `{"Rule": "r"}`, `{"Targets":[`+functionTarget("a", "three")+`,`+functionTarget("b", "two")+`]}`)
		w.do(t, "PutRule", `{"Name": "r", "EventPattern": "{\"source\": [\"bills\"]}", "Tags": [{"Key": "k", "Value": "v"}]}`, `{"RuleArn":"`+ruleNamed+`r"}`)
		w.tell(t, "orders")
		w.tell(t, "bills")
		if got := w.called(); got != "three two" {
			t.Errorf("after an update called are %q", got)
		}
		w.do(t, "DisableRule", `{"Name": "r"}`, `{}`)
		w.do(t, "DescribeRule", `{"Name": "r"}`, `{"Name":"r","Arn":"`+ruleNamed+`r","EventPattern":"{\"source\": [\"bills\"]}","State":"DISABLED","EventBusName":"default","CreatedBy":"111122223333"}`)
		w.tell(t, "bills")
		if got := w.called(); got != "" {
			t.Errorf("of a rule that is disabled called are %q", got)
		}
		w.do(t, "EnableRule", `{"Name": "r"}`, `{}`)
		w.tell(t, "bills")
		if got := w.called(); got != "three two" {
			t.Errorf("of a rule that is enabled called are %q", got)
		}
		w.do(t, "DeleteRule", `{"Name": "r"}`, "ValidationException: Rule can't be deleted since it has targets.")
		w.do(t, "RemoveTargets", `{"Rule": "r", "Ids": ["a", "c", "b"]}`,
			`{"FailedEntryCount":1,"FailedEntries":[{"TargetId":"c","ErrorCode":"ResourceNotFoundException","ErrorMessage":"Rule r does not have a target with the Id c."}]}`)
		w.do(t, "DeleteRule", `{"Name": "r"}`, `{}`)
		w.do(t, "DeleteRule", `{"Name": "r"}`, `{}`)
		w.do(t, "DescribeRule", `{"Name": "r"}`, "ResourceNotFoundException: Rule r does not exist on EventBus default.")
	})
}

func TestWhatIsToldOfATargetIsWhatWasSaid(t *testing.T) {
	w := newWorld(t)
	const said = `{"Targets":[{"Id":"q","Arn":"arn:aws:sqs:eu-central-1:111122223333:q.fifo","InputTransformer":{"InputPathsMap":{"a":"$.source"},"InputTemplate":"\"<a>\""},` +
		`"RetryPolicy":{"MaximumRetryAttempts":0},"DeadLetterConfig":{"Arn":"arn:aws:sqs:eu-central-1:111122223333:dead"},"SqsParameters":{"MessageGroupId":"g"}},` +
		`{"Id":"m","Arn":"arn:aws:states:eu-central-1:111122223333:stateMachine:m","RoleArn":"arn:aws:iam::111122223333:role/r","Input":"{}"},` +
		`{"Id":"n","Arn":"arn:aws:sns:eu-central-1:111122223333:n","InputPath":"$.detail"}]}`
	w.call(t, "PutRule", `{"Name": "r", "ScheduleExpression": "rate(1 day)"}`)
	w.do(t, "PutTargets", `{"Rule": "r",`+said[1:], noFailure)
	w.do(t, "ListTargetsByRule", `{"Rule": "r"}`, said)
	first := strings.SplitAfter(said, `"g"}}`)[0] + `],"NextToken":"MQ=="}`
	w.do(t, "ListTargetsByRule", `{"Rule": "r", "Limit": 1}`, first)
	w.do(t, "ListTargetsByRule", `{"Rule": "r", "NextToken": "?"}`, "ValidationException: The token is invalid.")
}

func TestWhatRulesAndTargetsMayNotBe(t *testing.T) {
	w := newWorld(t)
	w.call(t, "CreateEventBus", `{"Name": "own"}`)
	w.call(t, "PutRule", `{"Name": "r", "EventPattern": "{\"source\": [\"orders\"]}"}`)
	target := func(members string) string {
		return `{"Rule": "r", "Targets": [{"Id": "t", "Arn": "arn:aws:sqs:eu-central-1:111122223333:q"` + members + `}]}`
	}
	six := functionTarget("0", "f")
	for i := range 5 {
		six += "," + functionTarget(fmt.Sprint(i+1), "f")
	}
	for name, row := range map[string]struct{ action, input, want string }{
		"no name":               {"PutRule", `{"Name": "a b", "ScheduleExpression": "rate(1 day)"}`, "ValidationException: 1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"},
		"a long name":           {"PutRule", `{"Name": "` + strings.Repeat("a", 65) + `", "ScheduleExpression": "rate(1 day)"}`, "Member must have length less than or equal to 64"},
		"neither":               {"PutRule", `{"Name": "n"}`, "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified."},
		"a wrong pattern":       {"PutRule", `{"Name": "n", "EventPattern": "[]"}`, "InvalidEventPatternException: Event pattern is not valid. Reason: Filter is not an object"},
		"a wrong schedule":      {"PutRule", `{"Name": "n", "ScheduleExpression": "cron(INVALID)"}`, "ValidationException: Parameter ScheduleExpression is not valid."},
		"a schedule elsewhere":  {"PutRule", `{"Name": "n", "EventBusName": "own", "ScheduleExpression": "rate(1 day)"}`, "ValidationException: ScheduleExpression is supported only on the default event bus."},
		"a wrong state":         {"PutRule", `{"Name": "n", "ScheduleExpression": "rate(1 day)", "State": "ON"}`, "ValidationException"},
		"no bus":                {"PutRule", `{"Name": "n", "EventBusName": "none", "EventPattern": "{\"source\": [\"a\"]}"}`, "ResourceNotFoundException: Event bus none does not exist."},
		"no rule":               {"PutTargets", `{"Rule": "none", "Targets": [` + functionTarget("a", "f") + `]}`, "ResourceNotFoundException: Rule none does not exist on EventBus default."},
		"a wrong id":            {"PutTargets", strings.Replace(target(""), `"t"`, `"!"`, 1), "Value '!' at 'targets.1.member.id' failed to satisfy constraint"},
		"six targets":           {"PutTargets", `{"Rule": "r", "Targets": [` + six + `]}`, "LimitExceededException: The requested resource exceeds the maximum number allowed."},
		"two inputs":            {"PutTargets", target(`, "Input": "{}", "InputPath": "$"`), "ValidationException: Only one of Input, InputPath, or InputTransformer must be provided for target t."},
		"an unknown service":    {"PutTargets", strings.Replace(target(""), ":sqs:", ":ecs:", 1), "NotImplemented: the local engine does not serve the parameter Targets[0].Arn of PutTargets: the local engine does not deliver events to arn:aws:ecs:"},
		"an unknown member":     {"PutTargets", target(`, "EcsParameters": {}`), "NotImplemented"},
		"many retries":          {"PutTargets", target(`, "RetryPolicy": {"MaximumRetryAttempts": 186}`), "ValidationException: must be from 0 to 185, got 186"},
		"the default bus anew":  {"CreateEventBus", `{"Name": "default"}`, "ResourceAlreadyExistsException: Event bus default already exists."},
		"the default bus gone":  {"DeleteEventBus", `{"Name": "default"}`, "ValidationException: Cannot delete event bus default."},
		"a bus with a slash":    {"CreateEventBus", `{"Name": "a/b"}`, "ValidationException"},
		"an unknown bus":        {"DescribeEventBus", `{"Name": "none"}`, "ResourceNotFoundException: Event bus none does not exist."},
		"a permission of none":  {"PutPermission", `{"EventBusName": "own"}`, "ValidationException: Parameter(s) Action, Principal and StatementId must be specified."},
		"another action":        {"PutPermission", `{"StatementId": "s", "Principal": "*", "Action": "events:PutRule"}`, "ValidationException: Provided value in parameter 'action' is not supported."},
		"no JSON of a policy":   {"PutPermission", `{"Policy": "{"}`, "ValidationException: This policy contains invalid Json"},
		"a policy that is gone": {"RemovePermission", `{"EventBusName": "own", "StatementId": "s"}`, "ResourceNotFoundException: Statement with the provided id does not exist."},
		"tags of anything":      {"TagResource", `{"ResourceARN": "arn:aws:events:eu-central-1:111122223333:archive/a", "Tags": []}`, "ValidationException"},
		"tags of no rule":       {"ListTagsForResource", `{"ResourceARN": "` + ruleNamed + `own/none"}`, "ResourceNotFoundException: Rule none does not exist on EventBus own."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.call(t, row.action, row.input); !strings.Contains(got, row.want) {
				t.Errorf("it answers %s\nwant %s", got, row.want)
			}
		})
	}
	w.do(t, "ListTargetsByRule", `{"Rule": "r"}`, `{"Targets":[]}`)
}

func TestABusMadeByACallRoutesUntilItIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.do(t, "CreateEventBus", `{"Name": "own", "Description": "d", "Tags": [{"Key": "k", "Value": "v"}]}`, `{"EventBusArn":"`+busNamed+`own","Description":"d"}`)
		w.do(t, "PutRule", `{"Name": "r", "EventBusName": "own", "EventPattern": "{\"source\": [\"orders\"]}"}`, `{"RuleArn":"`+ruleNamed+`own/r"}`)
		w.call(t, "PutTargets", `{"Rule": "r", "EventBusName": "`+busNamed+`own", "Targets": [`+functionTarget("a", "one")+`]}`)
		w.call(t, "PutEvents", `{"Entries": [{"EventBusName": "own", "Source": "orders", "DetailType": "d", "Detail": "{}"}]}`)
		if got := w.called(); got != "one" {
			t.Errorf("called are %q", got)
		}
		at := strings.TrimSuffix(w.call(t, "DescribeEventBus", `{"Name": "own"}`), "}")
		at = at[strings.Index(at, `"CreationTime"`):]
		w.do(t, "ListEventBuses", `{"NamePrefix": "o"}`, `{"EventBuses":[{"Name":"own","Arn":"`+busNamed+`own","Description":"d",`+at+`}]}`)
		w.do(t, "UpdateEventBus", `{"Name": "own", "Description": "e"}`, `{"Arn":"`+busNamed+`own","Name":"own","Description":"e"}`)
		w.do(t, "ListRuleNamesByTarget", `{"EventBusName": "own", "TargetArn": "arn:aws:lambda:eu-central-1:111122223333:function:one"}`, `{"RuleNames":["r"]}`)
		w.do(t, "ListTagsForResource", `{"ResourceARN": "`+busNamed+`own"}`, `{"Tags":[{"Key":"k","Value":"v"}]}`)
		w.do(t, "DeleteEventBus", `{"Name": "own"}`, "ValidationException: Event bus can't be deleted since it has rules.")
		w.call(t, "RemoveTargets", `{"Rule": "r", "EventBusName": "own", "Ids": ["a"]}`)
		w.call(t, "DeleteRule", `{"Name": "r", "EventBusName": "own"}`)
		w.do(t, "DeleteEventBus", `{"Name": "own"}`, `{}`)
		w.do(t, "DeleteEventBus", `{"Name": "own"}`, `{}`)
		if got := w.call(t, "ListEventBuses", `{}`); strings.Contains(got, "own") || !strings.Contains(got, `"Name":"default"`) {
			t.Errorf("left are %s", got)
		}
	})
}

func TestAPermissionOfABusCounts(t *testing.T) {
	w := newWorld(t)
	identity := iam.New(w.cloud)
	w.cloud.Authorizer, w.cloud.Policies = identity, identity
	w.call(t, "CreateEventBus", `{"Name": "own"}`)
	stranger := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/stranger/s", Role: "arn:aws:iam::111122223333:role/stranger"}
	permitted := func() bool {
		_, err := w.Call(t.Context(), stranger, "PutEvents", json.RawMessage(`{"Entries": [{"EventBusName": "own", "Source": "a", "DetailType": "d", "Detail": "{}"}]}`))
		return err == nil
	}
	policy := func() string {
		var out struct{ Policy string }
		json.Unmarshal([]byte(w.call(t, "DescribeEventBus", `{"Name": "own"}`)), &out)
		return out.Policy
	}
	if permitted() {
		t.Error("a stranger is permitted")
	}
	w.do(t, "PutPermission", `{"EventBusName": "own", "StatementId": "s", "Principal": "444455556666", "Action": "events:PutEvents"}`, `{}`)
	w.do(t, "PutPermission", `{"EventBusName": "own", "StatementId": "all", "Principal": "*", "Action": "events:PutEvents"}`, `{}`)
	want := `{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"events:PutEvents","Resource":"` + busNamed + `own"},` +
		`{"Sid":"all","Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"` + busNamed + `own"}]}`
	if policy() != want || !permitted() {
		t.Errorf("permitted %t, the policy is %s", permitted(), policy())
	}
	w.do(t, "RemovePermission", `{"EventBusName": "own", "StatementId": "none"}`, "ResourceNotFoundException: Statement with the provided id does not exist.")
	w.do(t, "RemovePermission", `{"EventBusName": "own", "StatementId": "all"}`, `{}`)
	if strings.Contains(policy(), `"all"`) || permitted() {
		t.Errorf("permitted %t, then the policy is %s", permitted(), policy())
	}
	w.do(t, "PutPermission", `{"EventBusName": "own", "Policy": "{\"Version\": \"2012-10-17\", \"Statement\": {\"Sid\": \"whole\", \"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"events:PutEvents\", \"Resource\": \"*\"}}"}`, `{}`)
	if !permitted() || strings.Contains(policy(), `"s"`) {
		t.Errorf("permitted %t, as a whole the policy is %s", permitted(), policy())
	}
	w.do(t, "RemovePermission", `{"EventBusName": "own", "StatementId": "whole"}`, `{}`)
	if permitted() || policy() != "" {
		t.Errorf("permitted %t, then the policy is %s", permitted(), policy())
	}
	w.do(t, "PutPermission", `{"EventBusName": "own", "StatementId": "all", "Principal": "*", "Action": "events:PutEvents"}`, `{}`)
	w.do(t, "RemovePermission", `{"EventBusName": "own", "RemoveAllPermissions": true}`, `{}`)
	if policy() != "" {
		t.Errorf("at last the policy is %s", policy())
	}
}

func TestStatementsThatArePutAtTheSameTimeAreAllInThePolicy(t *testing.T) {
	w := newWorld(t)
	w.cloud.Policies = iam.New(w.cloud)
	const n = 50
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			w.do(t, "PutPermission", fmt.Sprintf(`{"StatementId": "s%d", "Principal": "444455556666", "Action": "events:PutEvents"}`, i), `{}`)
		})
	}
	all.Wait()
	var out struct{ Policy string }
	json.Unmarshal([]byte(w.call(t, "DescribeEventBus", `{}`)), &out)
	if got := strings.Count(out.Policy, `"Sid"`); got != n {
		t.Errorf("%d of %d statements are in the policy", got, n)
	}
}

func TestTagsOfRulesAreThoseOfTheTemplateAndOfCalls(t *testing.T) {
	w := newWorld(t)
	declared := func(value string) string {
		return ruleOf("split", `"EventPattern": {"source": ["orders"]}, "Tags": [{"Key": "team", "Value": "`+value+`"}]`)
	}
	s := w.stack(t, `"Rule": `+declared("blue"))
	tags := func() string {
		var out struct{ Tags []cloud.Tag }
		json.Unmarshal([]byte(w.call(t, "ListTagsForResource", `{"ResourceARN": "`+ruleNamed+`Rule"}`)), &out)
		var all []string
		for _, tag := range out.Tags {
			if !strings.HasPrefix(tag.Key, "aws:") { // those of its stack
				all = append(all, tag.Key+"="+tag.Value)
			}
		}
		return strings.Join(all, " ")
	}
	if got := tags(); got != "team=blue" {
		t.Errorf("the tags are %s", got)
	}
	w.do(t, "TagResource", `{"ResourceARN": "`+ruleNamed+`Rule", "Tags": [{"Key": "team", "Value": "red"}, {"Key": "stage", "Value": "dev"}]}`, `{}`)
	if got := tags(); got != "team=red stage=dev" {
		t.Errorf("the tags are %s", got)
	}
	w.do(t, "UntagResource", `{"ResourceARN": "`+ruleNamed+`Rule", "TagKeys": ["team"]}`, `{}`)
	if got := tags(); got != "stage=dev" {
		t.Errorf("the tags are %s", got)
	}
	s.Put(t, "Rule", declared("green"))
	if got := tags(); got != "stage=dev team=green" {
		t.Errorf("after an update the tags are %s", got)
	}
	for _, value := range []string{"yellow", "black"} { // the tags are those of the first call
		w.call(t, "PutRule", `{"Name": "Called", "EventPattern": "{\"source\": [\"orders\"]}", "Tags": [{"Key": "team", "Value": "`+value+`"}]}`)
		w.do(t, "ListTagsForResource", `{"ResourceARN": "`+ruleNamed+`Called"}`, `{"Tags":[{"Key":"team","Value":"yellow"}]}`)
	}
}

func TestEachCallNeedsItsPermission(t *testing.T) {
	w := newWorld(t)
	identity := iam.New(w.cloud)
	w.cloud.Authorizer, w.cloud.Policies = identity, identity
	w.call(t, "PutRule", `{"Name": "r", "EventPattern": "{\"source\": [\"orders\"]}"}`)
	nobody := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/nobody/s", Role: "arn:aws:iam::111122223333:role/nobody"}
	for action, input := range map[string]string{
		"CreateEventBus": `{"Name": "b"}`, "DeleteEventBus": `{"Name": "b"}`, "DescribeEventBus": `{"Name": "default"}`, "UpdateEventBus": `{"Name": "default"}`, "ListEventBuses": `{}`,
		"PutRule": `{"Name": "r"}`, "DeleteRule": `{"Name": "r"}`, "DescribeRule": `{"Name": "r"}`, "EnableRule": `{"Name": "r"}`, "DisableRule": `{"Name": "r"}`,
		"PutTargets": `{"Rule": "r"}`, "RemoveTargets": `{"Rule": "r"}`, "ListTargetsByRule": `{"Rule": "r"}`, "ListRuleNamesByTarget": `{}`, "PutPermission": `{}`, "RemovePermission": `{}`,
		"CreateArchive": `{"ArchiveName": "a"}`, "UpdateArchive": `{"ArchiveName": "a", "RetentionDays": 1}`, "DeleteArchive": `{"ArchiveName": "a"}`, "DescribeArchive": `{"ArchiveName": "a"}`, "ListArchives": `{}`,
		"StartReplay": `{"ReplayName": "a"}`, "CancelReplay": `{"ReplayName": "a"}`, "DescribeReplay": `{"ReplayName": "a"}`, "ListReplays": `{}`, "CreateApiDestination": `{"Name": "d"}`,
		"UpdateApiDestination": `{"Name": "d"}`, "DeleteApiDestination": `{"Name": "d"}`, "DescribeApiDestination": `{"Name": "d"}`, "ListApiDestinations": `{}`,
		"CreateConnection": `{"Name": "c"}`, "UpdateConnection": `{"Name": "c"}`, "DeleteConnection": `{"Name": "c"}`, "DescribeConnection": `{"Name": "c"}`, "DeauthorizeConnection": `{"Name": "c"}`, "ListConnections": `{}`,
		"TagResource": `{"ResourceARN": "` + ruleNamed + `r"}`, "UntagResource": `{"ResourceARN": "` + busNamed + `default"}`, "ListTagsForResource": `{"ResourceARN": "` + ruleNamed + `r"}`,
	} {
		_, err := w.Call(t.Context(), nobody, action, json.RawMessage(input))
		if err == nil || !strings.Contains(err.Error(), "not authorized to perform: events:"+action) {
			t.Errorf("%s: %v", action, err)
		}
	}
}

// noPassing permits everything but passing roles.
type noPassing struct{}

func (noPassing) Authorize(_ cloud.Caller, action, role string) error {
	if action == "iam:PassRole" {
		return cloud.Errorf(403, "AccessDeniedException", "may not pass %s", role)
	}
	return nil
}

func (noPassing) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role, Role: role}, nil
}

func TestRolesOfRulesAndTargetsMustBePassed(t *testing.T) {
	w := newWorld(t)
	w.call(t, "PutRule", `{"Name": "r", "EventPattern": "{\"source\": [\"orders\"]}"}`)
	w.cloud.Authorizer = noPassing{}
	w.do(t, "PutRule", `{"Name": "r", "EventPattern": "{\"source\": [\"orders\"]}", "RoleArn": "x"}`, "AccessDeniedException: may not pass x")
	w.do(t, "PutTargets", `{"Rule": "r", "Targets": [{"Id": "t", "Arn": "arn:aws:sns:eu-central-1:111122223333:n", "RoleArn": "y"}]}`, "AccessDeniedException: may not pass y")
}

func TestRulesAreListedInPages(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a1", "a2", "a3", "b1"} {
		w.call(t, "PutRule", `{"Name": "`+name+`", "EventPattern": "{\"source\": [\"orders\"]}"}`)
	}
	var names []string
	for token := ""; ; {
		var out struct {
			Rules     []struct{ Name string }
			NextToken string
		}
		if err := json.Unmarshal([]byte(w.call(t, "ListRules", `{"NamePrefix": "a", "Limit": 2, "NextToken": "`+token+`"}`)), &out); err != nil {
			t.Fatal(err)
		}
		for _, rule := range out.Rules {
			names = append(names, rule.Name)
		}
		if token = out.NextToken; token == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "a1 a2 a3" {
		t.Errorf("the rules are %s", got)
	}
}
