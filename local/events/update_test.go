package events

// This file updates rules while events go through them.

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

func (w *world) stack(t *testing.T, resources string) *cfntest.Stack {
	t.Helper()
	s, err := cfntest.Create(t, w.cloud.Site, w.Types(), resources)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ruleOf declares the rule "Rule" with one target.
func ruleOf(function, properties string) string {
	return `{"Type": "AWS::Events::Rule", "Properties": {"Name": "Rule", ` + properties + `, "Targets": [{"Id": "T", "Arn": "arn:aws:lambda:eu-central-1:111122223333:function:` + function + `"}]}}`
}

// called are the functions that were invoked since it was asked last.
func (w *world) called() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for _, call := range w.calls {
		var in struct{ FunctionName string }
		json.Unmarshal(call.Input, &in)
		names = append(names, in.FunctionName[strings.LastIndex(in.FunctionName, ":")+1:])
	}
	w.calls = nil
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestARuleIsUpdatedInAllOfItsProperties(t *testing.T) {
	const orders = `"EventPattern": {"source": ["orders"]}`
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := w.stack(t, `"Rule": `+ruleOf("split", orders))
		describe := func() map[string]any {
			t.Helper()
			var out map[string]any
			if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "events", "DescribeRule", map[string]string{"Name": "Rule"}, &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		arn := describe()["Arn"]
		for _, step := range []struct{ name, rule, called string }{
			{"another target", ruleOf("merge", orders), "merge"},
			{"another pattern", ruleOf("merge", `"EventPattern": {"source": ["invoices"]}`), ""},
			{"a state", ruleOf("split", orders+`, "State": "DISABLED"`), ""},
			{"the state again", ruleOf("split", orders+`, "State": "ENABLED", "Description": "of orders"`), "split"},
			{"no target", `{"Type": "AWS::Events::Rule", "Properties": {"Name": "Rule", ` + orders + `}}`, ""},
			{"two targets", `{"Type": "AWS::Events::Rule", "Properties": {"Name": "Rule", ` + orders + `, "Targets": [
				{"Id": "A", "Arn": "arn:aws:lambda:eu-central-1:111122223333:function:a"}, {"Id": "B", "Arn": "arn:aws:lambda:eu-central-1:111122223333:function:b"}]}}`, "a b"},
			{"as it was", ruleOf("split", orders), "split"},
		} {
			s.Put(t, "Rule", step.rule)
			w.put(t, "{}")
			if got := w.called(); got != step.called {
				t.Errorf("%s: called %q, want %q", step.name, got, step.called)
			}
			if described := describe(); described["Arn"] != arn || s.Handles["Rule"].Attributes["Arn"] != arn {
				t.Errorf("%s: the rule is %v", step.name, described)
			}
		}
		if err := s.Try(t, map[string]string{"Rule": ruleOf("merge", orders+`, "State": "ASLEEP"`)}); err == nil {
			t.Error("a state that there is not was accepted")
		}
		w.put(t, "{}")
		if got := w.called(); got != "split" {
			t.Errorf("after what was refused %q is called", got)
		}
		s.Remove(t, "Rule")
		w.put(t, "{}")
		if got := w.called(); got != "" {
			t.Errorf("a rule that is gone calls %q", got)
		}
	})
}

func TestARulesScheduleIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.cloud.Close()
		s := w.stack(t, `"Rule": `+ruleOf("old", `"ScheduleExpression": "rate(1 minute)"`))
		for _, step := range []struct {
			name, rule, called string
		}{
			{"at first", ruleOf("old", `"ScheduleExpression": "rate(1 minute)"`), strings.TrimSpace(strings.Repeat("old ", 10))},
			{"less often, for another", ruleOf("new", `"ScheduleExpression": "rate(5 minutes)"`), "new new"},
			{"not at all", ruleOf("new", `"ScheduleExpression": "rate(5 minutes)", "State": "DISABLED"`), ""},
			{"by a pattern", ruleOf("new", `"EventPattern": {"source": ["orders"]}`), ""},
			{"often", ruleOf("new", `"ScheduleExpression": "rate(2 minutes)"`), strings.TrimSpace(strings.Repeat("new ", 5))},
		} {
			s.Put(t, "Rule", step.rule)
			time.Sleep(10*time.Minute + time.Second)
			if got := w.called(); got != step.called {
				t.Errorf("%s: called %q, want %q", step.name, got, step.called)
			}
		}
		s.Remove(t, "Rule")
		time.Sleep(10 * time.Minute)
		if got := w.called(); got != "" {
			t.Errorf("a rule that is gone calls %q", got)
		}
	})
}

