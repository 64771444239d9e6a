package states

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAReadOfAnAgeSeesAnExecutionAsItWasThen(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"F"},"F":{"Type":"Fail","Error":"Late"}}}`)
		w.mustCall("StartExecution", map[string]any{"stateMachineArn": m.arn, "name": "n"})
		read := func(age time.Duration, action, input string) string {
			answer, err := w.cloud.Call(cloud.WithAge(t.Context(), age), w.caller, "states", action, json.RawMessage(input))
			if err != nil {
				return cloud.AsError(err).Code
			}
			var told struct {
				Status, Error, RedriveStatus string
				StopDate                     float64
				Executions                   []struct {
					Status   string
					StopDate float64
				}
			}
			if err := json.Unmarshal(answer, &told); err != nil {
				t.Fatal(err)
			}
			if action == "ListExecutions" {
				listed := ""
				for _, e := range told.Executions {
					listed += fmt.Sprint(e.Status, " ", e.StopDate > 0)
				}
				return listed
			}
			return fmt.Sprint(told.Status, " ", told.Error, " ", told.RedriveStatus, " ", told.StopDate > 0)
		}
		for _, moment := range []struct {
			wait                     time.Duration
			described, listed, ended string // half a second ago
			now                      string
		}{
			{100 * time.Millisecond, "ExecutionDoesNotExist", "", "", "RUNNING  NOT_REDRIVABLE false"},
			{time.Second, "RUNNING  NOT_REDRIVABLE false", "RUNNING false", "", "RUNNING  NOT_REDRIVABLE false"},
			{59 * time.Second, "RUNNING  NOT_REDRIVABLE false", "RUNNING false", "", "FAILED Late REDRIVABLE true"},
			{time.Second, "FAILED Late REDRIVABLE true", "FAILED true", "FAILED true", "FAILED Late REDRIVABLE true"},
		} {
			time.Sleep(moment.wait)
			const ago = time.Second / 2
			for _, row := range []struct {
				age           time.Duration
				action, input string
				want          string
			}{
				{ago, "DescribeExecution", `{"executionArn": "` + m.executionARN("n") + `"}`, moment.described},
				{0, "DescribeExecution", `{"executionArn": "` + m.executionARN("n") + `"}`, moment.now},
				{ago, "ListExecutions", `{"stateMachineArn": "` + m.arn + `"}`, moment.listed},
				{ago, "ListExecutions", `{"stateMachineArn": "` + m.arn + `", "statusFilter": "FAILED"}`, moment.ended},
			} {
				if got := read(row.age, row.action, row.input); got != row.want {
					t.Errorf("after %v more, %s of %v ago: %s, want %s", moment.wait, row.action, row.age, got, row.want)
				}
			}
		}
	})
}

// A page is not filled with those that began later, ended or not.
func TestAListOfAnAgeBeginsWithThoseThatHadBegunThen(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`)
		for _, name := range []string{"first", "second", "third", "fourth"} {
			w.mustCall("StartExecution", map[string]any{"stateMachineArn": m.arn, "name": name})
			time.Sleep(time.Second)
		}
		for age, want := range map[time.Duration]string{time.Second / 2: "fourth", 1500 * time.Millisecond: "third", 3500 * time.Millisecond: "first"} {
			answer, err := w.cloud.Call(cloud.WithAge(t.Context(), age), w.caller, "states", "ListExecutions", json.RawMessage(`{"maxResults": 1, "stateMachineArn": "`+m.arn+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			var told struct{ Executions []struct{ Name string } }
			if err := json.Unmarshal(answer, &told); err != nil {
				t.Fatal(err)
			}
			if len(told.Executions) != 1 || told.Executions[0].Name != want {
				t.Errorf("%v ago the last one is %v, want %s", age, told.Executions, want)
			}
		}
	})
}
