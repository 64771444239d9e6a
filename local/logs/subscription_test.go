package logs_test

// This file is what subscriptions send, for how long they try, and who has to let them.

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs"
)

const (
	functionARN = "arn:aws:lambda:eu-west-1:111122223333:function:f"
	streamARN   = "arn:aws:kinesis:eu-west-1:111122223333:stream/s"
	roleARN     = "arn:aws:iam::111122223333:role/r"
)

// toStream subscribes a stream of Kinesis to the group.
func (l *listener) toStream(t *testing.T, more values) {
	t.Helper()
	in := values{"logGroupName": "g", "filterName": "to", "filterPattern": "", "destinationArn": streamARN, "roleArn": roleARN}
	for name, value := range more {
		in[name] = value
	}
	l.must(t, "PutSubscriptionFilter", in)
}

// fail lets so many deliveries fail from now on.
func (l *listener) fail(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = n
}

// left is how many deliveries have still to fail.
func (l *listener) left() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failing
}

func TestASubscriptionSendsWhatMatchesInOrderUntilItArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.toStream(t, values{"filterPattern": "[level = ERROR, word]"})
		l.fail(2)
		l.put(t, "ERROR a", "INFO b", "ERROR c")
		l.put(t, "ERROR d")
		if _, sent := l.heard(); sent != nil {
			t.Errorf("%q was sent", sent)
		}
		time.Sleep(time.Minute)
		const to = roleARN + " s " + streamARN + ": DATA_MESSAGE 111122223333 g/s [to] "
		if _, sent := l.heard(); !slices.Equal(sent, []string{to + "ERROR a ERROR|ERROR c ERROR", to + "ERROR d ERROR"}) {
			t.Errorf("%q was sent", sent)
		}
	})
}

func TestWhatComesMeanwhileIsSentAfterWhatHasToBeSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.toStream(t, nil)
		l.fail(1)
		l.put(t, "a")
		l.put(t, "b")
		time.Sleep(time.Minute)
		if _, sent := l.heard(); len(sent) != 2 || !strings.HasSuffix(sent[0], " a") || !strings.HasSuffix(sent[1], " b") {
			t.Errorf("sent %q", sent)
		}
	})
}

// Streams that clients put events into have nothing that comes by itself.
func TestAGroupsFirstSubscriptionHearsWhatAServiceLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.put(t, "put before")
		var mu sync.Mutex
		written := []logs.Line{{Position: 0, Time: time.Now(), Text: "before"}}
		l.logs.Publish("g", "worker", func(from int64) iter.Seq[logs.Line] {
			mu.Lock()
			defer mu.Unlock()
			return slices.Values(slices.Clone(written[from:]))
		})
		l.must(t, "PutSubscriptionFilter", values{"logGroupName": "g", "filterName": "to", "filterPattern": "", "destinationArn": functionARN})
		time.Sleep(500 * time.Millisecond)
		mu.Lock()
		written = append(written, logs.Line{Position: 1, Time: time.Now(), Text: "after"})
		mu.Unlock()
		time.Sleep(2 * time.Second)
		if _, sent := l.heard(); len(sent) != 1 || !strings.HasSuffix(sent[0], "g/worker [to] after") {
			t.Errorf("sent %q", sent)
		}
		const want = `"creationTime":946684800000,"firstEventTimestamp":946684800000,"lastEventTimestamp":946684800500,"lastIngestionTime":946684800500,"logStreamName":"worker"`
		if got := l.ask(t, "DescribeLogStreams", values{"logGroupName": "g", "logStreamNamePrefix": "w"}); !strings.Contains(got, want) {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

func TestASubscriptionTriesForADay(t *testing.T) {
	const always = 1 << 20
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.toStream(t, nil)
		l.fail(always)
		l.put(t, "a")
		time.Sleep(time.Minute)
		if l.heard(); always-l.left() != 6 {
			t.Errorf("it has tried %d times within a minute, want 0s, 1s, 3s, 7s, 15s and 31s", always-l.left())
		}
		time.Sleep(23 * time.Hour)
		l.heard()
		l.fail(0)
		time.Sleep(5 * time.Minute)
		if _, sent := l.heard(); len(sent) != 1 {
			t.Errorf("after 23 hours %q was sent", sent)
		}
		l.fail(always)
		l.put(t, "b")
		time.Sleep(25 * time.Hour)
		l.heard()
		l.fail(0)
		time.Sleep(time.Hour)
		if _, sent := l.heard(); sent != nil {
			t.Errorf("after 25 hours %q was sent", sent)
		}
	})
}

