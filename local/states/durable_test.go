package states

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestExecutionsAreThereInTheNextRunOfTheEngine(t *testing.T) {
	const definition = `{"StartAt":"C","States":{"S":{"Type":"Pass","Result":1,"End":true},"F":{"Type":"Fail","Error":"E","Cause":"c"},"W":{"Type":"Wait","Seconds":60,"End":true},
		"C":{"Type":"Choice","Default":"S","Choices":[{"Variable":"$.fail","IsPresent":true,"Next":"F"},{"Variable":"$.wait","IsPresent":true,"Next":"W"}]}}}`
	told := func(w *world, arn string) (description, history string) {
		d := w.mustCall("DescribeExecution", map[string]any{"executionArn": arn})
		delete(d, "redriveStatus") // nobody knows any more where it stood
		delete(d, "redriveStatusReason")
		one, _ := json.Marshal(d)
		other, _ := json.Marshal(w.mustCall("GetExecutionHistory", map[string]any{"executionArn": arn})["events"])
		return string(one), string(other)
	}
	folder := t.TempDir()
	var arns []string
	descriptions, histories := map[string]string{}, map[string]string{}
	kept(t, folder, definition, func(w *world, m *machine) {
		w.mustCall("PublishStateMachineVersion", map[string]any{"stateMachineArn": m.arn})
		for name, input := range map[string]string{"succeeds": `{"a":1}`, "fails": `{"fail":1}`, "runs": `{"wait":1}`} {
			arns = append(arns, w.mustCall("StartExecution", map[string]any{"stateMachineArn": m.arn + ":1", "name": name, "input": input})["executionArn"].(string))
		}
		failed := m.arn[:strings.Index(m.arn, "stateMachine")] + "execution:m:fails"
		time.Sleep(time.Second)
		w.mustCall("RedriveExecution", map[string]any{"executionArn": failed})
		time.Sleep(1234 * time.Millisecond)
		for _, arn := range arns {
			descriptions[arn], histories[arn] = told(w, arn)
		}
	})
	for again := range 2 { // what was restored is saved again
		kept(t, folder, definition, func(w *world, m *machine) {
			for _, arn := range arns {
				description, history := told(w, arn)
				if strings.HasSuffix(arn, ":runs") {
					before := strings.TrimSuffix(histories[arn], "]")
					if again == 0 {
						end := `,{"executionAbortedEventDetails":{"cause":"` + causeStopped + `","error":"` + errStopped + `"},"id":5,"previousEventId":4,"timestamp":946684800,"type":"ExecutionAborted"}]`
						if history != before+end {
							t.Errorf("%s has the history %s\nwant %s", arn, history, before+end)
						}
						if !strings.Contains(description, `"status":"ABORTED","stopDate":946684800}`) || !strings.Contains(description, `"error":"`+errStopped+`"`) {
							t.Errorf("%s is %s", arn, description)
						}
						descriptions[arn], histories[arn] = description, history
						continue
					}
				}
				if description != descriptions[arn] || history != histories[arn] {
					t.Errorf("%s is %s with %s\nwas %s with %s", arn, description, history, descriptions[arn], histories[arn])
				}
			}
			for status, count := range map[string]int{"SUCCEEDED": 1, "FAILED": 1, "ABORTED": 1, "RUNNING": 0} {
				if list := w.mustCall("ListExecutions", map[string]any{"stateMachineArn": m.arn, "statusFilter": status})["executions"].([]any); len(list) != count {
					t.Errorf("%s: %v", status, list)
				}
			}
			aborted := 0
			for _, e := range w.events {
				if strings.Contains(string(e.Detail), `"status":"ABORTED"`) {
					aborted++
				}
			}
			if want := 1 - again; aborted != want {
				t.Errorf("%d are announced as aborted, want %d", aborted, want)
			}
			_, err := w.call("StartExecution", map[string]any{"stateMachineArn": m.arn, "name": "succeeds", "input": `{"b":1}`})
			expectCode(t, err, "ExecutionAlreadyExists")
		})
	}
}

func TestEveryStepOfAnExecutionsLifeIsAChangeToSave(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`)
		before := m.Revision()
		changed := func(step string) {
			t.Helper()
			if now := m.Revision(); now == before {
				t.Errorf("%s is no change", step)
			}
			before = m.Revision()
		}
		arn := w.mustCall("StartExecution", map[string]any{"stateMachineArn": m.arn})["executionArn"]
		changed("its start")
		w.mustCall("StopExecution", map[string]any{"executionArn": arn})
		changed("its end")
		w.mustCall("RedriveExecution", map[string]any{"executionArn": arn})
		changed("its redrive")
	})
}
