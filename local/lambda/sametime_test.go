package lambda_test

// This file makes calls at the same time that change one function.

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// atOnce makes calls of an action at the same time, and counts those that succeed.
func (e *engine) atOnce(t *testing.T, action string, inputs ...map[string]any) int {
	t.Helper()
	var all sync.WaitGroup
	var done atomic.Int32
	begin := make(chan struct{})
	for _, in := range inputs {
		all.Go(func() {
			<-begin
			err := e.Do(context.Background(), e.Administrator(), "lambda", action, in, nil)
			switch {
			case err == nil:
				done.Add(1)
			case cloud.AsError(err).Code != "PreconditionFailedException":
				t.Errorf("%s: %v", action, err)
			}
		})
	}
	close(begin)
	all.Wait()
	return int(done.Load())
}

func TestOfChangesAtTheSameTimeThatKnowOneRevisionOneIsMade(t *testing.T) {
	e, client := controlled(t)
	in := newFunction(packed(t, "#!/bin/sh\n"))
	in.Publish = true
	mustMake(t, client, in)
	alias := &awssdk.CreateAliasInput{FunctionName: in.FunctionName, Name: aws.String("live"), FunctionVersion: aws.String("1")}
	if _, err := client.CreateAlias(t.Context(), alias); err != nil {
		t.Fatal(err)
	}
	ofFunction := func() string {
		got, err := client.GetFunctionConfiguration(t.Context(), &awssdk.GetFunctionConfigurationInput{FunctionName: in.FunctionName})
		if err != nil {
			t.Fatal(err)
		}
		return *got.RevisionId
	}
	ofChanged := func() string {
		describeWorker(t, client, cloud.UUID())
		return ofFunction()
	}
	ofAlias := func() string {
		got, err := client.GetAlias(t.Context(), &awssdk.GetAliasInput{FunctionName: in.FunctionName, Name: alias.Name})
		if err != nil {
			t.Fatal(err)
		}
		return *got.RevisionId
	}
	for _, row := range []struct {
		action   string
		revision func() string
		input    func(i int) map[string]any
	}{
		{"UpdateFunctionConfiguration", ofFunction, func(i int) map[string]any { return map[string]any{"Description": fmt.Sprint(i)} }},
		{"UpdateFunctionCode", ofFunction, func(int) map[string]any { return map[string]any{"ZipFile": in.Code.ZipFile} }},
		{"PublishVersion", ofChanged, func(i int) map[string]any { return map[string]any{"Description": fmt.Sprint(i)} }},
		{"UpdateAlias", ofAlias, func(i int) map[string]any { return map[string]any{"Name": "live", "Description": fmt.Sprint(i)} }},
	} {
		t.Run(row.action, func(t *testing.T) {
			for range 20 {
				known := row.revision()
				var inputs []map[string]any
				for i := range 20 {
					input := row.input(i)
					input["FunctionName"], input["RevisionId"] = "worker", known
					inputs = append(inputs, input)
				}
				if n := e.atOnce(t, row.action, inputs...); n != 1 {
					t.Fatalf("%d changes were made", n)
				}
			}
		})
	}
}

func TestNoneOfTheChangesAtTheSameTimeIsLost(t *testing.T) {
	e, client := controlled(t)
	in := newFunction(packed(t, "#!/bin/sh\n"))
	mustMake(t, client, in)
	if _, err := client.PutFunctionEventInvokeConfig(t.Context(), &awssdk.PutFunctionEventInvokeConfigInput{FunctionName: in.FunctionName, MaximumRetryAttempts: aws.Int32(0)}); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		e.atOnce(t, "UpdateFunctionConfiguration",
			map[string]any{"FunctionName": "worker", "Description": fmt.Sprint(i)},
			map[string]any{"FunctionName": "worker", "Timeout": i + 1},
			map[string]any{"FunctionName": "worker", "MemorySize": 128 + i})
		got, err := client.GetFunctionConfiguration(t.Context(), &awssdk.GetFunctionConfigurationInput{FunctionName: in.FunctionName})
		if err != nil || *got.Description != fmt.Sprint(i) || int(*got.Timeout) != i+1 || int(*got.MemorySize) != 128+i {
			t.Fatalf("%v, after round %d: %s, %d s, %d MB", err, i, *got.Description, *got.Timeout, *got.MemorySize)
		}
	}
	for i := range 200 {
		retries, age := i%3, 60+i
		e.atOnce(t, "UpdateFunctionEventInvokeConfig",
			map[string]any{"FunctionName": "worker", "MaximumRetryAttempts": retries},
			map[string]any{"FunctionName": "worker", "MaximumEventAgeInSeconds": age})
		got, err := client.GetFunctionEventInvokeConfig(t.Context(), &awssdk.GetFunctionEventInvokeConfigInput{FunctionName: in.FunctionName})
		if err != nil || int(*got.MaximumRetryAttempts) != retries || int(*got.MaximumEventAgeInSeconds) != age {
			t.Fatalf("%v, after round %d: %d retries, %d s", err, i, *got.MaximumRetryAttempts, *got.MaximumEventAgeInSeconds)
		}
	}
}

func TestFunctionsAtTheSameTimeDoNotReserveMoreThanTheAccountHas(t *testing.T) {
	e, client := controlled(t)
	const functions = 8
	for i := range functions {
		in := newFunction(packed(t, "#!/bin/sh\n"))
		in.FunctionName = aws.String(fmt.Sprint("worker", i))
		mustMake(t, client, in)
	}
	for range 20 {
		var all sync.WaitGroup
		var reserved atomic.Int32
		for i := range functions {
			name := fmt.Sprint("worker", i)
			all.Go(func() {
				if e.Do(context.Background(), e.Administrator(), "lambda", "PutFunctionConcurrency", map[string]any{"FunctionName": name, "ReservedConcurrentExecutions": 300}, nil) == nil {
					reserved.Add(1)
				}
			})
		}
		all.Wait()
		if reserved.Load() != 3 {
			t.Fatalf("%d functions have 300 of 900", reserved.Load())
		}
		for i := range functions {
			if err := e.Do(t.Context(), e.Administrator(), "lambda", "DeleteFunctionConcurrency", map[string]any{"FunctionName": fmt.Sprint("worker", i)}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}
