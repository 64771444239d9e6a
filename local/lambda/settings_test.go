package lambda_test

// This file is settings of functions that calls make: of asynchronous invocations,
// of concurrency, tags, and what is told only.

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func TestSettingsOfAsynchronousInvocationsAreMadeByCalls(t *testing.T) {
	_, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	publishWorker(t, client, "")
	worker := aws.String("worker")
	const queue = "arn:aws:sqs:eu-central-1:123456789012:jobs"
	failing := func(arn string) *types.DestinationConfig {
		return &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: &arn}}
	}
	put, err := client.PutFunctionEventInvokeConfig(t.Context(), &awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, MaximumRetryAttempts: aws.Int32(1), DestinationConfig: failing(queue)})
	if err != nil || *put.FunctionArn != workerARN+":$LATEST" || *put.MaximumRetryAttempts != 1 || put.MaximumEventAgeInSeconds != nil || *put.DestinationConfig.OnFailure.Destination != queue {
		t.Fatalf("%v, %+v", err, put)
	}
	updated, err := client.UpdateFunctionEventInvokeConfig(t.Context(), &awssdk.UpdateFunctionEventInvokeConfigInput{FunctionName: worker, MaximumEventAgeInSeconds: aws.Int32(60)})
	if err != nil || *updated.MaximumRetryAttempts != 1 || *updated.MaximumEventAgeInSeconds != 60 || *updated.DestinationConfig.OnFailure.Destination != queue {
		t.Errorf("%v, updated they are %+v", err, updated)
	}
	if _, err := client.PutFunctionEventInvokeConfig(t.Context(), &awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, Qualifier: aws.String("1"), MaximumRetryAttempts: aws.Int32(0)}); err != nil {
		t.Fatal(err)
	}
	list, err := client.ListFunctionEventInvokeConfigs(t.Context(), &awssdk.ListFunctionEventInvokeConfigsInput{FunctionName: worker})
	if err != nil || len(list.FunctionEventInvokeConfigs) != 2 || *list.FunctionEventInvokeConfigs[1].FunctionArn != workerARN+":1" {
		t.Errorf("%v, listed are %+v", err, list)
	}
	for name, row := range map[string]struct {
		in   awssdk.PutFunctionEventInvokeConfigInput
		want string
	}{
		"nothing":               {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker}, "You must specify at least one of error handling or destination setting."},
		"no function":           {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: aws.String("none"), MaximumRetryAttempts: aws.Int32(0)}, "ResourceNotFoundException The function doesn't exist."},
		"a short age":           {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, MaximumEventAgeInSeconds: aws.Int32(59)}, "it must be from 60 to 21600"},
		"a long age":            {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, MaximumEventAgeInSeconds: aws.Int32(21601)}, "it must be from 60 to 21600"},
		"many retries":          {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, MaximumRetryAttempts: aws.Int32(3)}, "it must be from 0 to 2"},
		"itself":                {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, DestinationConfig: failing(workerARN)}, "You can't specify the function as a destination for itself."},
		"a function of nowhere": {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, DestinationConfig: failing(workerARN + "2")}, "The destination ARN " + workerARN + "2 is invalid."},
		"a user":                {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, DestinationConfig: failing("arn:aws:iam::123456789012:user/u")}, "DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=arn:aws:iam::123456789012:user/u)) is invalid."},
		"no ARN of anything":    {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, DestinationConfig: failing("arn:aws:_-/!lambda:eu-central-1:123456789012:function:f")}, "ValidationException 1 validation error detected: Value 'arn:aws:_-/!lambda:eu-central-1:123456789012:function:f' at 'destinationConfig.onFailure.destination' failed to satisfy constraint: Member must satisfy regular expression pattern: $|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)"},
		"a bucket":              {awssdk.PutFunctionEventInvokeConfigInput{FunctionName: worker, DestinationConfig: failing("arn:aws:s3:::b")}, "NotImplemented"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.PutFunctionEventInvokeConfig(t.Context(), &row.in)
			refuses(t, err, row.want)
		})
	}
	_, err = client.UpdateFunctionEventInvokeConfig(t.Context(), &awssdk.UpdateFunctionEventInvokeConfigInput{FunctionName: aws.String("none"), MaximumRetryAttempts: aws.Int32(0)})
	refuses(t, err, "ResourceNotFoundException The function doesn't exist.")
	_, err = client.UpdateFunctionEventInvokeConfig(t.Context(), &awssdk.UpdateFunctionEventInvokeConfigInput{FunctionName: worker, Qualifier: aws.String("7"), MaximumRetryAttempts: aws.Int32(0)})
	refuses(t, err, "The function "+workerARN+":7 doesn't have an EventInvokeConfig")
	got, err := client.GetFunctionEventInvokeConfig(t.Context(), &awssdk.GetFunctionEventInvokeConfigInput{FunctionName: worker})
	if err != nil || *got.MaximumEventAgeInSeconds != 60 {
		t.Errorf("%v, %+v", err, got)
	}
	_, err = client.ListFunctionEventInvokeConfigs(t.Context(), &awssdk.ListFunctionEventInvokeConfigsInput{FunctionName: worker, MaxItems: aws.Int32(51)})
	refuses(t, err, "Member must have value less than or equal to 50")
	if _, err := client.DeleteFunctionEventInvokeConfig(t.Context(), &awssdk.DeleteFunctionEventInvokeConfigInput{FunctionName: worker}); err != nil {
		t.Fatal(err)
	}
	_, err = client.DeleteFunctionEventInvokeConfig(t.Context(), &awssdk.DeleteFunctionEventInvokeConfigInput{FunctionName: worker})
	refuses(t, err, "The function "+workerARN+":$LATEST doesn't have an EventInvokeConfig")
	_, err = client.GetFunctionEventInvokeConfig(t.Context(), &awssdk.GetFunctionEventInvokeConfigInput{FunctionName: worker})
	refuses(t, err, "The function "+workerARN+":$LATEST doesn't have an EventInvokeConfig")
}

