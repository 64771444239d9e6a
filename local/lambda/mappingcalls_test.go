package lambda_test

// This file makes event source mappings with the AWS SDK.

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

const jobsARN = "arn:aws:sqs:eu-central-1:123456789012:jobs"

func TestAMappingMadeByACallDeliversUntilItIsDeleted(t *testing.T) {
	e, client := controlled(t)
	mustMake(t, client, newFunction(ofHandler(t)))
	made, err := client.CreateEventSourceMapping(t.Context(), &awssdk.CreateEventSourceMappingInput{
		EventSourceArn: aws.String(jobsARN), FunctionName: aws.String("worker"), BatchSize: aws.Int32(2), Tags: map[string]string{"a": "1"},
		FunctionResponseTypes: []types.FunctionResponseType{"ReportBatchItemFailures"}, ScalingConfig: &types.ScalingConfig{MaximumConcurrency: aws.Int32(2)},
	})
	if err != nil || *made.State != "Creating" || *made.BatchSize != 2 || *made.FunctionArn != workerARN || *made.EventSourceArn != jobsARN {
		t.Fatalf("%v, %+v", err, made)
	}
	id := made.UUID
	get := func() *awssdk.GetEventSourceMappingOutput {
		t.Helper()
		got, err := client.GetEventSourceMapping(t.Context(), &awssdk.GetEventSourceMappingInput{UUID: id})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := get(); *got.State != "Enabled" || *got.StateTransitionReason != "USER_INITIATED" || *got.ScalingConfig.MaximumConcurrency != 2 || len(got.FunctionResponseTypes) != 1 || got.LastModified == nil {
		t.Errorf("it is %+v", got)
	}
	tags, err := client.ListTags(t.Context(), &awssdk.ListTagsInput{Resource: made.EventSourceMappingArn})
	if err != nil || tags.Tags["a"] != "1" {
		t.Errorf("%v, the tags are %+v", err, tags)
	}
	e.post(t, "one", "two")
	eventually(t, "the messages are done with", func() bool { return e.left(t, "jobs") == "0+0" })
	updated, err := client.UpdateEventSourceMapping(t.Context(), &awssdk.UpdateEventSourceMappingInput{UUID: id, Enabled: aws.Bool(false)})
	if err != nil || *updated.State != "Disabling" || *updated.BatchSize != 2 {
		t.Errorf("%v, updated it is %+v", err, updated)
	}
	if got := get(); *got.State != "Disabled" {
		t.Errorf("then it is %+v", got)
	}
	e.post(t, "three")
	if updated, err = client.UpdateEventSourceMapping(t.Context(), &awssdk.UpdateEventSourceMappingInput{UUID: id, BatchSize: aws.Int32(11)}); err == nil {
		t.Errorf("a batch of 11 without a window is taken: %+v", updated)
	}
	if got := e.left(t, "jobs"); got != "1+0" {
		t.Errorf("a mapping that is disabled has left %s", got)
	}
	if updated, err = client.UpdateEventSourceMapping(t.Context(), &awssdk.UpdateEventSourceMappingInput{UUID: id, Enabled: aws.Bool(true), BatchSize: aws.Int32(3), ScalingConfig: &types.ScalingConfig{MaximumConcurrency: aws.Int32(3)}}); err != nil || *updated.State != "Enabling" || *updated.BatchSize != 3 || *updated.ScalingConfig.MaximumConcurrency != 3 {
		t.Errorf("%v, updated it is %+v", err, updated)
	}
	eventually(t, "the message is done with", func() bool { return e.left(t, "jobs") == "0+0" })
	if _, err := client.UpdateEventSourceMapping(t.Context(), &awssdk.UpdateEventSourceMappingInput{UUID: id, BatchSize: aws.Int32(11)}); err == nil {
		t.Error("a batch of 11 without a window is taken")
	}
	e.post(t, "and one more")
	eventually(t, "what came after an update that was refused is done with", func() bool { return e.left(t, "jobs") == "0+0" })
	deleted, err := client.DeleteEventSourceMapping(t.Context(), &awssdk.DeleteEventSourceMappingInput{UUID: id})
	if err != nil || *deleted.State != "Deleting" {
		t.Errorf("%v, deleted it is %+v", err, deleted)
	}
	_, err = client.GetEventSourceMapping(t.Context(), &awssdk.GetEventSourceMappingInput{UUID: id})
	refuses(t, err, "ResourceNotFoundException The resource you requested does not exist.")
	e.post(t, "four")
	if got := e.left(t, "jobs"); got != "1+0" {
		t.Errorf("a mapping that is deleted has left %s", got)
	}
}

func TestWhatAMappingMayNotBe(t *testing.T) {
	e, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	off := aws.Bool(false)
	create := func(change func(in *awssdk.CreateEventSourceMappingInput)) error {
		in := &awssdk.CreateEventSourceMappingInput{EventSourceArn: aws.String(jobsARN), FunctionName: aws.String(workerARN), Enabled: off}
		change(in)
		_, err := client.CreateEventSourceMapping(t.Context(), in)
		return err
	}
	if err := create(func(*awssdk.CreateEventSourceMappingInput) {}); err != nil {
		t.Fatal(err)
	}
	other := newFunction(packed(t, "#!/bin/sh\n"))
	other.FunctionName = aws.String("other")
	mustMake(t, client, other)
	if err := create(func(in *awssdk.CreateEventSourceMappingInput) { in.FunctionName = other.FunctionName }); err != nil {
		t.Errorf("another function of the same queue: %v", err)
	}
	for name, row := range map[string]struct {
		change func(in *awssdk.CreateEventSourceMappingInput)
		want   string
	}{
		"there already":  {func(*awssdk.CreateEventSourceMappingInput) {}, "ResourceConflictException An event source mapping with SQS arn (\" " + jobsARN + " \") and function (\" worker \") already exists."},
		"of nothing":     {func(in *awssdk.CreateEventSourceMappingInput) { in.EventSourceArn = nil }, "Unrecognized event source."},
		"of no function": {func(in *awssdk.CreateEventSourceMappingInput) { in.FunctionName = aws.String("none") }, "InvalidParameterValueException Function does not exist"},
		"of a broker": {func(in *awssdk.CreateEventSourceMappingInput) {
			in.EventSourceArn = aws.String("arn:aws:mq:eu-central-1:123456789012:broker:b:1")
		}, "NotImplemented"},
		"of a strange place": {func(in *awssdk.CreateEventSourceMappingInput) { in.StartingPosition = "MIDDLE" }, "Value 'MIDDLE' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"},
		"of no place": {func(in *awssdk.CreateEventSourceMappingInput) {
			in.EventSourceArn = aws.String("arn:aws:kinesis:eu-central-1:123456789012:stream/s")
		}, "Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."},
		"of no place in a table": {func(in *awssdk.CreateEventSourceMappingInput) {
			in.EventSourceArn = aws.String("arn:aws:dynamodb:eu-central-1:123456789012:table/t/stream/2025-02-22T03:03:25.490")
		}, "Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."},
		"with a destination": {func(in *awssdk.CreateEventSourceMappingInput) {
			in.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(jobsARN)}}
		}, "Unsupported DestinationConfig parameter for given event source mapping type."},
		"with topics":      {func(in *awssdk.CreateEventSourceMappingInput) { in.Topics = []string{"t"} }, "NotImplemented"},
		"of another queue": {func(in *awssdk.CreateEventSourceMappingInput) { in.EventSourceArn = aws.String(jobsARN + "2") }, "InvalidParameterValueException Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue."},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, create(row.change), row.want) })
	}
	e.Authorizer = allBut("lambda:TagResource")
	refuses(t, create(func(in *awssdk.CreateEventSourceMappingInput) {
		in.EventSourceArn, in.Tags = aws.String(jobsARN+"2"), map[string]string{"a": "b"}
	}), "lambda:TagResource")
}