// Every event meets the rule, as it was or as it is.
func TestNoEventIsLostWhileARuleIsUpdated(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, `"Rule": `+ruleOf("f0", `"EventPattern": {"source": ["orders"]}`))
	const publishers, each = 4, 200
	var publishing sync.WaitGroup
	for range publishers {
		publishing.Go(func() {
			for range each {
				w.Emit(cloud.Event{Source: "orders", DetailType: "Placed", Detail: json.RawMessage("{}")})
			}
		})
	}
	for n := range 50 {
		s.Put(t, "Rule", ruleOf(fmt.Sprint("f", n+1), `"EventPattern": {"source": ["orders"]}`))
	}
	publishing.Wait()
	w.cloud.Close() // when all deliveries have ended
	if got := len(w.calls); got != publishers*each {
		t.Errorf("%d events of %d were delivered", got, publishers*each)
	}
}

func TestTheTargetOfAnEventOnItsWayStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		failing := true
		w.answer = func(cloud.Call) error {
			if failing {
				failing = false
				return cloud.Errorf(500, "ServiceException", "not now")
			}
			return nil
		}
		s := w.stack(t, `"Rule": `+ruleOf("old", `"EventPattern": {"source": ["orders"]}`))
		w.put(t, "{}")
		s.Put(t, "Rule", ruleOf("new", `"EventPattern": {"source": ["orders"]}`))
		time.Sleep(time.Hour)
		if got := w.called(); got != "old old" {
			t.Errorf("called %q", got)
		}
	})
}

func TestTheStatementsOfABusAreReplaced(t *testing.T) {
	w := newWorld(t)
	store := iam.New(w.cloud)
	w.cloud.Policies, w.cloud.Authorizer = store, store
	const bus = "arn:aws:events:eu-central-1:111122223333:event-bus/orders"
	policy := func(action string) string {
		return `{"Type": "AWS::Events::EventBusPolicy", "Properties": {"EventBusName": {"Ref": "Bus"}, "StatementId": "one", "Statement":
			{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "` + action + `", "Resource": "` + bus + `"}}}`
	}
	own := func(action string) string {
		return `{"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders", "Policy": {"Version": "2012-10-17", "Statement":
			[{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "` + action + `", "Resource": "` + bus + `"}]}}}`
	}
	s := w.stack(t, `"Bus": `+own("events:PutEvents")+`, "Policy": `+policy("events:DescribeRule")+`,
		"Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": ["orders"]}}}`)
	may := func(action string) bool {
		return w.cloud.Authorize(cloud.Caller{ARN: "s3.amazonaws.com", Service: "s3.amazonaws.com"}, action, bus) == nil
	}
	s.Put(t, "Policy", policy("events:ListRules"))
	if may("events:DescribeRule") || !may("events:ListRules") || !may("events:PutEvents") {
		t.Error("the statement was not replaced, or the bus's own is gone")
	}
	s.Put(t, "Bus", own("events:PutRule"))
	if may("events:PutEvents") || !may("events:PutRule") || !may("events:ListRules") {
		t.Error("the bus's own policy was not replaced, or the statement is gone")
	}
	s.Put(t, "Bus", `{"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}}`)
	if may("events:PutRule") || !may("events:ListRules") {
		t.Error("the bus has its policy yet, or lost the statement")
	}
	if len(w.buses["orders"].rules) != 1 {
		t.Error("the bus has lost its rule")
	}
}

func TestTagsOfABusThatCallsHaveSetOutliveAnUpdate(t *testing.T) {
	w := newWorld(t)
	declared := func(key string) string {
		return `{"Type": "AWS::Events::EventBus", "Properties": {"Name": "tagged", "Tags": [{"Key": "` + key + `", "Value": "template"}]}}`
	}
	s := w.stack(t, `"Bus": `+declared("old"))
	ask := func(action string, in map[string]any) (keys []string) {
		t.Helper()
		var out struct{ Tags []cloud.Tag }
		in["ResourceARN"] = w.cloud.ARN("events", "event-bus/tagged")
		if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "events", action, in, &out); err != nil {
			t.Fatal(err)
		}
		for _, tag := range out.Tags {
			if !strings.HasPrefix(tag.Key, "aws:") {
				keys = append(keys, tag.Key)
			}
		}
		return keys
	}
	ask("TagResource", map[string]any{"Tags": []cloud.Tag{{Key: "call", Value: "call"}}})
	s.Put(t, "Bus", declared("new"))
	if got := ask("ListTagsForResource", map[string]any{}); !slices.Equal(got, []string{"call", "new"}) {
		t.Errorf("the tags are %v", got)
	}
}
