package lambda_test

// This file runs the real binary.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestAFunctionAnswersAndItsProcessStaysWarm(t *testing.T) {
	for _, code := range []string{"code", "code.zip"} {
		t.Run(code, func(t *testing.T) {
			e := newEngine(t, nil)
			e.mustCreate(t, role(logStatement)+","+strings.Replace(function(""), `"code"`, `"`+code+`"`, 1))
			if got := e.invoke(t, `{"Do":"echo","Text":"a \"quoted\" é"}`); string(got.Payload) != `"a \"quoted\" é"` || got.FunctionError != "" || got.ExecutedVersion != "$LATEST" {
				t.Errorf("answer %+v", got)
			}
			first, second := e.invoke(t, `{"Do":"pid"}`), e.invoke(t, `{"Do":"pid"}`)
			if string(first.Payload) != string(second.Payload) {
				t.Errorf("process ids %s and %s", first.Payload, second.Payload)
			}
		})
	}
}

func TestAFunctionsErrorIsItsPayload(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 30`))
	for _, test := range []struct{ name, event, errorType, message string }{
		{"an error has its outermost type's name", `{"Do":"fail","Text":"no such article"}`, "OrderRejected", "no such article"},
		{"a wrapped error loses it", `{"Do":"wrap","Text":"no"}`, "wrapError", "wrapped: no"},
		{"a panic", `{"Do":"panic","Text":"oh"}`, "errorString", "oh"},
		{"an exit", `{"Do":"exit","N":7}`, "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"},
		{"a clean exit", `{"Do":"exit"}`, "Runtime.ExitError", "Error: Runtime exited without providing a reason"},
		{"a response of 6 MB and more", `{"Do":"big","N":6300000}`, "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := e.invoke(t, test.event).functionError(t)
			if got.ErrorType != test.errorType || !strings.HasSuffix(got.ErrorMessage, test.message) {
				t.Errorf("got %+v", got)
			}
			if again := e.invoke(t, `{"Do":"echo","Text":"fine"}`); string(again.Payload) != `"fine"` {
				t.Errorf("the next invocation: %s", again.Payload)
			}
		})
	}
	if got := e.meter.sum("AWS/Lambda Errors"); got != 6 {
		t.Errorf("Errors = %v", got)
	}
	if got := e.meter.sum("AWS/Lambda Invocations"); got != 12 {
		t.Errorf("Invocations = %v", got)
	}
}

func TestAFunctionThatTakesTooLongIsKilled(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 1`))
	first := e.invoke(t, `{"Do":"pid"}`)
	got := e.invoke(t, `{"Do":"sleep","N":60000}`).functionError(t)
	if got.ErrorType != "Sandbox.Timedout" || !strings.HasSuffix(got.ErrorMessage, "Error: Task timed out after 1.00 seconds") {
		t.Errorf("got %+v", got)
	}
	if next := e.invoke(t, `{"Do":"pid"}`); next.FunctionError != "" || string(next.Payload) == string(first.Payload) {
		t.Errorf("process ids %s and %s", first.Payload, next.Payload)
	}
}

func TestAProcessThatFailsToStartFailsTheInvocation(t *testing.T) {
	for failure, want := range map[string]functionError{
		"1": {"Runtime.ExitError", "exit status 3"},
		`{\"errorType\": \"Runtime.NoDatabase\", \"errorMessage\": \"no database\"}`: {"Runtime.NoDatabase", "no database"},
	} {
		e := newEngine(t, nil)
		e.mustCreate(t, role(logStatement)+","+function(`,"Environment": {"Variables": {"FAIL_TO_START": "`+failure+`"}}`))
		if got := e.invoke(t, `{}`).functionError(t); got.ErrorType != want.ErrorType || !strings.HasSuffix(got.ErrorMessage, want.ErrorMessage) {
			t.Errorf("of %s got %+v", failure, got)
		}
	}
}

