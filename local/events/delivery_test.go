package events

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// world is EventBridge with fake services around it.
type world struct {
	*EventBridge
	types map[string]cfn.Type

	mu      sync.Mutex
	calls   []cloud.Call
	trace   string // of the last call
	metrics map[string]int
	answer  func(call cloud.Call) error
}

func newWorld(t *testing.T) *world {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	w := &world{EventBridge: New(c), types: map[string]cfn.Type{}, metrics: map[string]int{}}
	c.Bus, c.Meter = w.EventBridge, w
	for _, service := range []string{"lambda", "sqs", "sns", "states"} {
		c.Register(service, fake{w, service})
	}
	c.Register("events", w.EventBridge)
	for _, typ := range w.Types() {
		w.types[typ.Name] = typ
	}
	t.Cleanup(c.Close)
	return w
}

func (w *world) Observe(d cloud.Datum) { w.mu.Lock(); defer w.mu.Unlock(); w.metrics[d.Name]++ }

type fake struct {
	w       *world
	service string
}

func (fake) Supports(string) bool { return true }

func (f fake) Call(ctx context.Context, caller cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	call := cloud.Call{Caller: caller, Service: f.service, Action: action, Input: input}
	f.w.mu.Lock()
	f.w.trace = cloud.OriginOf(ctx).Trace
	f.w.calls = append(f.w.calls, call)
	f.w.mu.Unlock()
	if f.w.answer != nil {
		if err := f.w.answer(call); err != nil {
			return nil, err
		}
	}
	return json.RawMessage(`{}`), nil
}

// create makes the resources of a template.
func (w *world) create(t *testing.T, resources string) error {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources":` + resources + `}`))
	if err != nil {
		t.Fatal(err)
	}
	if faults := template.Check(w.types); len(faults) > 0 {
		t.Fatal(faults)
	}
	_, err = (&cfn.Stack{Name: "Stack", Site: w.cloud.Site, Template: template}).Create(t.Context(), w.types)
	return err
}

// rule makes one rule named Rule on orders with the target's further properties.
func (w *world) rule(t *testing.T, target string) {
	t.Helper()
	err := w.create(t, `{"R":{"Type":"AWS::Events::Rule","Properties":{"Name":"Rule","EventPattern":{"source":["orders"]},"Targets":[{"Id":"T",`+target+`}]}}}`)
	if err != nil {
		t.Fatal(err)
	}
}

const lambdaTarget = `"Arn":"arn:aws:lambda:eu-central-1:111122223333:function:split"`

func (w *world) put(t *testing.T, detail string) {
	t.Helper()
	in, _ := json.Marshal(map[string]any{"Entries": []any{map[string]any{"Source": "orders", "DetailType": "Placed", "Detail": detail}}})
	out, err := w.Call(t.Context(), w.cloud.Administrator(), "PutEvents", in)
	if err != nil || !strings.Contains(string(out), `"FailedEntryCount":0`) {
		t.Fatalf("PutEvents: %s %v", out, err)
	}
}

func TestATargetIsCalledInTheTraceOfWhoPutTheEvent(t *testing.T) {
	for _, row := range []struct{ name, request, entry, want string }{
		{"none", "", "", ""},
		{"the request's", "Root=1-a;Sampled=1", "", "Root=1-a;Sampled=1"},
		{"the entry's", "Root=1-a", `, "TraceHeader": "Root=1-b"`, "Root=1-b"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.rule(t, lambdaTarget)
			ctx := cloud.WithOrigin(t.Context(), cloud.Origin{Trace: row.request})
			if _, err := w.Call(ctx, w.cloud.Administrator(), "PutEvents", json.RawMessage(`{"Entries": [{"Source": "orders", "DetailType": "a", "Detail": "{}"`+row.entry+`}]}`)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			w.mu.Lock()
			defer w.mu.Unlock()
			if len(w.calls) != 1 || w.trace != row.want {
				t.Errorf("%s: %d calls, the last one with the trace %q, want %q", row.name, len(w.calls), w.trace, row.want)
			}
		})
	}
}

