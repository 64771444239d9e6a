package states

// This file calls the actions on machines and executions.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	passing = `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
	waiting = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`
)

func TestStartExecutionIsIdempotentWhileRunning(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(waiting)
		request := map[string]any{"stateMachineArn": m.arn, "name": "n", "input": `{"a":1}`}
		first := w.mustCall("StartExecution", request)
		time.Sleep(time.Second)
		second := w.mustCall("StartExecution", request)
		if fmt.Sprint(first) != fmt.Sprint(second) || first["executionArn"] != "arn:aws:states:eu-central-1:123456789012:execution:m:n" {
			t.Errorf("%v, then %v", first, second)
		}
		_, err := w.call("StartExecution", map[string]any{"stateMachineArn": m.arn, "name": "n", "input": `{"a":2}`})
		expectCode(t, err, "ExecutionAlreadyExists")
		time.Sleep(time.Hour)
		_, err = w.call("StartExecution", request)
		expectCode(t, err, "ExecutionAlreadyExists")
		time.Sleep(nameLife)
		w.mustCall("StartExecution", request)
	})
}

func TestStartExecutionRefuses(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(passing)
		for _, row := range []struct {
			name, code string
			request    map[string]any
		}{
			{"no JSON", "InvalidExecutionInput", map[string]any{"input": `{'a':1}`}},
			{"an empty input", "InvalidExecutionInput", map[string]any{"input": ``}},
			{"two documents", "InvalidExecutionInput", map[string]any{"input": `{} {}`}},
			{"too large an input", "ValidationException", map[string]any{"input": `"` + strings.Repeat("x", maxPayload) + `"`}},
			{"a long name", "InvalidName", map[string]any{"name": strings.Repeat("x", 81)}},
			{"a name with a space", "InvalidName", map[string]any{"name": "a b"}},
			{"a name with a slash", "InvalidName", map[string]any{"name": "a/b"}},
			{"a name with a control character", "InvalidName", map[string]any{"name": "a\u0085"}},
			{"another machine", "StateMachineDoesNotExist", map[string]any{"stateMachineArn": m.arn + "x"}},
			{"something else's ARN", "InvalidArn", map[string]any{"stateMachineArn": "m"}},
		} {
			if row.request["stateMachineArn"] == nil {
				row.request["stateMachineArn"] = m.arn
			}
			_, err := w.call("StartExecution", row.request)
			if err == nil {
				t.Errorf("%s: accepted", row.name)
			} else {
				expectCode(t, err, row.code)
			}
		}
		w.mustCall("StartExecution", map[string]any{"stateMachineArn": m.arn, "name": strings.Repeat("ä", 80), "input": "null"})
	})
}

func TestDescribeAndStopExecution(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(waiting)
		x := w.start(m, `{"a":1}`)
		running := w.mustCall("DescribeExecution", map[string]any{"executionArn": x.arn})
		if running["status"] != "RUNNING" || running["input"] != `{"a":1}` || running["stopDate"] != nil || running["redriveStatus"] != "NOT_REDRIVABLE" {
			t.Errorf("running: %v", running)
		}
		time.Sleep(time.Second)
		stopped := w.mustCall("StopExecution", map[string]any{"executionArn": x.arn, "error": "E", "cause": "c"})
		aborted := w.mustCall("DescribeExecution", map[string]any{"executionArn": x.arn})
		if aborted["status"] != "ABORTED" || aborted["error"] != "E" || aborted["cause"] != "c" || aborted["stopDate"] != stopped["stopDate"] {
			t.Errorf("stopped: %v, %v", stopped, aborted)
		}
		w.expectHistory(x, `
			1<0 ExecutionStarted {"input":"{\"a\":1}","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 WaitStateEntered {"input":"{\"a\":1}","name":"W"}
			3<0 ExecutionAborted {"cause":"c","error":"E"}`)
		_, err := w.call("DescribeExecution", map[string]any{"executionArn": x.arn + "x"})
		expectCode(t, err, "ExecutionDoesNotExist")
		_, err = w.call("DescribeExecution", map[string]any{"executionArn": "x"})
		expectCode(t, err, "InvalidArn")
	})
}

func TestAnExecutionIsDescribedWithoutItsDataIfOnlyMetadataIsAskedFor(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		x, _ := w.run(`{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`, `{"secret": 1}`)
		for included, want := range map[string]string{"ALL_DATA": `SUCCEEDED {"secret": 1} {"secret": 1}`, "METADATA_ONLY": "SUCCEEDED <nil> <nil>"} {
			d := w.mustCall("DescribeExecution", map[string]any{"executionArn": x.arn, "includedData": included})
			if got := fmt.Sprint(d["status"], " ", d["input"], " ", d["output"]); got != want {
				t.Errorf("%s: got %s, want %s", included, got, want)
			}
		}
		_, err := w.call("DescribeExecution", map[string]any{"executionArn": x.arn, "includedData": "SOME"})
		expectCode(t, err, "ValidationException")
	})
}

func TestStoppingAFinishedExecutionChangesNothing(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		x, before := w.run(passing, `{}`)
		time.Sleep(time.Hour)
		w.mustCall("StopExecution", map[string]any{"executionArn": x.arn})
		if after, _ := x.now(); after != before || len(w.events) != 2 {
			t.Errorf("%+v, before %+v, %d events", after, before, len(w.events))
		}
	})
}

func TestGetExecutionHistoryPages(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		x, _ := w.run(passing, `{"secret":1}`)
		for _, reverse := range []bool{false, true} {
			var ids []float64
			request := map[string]any{"executionArn": x.arn, "maxResults": 3, "reverseOrder": reverse}
			for {
				answer := w.mustCall("GetExecutionHistory", request)
				for _, e := range answer["events"].([]any) {
					ids = append(ids, e.(map[string]any)["id"].(float64))
				}
				if answer["nextToken"] == nil {
					break
				}
				request["nextToken"] = answer["nextToken"]
			}
			if want := map[bool]string{false: "[1 2 3 4]", true: "[4 3 2 1]"}[reverse]; fmt.Sprint(ids) != want {
				t.Errorf("reverse %t: %v", reverse, ids)
			}
		}
		without := w.mustCall("GetExecutionHistory", map[string]any{"executionArn": x.arn, "includeExecutionData": false})
		if text, _ := json.Marshal(without); strings.Contains(string(text), "secret") {
			t.Errorf("data included: %s", text)
		}
		_, err := w.call("GetExecutionHistory", map[string]any{"executionArn": x.arn, "nextToken": "x"})
		expectCode(t, err, "InvalidToken")
		_, err = w.call("GetExecutionHistory", map[string]any{"executionArn": x.arn, "maxResults": 1001})
		expectCode(t, err, "ValidationException")
	})
}

func TestListExecutionsPagesAndFilters(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericLessThan":3,"Next":"F"}],"Default":"S"},
			"F":{"Type":"Fail"},"S":{"Type":"Succeed"}}}`)
		for i := range 5 {
			input := fmt.Sprint(i)
			x, err := m.now().start(context.Background(), startRequestBody{Name: "n" + input, Input: &input})
			if err != nil {
				t.Fatal(err)
			}
			<-x.done()
		}
		names := func(request map[string]any) (names []string, next any) {
			request["stateMachineArn"] = m.arn
			answer := w.mustCall("ListExecutions", request)
			for _, e := range answer["executions"].([]any) {
				names = append(names, e.(map[string]any)["name"].(string))
			}
			return names, answer["nextToken"]
		}
		first, next := names(map[string]any{"maxResults": 2})
		w.finish(m, `9`) // a new one does not shift the pages
		second, _ := names(map[string]any{"maxResults": 2, "nextToken": next})
		failed, _ := names(map[string]any{"statusFilter": "FAILED"})
		if fmt.Sprint(first, second, failed) != "[n4 n3] [n2 n1] [n2 n1 n0]" {
			t.Errorf("%v %v %v", first, second, failed)
		}
		_, err := w.call("ListExecutions", map[string]any{"stateMachineArn": m.arn, "statusFilter": "failed"})
		expectCode(t, err, "ValidationException")
	})
}

