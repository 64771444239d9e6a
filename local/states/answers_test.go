package states

// This file holds whole answers, histories, events and metrics to a file: every
// member of them.

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/internal/golden"
)

var writes = flag.Bool("update", false, "write the files of testdata instead of comparing with them")

// random is what is made at random: ids, and the tokens of tasks.
var random = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|Root=1-[0-9a-f]{8}-[0-9a-f]{24}|"taskToken":"[^"]+"`)

// notebook is what is asked and answered, and which rights that takes, with
// numbers for what is made at random.
type notebook struct {
	*world
	bytes.Buffer
	ids    map[string]string
	rights rights
}

func (r *notebook) line(value any) {
	r.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		r.t.Fatal(err)
	}
	fmt.Fprintf(r, "%s\n", random.ReplaceAllStringFunc(string(text), func(id string) string {
		if r.ids[id] == "" {
			r.ids[id] = fmt.Sprint("id-", len(r.ids)+1)
		}
		return r.ids[id]
	}))
}

// ask performs an action, a second after the last one, and notes its answer:
// each element of a list in a line of its own. It returns the answer.
func (r *notebook) ask(action string, input map[string]any) map[string]any {
	r.t.Helper()
	time.Sleep(time.Second)
	synctest.Wait()
	answer := r.mustCall(action, input)
	synctest.Wait() // for all that comes of it at once
	fmt.Fprintf(r, "\n# %s\n", action)
	r.may()
	var lists []string
	rest := map[string]any{}
	for name, value := range answer {
		if _, ok := value.([]any); ok {
			lists = append(lists, name)
		} else {
			rest[name] = value
		}
	}
	r.line(rest)
	for _, name := range slices.Sorted(slices.Values(lists)) {
		fmt.Fprintf(r, "%s:\n", name)
		for _, element := range answer[name].([]any) {
			r.line(element)
		}
	}
	return answer
}

// may notes which rights have been asked for, since the last time.
func (r *notebook) may() {
	r.t.Helper()
	r.rights.mu.Lock()
	defer r.rights.mu.Unlock()
	slices.Sort(r.rights.asked)
	for _, one := range slices.Compact(r.rights.asked) {
		r.line(one)
	}
	r.rights.asked = nil
}

// told notes what there is to tell of an execution that has ended.
func (r *notebook) told(arn string) {
	r.t.Helper()
	r.ask("DescribeExecution", map[string]any{"executionArn": arn})
	r.ask("GetExecutionHistory", map[string]any{"executionArn": arn, "includeExecutionData": true})
}

// everyKind has a state of every type, a retry and a catch.
const everyKind = `{"Comment":"all","StartAt":"Pass","TimeoutSeconds":3600,"States":{
	"Pass":{"Type":"Pass","Assign":{"n":7},"Next":"Function"},
	"Function":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:echo","TimeoutSeconds":9,"Next":"Broken"},
	"Broken":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"bad"},"TimeoutSeconds":9,
		"Retry":[{"ErrorEquals":["Oops"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["Oops"],"ResultPath":"$.error","Assign":{"n":8},"Next":"Wait"}],"End":true},
	"Wait":{"Type":"Wait","Seconds":3,"Next":"Choice"},
	"Choice":{"Type":"Choice","Choices":[{"Variable":"$.error","IsPresent":true,"Assign":{"n":9},"Next":"Both"}]},
	"Both":{"Type":"Parallel","ResultPath":"$.both","Next":"Each","Branches":[{"StartAt":"One","States":{"One":{"Type":"Pass","Result":1,"End":true}}}]},
	"Each":{"Type":"Map","MaxConcurrency":1,"ItemsPath":"$.items","ResultPath":null,"ItemProcessor":{"StartAt":"Item","States":{"Item":{"Type":"Pass","End":true}}},"Next":"Done"},
	"Done":{"Type":"Succeed"}}}`