func TestEachKindOfTargetIsInvokedInItsOwnWay(t *testing.T) {
	for _, row := range []struct{ name, target, service, action, want string }{
		{"function", lambdaTarget, "lambda", "Invoke", `"InvocationType":"Event"`},
		{"queue", `"Arn":"arn:aws:sqs:eu-central-1:111122223333:jobs","SqsParameters":{"MessageGroupId":"g"}`, "sqs", "SendMessage", `"MessageGroupId":"g"`},
		{"topic", `"Arn":"arn:aws:sns:eu-central-1:111122223333:alarms"`, "sns", "Publish", `"TopicArn":"arn:aws:sns:eu-central-1:111122223333:alarms"`},
		{"state machine", `"Arn":"arn:aws:states:eu-central-1:111122223333:stateMachine:m","RoleArn":"arn:aws:iam::111122223333:role/r"`, "states", "StartExecution", `"stateMachineArn"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.rule(t, row.target)
				w.put(t, `{"id":"<7>"}`)
				synctest.Wait()
				if len(w.calls) != 1 {
					t.Fatalf("%d calls", len(w.calls))
				}
				call := w.calls[0]
				if call.Service != row.service || call.Action != row.action || !strings.Contains(string(call.Input), row.want) {
					t.Errorf("called %s:%s with %s", call.Service, call.Action, call.Input)
				}
				if row.service != "states" && (call.Caller.Service != principal || call.Caller.Context["aws:SourceArn"] != "arn:aws:events:eu-central-1:111122223333:rule/Rule") {
					t.Errorf("called as %+v", call.Caller)
				}
				if w.metrics["TriggeredRules"] != 1 || w.metrics["Invocations"] != 1 || w.metrics["FailedInvocations"] != 0 {
					t.Errorf("metrics %v", w.metrics)
				}
			})
		})
	}
}

// eventID is an event's id.
var eventID = regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f-]{27}"`)

func TestInputsAreMadeFromTheEvent(t *testing.T) {
	for _, row := range []struct{ name, properties, want string }{
		{"the constant", `"Input":"{\"a\": 1}"`, `{"a": 1}`},
		{"a path", `"InputPath":"$.detail.big"`, `12345678901234567890`},
		{"a path to nothing", `"InputPath":"$.detail.nope"`, `null`},
		{"a path with an index", `"InputPath":"$.detail.list[1]"`, `"b"`},
		{"a path in brackets", `"InputPath":"$['detail-type']"`, `"Placed"`},
		{"an object template", `"InputTransformer":{"InputPathsMap":{"id":"$.detail.id","n":"$.detail.big","o":"$.detail.o"},"InputTemplate":"{\"id\": <id>, \"n\": <n>, \"o\": <o>, \"s\": \"id <id>, n <n>\"}"}`,
			`{"id": "it's \"7\"", "n": 12345678901234567890, "o": {"z":0.0,"k":"v"}, "s": "id it's \"7\", n 12345678901234567890"}`},
		{"an object within a text of an object template, which makes no JSON", `"InputTransformer":{"InputPathsMap":{"o":"$.detail.o"},"InputTemplate":"{\"s\": \"o <o>\"}"}`, ``},
		{"an object and a list in a text template", `"InputTransformer":{"InputPathsMap":{"o":"$.detail.o","l":"$.detail.list"},"InputTemplate":"\"<o> <l>\""}`, `"{z:0.0,k:v} [a,b]"`},
		{"texts on lines of their own", `"InputTransformer":{"InputPathsMap":{"id":"$.detail.id"},"InputTemplate":"\"a <id>\"\n\"b\""}`, "\"a it's \\\"7\\\"\"\n\"b\""},
		{"the event without its detail", `"InputTransformer":{"InputTemplate":"{\"e\": <aws.events.event>}"}`,
			`{"e": {"id":"ID","account":"111122223333","detailType":"Placed","time":"TIME","source":"orders","region":"eu-central-1","resources":[],"version":"0"}}`},
		{"the event as it is", `"InputTransformer":{"InputTemplate":"<aws.events.event.json>"}`,
			`{"version":"0","id":"ID","detail-type":"Placed","source":"orders","account":"111122223333","time":"TIME","region":"eu-central-1","resources":[],"detail":{"id":"it's \"7\"","big":12345678901234567890,"list":["a","b"],"o":{"z":0.0,"k":"v"}}}`},
		{"a text template", `"InputTransformer":{"InputPathsMap":{"id":"$.detail.id"},"InputTemplate":"\"order <id> of <aws.events.rule-name>\""}`, `"order it's \"7\" of Rule"`},
		{"a variable that the event lacks", `"InputTransformer":{"InputPathsMap":{"x":"$.detail.x"},"InputTemplate":"{\"x\": <x>, \"t\": \"[<x>]\"}"}`, `{"x": "", "t": "[]"}`},
		{"angle brackets that are no variable", `"InputTransformer":{"InputTemplate":"\"a < b > c\""}`, `"a < b > c"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.rule(t, `"Arn":"arn:aws:sns:eu-central-1:111122223333:alarms",`+row.properties)
				w.put(t, `{"id":"it's \"7\"","big":12345678901234567890,"list":["a","b"],"o":{"z":0.0,"k":"v"}}`)
				synctest.Wait()
				if row.want == "" {
					if len(w.calls) != 0 || w.metrics["FailedInvocations"] != 1 {
						t.Errorf("called %v, metrics %v", w.calls, w.metrics)
					}
					return
				}
				var in struct{ Message string }
				if len(w.calls) != 1 || json.Unmarshal(w.calls[0].Input, &in) != nil || eventID.ReplaceAllString(in.Message, `"ID"`) != strings.ReplaceAll(row.want, "TIME", "2000-01-01T00:00:00Z") {
					t.Errorf("want %s, got %v", row.want, in.Message)
				}
			})
		})
	}
}

func TestTransientFailuresAreRetriedUntilTheTargetAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rule(t, lambdaTarget)
		started := time.Now()
		w.answer = func(cloud.Call) error {
			if time.Since(started) < time.Hour {
				return cloud.Errorf(429, "TooManyRequestsException", "Rate Exceeded.")
			}
			return nil
		}
		w.put(t, `{}`)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if took := len(w.calls); took < 10 || took > 30 {
			t.Errorf("%d attempts within the hour", took)
		}
		if w.metrics["Invocations"] != 1 || w.metrics["FailedInvocations"] != 0 {
			t.Errorf("metrics %v", w.metrics)
		}
	})
}

func TestADeadLetterIsSentAgainToAQueueThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rule(t, lambdaTarget+`,"DeadLetterConfig":{"Arn":"arn:aws:sqs:eu-central-1:111122223333:dead"}`)
		letters := 0
		w.answer = func(call cloud.Call) error {
			if call.Service == "lambda" {
				return cloud.Errorf(404, "ResourceNotFoundException", "gone")
			}
			if letters++; letters < 5 {
				return cloud.Errorf(500, "InternalFailure", "not now")
			}
			return nil
		}
		w.put(t, `{"id":7}`)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if letters != 5 || w.metrics["InvocationsSentToDlq"] != 1 {
			t.Errorf("sent %d times, metrics %v", letters, w.metrics)
		}
	})
}

func TestADeadLetterThatIsLostIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rule(t, lambdaTarget+`,"DeadLetterConfig":{"Arn":"arn:aws:sqs:eu-central-1:111122223333:dead"}`)
		w.answer = func(cloud.Call) error { return cloud.Errorf(404, "ResourceNotFoundException", "gone") }
		w.put(t, `{"id":7}`)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.metrics["InvocationsFailedToBeSentToDlq"] != 1 || w.metrics["InvocationsSentToDlq"] != 0 {
			t.Errorf("metrics %v", w.metrics)
		}
	})
}

func TestDeadLettersSayWhatWentWrong(t *testing.T) {
	throttled := cloud.Errorf(400, "ThrottlingException", "slow down")
	for _, row := range []struct {
		name, policy string
		err          error
		attempts     int
		code         string
		exhausted    string
		within       time.Duration
	}{
		{"no permission: at once", ``, cloud.Errorf(403, "AccessDeniedException", "no"), 1, "NO_PERMISSIONS", "", time.Second},
		{"no target: at once", ``, cloud.Errorf(404, "ResourceNotFoundException", "gone"), 1, "NO_RESOURCE", "", time.Second},
		{"no retries", `,"RetryPolicy":{"MaximumRetryAttempts":0}`, throttled, 1, "THROTTLING", "MaximumRetryAttempts", time.Second},
		{"three retries", `,"RetryPolicy":{"MaximumRetryAttempts":3}`, throttled, 4, "THROTTLING", "MaximumRetryAttempts", 10 * time.Second},
		{"too old", `,"RetryPolicy":{"MaximumEventAgeInSeconds":60}`, cloud.Errorf(500, "InternalError", "x"), 0, "ERROR_FROM_TARGET", "MaximumEventAgeInSeconds", time.Minute},
		{"default policy", ``, throttled, 0, "THROTTLING", "", 24 * time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.rule(t, lambdaTarget+`,"DeadLetterConfig":{"Arn":"arn:aws:sqs:eu-central-1:111122223333:dead"}`+row.policy)
				w.answer = func(call cloud.Call) error {
					if call.Service == "lambda" {
						return row.err
					}
					return nil
				}
				w.put(t, `{"id":7}`)
				time.Sleep(row.within)
				synctest.Wait()
				w.mu.Lock()
				defer w.mu.Unlock()
				last := w.calls[len(w.calls)-1]
				if last.Service != "sqs" {
					t.Fatalf("after %v and %d attempts there is no dead letter", row.within, len(w.calls))
				}
				if attempts := len(w.calls) - 1; row.attempts != 0 && attempts != row.attempts {
					t.Errorf("want %d attempts, got %d", row.attempts, attempts)
				}
				var letter struct {
					QueueUrl, MessageBody string
					MessageAttributes     map[string]struct{ StringValue string }
				}
				if err := json.Unmarshal(last.Input, &letter); err != nil {
					t.Fatal(err)
				}
				if !strings.HasSuffix(letter.QueueUrl, "/111122223333/dead") || !strings.Contains(letter.MessageBody, `"detail":{"id":7}`) {
					t.Errorf("letter %+v", letter)
				}
				attribute := func(name string) string { return letter.MessageAttributes[name].StringValue }
				if attribute("ERROR_CODE") != row.code || row.exhausted != "" && attribute("EXHAUSTED_RETRY_CONDITION") != row.exhausted ||
					!strings.HasSuffix(attribute("RULE_ARN"), ":rule/Rule") || !strings.HasSuffix(attribute("TARGET_ARN"), ":split") {
					t.Errorf("attributes %v", letter.MessageAttributes)
				}
				limited := 0
				if row.exhausted != "" || row.within == 24*time.Hour {
					limited = 1
				}
				if len(letter.MessageAttributes) != 5+limited || attribute("ERROR_MESSAGE") != row.err.Error() || attribute("RETRY_ATTEMPTS") != strconv.Itoa(len(w.calls)-2) {
					t.Errorf("attributes %v", letter.MessageAttributes)
				}
				if last.Caller.Context["aws:SourceArn"] != "arn:aws:events:eu-central-1:111122223333:rule/Rule" {
					t.Errorf("the letter is of %+v", last.Caller)
				}
				if w.metrics["FailedInvocations"] != 1 || w.metrics["InvocationsSentToDlq"] != 1 {
					t.Errorf("metrics %v", w.metrics)
				}
			})
		})
	}
}

func TestSchedulesTriggerTargetsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		err := w.create(t, `{
			"On":{"Type":"AWS::Events::Rule","Properties":{"Name":"On","ScheduleExpression":"rate(5 minutes)","Targets":[{"Id":"T",`+lambdaTarget+`}]}},
			"Off":{"Type":"AWS::Events::Rule","Properties":{"Name":"Off","State":"DISABLED","ScheduleExpression":"rate(1 minute)","Targets":[{"Id":"T",`+lambdaTarget+`}]}}}`)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(16 * time.Minute)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.calls) != 3 {
			t.Fatalf("%d invocations in 16 minutes", len(w.calls))
		}
		if !strings.Contains(string(w.calls[0].Input), `"detail-type":"Scheduled Event","source":"aws.events"`) {
			t.Errorf("payload %s", w.calls[0].Input)
		}
	})
}

func TestEventsTravelFromBusToBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		err := w.create(t, `{
			"Bus":{"Type":"AWS::Events::EventBus","Properties":{"Name":"orders"}},
			"Forward":{"Type":"AWS::Events::Rule","Properties":{"EventPattern":{"source":["orders"]},"Targets":[{"Id":"B","Arn":{"Fn::GetAtt":["Bus","Arn"]},"RoleArn":"arn:aws:iam::111122223333:role/r"}]}},
			"There":{"Type":"AWS::Events::Rule","Properties":{"Name":"There","EventBusName":{"Ref":"Bus"},"EventPattern":{"source":["orders"]},"Targets":[{"Id":"T",`+lambdaTarget+`}]}}}`)
		if err != nil {
			t.Fatal(err)
		}
		w.put(t, `{"id":7}`)
		synctest.Wait()
		if len(w.calls) != 1 || w.calls[0].Caller.Context["aws:SourceArn"] != "arn:aws:events:eu-central-1:111122223333:rule/orders/There" {
			t.Errorf("calls %+v", w.calls)
		}
	})
}

func TestWhatIsNotSupportedIsRefusedWithItsProperty(t *testing.T) {
	for _, row := range []struct{ name, properties, want string }{
		{"pattern", `"EventPattern":{"source":[{"like":"x"}]}`, "EventPattern"},
		{"neither pattern nor schedule", `"Name":"x"`, "EventPattern"},
		{"schedule", `"ScheduleExpression":"rate(1 week)"`, "ScheduleExpression"},
		{"target", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a","Arn":"arn:aws:logs:eu-central-1:111122223333:log-group:x"}]`, "Targets[0].Arn"},
		{"template", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a",` + lambdaTarget + `,"InputTransformer":{"InputTemplate":"{\"a\": <b>}"}}]`, "Targets[0]: InputTemplate for target a contains invalid placeholder b."},
		{"two inputs", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a",` + lambdaTarget + `,"Input":"{}","InputPath":"$.detail"}]`, "Only one of Input, InputPath, or InputTransformer must be provided for target a."},
		{"texts and something else", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a",` + lambdaTarget + `,"InputTransformer":{"InputTemplate":"\"a\" 7"}}]`, "does not make valid JSON"},
		{"undefined variable in a text", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a",` + lambdaTarget + `,"InputTransformer":{"InputTemplate":"\"a <b>\""}}]`, "Targets[0]"},
		{"input for a bus", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a","Arn":"arn:aws:events:eu-central-1:111122223333:event-bus/b","Input":"{}"}]`, "Targets[0]"},
		{"dead letters that are no queue", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a",` + lambdaTarget + `,"DeadLetterConfig":{"Arn":"arn:aws:sns:eu-central-1:111122223333:t"}}]`, "Targets[0].DeadLetterConfig.Arn"},
		{"template that is no JSON", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a",` + lambdaTarget + `,"InputTransformer":{"InputTemplate":"{a}"}}]`, "Targets[0]"},
		{"input", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a",` + lambdaTarget + `,"Input":"{"}]`, "Targets[0]"},
		{"retry policy", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a",` + lambdaTarget + `,"RetryPolicy":{"MaximumRetryAttempts":186}}]`, "MaximumRetryAttempts"},
		{"state machine without a role", `"EventPattern":{"source":["x"]},"Targets":[{"Id":"a","Arn":"arn:aws:states:eu-central-1:111122223333:stateMachine:m"}]`, "Targets[0].RoleArn"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			err := w.create(t, `{"R":{"Type":"AWS::Events::Rule","Properties":{`+row.properties+`}}}`)
			if err == nil || !strings.Contains(err.Error(), "property "+row.want) && !strings.Contains(err.Error(), row.want) {
				t.Errorf("want an error about %s, got %v", row.want, err)
			}
		})
	}
}