func TestReservedConcurrencyCounts(t *testing.T) {
	e, client := controlled(t)
	mustMake(t, client, newFunction(ofHandler(t)))
	worker := aws.String("worker")
	reserve := func(name string, n int32) error {
		_, err := client.PutFunctionConcurrency(t.Context(), &awssdk.PutFunctionConcurrencyInput{FunctionName: &name, ReservedConcurrentExecutions: &n})
		return err
	}
	reserved := func() string {
		out, err := client.GetFunctionConcurrency(t.Context(), &awssdk.GetFunctionConcurrencyInput{FunctionName: worker})
		if err != nil || out.ReservedConcurrentExecutions == nil {
			return fmt.Sprint(err)
		}
		return fmt.Sprint(*out.ReservedConcurrentExecutions)
	}
	if got := reserved(); got != "<nil>" {
		t.Errorf("at first %s is reserved", got)
	}
	if err := reserve("worker", 0); err != nil || reserved() != "0" {
		t.Errorf("%v, reserved is %s", err, reserved())
	}
	if _, err := e.tryInvoke(`{"Do":"pid"}`); err == nil || !strings.Contains(err.Error(), "TooManyRequestsException") {
		t.Errorf("switched off, it answers %v", err)
	}
	settings, err := client.GetAccountSettings(t.Context(), &awssdk.GetAccountSettingsInput{})
	if err != nil || settings.AccountUsage.FunctionCount != 1 || settings.AccountUsage.TotalCodeSize == 0 || *settings.AccountLimit.UnreservedConcurrentExecutions != 1000 {
		t.Errorf("%v, the account has %+v", err, settings)
	}
	refuses(t, reserve("worker", 901), "below its minimum value of [100].")
	refuses(t, reserve("worker", -1), "Member must have value greater than or equal to 0")
	refuses(t, reserve("none", 1), "Function not found: arn:aws:lambda:eu-central-1:123456789012:function:none:$LATEST")
	refuses(t, reserve(workerARN+":$LATEST", 1), "This operation is permitted on Lambda functions only.")
	if err := reserve("worker", 600); err != nil {
		t.Fatal(err)
	}
	if err := reserve("worker", 601); err != nil { // of which 600 are its own
		t.Error(err)
	}
	if err := reserve("worker", 600); err != nil {
		t.Fatal(err)
	}
	other := newFunction(packed(t, "#!/bin/sh\n"))
	other.FunctionName = aws.String("other")
	mustMake(t, client, other)
	refuses(t, reserve("other", 301), "below its minimum value of [100].")
	if got, err := client.GetFunction(t.Context(), &awssdk.GetFunctionInput{FunctionName: worker}); err != nil || *got.Concurrency.ReservedConcurrentExecutions != 600 {
		t.Errorf("%v, %+v", err, got)
	}
	if settings, err = client.GetAccountSettings(t.Context(), &awssdk.GetAccountSettingsInput{}); err != nil || *settings.AccountLimit.UnreservedConcurrentExecutions != 400 {
		t.Errorf("%v, the account has %+v", err, settings)
	}
	if _, err := client.DeleteFunctionConcurrency(t.Context(), &awssdk.DeleteFunctionConcurrencyInput{FunctionName: worker}); err != nil || reserved() != "<nil>" {
		t.Errorf("%v, then %s is reserved", err, reserved())
	}
	e.invoke(t, `{"Do":"pid"}`)
}

