package cfn

import (
	"reflect"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

func TestDifferencesArePathsAsFarAsTheyGo(t *testing.T) {
	list := func(elements ...any) map[string]any { return map[string]any{"L": elements} }
	deep := func(d, e string) map[string]any {
		return map[string]any{"A": map[string]any{"B": map[string]any{"C": map[string]any{"D": d, "E": e}}}}
	}
	for _, row := range []struct {
		name string
		a, b map[string]any
		want [][]string
	}{
		{"scalars that mean the same", map[string]any{"A": "30", "B": true}, map[string]any{"A": 30.0, "B": "true"}, nil},
		{"within an object", map[string]any{"A": map[string]any{"B": "1", "C": "2"}}, map[string]any{"A": map[string]any{"B": "1", "C": "3"}}, [][]string{{"A", "C"}}},
		{"what comes and goes", map[string]any{"A": "1"}, map[string]any{"B": "1"}, [][]string{{"A"}, {"B"}}},
		{"an element of a list", list("a", "b"), list("a", "c"), [][]string{{"L", "1"}}},
		{"a longer list", list("a"), list("a", "b"), [][]string{{"L"}}},
		{"the same texts in an object and a list", map[string]any{"A": map[string]any{"0": "a"}}, list("a"), [][]string{{"A"}, {"L"}}},
		{"a list for an object", map[string]any{"L": map[string]any{"0": "a"}}, list("b"), [][]string{{"L", "0"}}},
		{"neighbours far below", deep("1", "2"), deep("3", "4"), [][]string{{"A", "B", "C", "D"}, {"A", "B", "C", "E"}}},
		{"an object for a scalar", map[string]any{"A": "1"}, map[string]any{"A": map[string]any{}}, [][]string{{"A"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := differences(row.a, row.b); !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestTheWorstOfSeveralChangesCounts(t *testing.T) {
	if got := recreation("AWS::SQS::Queue", [][]string{{"FifoQueue"}, {"DelaySeconds"}}); got != schema.Always {
		t.Errorf("got %s", got)
	}
	if got := recreation("AWS::SQS::Queue", [][]string{{"DelaySeconds"}, {"FifoQueue"}}); got != schema.Always {
		t.Errorf("the other way round, got %s", got)
	}
	if got := recreation("AWS::EC2::Instance", [][]string{{"UserData"}, {"Monitoring"}}); got != schema.Conditionally {
		t.Errorf("of what depends on the values, got %s", got)
	}
	if got := recreation("AWS::EC2::Instance", [][]string{{"UserData"}, {"KeyName"}}); got != schema.Always {
		t.Errorf("of a replacement after that, got %s", got)
	}
	if got := recreation("AWS::CloudFormation::CustomResource", [][]string{{"ServiceToken"}}); got != schema.Never {
		t.Errorf("of a custom resource of no name, got %s", got)
	}
	if got := recreation("Custom::Thing", [][]string{{"ServiceToken"}}); got != schema.Never {
		t.Errorf("of a custom resource, got %s", got)
	}
}

func TestANameWithinSomethingElseIsFreeThere(t *testing.T) {
	const stage, rule, group, key, alias = "AWS::ApiGateway::Stage", "AWS::Events::Rule", "AWS::Scheduler::Schedule", "AWS::ApiGateway::UsagePlanKey", "AWS::Lambda::Alias"
	for _, row := range []struct{ kind, name, ref, changed, want string }{
		{stage, "StageName", "prod", "RestApiId", ""}, {rule, "Name", "bus|mine", "EventBusName", ""}, {group, "Name", "mine", "GroupName", ""},
		{key, "KeyType", "k", "UsagePlanId", ""}, {key, "KeyType", "k", "KeyId", ""},
		{alias, "Name", "arn:aws:lambda:eu-west-1:111122223333:function:f:prod", "FunctionName", "prod"},
		{"AWS::SNS::Topic", "TopicName", "arn:aws:sns:eu-west-1:111122223333:mine", "FifoTopic", "mine"},
		{"AWS::SQS::Queue", "QueueName", "http://localhost/111122223333/mine", "FifoQueue", "mine"},
		{"AWS::SQS::Queue", "QueueName", "http://localhost/111122223333/notmine", "FifoQueue", ""},
		{"AWS::SQS::Queue", "DelaySeconds", "http://localhost/111122223333/5", "FifoQueue", ""},
	} {
		name := row.ref[strings.LastIndexAny(row.ref, "/:|")+1:]
		i := &instance{Resource: Resource{Type: row.kind}, handle: Handle{Ref: row.ref}, properties: map[string]any{row.name: strings.TrimPrefix(name, "not"), row.changed: "a"}}
		if got := customName(i, i, [][]string{{row.changed}}); got != row.want {
			t.Errorf("%s of %s: got %q, want %q", row.changed, row.kind, got, row.want)
		}
	}
}