func TestAnswersHaveAllTheirMembers(t *testing.T) {
	var once mended
	services := map[string]fakeService{"lambda": functions{
		"echo": func(_ context.Context, payload any) (any, error) { return payload, nil },
		"bad":  func(context.Context, any) (any, error) { return nil, &thrown{"Oops", "no"} },
		"once": once.call,
	}.service(), "sts": trusting(new(map[string]any))}
	const role = "arn:aws:iam::123456789012:role/r"
	inWorld(t, services, func(t *testing.T, w *world) {
		r := &notebook{world: w, ids: map[string]string{}, rights: rights{all: true}}
		w.cloud.Authorizer = &r.rights
		type in = map[string]any
		make := func(name, definition string) string {
			t.Helper()
			return r.ask("CreateStateMachine", in{"name": name, "definition": definition, "roleArn": role})["stateMachineArn"].(string)
		}
		start := func(machine, name, input string) string {
			t.Helper()
			return r.ask("StartExecution", in{"stateMachineArn": machine, "name": name, "input": input})["executionArn"].(string)
		}

		created := r.ask("CreateStateMachine", in{"name": "all", "definition": everyKind, "roleArn": role, "publish": true, "versionDescription": "the first",
			"tags": []any{in{"key": "team", "value": "a"}}, "tracingConfiguration": in{"enabled": true}})
		all, first := created["stateMachineArn"].(string), created["stateMachineVersionArn"].(string)
		second := r.ask("UpdateStateMachine", in{"stateMachineArn": all, "definition": strings.Replace(everyKind, `"all"`, `"more"`, 1), "publish": true})["stateMachineVersionArn"].(string)
		routes := []any{in{"stateMachineVersionArn": first, "weight": 100}}
		alias := r.ask("CreateStateMachineAlias", in{"name": "live", "description": "as sold", "routingConfiguration": routes})["stateMachineAliasArn"].(string)
		r.ask("UpdateStateMachineAlias", in{"stateMachineAliasArn": alias, "routingConfiguration": []any{in{"stateMachineVersionArn": second, "weight": 0}, in{"stateMachineVersionArn": first, "weight": 100}}})
		r.ask("DescribeStateMachineAlias", in{"stateMachineAliasArn": alias})
		r.ask("ListStateMachineAliases", in{"stateMachineArn": all})
		r.ask("ListStateMachineVersions", in{"stateMachineArn": all})
		r.ask("DescribeStateMachine", in{"stateMachineArn": all})
		r.ask("DescribeStateMachine", in{"stateMachineArn": first})
		r.ask("ListTagsForResource", in{"resourceArn": all})
		r.ask("ListStateMachines", nil)

		one := start(alias, "one", `{"items":["a","b"]}`)
		time.Sleep(time.Minute)
		r.told(one)
		r.ask("DescribeStateMachineForExecution", in{"executionArn": one})
		r.ask("ListExecutions", in{"stateMachineArn": all})

		express := r.ask("CreateStateMachine", in{"name": "express", "type": "EXPRESS", "definition": `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"End":true}}}`, "roleArn": role})
		r.ask("StartSyncExecution", in{"stateMachineArn": express["stateMachineArn"], "name": "sync", "input": `{"a":1}`})
		fails := r.ask("CreateStateMachine", in{"name": "fails", "type": "EXPRESS", "definition": `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}`, "roleArn": role})
		r.ask("StartSyncExecution", in{"stateMachineArn": fails["stateMachineArn"], "name": "sync"})

		activity := r.ask("CreateActivity", in{"name": "a", "tags": []any{in{"key": "team", "value": "b"}}})["activityArn"]
		r.ask("DescribeActivity", in{"activityArn": activity})
		r.ask("ListTagsForResource", in{"resourceArn": activity})
		r.ask("ListActivities", nil)
		works := make("works", working(`,"TimeoutSeconds":60,"HeartbeatSeconds":30`))
		two := start(works, "two", `{"a":1}`)
		token := r.ask("GetActivityTask", in{"activityArn": activity, "workerName": "w"})["taskToken"]
		r.ask("SendTaskHeartbeat", in{"taskToken": token})
		r.ask("SendTaskSuccess", in{"taskToken": token, "output": "1"})
		r.told(two)
		three := start(works, "three", `{}`)
		token = r.ask("GetActivityTask", in{"activityArn": activity})["taskToken"]
		r.ask("SendTaskFailure", in{"taskToken": token, "error": "E", "cause": "c"})
		r.told(three)
		four := start(works, "four", `{}`)
		r.ask("GetActivityTask", in{"activityArn": activity, "workerName": "gone"})
		time.Sleep(time.Minute)
		r.told(four)
		five := start(works, "five", `{}`)
		r.ask("StopExecution", in{"executionArn": five, "error": "Stopped", "cause": "by hand"})
		r.told(five)

		breaks := make("breaks", `{"QueryLanguage":"JSONata","StartAt":"T","TimeoutSeconds":30,"States":{
			"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"once","Payload":1},"TimeoutSeconds":5,"Credentials":{"RoleArn":"`+otherRole+`"},"Assign":{"x":1},"Next":"P"},
			"P":{"Type":"Pass","Output":"{% $nothing %}","Next":"W"},"W":{"Type":"Wait","Seconds":60,"End":true}}}`)
		six := start(breaks, "six", `{}`)
		r.told(six)
		once.works.Store(true)
		r.ask("RedriveExecution", in{"executionArn": six})
		r.ask("GetExecutionHistory", in{"executionArn": six, "includeExecutionData": false})
		r.told(six)
		late := start(make("late", `{"StartAt":"W","TimeoutSeconds":30,"States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`), "late", `{}`)
		time.Sleep(time.Minute)
		r.told(late)

		each := make("each", distributing(`"Label":"L","MaxConcurrency":1,"ToleratedFailurePercentage":10,`, failBad))
		seven := start(each, "seven", `[{},{"bad":1},{}]`)
		time.Sleep(time.Minute)
		r.told(seven)
		run := r.ask("ListMapRuns", in{"executionArn": seven})["mapRuns"].([]any)[0].(in)["mapRunArn"]
		r.ask("DescribeMapRun", in{"mapRunArn": run})
		children := r.ask("ListExecutions", in{"mapRunArn": run})["executions"].([]any)
		r.told(children[0].(in)["executionArn"].(string))
		r.ask("RedriveExecution", in{"executionArn": seven})
		time.Sleep(time.Minute)
		r.told(seven)
		r.ask("DescribeMapRun", in{"mapRunArn": run})
		eight := start(each, "eight", `[{}]`)
		time.Sleep(time.Minute)
		r.told(eight)

		synctest.Wait()
		r.happened()
		golden.Compare(t, filepath.Join("testdata", "answers.txt"), r.String(), *writes)
	})
}

// happened notes the events and the metrics of all that has been.
func (r *notebook) happened() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprint(r, "\n# Events\n")
	for _, e := range r.events {
		if e.Version != "0" || e.Account != "123456789012" || e.Region != "eu-central-1" || e.Source != "aws.states" || e.ID == "" || e.Time.IsZero() {
			r.t.Errorf("the event is %+v", e)
		}
		r.line(struct {
			Type      string
			Resources []string
			Detail    json.RawMessage
		}{e.DetailType, e.Resources, e.Detail})
	}
	fmt.Fprint(r, "\n# Metrics\n")
	for _, d := range r.metrics {
		fmt.Fprintln(r, d.Namespace, d.Name, d.Dimensions, d.Value, d.Unit)
	}
}