func TestProvisionedConcurrencyIsTold(t *testing.T) {
	_, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	publishWorker(t, client, "")
	worker, live := aws.String("worker"), aws.String("live")
	if _, err := client.CreateAlias(t.Context(), &awssdk.CreateAliasInput{FunctionName: worker, Name: live, FunctionVersion: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	put := func(qualifier string, n int32) (*awssdk.PutProvisionedConcurrencyConfigOutput, error) {
		return client.PutProvisionedConcurrencyConfig(t.Context(), &awssdk.PutProvisionedConcurrencyConfigInput{FunctionName: worker, Qualifier: &qualifier, ProvisionedConcurrentExecutions: &n})
	}
	out, err := put("live", 2)
	if err != nil || out.Status != types.ProvisionedConcurrencyStatusEnumInProgress || *out.RequestedProvisionedConcurrentExecutions != 2 || *out.AllocatedProvisionedConcurrentExecutions != 0 {
		t.Errorf("%v, %+v", err, out)
	}
	got, err := client.GetProvisionedConcurrencyConfig(t.Context(), &awssdk.GetProvisionedConcurrencyConfigInput{FunctionName: worker, Qualifier: live})
	if err != nil || got.Status != types.ProvisionedConcurrencyStatusEnumReady || *got.AllocatedProvisionedConcurrentExecutions != 2 {
		t.Errorf("%v, %+v", err, got)
	}
	for qualifier, want := range map[string]string{
		"1": "Version is pointed by a Provisioned Concurrency alias", "$LATEST": "cannot be applied to unpublished function versions", "none": "Cannot find alias arn: " + workerARN + ":none",
		"7": "Function not found: " + workerARN + ":7",
	} {
		_, err := put(qualifier, 1)
		refuses(t, err, want)
	}
	for name, want := range map[string]string{
		"worker:none": "Cannot find alias arn: " + workerARN + ":none", "worker:$LATEST": "must be an alias or a published version", "worker": "must be an alias or a published version",
		"nobody": "must be an alias or a published version", "worker:7": "Function not found: " + workerARN + ":7",
	} {
		_, err := client.GetProvisionedConcurrencyConfig(t.Context(), &awssdk.GetProvisionedConcurrencyConfigInput{FunctionName: &name, Qualifier: aws.String("")})
		refuses(t, err, want)
	}
	for n, want := range map[int32]string{0: "greater than or equal to 1", 901: "below its minimum value of [100]", 1001: "greater than account's unreserved concurrency [1000]"} {
		_, err := put("live", n)
		refuses(t, err, want)
	}
	list, err := client.ListProvisionedConcurrencyConfigs(t.Context(), &awssdk.ListProvisionedConcurrencyConfigsInput{FunctionName: worker})
	if err != nil || len(list.ProvisionedConcurrencyConfigs) != 1 || *list.ProvisionedConcurrencyConfigs[0].FunctionArn != workerARN+":live" {
		t.Errorf("%v, %+v", err, list)
	}
	if _, err := client.DeleteProvisionedConcurrencyConfig(t.Context(), &awssdk.DeleteProvisionedConcurrencyConfigInput{FunctionName: worker, Qualifier: live}); err != nil {
		t.Fatal(err)
	}
	_, err = client.GetProvisionedConcurrencyConfig(t.Context(), &awssdk.GetProvisionedConcurrencyConfigInput{FunctionName: worker, Qualifier: live})
	refuses(t, err, "No Provisioned Concurrency Config found for this function")
	if _, err := put("1", 1); err != nil {
		t.Error(err)
	}
	_, err = put("live", 1)
	refuses(t, err, "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
}

func TestProvisionedPlacesAreForTheirVersion(t *testing.T) {
	_, client := controlled(t)
	mustMake(t, client, newFunction(ofHandler(t)))
	worker := aws.String("worker")
	publishWorker(t, client, "")
	put := func(qualifier string, n int32) error {
		_, err := client.PutProvisionedConcurrencyConfig(t.Context(), &awssdk.PutProvisionedConcurrencyConfigInput{FunctionName: worker, Qualifier: &qualifier, ProvisionedConcurrentExecutions: &n})
		return err
	}
	reserve := func(n int32) error {
		_, err := client.PutFunctionConcurrency(t.Context(), &awssdk.PutFunctionConcurrencyInput{FunctionName: worker, ReservedConcurrentExecutions: &n})
		return err
	}
	initialized := func(qualifier string) string {
		out, err := client.Invoke(t.Context(), &awssdk.InvokeInput{FunctionName: worker, Qualifier: &qualifier, Payload: []byte(`{"Do":"env"}`)})
		if err != nil {
			return err.Error()
		}
		_, kind, _ := strings.Cut(string(out.Payload), "AWS_LAMBDA_INITIALIZATION_TYPE=")
		kind, _, _ = strings.Cut(kind, `"`)
		return kind
	}
	expect := func(when, qualifier, want string) {
		t.Helper()
		if got := initialized(qualifier); !strings.Contains(got, want) {
			t.Errorf("%s, %s is %s, want %s", when, qualifier, got, want)
		}
	}
	expect("at first", "1", "on-demand")
	if err := put("1", 2); err != nil {
		t.Fatal(err)
	}
	expect("with two places", "1", "provisioned-concurrency")
	expect("with two places", "$LATEST", "on-demand")
	refuses(t, reserve(1), " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].")
	if err := reserve(2); err != nil {
		t.Fatal(err)
	}
	expect("with all places provisioned", "$LATEST", "TooManyRequestsException")
	expect("with all places provisioned", "1", "provisioned-concurrency")
	refuses(t, put("1", 3), "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function")
	if err := reserve(3); err != nil {
		t.Fatal(err)
	}
	expect("with one place left", "$LATEST", "on-demand")

	// Two invocations have the places, the third has the one that is left, and a fourth none.
	busy := t.TempDir() + "/"
	for _, name := range []string{"a", "b", "c"} {
		go client.Invoke(context.Background(), &awssdk.InvokeInput{FunctionName: worker, Qualifier: aws.String("1"), Payload: []byte(`{"Do":"hold","Text":"` + busy + name + `"}`)})
		eventually(t, name+" runs", func() bool {
			text, err := os.ReadFile(busy + name)
			return err == nil && len(text) > 0
		})
	}
	expect("with all taken", "1", "TooManyRequestsException")
	expect("with all taken", "$LATEST", "TooManyRequestsException")
	for _, name := range []string{"a", "b", "c"} { // which let the engine end
		text, _ := os.ReadFile(busy + name)
		pid, err := strconv.Atoi(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if process, err := os.FindProcess(pid); err == nil {
			process.Kill()
		}
	}
	if _, err := client.DeleteProvisionedConcurrencyConfig(t.Context(), &awssdk.DeleteProvisionedConcurrencyConfigInput{FunctionName: worker, Qualifier: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "invocations are on demand again", func() bool { return initialized("1") == "on-demand" })

	// What one function has provisioned, others cannot reserve.
	if _, err := client.DeleteFunctionConcurrency(t.Context(), &awssdk.DeleteFunctionConcurrencyInput{FunctionName: worker}); err != nil || put("1", 600) != nil {
		t.Fatal(err)
	}
	other := newFunction(packed(t, "#!/bin/sh\n"))
	other.FunctionName = aws.String("other")
	mustMake(t, client, other)
	_, err := client.PutFunctionConcurrency(t.Context(), &awssdk.PutFunctionConcurrencyInput{FunctionName: other.FunctionName, ReservedConcurrentExecutions: aws.Int32(301)})
	refuses(t, err, "below its minimum value of [100].")
}

func TestTagsOfFunctions(t *testing.T) {
	_, client := controlled(t)
	in := newFunction(packed(t, "#!/bin/sh\n"))
	in.Tags = map[string]string{"a": "1"}
	mustMake(t, client, in)
	arn := aws.String(workerARN)
	tags := func() map[string]string {
		t.Helper()
		out, err := client.ListTags(t.Context(), &awssdk.ListTagsInput{Resource: arn})
		if err != nil {
			t.Fatal(err)
		}
		return out.Tags
	}
	revision := func() string {
		t.Helper()
		got, err := client.GetFunctionConfiguration(t.Context(), &awssdk.GetFunctionConfigurationInput{FunctionName: arn})
		if err != nil {
			t.Fatal(err)
		}
		return *got.RevisionId
	}
	untagged := revision()
	if _, err := client.TagResource(t.Context(), &awssdk.TagResourceInput{Resource: arn, Tags: map[string]string{"a": "2", "b": "3"}}); err != nil || !maps.Equal(tags(), map[string]string{"a": "2", "b": "3"}) {
		t.Errorf("%v, %v", err, tags())
	}
	if _, err := client.UntagResource(t.Context(), &awssdk.UntagResourceInput{Resource: arn, TagKeys: []string{"a", "c"}}); err != nil || !maps.Equal(tags(), map[string]string{"b": "3"}) {
		t.Errorf("%v, %v", err, tags())
	}
	if revision() == untagged {
		t.Error("with other tags it is the same revision")
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	for name, row := range map[string]struct {
		arn  string
		tags map[string]string
		want string
	}{
		"too many":        {workerARN, many, "Number of tags exceeds resource tag limit."},
		"none":            {workerARN, map[string]string{}, "An error occurred and the request cannot be processed."},
		"of a version":    {workerARN + ":1", many, "Tags on function aliases and versions are not supported."},
		"of no function":  {workerARN + "2", many, "Function not found: " + workerARN + "2"},
		"of no mapping":   {"arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:11111111-2222-3333-4444-555555555555", many, "Event source mapping not found"},
		"of anything":     {"arn:aws:s3:::b", many, "ValidationException 1 validation error detected: Value 'arn:aws:s3:::b' at 'resource'"},
		"of a layer":      {"arn:aws:lambda:eu-central-1:123456789012:layer:l", many, "NotImplemented"},
		"with a long key": {workerARN, map[string]string{strings.Repeat("k", 129): ""}, "Tag keys have from 1 to 128 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.TagResource(t.Context(), &awssdk.TagResourceInput{Resource: &row.arn, Tags: row.tags})
			refuses(t, err, row.want)
		})
	}
}

func TestWhatIsToldOfFunctionsAndHasNoEffect(t *testing.T) {
	_, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	worker := aws.String("worker")
	loop, err := client.GetFunctionRecursionConfig(t.Context(), &awssdk.GetFunctionRecursionConfigInput{FunctionName: worker})
	if err != nil || loop.RecursiveLoop != "Terminate" {
		t.Errorf("%v, %+v", err, loop)
	}
	if _, err := client.PutFunctionRecursionConfig(t.Context(), &awssdk.PutFunctionRecursionConfigInput{FunctionName: worker, RecursiveLoop: "Allow"}); err != nil {
		t.Fatal(err)
	}
	if loop, err = client.GetFunctionRecursionConfig(t.Context(), &awssdk.GetFunctionRecursionConfigInput{FunctionName: worker}); err != nil || loop.RecursiveLoop != "Allow" {
		t.Errorf("%v, %+v", err, loop)
	}
	_, err = client.PutFunctionRecursionConfig(t.Context(), &awssdk.PutFunctionRecursionConfigInput{FunctionName: worker, RecursiveLoop: "Maybe"})
	refuses(t, err, "Value 'Maybe' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]")
	put, err := client.PutRuntimeManagementConfig(t.Context(), &awssdk.PutRuntimeManagementConfigInput{FunctionName: worker, UpdateRuntimeOn: "FunctionUpdate"})
	if err != nil || *put.FunctionArn != workerARN+":$LATEST" {
		t.Errorf("%v, %+v", err, put)
	}
	if got, err := client.GetRuntimeManagementConfig(t.Context(), &awssdk.GetRuntimeManagementConfigInput{FunctionName: worker}); err != nil || got.UpdateRuntimeOn != "FunctionUpdate" {
		t.Errorf("%v, %+v", err, got)
	}
	_, err = client.PutRuntimeManagementConfig(t.Context(), &awssdk.PutRuntimeManagementConfigInput{FunctionName: worker, UpdateRuntimeOn: "Manual"})
	refuses(t, err, "You must specify a runtime version to enable manual runtime updates.")
	if signing, err := client.GetFunctionCodeSigningConfig(t.Context(), &awssdk.GetFunctionCodeSigningConfigInput{FunctionName: worker}); err != nil || aws.ToString(signing.CodeSigningConfigArn) != "" || *signing.FunctionName != "worker" {
		t.Errorf("%v, %+v", err, signing)
	}
	_, err = client.CreateFunctionUrlConfig(t.Context(), &awssdk.CreateFunctionUrlConfigInput{FunctionName: worker, AuthType: "NONE"})
	refuses(t, err, "UnknownOperationException")
}