func TestMachinesAreDescribedAndListed(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.createNamed("b", passing, false)
		w.createNamed("a", passing, true)
		d := w.mustCall("DescribeStateMachine", map[string]any{"stateMachineArn": m.arn})
		if d["definition"] != passing || d["type"] != "STANDARD" || d["status"] != "ACTIVE" || d["roleArn"] != m.current.Load().role {
			t.Errorf("%v", d)
		}
		x, _ := w.finish(m, `{}`)
		d = w.mustCall("DescribeStateMachineForExecution", map[string]any{"executionArn": x.arn})
		if d["definition"] != passing || d["stateMachineArn"] != m.arn {
			t.Errorf("%v", d)
		}
		list := w.mustCall("ListStateMachines", map[string]any{"maxResults": 1})
		if first := list["stateMachines"].([]any)[0].(map[string]any); first["name"] != "a" || first["type"] != "EXPRESS" || list["nextToken"] == nil {
			t.Errorf("%v", list)
		}
		_, err := w.states.create("b", false, wish{text: passing, role: "r"})
		expectCode(t, err, "StateMachineAlreadyExists")
	})
}

// As AWS has it: of the Express executions, those that are waited for have no count.
func TestTheContextCountsRedrivesUnlessTheExecutionIsWaitedFor(t *testing.T) {
	const counting = `{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Succeed","Output":"{% $keys($states.context.Execution) %}"}}}`
	const awaited, counted = `["Id","Input","StartTime","Name","RoleArn"]`, `["Id","Input","StartTime","Name","RoleArn","RedriveCount"]`
	inWorld(t, nil, func(t *testing.T, w *world) {
		for _, express := range []bool{false, true} {
			m := w.createNamed(fmt.Sprint("m-", express), counting, express)
			if _, o := w.finish(m, `{}`); o.output != counted {
				t.Errorf("Express %t: %s", express, o.output)
			}
			if express {
				if answer := w.mustCall("StartSyncExecution", map[string]any{"stateMachineArn": m.arn}); answer["output"] != awaited {
					t.Errorf("waited for: %v", answer["output"])
				}
			}
		}
	})
}

