package states

// This file lets workers do the tasks of state machines.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const activityARN = "arn:aws:states:eu-central-1:123456789012:activity:a"

// working is a machine of one task, of the activity "a".
func working(rest string) string {
	return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + activityARN + `"` + rest + `,"End":true}}}`
}

// poll asks for a task as a worker.
func (w *world) poll(worker string) map[string]any {
	w.t.Helper()
	return w.mustCall("GetActivityTask", map[string]any{"activityArn": activityARN, "workerName": worker})
}

func inWorldWithActivity(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.mustCall("CreateActivity", map[string]any{"name": "a"})
		test(t, w)
	})
}

func TestAWorkerSucceedsOrFails(t *testing.T) {
	inWorldWithActivity(t, func(t *testing.T, w *world) {
		m := w.create(working(""))
		for _, row := range []struct {
			worker, action string
			answer         map[string]any
			end            string
		}{
			{"w", "SendTaskSuccess", map[string]any{"output": `{"b":2}`}, `4<3 ActivityStarted {"workerName":"w"}
				5<4 ActivitySucceeded {"output":"{\"b\":2}"}
				6<5 TaskStateExited {"name":"T","output":"{\"b\":2}"}
				7<6 ExecutionSucceeded {"output":"{\"b\":2}"}`},
			{"", "SendTaskFailure", map[string]any{"error": "E", "cause": "c"}, `4<3 ActivityStarted
				5<4 ActivityFailed {"cause":"c","error":"E"}
				6<5 ExecutionFailed {"cause":"c","error":"E"}`},
		} {
			x := w.start(m, `{"a":1}`)
			task := w.poll(row.worker)
			if task["input"] != `{"a":1}` {
				t.Errorf("the task is %v", task)
			}
			row.answer["taskToken"] = task["taskToken"]
			w.mustCall(row.action, row.answer)
			<-x.done()
			w.expectHistory(x, `
				1<0 ExecutionStarted {"input":"{\"a\":1}","roleArn":"arn:aws:iam::123456789012:role/r"}
				2<0 TaskStateEntered {"input":"{\"a\":1}","name":"T"}
				3<2 ActivityScheduled {"input":"{\"a\":1}","resource":"`+activityARN+`"}
				`+row.end)
			_, err := w.call(row.action, row.answer)
			expectCode(t, err, "TaskTimedOut")
		}
	})
}

func TestTheTimeOutsOfAnActivityBeginWhenItsTaskIsTaken(t *testing.T) {
	for name, row := range map[string]struct {
		limits  string
		seconds time.Duration
		ends    string
	}{
		"time-out":   {`,"TimeoutSeconds":30`, 30 * time.Second, `{"error":"States.Timeout"}`},
		"heartbeats": {`,"TimeoutSeconds":30,"HeartbeatSeconds":10`, 25 * time.Second, `{"error":"States.Timeout"}`},
	} {
		t.Run(name, func(t *testing.T) {
			inWorldWithActivity(t, func(t *testing.T, w *world) {
				x := w.start(w.create(working(row.limits)), `{}`)
				time.Sleep(time.Hour)
				synctest.Wait()
				if o, _ := x.now(); o.status != statusRunning {
					t.Fatalf("without a worker it ended as %+v", o)
				}
				task := w.poll("w")
				taken := time.Now()
				time.Sleep(15 * time.Second / 2)
				for range 2 {
					w.mustCall("SendTaskHeartbeat", map[string]any{"taskToken": task["taskToken"]})
					time.Sleep(15 * time.Second / 2)
				}
				<-x.done()
				if name == "time-out" && time.Since(taken) != row.seconds || name == "heartbeats" && time.Since(taken) != 25*time.Second {
					t.Errorf("it ended %v after it was taken", time.Since(taken))
				}
				if lines := w.lines(x); !strings.HasSuffix(lines[len(lines)-2], "ActivityTimedOut "+row.ends) {
					t.Errorf("history %v", lines)
				}
			})
		})
	}
}

func TestTasksGoToWorkersInTheOrderInWhichTheyCame(t *testing.T) {
	inWorldWithActivity(t, func(t *testing.T, w *world) {
		m := w.create(working(""))
		got := make(chan string)
		go func() { got <- fmt.Sprint(w.poll("early")["input"]) }()
		synctest.Wait()
		w.start(m, `"first"`)
		if input := <-got; input != `"first"` {
			t.Errorf("the worker that waited got %s", input)
		}
		stopped := w.start(m, `"stopped"`)
		synctest.Wait()
		for _, input := range []string{`"second"`, `"third"`} {
			w.start(m, input)
			synctest.Wait()
		}
		w.mustCall("StopExecution", map[string]any{"executionArn": stopped.arn})
		synctest.Wait()
		for _, want := range []string{`"second"`, `"third"`} {
			if input := w.poll("w")["input"]; input != want {
				t.Errorf("got %v, want %s", input, want)
			}
		}
		before := time.Now()
		if task := w.poll("w"); task["taskToken"] != nil || time.Since(before) != pollTime {
			t.Errorf("after %v there is %v", time.Since(before), task)
		}
	})
}