func TestMappingsAreListedByFunctionAndSource(t *testing.T) {
	e, client := controlled(t)
	e.mustCreate(t, strings.Replace(strings.Replace(role(logStatement+`, {"Effect": "Allow", "Action": "*", "Resource": "*"}`), `"Role"`, `"Role2"`, 1), `"Properties": {`, `"Properties": {"RoleName": "all",`, 1)+`,
		"Tape": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "tape", "ShardCount": 1}}`)
	const tape = "arn:aws:kinesis:eu-central-1:123456789012:stream/tape"
	in := newFunction(packed(t, "#!/bin/sh\n"))
	in.Role = aws.String("arn:aws:iam::123456789012:role/all")
	mustMake(t, client, in)
	for _, source := range []*awssdk.CreateEventSourceMappingInput{
		{EventSourceArn: aws.String(jobsARN)},
		{EventSourceArn: aws.String(tape), StartingPosition: "LATEST", BisectBatchOnFunctionError: aws.Bool(true), ParallelizationFactor: aws.Int32(2), DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(jobsARN)}}, FilterCriteria: &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String(`{"data": {"a": [1]}}`)}}}},
	} {
		source.FunctionName, source.Enabled = aws.String("worker"), aws.Bool(false)
		if _, err := client.CreateEventSourceMapping(t.Context(), source); err != nil {
			t.Fatal(err)
		}
	}
	list := func(function, source *string) (arns []string) {
		t.Helper()
		out, err := client.ListEventSourceMappings(t.Context(), &awssdk.ListEventSourceMappingsInput{FunctionName: function, EventSourceArn: source})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.EventSourceMappings {
			arns = append(arns, *m.EventSourceArn)
			if *m.EventSourceArn == tape && (!*m.BisectBatchOnFunctionError || *m.ParallelizationFactor != 2 || *m.MaximumRetryAttempts != -1 || m.StartingPosition != "LATEST" || *m.BatchSize != 100 || *m.State != "Disabled" || len(m.FilterCriteria.Filters) != 1 || *m.DestinationConfig.OnFailure.Destination != jobsARN) {
				t.Errorf("the stream's is %+v", m)
			}
		}
		slices.Sort(arns)
		return arns
	}
	if got := list(aws.String("worker"), nil); !slices.Equal(got, []string{tape, jobsARN}) {
		t.Errorf("of the function are %q", got)
	}
	if got := list(nil, aws.String(tape)); !slices.Equal(got, []string{tape}) {
		t.Errorf("of the stream are %q", got)
	}
	if got := list(aws.String("none"), nil); len(got) != 0 {
		t.Errorf("of no function are %q", got)
	}
	out, err := client.ListEventSourceMappings(t.Context(), &awssdk.ListEventSourceMappingsInput{EventSourceArn: aws.String(tape)})
	if err != nil {
		t.Fatal(err)
	}
	updated, err := client.UpdateEventSourceMapping(t.Context(), &awssdk.UpdateEventSourceMappingInput{UUID: out.EventSourceMappings[0].UUID, FilterCriteria: &types.FilterCriteria{}, MaximumRetryAttempts: aws.Int32(3)})
	if err != nil || updated.FilterCriteria != nil || *updated.MaximumRetryAttempts != 3 || *updated.State != "Updating" || *updated.ParallelizationFactor != 2 {
		t.Errorf("%v, updated it is %+v", err, updated)
	}
	updated, err = client.UpdateEventSourceMapping(t.Context(), &awssdk.UpdateEventSourceMappingInput{UUID: out.EventSourceMappings[0].UUID, BisectBatchOnFunctionError: aws.Bool(false), ParallelizationFactor: aws.Int32(3)})
	if err != nil || *updated.BisectBatchOnFunctionError || *updated.ParallelizationFactor != 3 || *updated.MaximumRetryAttempts != 3 {
		t.Errorf("%v, updated again it is %+v", err, updated)
	}
}