func TestExpress(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.createNamed("e", `{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.s","Next":"P"},"P":{"Type":"Pass","Result":{"r":1},"End":true}}}`, true)
		request := map[string]any{"stateMachineArn": m.arn, "name": "n", "input": `{"s":2}`}
		a, b := w.mustCall("StartExecution", request), w.mustCall("StartExecution", request)
		if a["executionArn"] == b["executionArn"] || !strings.HasPrefix(a["executionArn"].(string), "arn:aws:states:eu-central-1:123456789012:express:e:n:") {
			t.Errorf("%v, %v", a, b)
		}
		answer := w.mustCall("StartSyncExecution", request)
		if answer["status"] != "SUCCEEDED" || answer["output"] != `{"r":1}` || fmt.Sprint(answer["billingDetails"]) != "map[billedDurationInMilliseconds:2000 billedMemoryUsedInMB:64]" {
			t.Errorf("%v", answer)
		}
		start := time.Now()
		answer = w.mustCall("StartSyncExecution", map[string]any{"stateMachineArn": m.arn, "input": `{"s":3600}`})
		if answer["status"] != "TIMED_OUT" || time.Since(start) != maxExpress {
			t.Errorf("after %v: %v", time.Since(start), answer)
		}
		_, err := w.call("DescribeExecution", map[string]any{"executionArn": a["executionArn"]})
		expectCode(t, err, "InvalidArn")
		_, err = w.call("ListExecutions", map[string]any{"stateMachineArn": m.arn})
		expectCode(t, err, "StateMachineTypeNotSupported")
		standard := w.createNamed("s", passing, false)
		_, err = w.call("StartSyncExecution", map[string]any{"stateMachineArn": standard.arn})
		expectCode(t, err, "StateMachineTypeNotSupported")
		if len(w.events) != 0 {
			t.Errorf("events %v", w.events)
		}
	})
}

func TestAHistoryEndsAt25000Events(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		x, o := w.run(`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$","IsPresent":true,"Next":"A"}],"Default":"C"},"C":{"Type":"Succeed"}}}`, `{}`)
		events := x.history.snapshot()
		if o.status != statusFailed || o.error != errRuntime || len(events) != maxEvents || events[maxEvents-1].kind != "ExecutionFailed" {
			t.Errorf("%d events, %+v", len(events), o)
		}
	})
}

