package lambda_test

// This file is what templates make beside what calls do.

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// What has a name of its own takes with it what was given to that name.
func TestAVersionAndAnAliasOfATemplateGoWithWhatWasTheirOwn(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	with := role(logStatement) + "," + function("") + "," + fmt.Sprintf(version, "One")
	named := with + "," + alias(`"FunctionVersion": {"Fn::GetAtt": ["One", "Version"]}`)
	created := e.mustCreate(t, named)
	call := func(action string, in map[string]any) error {
		in["FunctionName"] = "worker"
		return e.Do(t.Context(), e.Administrator(), "lambda", action, in, nil)
	}
	service := e.ServiceCaller("s3.amazonaws.com", "")
	own := func(qualifier string) (kept []string) {
		if e.Do(t.Context(), service, "lambda", "Invoke", map[string]any{"FunctionName": "worker", "Qualifier": qualifier, "InvocationType": "DryRun"}, nil) == nil {
			kept = append(kept, "policy")
		}
		for _, action := range []string{"GetFunctionEventInvokeConfig", "GetProvisionedConcurrencyConfig"} {
			if call(action, map[string]any{"Qualifier": qualifier}) == nil {
				kept = append(kept, action)
			}
		}
		return kept
	}
	give := func(qualifier string) {
		t.Helper()
		err := errors.Join(
			call("AddPermission", map[string]any{"Qualifier": qualifier, "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}),
			call("PutFunctionEventInvokeConfig", map[string]any{"Qualifier": qualifier, "MaximumRetryAttempts": 0}),
			call("PutProvisionedConcurrencyConfig", map[string]any{"Qualifier": qualifier, "ProvisionedConcurrentExecutions": 1}))
		if err != nil || len(own(qualifier)) != 3 {
			t.Fatalf("%s is given %q, %v", qualifier, own(qualifier), err)
		}
	}
	give("live")
	e.mustUpdate(t, created, with)
	e.mustUpdate(t, created, named)
	if kept := own("live"); kept != nil {
		t.Errorf("the next alias has %q of the last one", kept)
	}
	e.mustUpdate(t, created, with)
	give("1")
	e.mustUpdate(t, created, role(logStatement)+","+function(""))
	for action, member := range map[string]string{"ListFunctionEventInvokeConfigs": "FunctionEventInvokeConfigs", "ListProvisionedConcurrencyConfigs": "ProvisionedConcurrencyConfigs"} {
		var left map[string][]any
		if err := e.Do(t.Context(), e.Administrator(), "lambda", action, map[string]any{"FunctionName": "worker"}, &left); err != nil || len(left[member]) > 0 {
			t.Errorf("%v, of a version that is gone there are %v", err, left)
		}
	}
}

func TestAnAliasThatACallHasMadeIsNotATemplates(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	with := role(logStatement) + "," + function("") + "," + fmt.Sprintf(version, "One")
	created := e.mustCreate(t, with)
	of := map[string]any{"FunctionName": "worker", "Name": "live", "FunctionVersion": "1"}
	if err := e.Do(t.Context(), e.Administrator(), "lambda", "CreateAlias", of, nil); err != nil {
		t.Fatal(err)
	}
	err := e.update(created, with+","+alias(`"FunctionVersion": "1"`))
	if want := "Alias already exists: " + workerARN + ":live"; !strings.Contains(fmt.Sprint(cause(err)), want) {
		t.Errorf("error %v, want %q", cause(err), want)
	}
	if err := e.update(created, role(logStatement)+","+function("")); err == nil {
		t.Error("a version was deleted that an alias has")
	}
}

func TestAFunctionOfATemplateReservesOfWhatTheAccountHas(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	if _, err := e.create(role(logStatement) + "," + function(`, "ReservedConcurrentExecutions": 901`)); !strings.Contains(fmt.Sprint(cause(err)), "below its minimum value of [100]") {
		t.Errorf("with 901 of 1000: %v", cause(err))
	}
	if _, err := e.tryInvoke(`{}`); err == nil || cloud.AsError(err).Code != "ResourceNotFoundException" {
		t.Errorf("the function that was not made answers %v", err)
	}
	e = newEngine(t, worker(func() error { return nil }))
	created := e.mustCreate(t, role(logStatement)+","+function(`, "ReservedConcurrentExecutions": 900`))
	if err := e.update(created, role(logStatement)+","+function(`, "ReservedConcurrentExecutions": 901`)); !strings.Contains(fmt.Sprint(cause(err)), "below its minimum value of [100]") {
		t.Errorf("from 900 to 901: %v", cause(err))
	}
}

func TestAFunctionThatACallHasMadeInThePlaceOfAStacksOutlivesTheStack(t *testing.T) {
	e, client := controlled(t)
	created := e.mustCreate(t, role(logStatement)+","+function(""))
	if err := e.Do(t.Context(), e.Administrator(), "lambda", "DeleteFunction", map[string]any{"FunctionName": "worker"}, nil); err != nil {
		t.Fatal(err)
	}
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	if err := created.Delete(t.Context(), cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	if err := e.Do(t.Context(), e.Administrator(), "lambda", "GetFunction", map[string]any{"FunctionName": "worker"}, nil); err != nil {
		t.Error(err)
	}
}
