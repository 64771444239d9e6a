package lambda_test

// This file permits and forbids with the AWS SDK.

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAPermissionIsAStatementOfTheFunctionsPolicy(t *testing.T) {
	e, client := controlled(t)
	mustMake(t, client, newFunction(ofHandler(t)))
	worker := aws.String("worker")
	add := func(in *awssdk.AddPermissionInput) (string, error) {
		in.FunctionName = worker
		if in.Action == nil {
			in.Action = aws.String("lambda:InvokeFunction")
		}
		out, err := client.AddPermission(t.Context(), in)
		if err != nil {
			return "", err
		}
		return *out.Statement, nil
	}
	const rule = "arn:aws:events:eu-central-1:123456789012:rule/mine"
	got, err := add(&awssdk.AddPermissionInput{StatementId: aws.String("s"), Principal: aws.String("events.amazonaws.com"), SourceArn: aws.String(rule), SourceAccount: aws.String(account)})
	want := `{"Sid":"s","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + workerARN + `","Condition":{"ArnLike":{"AWS:SourceArn":"` + rule + `"},"StringEquals":{"AWS:SourceAccount":"123456789012"}}}`
	if err != nil || got != want {
		t.Errorf("%v, the statement is\n%s, want\n%s", err, got, want)
	}
	invoke := func(caller cloud.Caller) error {
		return e.Do(t.Context(), caller, "lambda", "Invoke", map[string]any{"FunctionName": "worker", "InvocationType": "DryRun"}, nil)
	}
	if err := invoke(e.ServiceCaller("events.amazonaws.com", rule)); err != nil {
		t.Error(err)
	}
	if invoke(e.ServiceCaller("events.amazonaws.com", rule+"2")) == nil || invoke(e.ServiceCaller("s3.amazonaws.com", rule)) == nil {
		t.Error("others are permitted")
	}
	for name, row := range map[string]struct {
		in   awssdk.AddPermissionInput
		want string
	}{
		"the same again":     {awssdk.AddPermissionInput{StatementId: aws.String("s"), Principal: aws.String("*")}, "ResourceConflictException The statement id (s) provided already exists."},
		"a strange id":       {awssdk.AddPermissionInput{StatementId: aws.String("a.b"), Principal: aws.String("*")}, "Value 'a.b' at 'statementId'"},
		"a strange action":   {awssdk.AddPermissionInput{StatementId: aws.String("t"), Principal: aws.String("*"), Action: aws.String("s3:GetObject")}, "Value 's3:GetObject' at 'action'"},
		"nobody":             {awssdk.AddPermissionInput{StatementId: aws.String("t"), Principal: aws.String("me")}, "The provided principal was invalid."},
		"of the latest":      {awssdk.AddPermissionInput{StatementId: aws.String("t"), Principal: aws.String("*"), Qualifier: aws.String("$LATEST")}, "We currently do not support adding policies for $LATEST."},
		"of no alias":        {awssdk.AddPermissionInput{StatementId: aws.String("t"), Principal: aws.String("*"), Qualifier: aws.String("none")}, "Cannot find alias arn: " + workerARN + ":none"},
		"of no version":      {awssdk.AddPermissionInput{StatementId: aws.String("t"), Principal: aws.String("*"), Qualifier: aws.String("7")}, "Function not found: " + workerARN + ":7"},
		"of an old revision": {awssdk.AddPermissionInput{StatementId: aws.String("t"), Principal: aws.String("*"), RevisionId: aws.String("x")}, "Call the GetPolicy API to retrieve the latest Revision Id"},
		"of a URL":           {awssdk.AddPermissionInput{StatementId: aws.String("t"), Principal: aws.String("*"), FunctionUrlAuthType: "NONE"}, "NotImplemented"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := add(&row.in)
			refuses(t, err, row.want)
		})
	}
	before, err := client.GetPolicy(t.Context(), &awssdk.GetPolicyInput{FunctionName: worker})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := add(&awssdk.AddPermissionInput{StatementId: aws.String("them"), Principal: aws.String("444455556666"), PrincipalOrgID: aws.String("o-1")}); err != nil {
		t.Fatal(err)
	}
	policy, err := client.GetPolicy(t.Context(), &awssdk.GetPolicyInput{FunctionName: worker})
	if err != nil || !strings.HasPrefix(*policy.Policy, `{"Version":"2012-10-17","Id":"default","Statement":[`+want+`,{"Sid":"them",`) ||
		!strings.Contains(*policy.Policy, `"Principal":{"AWS":"arn:aws:iam::444455556666:root"}`) || !strings.Contains(*policy.Policy, `"aws:PrincipalOrgID":"o-1"`) {
		t.Errorf("%v, the policy is %+v", err, policy)
	}
	published, err := client.PublishVersion(t.Context(), &awssdk.PublishVersionInput{FunctionName: worker})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := client.GetPolicy(t.Context(), &awssdk.GetPolicyInput{FunctionName: worker}); err != nil || *again.RevisionId != *policy.RevisionId {
		t.Errorf("%v, with version %s the revision is %s and was %s", err, *published.Version, *again.RevisionId, *policy.RevisionId)
	}
	if *policy.RevisionId == *before.RevisionId {
		t.Errorf("with another statement the revision is still %s", *policy.RevisionId)
	}
	_, err = client.RemovePermission(t.Context(), &awssdk.RemovePermissionInput{FunctionName: worker, StatementId: aws.String("s"), RevisionId: before.RevisionId})
	refuses(t, err, "PreconditionFailedException")
	remove := func(id string) error {
		_, err := client.RemovePermission(t.Context(), &awssdk.RemovePermissionInput{FunctionName: worker, StatementId: &id})
		return err
	}
	if err := remove("s"); err != nil || invoke(e.ServiceCaller("events.amazonaws.com", rule)) == nil {
		t.Errorf("%v, and the statement counts still", err)
	}
	refuses(t, remove("s"), "Statement s is not found in resource policy.")
	if err := remove("them"); err != nil {
		t.Error(err)
	}
	refuses(t, remove("them"), "No policy is associated with the given resource.")
	_, err = client.GetPolicy(t.Context(), &awssdk.GetPolicyInput{FunctionName: worker})
	refuses(t, err, "The resource you requested does not exist.")
}