func TestAHandlerSeesLambdasEnvironmentAndNothingElse(t *testing.T) {
	t.Setenv("SECRET_OF_THE_DEVELOPER", "x")
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(`,"MemorySize": 256, "Environment": {"Variables": {"TABLE": "orders"}}`))
	var list []string
	decode(t, e.invoke(t, `{"Do":"env"}`).Payload, &list)
	got := map[string]string{}
	for _, entry := range list {
		name, value, _ := strings.Cut(entry, "=")
		got[name] = value
	}
	for name, want := range map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME":        "worker",
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
		"AWS_REGION":                      "eu-central-1",
		"_HANDLER":                        "bootstrap",
		"AWS_ACCESS_KEY_ID":               "AKID-worker",
		"AWS_ENDPOINT_URL":                "http://127.0.0.1:4566",
		"TABLE":                           "orders",
		"SECRET_OF_THE_DEVELOPER":         "",
		"HOME":                            "",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
}

func TestAHandlerSeesItsInvocation(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 30`)+`,
		"Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Worker"}}},
		"Alias": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Worker"}, "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]}, "Name": "live"}}`)
	for _, test := range []struct{ name, arn, version string }{
		{"worker", "function:worker", "$LATEST"},
		{"arn:aws:lambda:eu-central-1:123456789012:function:worker:live", "function:worker:live", "1"},
		{"worker:1", "function:worker:1", "1"},
		{"123456789012:function:worker", "function:worker", "$LATEST"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out invoked
			err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", map[string]any{
				"FunctionName": test.name, "Payload": map[string]string{"Do": "context"}, "ClientContext": "eyJjdXN0b20iOnsiYSI6ImIifX0=",
			}, &out)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				RequestID, ARN, Version string
				Custom                  map[string]string
				Left                    float64
			}
			decode(t, out.Payload, &got)
			if len(got.RequestID) != 36 || !strings.HasSuffix(got.ARN, test.arn) || got.Custom["a"] != "b" || got.Left < 20 || got.Left > 30 || got.Version != test.version || out.ExecutedVersion != test.version {
				t.Errorf("got %+v of version %s", got, out.ExecutedVersion)
			}
		})
	}
}

func TestWhatAHandlerPrintsIsInItsLog(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(""))
	e.invoke(t, `{"Do":"echo","Text":"quiet"}`)
	tail := string(e.invoke(t, `{"Do":"print","Text":"hello log"}`).LogResult)
	lines := strings.Split(strings.TrimSpace(tail), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "START RequestId: ") || lines[1] != "hello log" || !strings.HasPrefix(lines[2], "END ") || !strings.Contains(lines[3], "\tMemory Size: 128 MB") {
		t.Errorf("tail:\n%s", tail)
	}
	text, err := os.ReadFile(filepath.Join(e.logs, "app-Worker.log"))
	if err != nil || strings.Count(string(text), "START") != 2 || !strings.HasSuffix(string(text), tail) {
		t.Errorf("log: %v\n%s", err, text)
	}
}

func TestBusyFunctionsGetMoreProcessesUpToTheirConcurrency(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 30, "ReservedConcurrentExecutions": 6`))
	var wait sync.WaitGroup
	var mu sync.Mutex
	pids, throttled := map[string]int{}, 0
	for range 10 {
		wait.Go(func() {
			out, err := e.tryInvoke(`{"Do":"sleep","N":1500}`)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && strings.HasPrefix(err.Error(), "TooManyRequestsException") {
				throttled++
				return
			}
			pids[string(out.Payload)]++
		})
	}
	wait.Wait()
	if len(pids) != 6 || throttled != 4 {
		t.Errorf("processes %v, throttled %d", pids, throttled)
	}
}

func TestProcessesEndWithTheEngine(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(""))
	var pid int
	decode(t, e.invoke(t, `{"Do":"pid"}`).Payload, &pid)
	started := time.Now()
	e.Close()
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("process %d still there: %v", pid, err)
	}
}

func TestConcurrentInvocationsEachGetTheirOwnAnswer(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 30`))
	var wait sync.WaitGroup
	errs := make(chan error, 500)
	for i := range 500 {
		wait.Go(func() {
			want := fmt.Sprintf("number %d", i)
			out, err := e.tryInvoke(`{"Do":"echo","Text":"` + want + `"}`)
			if err != nil || string(out.Payload) != `"`+want+`"` {
				errs <- fmt.Errorf("%s: %v %s", want, err, out.Payload)
			}
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}
