package sns_test

// This file delivers, under a virtual clock.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func attribute(dataType, value string) map[string]string {
	return map[string]string{"DataType": dataType, "StringValue": value}
}

func TestAQueueGetsTheNotificationOrTheMessageItself(t *testing.T) {
	for _, raw := range []bool{false, true} {
		t.Run(fmt.Sprint("raw ", raw), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, fmt.Sprintf(`, "RawMessageDelivery": %v`, raw)))
				id := e.publish(t, map[string]any{"Message": "a \"text\"", "Subject": "greeting", "MessageAttributes": map[string]any{"kind": attribute("String", "x")}})
				messages := e.receive(t, "inbox", 1)
				if len(messages) != 1 {
					t.Fatalf("%d messages", len(messages))
				}
				got := messages[0]
				if raw {
					if got.Body != "a \"text\"" || got.MessageAttributes["kind"].StringValue != "x" {
						t.Errorf("message %+v", got)
					}
					return
				}
				var n struct {
					Type, MessageId, TopicArn, Subject, Message, Timestamp string
					MessageAttributes                                      map[string]struct{ Type, Value string }
				}
				if err := json.Unmarshal([]byte(got.Body), &n); err != nil {
					t.Fatal(err)
				}
				if n.Type != "Notification" || n.MessageId != id || n.TopicArn != topicARN || n.Subject != "greeting" || n.Message != "a \"text\"" ||
					n.Timestamp == "" || n.MessageAttributes["kind"].Type != "String" || n.MessageAttributes["kind"].Value != "x" || got.MessageAttributes != nil {
					t.Errorf("message %+v", got)
				}
			})
		})
	}
}

func TestAQueueGetsThePublishersTrace(t *testing.T) {
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, ""))
		ctx := cloud.WithOrigin(t.Context(), cloud.Origin{Trace: trace})
		for action, input := range map[string]map[string]any{
			"Publish":      {"TopicArn": topicARN, "Message": "x"},
			"PublishBatch": {"TopicArn": topicARN, "PublishBatchRequestEntries": []map[string]any{{"Id": "1", "Message": "y"}}},
		} {
			if err := e.Do(ctx, e.Administrator(), "sns", action, input, nil); err != nil {
				t.Fatal(err)
			}
			if got := e.receive(t, "inbox", 1); len(got) != 1 || got[0].Attributes["AWSTraceHeader"] != trace {
				t.Errorf("%s: %+v", action, got)
			}
		}
		e.publish(t, map[string]any{"Message": "z"})
		if got := e.receive(t, "inbox", 1); len(got) != 1 || got[0].Attributes["AWSTraceHeader"] != "" {
			t.Errorf("without a trace: %+v", got)
		}
	})
}

func TestAFunctionGetsARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, base+subscription("Sub", "lambda", `"arn:aws:lambda:eu-central-1:123456789012:function:f"`, ""))
		id := e.publish(t, map[string]any{"Message": "hello"})
		synctest.Wait()
		var in struct {
			FunctionName, InvocationType string
			Payload                      struct {
				Records []struct {
					EventSource, EventVersion, EventSubscriptionArn string
					Sns                                             struct {
						MessageId, TopicArn, Message string
						Subject                      *string
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(strings.Join(e.functions.calls(), "")), &in); err != nil {
			t.Fatalf("%v in %v", err, e.functions.calls())
		}
		if len(in.Payload.Records) != 1 || in.InvocationType != "Event" || !strings.HasSuffix(in.FunctionName, ":function:f") {
			t.Fatalf("invoked with %v", e.functions.calls())
		}
		r := in.Payload.Records[0]
		if r.EventSource != "aws:sns" || r.EventVersion != "1.0" || !strings.HasPrefix(r.EventSubscriptionArn, topicARN+":") ||
			r.Sns.MessageId != id || r.Sns.TopicArn != topicARN || r.Sns.Message != "hello" || r.Sns.Subject != nil {
			t.Errorf("record %+v", r)
		}
	})
}

func TestAMessageMayDifferByProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, `, "RawMessageDelivery": true`))
		e.publish(t, map[string]any{"Message": `{"default": "for all", "sqs": "for queues"}`, "MessageStructure": "json"})
		if got := e.receive(t, "inbox", 1); len(got) != 1 || got[0].Body != "for queues" {
			t.Errorf("messages %+v", got)
		}
	})
}