func TestOnlyWhatADestinationMayTakeLaterIsSentAgain(t *testing.T) {
	for again, faults := range map[bool][]*cloud.Error{
		true: {
			cloud.Errorf(500, "ServiceException", "not now"),
			cloud.Errorf(429, "TooManyRequestsException", "not now"),
			cloud.Errorf(400, "ProvisionedThroughputExceededException", "not now"),
		},
		false: {
			cloud.Errorf(400, "InvalidArgumentException", "never"),
			cloud.Errorf(404, "ResourceNotFoundException", "never"),
		},
	} {
		for _, fault := range faults {
			t.Run(fault.Code, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := newListener(t)
					l.group(t)
					l.toStream(t, nil)
					l.fault = fault
					l.fail(1)
					l.put(t, "a")
					time.Sleep(time.Minute)
					if _, sent := l.heard(); (len(sent) == 1) != again {
						t.Errorf("%q was sent", sent)
					}
				})
			})
		}
	}
}

func TestASubscriptionThatIsGoneSendsNothingMore(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *listener){
		"deleted": func(t *testing.T, l *listener) {
			l.must(t, "DeleteSubscriptionFilter", values{"logGroupName": "g", "filterName": "to"})
		},
		"replaced":          func(t *testing.T, l *listener) { l.toStream(t, values{"filterPattern": "nothing"}) },
		"without its group": func(t *testing.T, l *listener) { l.must(t, "DeleteLogGroup", values{"logGroupName": "g"}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newListener(t)
				l.group(t)
				l.toStream(t, nil)
				l.fail(1)
				l.put(t, "on its way")
				l.put(t, "waiting")
				l.heard() // the first try has failed
				end(t, l)
				time.Sleep(time.Minute)
				if _, sent := l.heard(); sent != nil {
					t.Errorf("%q was sent", sent)
				}
			})
		})
	}
}

func TestRandomDistributionSpreadsAStreamsEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.toStream(t, values{"distribution": "Random"})
		l.put(t, "a")
		l.put(t, "b")
		_, sent := l.heard()
		if len(sent) != 2 {
			t.Fatalf("%q was sent", sent)
		}
		first, second := strings.Fields(sent[0])[1], strings.Fields(sent[1])[1]
		if first == "s" || first == second {
			t.Errorf("the partition keys are %s and %s", first, second)
		}
	})
}

// ask performs an action and returns its answer, or its refusal.
func (l *listener) ask(t *testing.T, action string, in values) string {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := l.Call(t.Context(), l.Administrator(), "logs", action, raw)
	if err != nil {
		return err.Error()
	}
	return string(answer)
}

func TestAFilterIsToldAsItWasPutLastAndMadeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.toStream(t, nil)
		l.must(t, "PutMetricFilter", metricFilter("a", nil))
		time.Sleep(time.Hour)
		l.toStream(t, values{"filterPattern": "b", "distribution": "Random"})
		l.must(t, "PutMetricFilter", metricFilter("{ $.n = 1 }", values{"metricValue": "$.n", "unit": "Count", "dimensions": values{"Of": "$.of"}}))
		for action, want := range map[string]string{
			"DescribeSubscriptionFilters": `{"subscriptionFilters":[{"applyOnTransformedLogs":false,"creationTime":946684800000,"destinationArn":"` + streamARN +
				`","distribution":"Random","filterName":"to","filterPattern":"b","logGroupName":"g","roleArn":"` + roleARN + `"}]}`,
			"DescribeMetricFilters": `{"metricFilters":[{"applyOnTransformedLogs":false,"creationTime":946684800000,"filterName":"f","filterPattern":"{ $.n = 1 }","logGroupName":"g",` +
				`"metricTransformations":[{"metricNamespace":"Shop","metricName":"m","metricValue":"$.n","dimensions":{"Of":"$.of"},"unit":"Count"}]}]}`,
		} {
			if got := l.ask(t, action, values{"logGroupName": "g"}); got != want {
				t.Errorf("%s: got %s, want %s", action, got, want)
			}
		}
	})
}

// permits is an authorizer by who does what.
type permits func(caller cloud.Caller, action, resource string) bool

func (p permits) Authorize(caller cloud.Caller, action, resource string) error {
	if p(caller, action, resource) {
		return nil
	}
	return cloud.Errorf(403, "AccessDeniedException", "%s on %s", action, resource)
}

func (permits) Assume(service cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{Role: role + " of " + service.Service + " for " + service.Context["aws:SourceArn"]}, nil
}

