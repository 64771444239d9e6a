package states

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs"
)

// keptLogs is a world with CloudWatch Logs and the group "g".
func keptLogs(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.cloud.Register("logs", logs.New(w.cloud))
		w.logs("CreateLogGroup", map[string]any{"logGroupName": "g"}, nil)
		test(t, w)
	})
}

func (w *world) logs(action string, input map[string]any, out any) {
	w.t.Helper()
	if err := w.cloud.Do(w.t.Context(), w.caller, "logs", action, input, out); err != nil {
		w.t.Fatal(err)
	}
}

// logging makes a machine that logs into "g".
func (w *world) logging(definition, level string, withData, express bool) *machine {
	w.t.Helper()
	l := loggingConfiguration{Level: level, IncludeExecutionData: withData, Destinations: make([]logDestination, 1)}
	l.Destinations[0].CloudWatchLogsLogGroup.LogGroupArn = w.cloud.ARN("logs", "log-group:g:*")
	m, err := w.states.create("m", express, wish{text: definition, role: ownRole, recorded: recorded{logging: l}})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// streams are the log streams of "g" without the one that AWS makes first.
func (w *world) streams() []string {
	w.t.Helper()
	time.Sleep(deliveryDelay)
	synctest.Wait()
	var found struct {
		LogStreams []struct{ LogStreamName string }
	}
	w.logs("DescribeLogStreams", map[string]any{"logGroupName": "g"}, &found)
	var names []string
	for _, s := range found.LogStreams {
		if s.LogStreamName != validation {
			names = append(names, s.LogStreamName)
		}
	}
	return names
}

// logged are the messages of a stream.
func (w *world) logged(stream string) []string {
	w.t.Helper()
	var found struct{ Events []struct{ Message string } }
	w.logs("GetLogEvents", map[string]any{"logGroupName": "g", "logStreamName": stream, "startFromHead": true}, &found)
	var messages []string
	for _, e := range found.Events {
		messages = append(messages, e.Message)
	}
	return messages
}

const failing = `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"C"}}}`

// Recorded: what is logged at each level, and how.
func TestExecutionsAreLoggedAsTheirMachineSays(t *testing.T) {
	const (
		started  = `{"id":"1","type":"ExecutionStarted","details":{"input":"{\"a\":1}","inputDetails":{"truncated":false},"roleArn":"` + ownRole + `"},"previous_event_id":"0",`
		entered  = `{"id":"2","type":"FailStateEntered","details":{"input":"{\"a\":1}","inputDetails":{"truncated":false},"name":"F"},"previous_event_id":"0",`
		nameOnly = `{"id":"2","type":"FailStateEntered","details":{"name":"F"},"previous_event_id":"0",`
		failed   = `{"id":"3","type":"ExecutionFailed","details":{"cause":"C","error":"E"},"previous_event_id":"2",`
		roleOnly = `{"id":"1","type":"ExecutionStarted","details":{"roleArn":"` + ownRole + `"},"previous_event_id":"0",`
	)
	for _, row := range []struct {
		level    string
		withData bool
		want     []string
	}{
		{"ALL", true, []string{started, entered, failed}},
		{"ALL", false, []string{roleOnly, nameOnly, failed}},
		{"ERROR", true, []string{entered, failed}},
		{"ERROR", false, []string{nameOnly, failed}},
		{"FATAL", true, []string{failed}},
		{"OFF", true, nil},
	} {
		for _, express := range []bool{false, true} {
			keptLogs(t, func(t *testing.T, w *world) {
				at := time.Now().UTC()
				x, _ := w.finish(w.logging(failing, row.level, row.withData, express), `{"a":1}`)
				streams := w.streams()
				if row.want == nil {
					if len(streams) > 0 {
						t.Errorf("%s: streams %v", row.level, streams)
					}
					return
				}
				if len(streams) != 1 || !regexp.MustCompile(`^states/m/`+at.Format("2006-01-02-15-04")+`/[0-9a-f]{8}$`).MatchString(streams[0]) {
					t.Fatalf("%s: streams %v", row.level, streams)
				}
				var want []string
				for _, head := range row.want {
					want = append(want, fmt.Sprintf(`%s"event_timestamp":"%d","execution_arn":%q,"redrive_count":"0"}`, head, at.UnixMilli(), x.arn))
				}
				if got := w.logged(streams[0]); strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("%s, data %v: logged\n%s\nwant\n%s", row.level, row.withData, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			})
		}
	}
}

func TestALogShowsThatItMayBeWritten(t *testing.T) {
	keptLogs(t, func(t *testing.T, w *world) {
		w.logging(failing, "ALL", true, false)
		if got := w.logged(validation); len(got) != 1 || !strings.HasPrefix(got[0], "Permissions are set correctly") {
			t.Errorf("logged %q", got)
		}
	})
}

func TestALogTellsHowOftenAnExecutionWasRedriven(t *testing.T) {
	keptLogs(t, func(t *testing.T, w *world) {
		x, _ := w.finish(w.logging(failing, "FATAL", true, false), `{}`)
		w.mustCall("RedriveExecution", map[string]any{"executionArn": x.arn})
		<-x.done()
		got := w.logged(w.streams()[0])
		if len(got) != 2 || !strings.Contains(got[0], `"redrive_count":"0"`) || !strings.Contains(got[1], `"redrive_count":"1"`) {
			t.Errorf("logged %q", got)
		}
	})
}

func TestAnExecutionDoesNotNeedItsLog(t *testing.T) {
	keptLogs(t, func(t *testing.T, w *world) {
		m := w.logging(passing, "ALL", true, false)
		w.finish(m, `{}`)
		stream := w.streams()[0]
		w.logs("DeleteLogStream", map[string]any{"logGroupName": "g", "logStreamName": stream}, nil)
		w.finish(m, `{}`) // is lost, and shows that the stream has gone
		if got := w.streams(); len(got) != 0 {
			t.Errorf("streams %v", got)
		}
		w.finish(m, `{}`)
		if got := w.streams(); len(got) != 1 || len(w.logged(got[0])) != 4 {
			t.Errorf("streams %v", got)
		}
		w.logs("DeleteLogGroup", map[string]any{"logGroupName": "g"}, nil)
		if _, o := w.finish(m, `{}`); o.status != statusSucceeded {
			t.Errorf("%+v", o)
		}
	})
}

func TestALongLogIsWrittenInBatchesAndInADaysStreams(t *testing.T) {
	keptLogs(t, func(t *testing.T, w *world) {
		m := w.logging(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":90000,"End":true}}}`, "ALL", true, false)
		var (
			mu      sync.Mutex
			batches []int
		)
		w.cloud.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Action == "PutLogEvents" {
				mu.Lock()
				defer mu.Unlock()
				batches = append(batches, strings.Count(string(call.Input), `"timestamp"`))
			}
			return nil
		}
		input := `"` + strings.Repeat("x", 200<<10) + `"`
		for range 4 { // twice 200 KiB at once, each
			w.start(m, input)
		}
		first := w.streams()
		mu.Lock()
		if len(first) != 1 || fmt.Sprint(batches) != "[5 3]" {
			t.Errorf("batches of %v lines in %v", batches, first)
		}
		mu.Unlock()
		time.Sleep(25 * time.Hour)
		if all := w.streams(); len(all) != 2 {
			t.Errorf("streams %v after a day", all)
		}
	})
}

func TestLongDataIsCutInALog(t *testing.T) {
	for _, row := range []struct {
		name, input string
		want        int // bytes
		cut         bool
	}{
		{"as long as may be", strings.Repeat("x", maxLogged), maxLogged, false},
		{"one more", strings.Repeat("x", maxLogged+1), maxLogged, true},
		{"escaped", strings.Repeat(`"`, maxLogged/2+1), maxLogged / 2, true},
		{"of several bytes", strings.Repeat("ä", maxLogged/2+1), maxLogged, true},
		{"in the middle of one", "x" + strings.Repeat("ä", maxLogged/2), maxLogged - 1, true},
	} {
		got, about := shortened(row.input)
		if len(got) != row.want || about.Truncated != row.cut || !strings.HasPrefix(row.input, got) {
			t.Errorf("%s: %d bytes, cut %v, want %d, %v", row.name, len(got), about.Truncated, row.want, row.cut)
		}
	}
	j := &journal{withData: true, level: "ALL"}
	text, err := j.line(happened{event: event{id: 1, kind: "ExecutionStarted", details: &executionStartedDetails{Input: strings.Repeat("x", maxLogged+1)}}})
	if err != nil || !strings.Contains(text, `"inputDetails":{"truncated":true}`) || len(text) > maxLogged+500 {
		t.Errorf("%v, %.200s", err, text)
	}
}

func TestOnlyTheServiceThatDeliversLogsWritesThem(t *testing.T) {
	keptLogs(t, func(t *testing.T, w *world) {
		var (
			mu      sync.Mutex
			writers []string
		)
		w.cloud.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Action == "PutLogEvents" || call.Action == "CreateLogStream" {
				mu.Lock()
				defer mu.Unlock()
				writers = append(writers, call.Caller.Service)
			}
			return nil
		}
		w.finish(w.logging(passing, "ALL", false, false), `{}`)
		w.streams()
		mu.Lock()
		defer mu.Unlock()
		if want := strings.TrimSpace(strings.Repeat("delivery.logs.amazonaws.com ", 4)); strings.Join(writers, " ") != want {
			t.Errorf("written by %v", writers)
		}
	})
}

func TestWhatIsRestoredIsLogged(t *testing.T) {
	keptLogs(t, func(t *testing.T, w *world) {
		m := w.logging(passing, "ALL", false, false)
		restored, err := m.restoreRevision(m.current.Load().saved())
		if err != nil {
			t.Fatal(err)
		}
		m.current.Store(restored)
		w.finish(m, `{}`)
		if streams := w.streams(); len(streams) != 1 || len(w.logged(streams[0])) != 4 {
			t.Errorf("streams %v", streams)
		}
	})
}