func TestATaskOfAnActivityThatIsNotThereFails(t *testing.T) {
	inWorldWithActivity(t, func(t *testing.T, w *world) {
		m := w.create(working(""))
		w.mustCall("DeleteActivity", map[string]any{"activityArn": activityARN})
		x, _ := w.finish(m, `{}`)
		w.expectHistory(x, `
			1<0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 TaskStateEntered {"input":"{}","name":"T"}
			3<2 ExecutionFailed {"cause":"An error occurred while executing the state 'T' (entered at the event id #2). The activity `+activityARN+` does not exist.","error":"States.Runtime"}`)
		if _, err := w.states.create("x", true, wish{text: working(""), role: "r"}); err == nil {
			t.Error("an Express machine may have activities")
		}
	})
}

func TestActivitiesAreCreatedOnceDescribedListedAndDeleted(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		s := w.stack(t, `"A": {"Type": "AWS::StepFunctions::Activity", "Properties": {"Name": "declared", "Tags": [{"Key": "k", "Value": "v"}]}}`)
		if s.Ref("A") != strings.TrimSuffix(activityARN, "a")+"declared" || s.Handles["A"].Attributes["Name"] != "declared" || s.Handles["A"].Attributes["Arn"] != s.Ref("A") {
			t.Errorf("declared %v", s.Handles["A"])
		}
		if tags := w.mustCall("ListTagsForResource", map[string]any{"resourceArn": s.Ref("A")}); !strings.HasPrefix(fmt.Sprint(tags), "map[tags:[map[key:k value:v]") {
			t.Errorf("tags %v", tags)
		}
		first := w.mustCall("CreateActivity", map[string]any{"name": "a"})
		time.Sleep(time.Minute)
		again := w.mustCall("CreateActivity", map[string]any{"name": "a"})
		if first["activityArn"] != activityARN || fmt.Sprint(first) != fmt.Sprint(again) {
			t.Errorf("created %v, then %v", first, again)
		}
		_, err := w.call("CreateActivity", map[string]any{"name": "a", "encryptionConfiguration": map[string]any{"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}})
		expectCode(t, err, "ActivityAlreadyExists")
		_, err = w.call("CreateActivity", map[string]any{"name": "a b"})
		expectCode(t, err, "InvalidName")
		d := w.mustCall("DescribeActivity", map[string]any{"activityArn": activityARN})
		if d["name"] != "a" || d["creationDate"] != first["creationDate"] || fmt.Sprint(d["encryptionConfiguration"]) != "map[type:AWS_OWNED_KEY]" {
			t.Errorf("described as %v", d)
		}
		page := w.mustCall("ListActivities", map[string]any{"maxResults": 1})
		rest := w.mustCall("ListActivities", map[string]any{"nextToken": page["nextToken"]})
		if list := append(page["activities"].([]any), rest["activities"].([]any)...); len(list) != 2 || list[0].(map[string]any)["name"] != "a" || list[1].(map[string]any)["name"] != "declared" {
			t.Errorf("there are %v", list)
		}
		s.Remove(t, "A")
		for range 2 { // the second time it is not there
			w.mustCall("DeleteActivity", map[string]any{"activityArn": activityARN})
		}
		for _, action := range []string{"DescribeActivity", "GetActivityTask"} {
			_, err = w.call(action, map[string]any{"activityArn": activityARN})
			expectCode(t, err, "ActivityDoesNotExist")
			_, err = w.call(action, map[string]any{"activityArn": "a"})
			expectCode(t, err, "InvalidArn")
		}
		if list := w.mustCall("ListActivities", nil)["activities"].([]any); len(list) != 0 {
			t.Errorf("there are %v", list)
		}
	})
}

// A task without a heartbeat fails by two names.
func TestATaskWithoutAHeartbeatIsCaughtByEitherName(t *testing.T) {
	for name, caught := range map[string]bool{errHeartbeatTimeout: true, errTimeout: true, errTaskFailed: false} {
		inWorldWithActivity(t, func(t *testing.T, w *world) {
			x := w.start(w.create(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"`+activityARN+`","TimeoutSeconds":60,"HeartbeatSeconds":9,"End":true,
				"Catch":[{"ErrorEquals":["`+name+`"],"Next":"C"}]},"C":{"Type":"Pass","OutputPath":"$.Error","End":true}}}`), `{}`)
			w.poll("gone")
			<-x.done()
			if o, _ := x.now(); (o.status == statusSucceeded) != caught || caught && o.output != `"States.Timeout"` {
				t.Errorf("caught by %s: %+v", name, o)
			}
		})
	}
}
