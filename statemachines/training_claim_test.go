package statemachines

// This file has which execution runs: one at a time, and the next one if it fails.

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestARunThatIsGoingIsNotStartedTwice(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.wait = make(chan struct{})
		first := l.start("Training", "{}")
		time.Sleep(time.Second)
		synctest.Wait()
		result := l.run()
		if result.Outcome != contract.AlreadyRunning || result.Execution != first {
			t.Errorf("got %+v, want the execution %s", result, first)
		}
		if len(l.searches) != 1 {
			t.Errorf("data were looked for %d times", len(l.searches))
		}
		close(l.wait)
		if output := l.end(first); !strings.Contains(output, "SUCCEEDED") {
			t.Error(output)
		}
		l.wait = nil
		if result := l.run(); result.Outcome != contract.Succeeded {
			t.Errorf("then %+v", result)
		}
	})
}

func TestARunThatFailedOrWasStoppedIsTakenOverByTheNext(t *testing.T) {
	inLab(t, atLeast, jobs{"startJobRun": `{"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "no space left"}}, "1-9": {"Return": {"Objects": {"${--output}train/0.csv": "1", "${--output}validation/0.csv": "1"}}}}`}, func(t *testing.T, l *lab) {
		if got := l.fails(); !strings.HasPrefix(got, "States.TaskFailed: ") || !strings.Contains(got, "no space left") {
			t.Errorf("got %s", got)
		}
		if l.row("current")["execution"] == "" || l.row("last-success") != nil {
			t.Errorf("rows %v, %v", l.row("current"), l.row("last-success"))
		}
		l.wait = make(chan struct{})
		stopped := l.start("Training", "{}")
		time.Sleep(time.Second)
		synctest.Wait()
		l.do("states", "StopExecution", map[string]string{"executionArn": stopped}, nil)
		close(l.wait)
		synctest.Wait()
		l.wait = nil
		if result := l.run(); result.Outcome != contract.Succeeded {
			t.Errorf("then %+v", result)
		}
	})
}

// It ended more than 90 days ago, say.
func TestARunOfWhichNothingIsKnownAnyMoreIsTakenOver(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.do("dynamodb", "PutItem", map[string]any{"TableName": "Runs", "Item": map[string]any{"run": map[string]string{"S": "current"}, "execution": map[string]string{"S": l.created.Handles["Training"].Ref + ":gone"}}}, nil)
		l.refuse = func(call cloud.Call) error {
			if call.Action == "DescribeExecution" {
				return cloud.Errorf(400, "ExecutionDoesNotExist", "Execution Does Not Exist")
			}
			return nil
		}
		if result := l.run(); result.Outcome != contract.Succeeded {
			t.Errorf("got %+v", result)
		}
	})
}

func TestARunIsTakenOverAlthoughServicesAreBusy(t *testing.T) {
	for _, action := range []string{"GetItem", "DescribeExecution", "UpdateItem"} {
		t.Run(action, func(t *testing.T) {
			inLab(t, atLeast, jobs{"startJobRun": `{"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "x"}}, "1-9": {"Return": {"Objects": {"${--output}train/0.csv": "1", "${--output}validation/0.csv": "1"}}}}`}, func(t *testing.T, l *lab) {
				l.fails()
				busy := 0
				l.refuse = func(call cloud.Call) error {
					claims := action == "UpdateItem" && !strings.Contains(string(call.Input), ":other") // only taking over is meant
					if call.Action != action || claims || busy == 3 {
						return nil
					}
					busy++
					return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
				}
				if result := l.run(); result.Outcome != contract.Succeeded || busy != 3 {
					t.Errorf("got %+v after %d", result, busy)
				}
			})
		})
	}
}