func TestAFunctionHasToLetTheGroupIn(t *testing.T) {
	const source = "arn:aws:logs:eu-west-1:111122223333:log-group:g:*"
	for _, row := range []struct{ permitted, from, want string }{
		{"logs.eu-west-1.amazonaws.com", source, "logs.eu-west-1.amazonaws.com Event " + functionARN},
		{"logs.amazonaws.com", source, "logs.amazonaws.com Event " + functionARN},
		{"events.amazonaws.com", source, "InvalidParameterException: Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."},
		{"logs.amazonaws.com", "arn:aws:logs:eu-west-1:111122223333:log-group:other:*", "InvalidParameterException: Could not execute the lambda function."},
	} {
		t.Run(row.permitted+" for "+row.from, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newListener(t)
				l.Authorizer = permits(func(caller cloud.Caller, action, resource string) bool {
					return action != "lambda:InvokeFunction" || resource == functionARN && caller.Service == row.permitted && caller.Context["aws:SourceArn"] == row.from
				})
				l.group(t)
				got := l.ask(t, "PutSubscriptionFilter", values{"logGroupName": "g", "filterName": "to", "filterPattern": "", "destinationArn": functionARN})
				l.put(t, "a")
				if _, sent := l.heard(); len(sent) > 0 {
					got = sent[0]
				}
				if !strings.HasPrefix(got, row.want) {
					t.Errorf("got %s, want %s", got, row.want)
				}
			})
		})
	}
}

func TestAStreamIsWrittenToAsTheRoleThatTheCallerPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.Authorizer = permits(func(_ cloud.Caller, action, _ string) bool { return action != "iam:PassRole" })
		in := values{"logGroupName": "g", "filterName": "to", "filterPattern": "", "destinationArn": streamARN, "roleArn": roleARN}
		if got, want := l.ask(t, "PutSubscriptionFilter", in), "iam:PassRole on "+roleARN; !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
		l.Authorizer = permits(func(caller cloud.Caller, action, _ string) bool {
			return action != "iam:PassRole" || caller.Context["iam:PassedToService"] == "logs.amazonaws.com"
		})
		l.must(t, "PutSubscriptionFilter", in)
		l.put(t, "a")
		if _, sent := l.heard(); len(sent) != 1 || !strings.HasPrefix(sent[0], roleARN+" of logs.amazonaws.com for arn:aws:logs:eu-west-1:111122223333:log-group:g:* s ") {
			t.Errorf("%q was sent", sent)
		}
	})
}

func TestEachActionAsksForItsPermission(t *testing.T) {
	l := newListener(t)
	l.Authorizer = permits(func(cloud.Caller, string, string) bool { return false })
	const group = "arn:aws:logs:eu-west-1:111122223333:log-group:g"
	names := values{"logGroupName": "g"}
	with := func(more values) values {
		in := values{"logGroupName": "g"}
		for name, value := range more {
			in[name] = value
		}
		return in
	}
	stream := with(values{"logStreamName": "s"})
	inputs := map[string]struct {
		in       values
		resource string
	}{
		"CreateLogStream":          {stream, group + ":log-stream:s"},
		"DeleteLogStream":          {stream, group + ":log-stream:s"},
		"GetLogEvents":             {stream, group + ":log-stream:s"},
		"PutLogEvents":             {with(values{"logStreamName": "s", "logEvents": []values{{"timestamp": 1, "message": "a"}}}), group + ":log-stream:s"},
		"DeleteMetricFilter":       {with(values{"filterName": "f"}), ""},
		"DeleteSubscriptionFilter": {with(values{"filterName": "f"}), ""},
		"PutMetricFilter":          {metricFilter("", nil), ""},
		"PutRetentionPolicy":       {with(values{"retentionInDays": 7}), ""},
		"DeleteResourcePolicy":     {values{"policyName": "p"}, "*"},
		"DescribeLogGroups":        {values{}, "arn:aws:logs:eu-west-1:111122223333:log-group:*"},
		"DescribeResourcePolicies": {values{}, "*"},
		"PutResourcePolicy":        {values{"policyName": "p", "policyDocument": "{}"}, "*"},
		"TestMetricFilter":         {values{"filterPattern": "", "logEventMessages": []string{"a"}}, "*"},
		"ListTagsForResource":      {values{"resourceArn": group}, ""},
		"TagResource":              {values{"resourceArn": group, "tags": values{"a": "1"}}, ""},
		"UntagResource":            {values{"resourceArn": group, "tagKeys": []string{"a"}}, ""},
	}
	for action := range l.logs.Operations {
		if action == "PutSubscriptionFilter" { // see the tests of what a destination permits
			continue
		}
		asked, known := inputs[action]
		if !known {
			asked.in = names
		}
		if asked.resource == "" {
			asked.resource = group + ":log-stream:"
		}
		if got, want := l.ask(t, action, asked.in), fmt.Sprintf("logs:%s on %s", action, asked.resource); !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, want := l.ask(t, "DescribeMetricFilters", values{}), "logs:DescribeMetricFilters on arn:aws:logs:eu-west-1:111122223333:log-group:*"; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