func TestWhatCannotBeDeliveredGoesToTheDeadLetterQueue(t *testing.T) {
	const redrive = `, "RedrivePolicy": {"deadLetterTargetArn": ` + deadARN + `}`
	t.Run("again, if that fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEngine(t)
			e.mustCreate(t, base+`, "Closed": {"Type": "AWS::SQS::Queue", "Properties": {}}`+subscription("Sub", "sqs", `{"Fn::GetAtt": ["Closed", "Arn"]}`, redrive+`, "RawMessageDelivery": true`))
			failures := 0
			e.Fault = func(_ context.Context, call cloud.Call) error {
				if call.Action == "SendMessage" && bytes.Contains(call.Input, []byte("/dead")) && failures < 4 {
					failures++
					return cloud.Errorf(500, "InternalFailure", "not now")
				}
				return nil
			}
			e.publish(t, map[string]any{"Message": "m"})
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := e.receive(t, "dead", 1); len(got) != 1 || failures != 4 {
				t.Errorf("messages %+v after %d failures", got, failures)
			}
		})
	})
	t.Run("at once, if it is not permitted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEngine(t)
			e.mustCreate(t, base+`, "Closed": {"Type": "AWS::SQS::Queue", "Properties": {}}`+subscription("Sub", "sqs", `{"Fn::GetAtt": ["Closed", "Arn"]}`, redrive+`, "RawMessageDelivery": true`))
			e.publish(t, map[string]any{"Message": "m"})
			if got := e.receive(t, "dead", 1); len(got) != 1 || got[0].Body != "m" {
				t.Errorf("messages %+v", got)
			}
		})
	})
}

func TestDeadLettersThatAreLostAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, meter := newMeasuredEngine(t)
		nowhere := `"` + e.ARN("sqs", "nowhere") + `"`
		e.mustCreate(t, base+subscription("Lost", "sqs", nowhere, `, "RedrivePolicy": {"deadLetterTargetArn": `+nowhere+`}`)+subscription("Kept", "sqs", nowhere, `, "RedrivePolicy": {"deadLetterTargetArn": `+deadARN+`}`))
		e.publish(t, map[string]any{"Message": "m"})
		synctest.Wait()
		if lost, kept := meter.sum("NumberOfNotificationsFailedToRedriveToDlq"), meter.sum("NumberOfNotificationsRedrivenToDlq"); lost != 1 || kept != 1 {
			t.Errorf("%v lost, %v kept", lost, kept)
		}
		if published, bytes := meter.sum("NumberOfMessagesPublished"), meter.sum("PublishSize"); published != 1 || bytes != 1 {
			t.Errorf("%v messages of %v bytes", published, bytes)
		}
	})
}

func TestAnEndpointThatIsThrottledIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.functions.fail = cloud.Errorf(400, "ThrottlingException", "slow down")
		e.mustCreate(t, base+subscription("Sub", "lambda", `"arn:aws:lambda:eu-central-1:123456789012:function:f"`, ""))
		e.publish(t, map[string]any{"Message": "m"})
		synctest.Wait()
		if got := len(e.functions.calls()); got != 4 {
			t.Errorf("%d attempts at once, want 4", got)
		}
	})
}

func TestAFailingEndpointIsTriedAgainAsAWSDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.functions.fail = cloud.Errorf(500, "ServiceException", "broken")
		e.mustCreate(t, base+subscription("Sub", "lambda", `"arn:aws:lambda:eu-central-1:123456789012:function:f"`, ""))
		e.publish(t, map[string]any{"Message": "m"})
		synctest.Wait()
		got := []int{len(e.functions.calls())}
		for _, wait := range []time.Duration{1, 1, 1, 2, 4, 8, 16, 20, 20} {
			time.Sleep(wait * time.Second)
			synctest.Wait()
			got = append(got, len(e.functions.calls()))
		}
		if want := []int{4, 5, 6, 7, 8, 9, 10, 11, 12, 13}; !slices.Equal(got, want) {
			t.Errorf("attempts %v, want %v", got, want)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if n := len(e.functions.calls()); n != 13+24*3600/20 {
			t.Errorf("%d attempts after a day", n)
		}
	})
}

func TestSubscriptionsThatLeaveTheMachineAreOnlyListed(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base+subscription("Mail", "email", `"ops@example.com"`, "")+subscription("Hook", "https", `"https://example.com/hook"`, ""))
	e.publish(t, map[string]any{"Message": "m"})
	var out struct {
		Subscriptions []struct{ SubscriptionArn, Protocol, Endpoint, TopicArn string }
	}
	if err := e.Do(t.Context(), e.Administrator(), "sns", "ListSubscriptionsByTopic", map[string]string{"TopicArn": topicARN}, &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range out.Subscriptions {
		got = append(got, s.Protocol+" "+s.Endpoint+" "+s.SubscriptionArn)
	}
	slices.Sort(got)
	if want := []string{"email ops@example.com PendingConfirmation", "https https://example.com/hook PendingConfirmation"}; !slices.Equal(got, want) {
		t.Errorf("subscriptions %q", got)
	}
}

func TestWhatTheEngineDoesNotDoIsRefusedWhenItIsLoaded(t *testing.T) {
	for _, test := range []struct{ name, resources, want string }{
		{"Firehose", base + subscription("Sub", "firehose", `"arn"`, ""), "property Protocol"},
		{"another region", base + subscription("Sub", "sqs", inboxARN, `, "Region": "eu-west-1"`), "property Region"},
		{"raw delivery to a function", base + subscription("Sub", "lambda", `"arn"`, `, "RawMessageDelivery": true`), "does not support raw message delivery"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := newEngine(t).create(test.resources); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
