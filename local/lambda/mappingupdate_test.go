package lambda_test

// This file updates mappings, and settings of asynchronous invocations, while
// their functions are at work.

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

func TestAMappingOfAQueueGoesOnAsItIsUpdated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[int]
		e := newEngine(t, worker(func(_ context.Context, in event) {
			batches.add(len(in.Records))
			time.Sleep(2 * time.Second)
		}))
		mapped := func(properties string) string {
			return role(pollStatement) + "," + function("") + mappedQueue("", properties)
		}
		created := e.mustCreate(t, mapped(`, "BatchSize": 1`))
		e.post(t, "a", "b")
		sleep(time.Second)
		e.mustUpdate(t, created, mapped(`, "Enabled": false`))
		e.post(t, "c", "d", "e")
		sleep(time.Minute)
		if got := batches.all(); !slices.Equal(got, []int{1, 1}) || e.left(t, "jobs") != "3+0" {
			t.Errorf("disabled, it has handed over %v and left %s", got, e.left(t, "jobs"))
		}
		e.mustUpdate(t, created, mapped(`, "BatchSize": 3`))
		sleep(time.Minute)
		if got := batches.all(); !slices.Equal(got, []int{1, 1, 3}) || e.left(t, "jobs") != "0+0" {
			t.Errorf("enabled, it has handed over %v and left %s", got, e.left(t, "jobs"))
		}
		if err := e.update(created, mapped(`, "BatchSize": 11`)); !strings.Contains(fmt.Sprint(cause(err)), "must be greater than 0") {
			t.Errorf("a batch that is too large: %v", cause(err))
		}
		e.post(t, "f")
		sleep(time.Minute)
		if got := batches.all(); len(got) != 4 {
			t.Errorf("after an update that failed, it has handed over %v", got)
		}
	})
}

func TestAMappingOfAStreamIsUpdatedWithoutARecordLostOrGivenTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) {
			for _, r := range in.Records {
				got.add(string(r.Kinesis.Data))
			}
			time.Sleep(1500 * time.Millisecond)
		}))
		mapped := func(properties string) string {
			return role(followStatement) + "," + function("") + stream("") + following(properties)
		}
		created := e.mustCreate(t, mapped(`, "BatchSize": 2, "ParallelizationFactor": 2`))
		var want []string
		post := func(round int) {
			for i := range 20 {
				text := fmt.Sprintf("key%d:%d", i%7, 100*round+i)
				want = append(want, text)
				e.put(t, text)
			}
		}
		for round, factor := range []string{"4", "1", "10", "2"} {
			post(round)
			sleep(5 * time.Second) // some of them are under way
			e.mustUpdate(t, created, mapped(`, "BatchSize": 3, "ParallelizationFactor": `+factor))
		}
		sleep(time.Minute)
		e.mustUpdate(t, created, mapped(`, "Enabled": false`))
		before := len(got.all())
		post(5)
		sleep(10 * time.Minute) // iterators expire
		if after := len(got.all()); after != before {
			t.Errorf("%d records are handed over while the mapping is disabled", after-before)
		}
		e.mustUpdate(t, created, mapped(""))
		sleep(time.Minute)
		inOrder(t, got.all())
		all := got.all()
		slices.Sort(all)
		slices.Sort(want)
		if !slices.Equal(all, want) {
			t.Errorf("got  %q\nwant %q", all, want)
		}
	})
}

// inOrder makes sure that the records of each key came one after the other.
func inOrder(t *testing.T, texts []string) {
	t.Helper()
	last := map[string]int{}
	for _, text := range texts {
		key, number, _ := strings.Cut(text, ":")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		if n < last[key] {
			t.Errorf("%s comes after %d", text, last[key])
		}
		last[key] = n
	}
}

func TestADeadLetterQueueAndTheLongestAgeAreUpdated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls notes[bool]
		e := newEngine(t, worker(func() error { calls.add(true); return OutOfStock{} }))
		resources := func(properties, config string) string {
			return role(sendStatement) + "," + function(properties) + queues + eventInvokeConfig(config)
		}
		created := e.mustCreate(t, resources("", `, "MaximumRetryAttempts": 0`))
		e.send(t, `{}`)
		sleep(10 * time.Minute)
		e.mustUpdate(t, created, resources(`, "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}}`, `, "MaximumEventAgeInSeconds": 100`))
		e.send(t, `{}`)
		sleep(10 * time.Minute)
		if n := len(calls.all()); n != 1+2 || e.left(t, "failures") != "1+0" { // the second retry would be after 180 seconds
			t.Errorf("%d calls, and %s dead letters", n, e.left(t, "failures"))
		}
		e.mustUpdate(t, created, resources("", ""))
		e.send(t, `{}`)
		sleep(10 * time.Minute)
		if n := len(calls.all()); n != 1+2+3 || e.left(t, "failures") != "1+0" {
			t.Errorf("updated back: %d calls, and %s dead letters", n, e.left(t, "failures"))
		}
		e.send(t, `{}`)
		sleep(30 * time.Second) // it has failed once
		e.mustUpdate(t, created, resources(`, "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}}`, ""))
		sleep(10 * time.Minute)
		if n := len(calls.all()); n != 1+2+3+3 || e.left(t, "failures") != "2+0" {
			t.Errorf("updated between two tries: %d calls, and %s dead letters", n, e.left(t, "failures"))
		}
	})
}

func TestSettingsOfAsynchronousInvocationsAreUpdated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls notes[bool]
		e := newEngine(t, worker(func() error { calls.add(true); return OutOfStock{} }))
		config := func(properties string) string {
			return role(sendStatement) + "," + function("") + queues + eventInvokeConfig(properties)
		}
		created := e.mustCreate(t, config(`, "MaximumRetryAttempts": 0`))
		e.send(t, `{}`)
		sleep(10 * time.Minute)
		e.mustUpdate(t, created, config(`, "MaximumRetryAttempts": 1`+destinations))
		e.send(t, `{}`)
		sleep(10 * time.Minute)
		if n := len(calls.all()); n != 1+2 || e.left(t, "failures") != "1+0" {
			t.Errorf("%d calls, and %s messages at the destination", n, e.left(t, "failures"))
		}
	})
}