func TestStatusChangesAndMetricsArePublished(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		x, _ := w.run(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"Next":"F"},"F":{"Type":"Fail","Error":"E","Cause":"c"}}}`, `{"a":1}`)
		if len(w.events) != 2 {
			t.Fatalf("%d events", len(w.events))
		}
		e := w.events[1]
		if e.Source != "aws.states" || e.DetailType != "Step Functions Execution Status Change" || e.Resources[0] != x.arn {
			t.Errorf("%+v", e)
		}
		want := fmt.Sprintf(`{"executionArn":%q,"stateMachineArn":%q,"name":%q,"status":"FAILED","startDate":%d,"stopDate":%d,"input":"{\"a\":1}","output":null,`+
			`"stateMachineVersionArn":null,"stateMachineAliasArn":null,"redriveCount":0,"redriveDate":null,"redriveStatus":"REDRIVABLE","redriveStatusReason":null,`+
			`"inputDetails":{"included":true},"outputDetails":null,"error":"E","cause":"c"}`,
			x.arn, x.machine.arn, x.name, x.started.UnixMilli(), x.started.UnixMilli()+2000)
		if string(e.Detail) != want {
			t.Errorf("detail %s\nwant   %s", e.Detail, want)
		}
		var metrics []string
		for _, d := range w.metrics {
			metrics = append(metrics, fmt.Sprintf("%s %s=%v %s", d.Namespace, d.Name, d.Value, d.Dimensions["StateMachineArn"][len(d.Dimensions["StateMachineArn"])-1:]))
		}
		if got := strings.Join(metrics, ", "); got != "AWS/States ExecutionsStarted=1 m, AWS/States ExecutionsFailed=1 m, AWS/States ExecutionTime=2000 m" {
			t.Error(got)
		}
	})
}

// denying allows nothing.
type denying struct{ roles }

func (denying) Authorize(_ cloud.Caller, action, resource string) error {
	return cloud.Errorf(400, "AccessDeniedException", "not authorized to perform: %s on resource: %s", action, resource)
}

func TestEveryActionIsAuthorized(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(waiting)
		x := w.start(m, `{}`)
		w.cloud.Authorizer = denying{}
		const run = "arn:aws:states:eu-central-1:123456789012:mapRun:m/L:1"
		mapRunOf := map[string]string{"DescribeMapRun": run, "UpdateMapRun": run}
		for action := range w.states.Operations {
			if strings.HasPrefix(action, "SendTask") {
				continue // authorized by the machine of the token
			}
			input := map[string]any{
				"stateMachineArn": m.arn, "executionArn": x.arn, "name": "n", "resourceArn": m.arn,
				"mapRunArn": mapRunOf[action], "stateMachineVersionArn": m.arn + ":1", "stateMachineAliasArn": m.arn + ":a", "activityArn": activityARN,
				"routingConfiguration": []any{map[string]any{"stateMachineVersionArn": m.arn + ":1", "weight": 100}},
			}
			maps.DeleteFunc(input, func(name string, _ any) bool { return w.cloud.Effect("states", action, name) == cloud.Refused })
			_, err := w.call(action, input)
			if err == nil || !strings.Contains(err.Error(), "states:"+action+" ") {
				t.Errorf("%s: %v", action, err)
			}
		}
	})
}

// rights refuses what it names and notes what it is asked.
type rights struct {
	roles
	refused string
	all     bool // notes what is asked of everybody, not of roles only
	mu      sync.Mutex
	asked   []string
}

func (r *rights) Authorize(caller cloud.Caller, action, resource string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if caller.Role != "" || r.all {
		r.asked = append(r.asked, action+" "+resource)
	}
	if action == r.refused {
		return cloud.Errorf(400, "AccessDeniedException", "no")
	}
	return nil
}

func TestARoleHasToBeAllowedToHaveTheLogWrittenButNotToTrace(t *testing.T) {
	services := map[string]fakeService{"logs": {"DescribeLogGroups": func(context.Context, map[string]any) (any, error) {
		return map[string]any{"logGroups": []any{map[string]any{"logGroupName": "g"}}}, nil
	}}}
	inWorld(t, services, func(t *testing.T, w *world) {
		r := &rights{}
		w.cloud.Authorizer = r
		const group = "arn:aws:logs:eu-central-1:123456789012:log-group:g:*"
		create := func(name string) error {
			_, err := w.call("CreateStateMachine", map[string]any{
				"name": name, "roleArn": "arn:aws:iam::123456789012:role/r", "definition": passing, "tracingConfiguration": map[string]any{"enabled": true},
				"loggingConfiguration": map[string]any{"level": "ALL", "destinations": []any{map[string]any{"cloudWatchLogsLogGroup": map[string]any{"logGroupArn": group}}}},
			})
			return err
		}
		for _, action := range []string{"CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"} {
			r.refused = "logs:" + action
			if err := create("m"); err == nil || err.Error() != "AccessDeniedException: The state machine IAM Role is not authorized to access the Log Destination" {
				t.Errorf("without %s: %v", action, err)
			}
		}
		r.refused = "xray:PutTraceSegments"
		if err := create("m"); err != nil {
			t.Fatal(err)
		}
		r.asked = nil
		m, err := w.states.existingMachine("arn:aws:states:eu-central-1:123456789012:stateMachine:m")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second one asks no more
			if _, o := w.finish(m, `{}`); o.status != statusSucceeded {
				t.Errorf("it ended as %+v", o)
			}
		}
		if got, want := strings.Join(r.asked, ", "), "xray:PutTraceSegments *, xray:PutTelemetryRecords *, xray:GetSamplingRules *, xray:GetSamplingTargets *"; got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
	})
}

func TestQuotasOfWhatThereMayBe(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(waiting)
		one := w.mustCall("PublishStateMachineVersion", map[string]any{"stateMachineArn": m.arn})["stateMachineVersionArn"]
		for i := 1; i < maxVersions-1; i++ {
			m.published.versions = append(m.published.versions, &version{number: i + 1, arn: fmt.Sprint(m.arn, ":", i+1), revision: m.published.versions[0].revision})
		}
		m.published.last = maxVersions - 1
		publish := func(comment string) error {
			_, err := w.call("UpdateStateMachine", map[string]any{"stateMachineArn": m.arn, "definition": strings.Replace(waiting, "{", `{"Comment":"`+comment+`",`, 1), "publish": true})
			return err
		}
		if err := publish("the last"); err != nil {
			t.Errorf("the last version: %v", err)
		}
		expectCode(t, publish("one too many"), "ServiceQuotaExceededException")

		alias := func(i int) error {
			_, err := w.call("CreateStateMachineAlias", map[string]any{"name": fmt.Sprint("a", i), "routingConfiguration": []any{map[string]any{"stateMachineVersionArn": one, "weight": 100}}})
			return err
		}
		for i := range maxAliases {
			if err := alias(i); err != nil {
				t.Fatal(err)
			}
		}
		expectCode(t, alias(maxAliases), "ServiceQuotaExceededException")

		for i := range maxActivities {
			name := fmt.Sprint("a", i)
			w.states.activities.byARN[name] = &activity{}
		}
		_, err := w.call("CreateActivity", map[string]any{"name": "a"})
		expectCode(t, err, "ActivityLimitExceeded")
		delete(w.states.activities.byARN, "a0")
		w.mustCall("CreateActivity", map[string]any{"name": "a"})
		a := w.states.activities.byARN[activityARN]
		a.pollers = maxPollers
		_, err = w.call("GetActivityTask", map[string]any{"activityArn": activityARN})
		expectCode(t, err, "ActivityWorkerLimitExceeded")
		a.pollers = maxPollers - 1
		for range 2 { // each leaves its place to the next
			w.mustCall("GetActivityTask", map[string]any{"activityArn": activityARN})
		}
	})
}

func TestWhatIsNoAliasOrVersionIsRefused(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(waiting)
		for _, row := range []struct {
			action, code string
			input        map[string]any
		}{
			{"DescribeStateMachineAlias", "InvalidArn", map[string]any{"stateMachineAliasArn": m.arn + ":1"}},
			{"DeleteStateMachineVersion", "InvalidArn", map[string]any{"stateMachineVersionArn": m.arn + ":live"}},
			{"UpdateStateMachineAlias", "MissingRequiredParameter", map[string]any{"stateMachineAliasArn": m.arn + ":live"}},
			{"UpdateStateMachineAlias", "ResourceNotFound", map[string]any{"stateMachineAliasArn": m.arn + ":live", "description": "d"}},
			{"UpdateStateMachineAlias", "ResourceNotFound", map[string]any{"stateMachineAliasArn": m.arn + "x:live", "description": "d"}},
			{"DescribeStateMachineAlias", "ResourceNotFound", map[string]any{"stateMachineAliasArn": m.arn + "x:live"}},
		} {
			_, err := w.call(row.action, row.input)
			expectCode(t, err, row.code)
		}
	})
}