// Both see that the one before has failed. One of them is faster.
func TestOnlyOneTakesARunOver(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		claim := func(execution string) {
			l.do("dynamodb", "PutItem", map[string]any{"TableName": "Runs", "Item": map[string]any{"run": map[string]string{"S": "current"}, "execution": map[string]string{"S": execution}}}, nil)
		}
		machine := strings.Replace(l.created.Handles["Training"].Ref, ":stateMachine:", ":execution:", 1)
		claim(machine + ":gone")
		l.refuse = func(call cloud.Call) error {
			if strings.Contains(string(call.Input), ":other") {
				claim(machine + ":faster")
			}
			return nil
		}
		if result := l.run(); result.Outcome != contract.AlreadyRunning || len(l.searches) != 0 {
			t.Errorf("got %+v", result)
		}
	})
}

func TestWhatIsFoundNotToBeNewIsGivenBackAlthoughTheTableIsBusy(t *testing.T) {
	for name, effect := range map[string]bool{"it is busy": false, "its answer is lost": true} {
		t.Run(name, func(t *testing.T) {
			inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
				l.found = contract.Found{}
				busy := 0
				l.refuse = func(call cloud.Call) error {
					if !strings.Contains(string(call.Input), "REMOVE execution") || busy == 3 {
						return nil
					}
					if busy++; effect && busy == 1 {
						if _, err := l.Call(t.Context(), l.Administrator(), call.Service, call.Action, call.Input); err != nil {
							t.Error(err)
						}
					}
					return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
				}
				if result := l.run(); result.Outcome != contract.NothingNew || l.row("current")["execution"] != "" || busy != 3 {
					t.Errorf("got %+v after %d; the run is %v", result, busy, l.row("current"))
				}
			})
		})
	}
}

func TestARunWhoseClaimIsNotAnsweredKnowsItAsItsOwn(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		lost := false
		l.refuse = func(call cloud.Call) error {
			if lost || !strings.Contains(string(call.Input), "attribute_not_exists(execution)") {
				return nil
			}
			lost = true
			if _, err := l.Call(t.Context(), l.Administrator(), call.Service, call.Action, call.Input); err != nil {
				t.Error(err)
			}
			return cloud.Errorf(500, "InternalServerError", "the answer is lost")
		}
		if result := l.run(); result.Outcome != contract.Succeeded || !lost {
			t.Errorf("got %+v; an answer was lost: %v", result, lost)
		}
	})
}

// One that finds nothing new after another has taken the run over, as when it is redriven,
// leaves it to that one.
func TestARunIsGivenBackByWhoHasIt(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.found = contract.Found{}
		l.refuse = func(call cloud.Call) error {
			if call.Service == "lambda" {
				l.do("dynamodb", "PutItem", map[string]any{"TableName": "Runs", "Item": map[string]any{"run": map[string]string{"S": "current"}, "execution": map[string]string{"S": "another"}}}, nil)
			}
			return nil
		}
		if result := l.run(); result.Outcome != contract.NothingNew || l.row("current")["execution"] != "another" {
			t.Errorf("got %+v; the run is %v", result, l.row("current"))
		}
	})
}

// One that is redriven after another run has begun may not say what the last
// success was.
func TestARunThatAnotherHasTakenOverRecordsNothing(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.refuse = func(call cloud.Call) error {
			if call.Service == "lambda" && strings.Contains(string(call.Input), "predict") {
				return cloud.Errorf(404, "ResourceNotFoundException", "gone")
			}
			return nil
		}
		first := l.start("Training", "{}")
		if got := l.end(first); !strings.HasPrefix(got, "Lambda.ResourceNotFoundException") {
			t.Fatal(got)
		}
		l.refuse = nil
		second := l.run()
		l.do("states", "RedriveExecution", map[string]string{"executionArn": first}, nil)
		if got := l.end(first); strings.HasPrefix(got, "{") {
			t.Errorf("it ended well: %s", got)
		}
		if row := l.row("last-success"); row["lastRun"] != second.Run {
			t.Errorf("the last success is %v", row)
		}
	})
}