// A permission of an alias is the alias's own, and goes with it and with the function.
func TestPermissionsGoWithWhatTheyAreOf(t *testing.T) {
	e, client := controlled(t)
	worker, live := aws.String("worker"), aws.String("live")
	service := e.ServiceCaller("s3.amazonaws.com", "")
	invoke := func(name string) error {
		return e.Do(t.Context(), service, "lambda", "Invoke", map[string]any{"FunctionName": name, "InvocationType": "DryRun"}, nil)
	}
	makeAll := func() {
		t.Helper()
		in := newFunction(packed(t, "#!/bin/sh\n"))
		in.Publish = true
		mustMake(t, client, in)
		if _, err := client.CreateAlias(t.Context(), &awssdk.CreateAliasInput{FunctionName: worker, Name: live, FunctionVersion: aws.String("1")}); err != nil {
			t.Fatal(err)
		}
	}
	makeAll()
	permit := func(qualifier *string) {
		t.Helper()
		in := &awssdk.AddPermissionInput{FunctionName: worker, Qualifier: qualifier, StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("s3.amazonaws.com")}
		if _, err := client.AddPermission(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	permit(live)
	if invoke("worker:live") != nil || invoke("worker") == nil {
		t.Errorf("of the alias %v, of the function %v", invoke("worker:live"), invoke("worker"))
	}
	if _, err := client.DeleteAlias(t.Context(), &awssdk.DeleteAliasInput{FunctionName: worker, Name: live}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateAlias(t.Context(), &awssdk.CreateAliasInput{FunctionName: worker, Name: live, FunctionVersion: aws.String("1")}); err != nil || invoke("worker:live") == nil {
		t.Errorf("%v, the alias of the same name is permitted", err)
	}
	permit(nil)
	if _, err := client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: worker}); err != nil {
		t.Fatal(err)
	}
	makeAll()
	if invoke("worker") == nil {
		t.Error("the function of the same name is permitted")
	}
}

func TestOfPermissionsWithOneIdThatAreAddedAtTheSameTimeOneIs(t *testing.T) {
	e, client := controlled(t)
	mustMake(t, client, newFunction(ofHandler(t)))
	var all sync.WaitGroup
	var added atomic.Int32
	for range 200 {
		all.Go(func() {
			in := map[string]string{"FunctionName": "worker", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
			if e.Do(t.Context(), e.Administrator(), "lambda", "AddPermission", in, nil) == nil {
				added.Add(1)
			}
		})
	}
	all.Wait()
	policy, err := client.GetPolicy(t.Context(), &awssdk.GetPolicyInput{FunctionName: aws.String("worker")})
	if err != nil || added.Load() != 1 || strings.Count(*policy.Policy, `"Sid"`) != 1 {
		t.Errorf("%v, %d were added", err, added.Load())
	}
}
