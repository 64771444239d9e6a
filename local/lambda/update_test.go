package lambda_test

// This file updates stacks while their functions are at work.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// update gives the stack other resources.
func (e *engine) update(created *cfn.Created, resources string) error {
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		return err
	}
	if faults := template.Check(e.types); len(faults) > 0 {
		return fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	to := &cfn.Stack{Name: "app", Site: e.Site, Template: template}
	if err := created.Update(context.Background(), to); err != nil {
		return fmt.Errorf("%w %w", err, created.Rollback(context.Background(), nil))
	}
	return created.CleanUp(context.Background())
}

func (e *engine) mustUpdate(t *testing.T, created *cfn.Created, resources string) {
	t.Helper()
	if err := e.update(created, resources); err != nil {
		t.Fatal(err)
	}
}

// begun is how many invocations have begun.
func (e *engine) begun() int {
	text, _ := os.ReadFile(filepath.Join(e.logs, "app-Worker.log"))
	return strings.Count(string(text), "START RequestId")
}

func TestInvocationsUnderWayEndOnTheOldCodeAndTheNextOnesRunTheNew(t *testing.T) {
	e := newEngine(t, nil)
	fresh := strings.Replace(function(`,"Timeout": 30, "Environment": {"Variables": {"COLOUR": "green"}}`), `"S3Key": "code"`, `"S3Key": "code.zip"`, 1)
	created := e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 30`))
	var pid int
	decode(t, e.invoke(t, `{"Do":"pid"}`).Payload, &pid)
	answer := make(chan string)
	go func() {
		out, err := e.tryInvoke(`{"Do":"sleep","N":700}`)
		if err != nil {
			t.Error(err)
		}
		answer <- string(out.Payload)
	}()
	eventually(t, "the invocation has begun", func() bool { return e.begun() == 2 })
	e.mustUpdate(t, created, role(logStatement)+","+fresh)
	var environment []string
	decode(t, e.invoke(t, `{"Do":"env"}`).Payload, &environment)
	if !slices.Contains(environment, "COLOUR=green") || slices.Contains(environment, "LAMBDA_TASK_ROOT="+code) {
		t.Errorf("the next invocation has the environment %q", environment)
	}
	if got := <-answer; got != strconv.Itoa(pid) {
		t.Errorf("the one under way answers %s, want %d", got, pid)
	}
	eventually(t, "the old process has ended", func() bool { return gone(pid) })
}

func TestNoInvocationIsLostWhileAFunctionIsUpdated(t *testing.T) {
	e := newEngine(t, nil)
	colour := func(name string) string {
		return role(logStatement) + "," + function(`,"Timeout": 30, "Environment": {"Variables": {"COLOUR": "`+name+`"}}`)
	}
	created := e.mustCreate(t, colour("0"))
	var done atomic.Bool
	var wait sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for range 4 {
		wait.Go(func() {
			for !done.Load() {
				out, err := e.tryInvoke(`{"Do":"env"}`)
				if err != nil || out.FunctionError != "" {
					t.Errorf("an invocation fails: %v %s", err, out.Payload)
					return
				}
				i := strings.Index(string(out.Payload), "COLOUR=")
				mu.Lock()
				answers[string(out.Payload[i+7:i+8])]++
				mu.Unlock()
			}
		})
	}
	seen := func(colour string) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return answers[colour] > 3
		}
	}
	eventually(t, "the first code runs", seen("0"))
	for i := 1; i <= 4; i++ {
		e.mustUpdate(t, created, colour(strconv.Itoa(i)))
		eventually(t, "the new code runs", seen(strconv.Itoa(i)))
	}
	done.Store(true)
	wait.Wait()
}

func TestAnUpdatedFunctionIsConfiguredAsOneCreatedSo(t *testing.T) {
	const other = `, "Other": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "other", "AssumeRolePolicyDocument": {"Version": "2012-10-17",
		"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}}}`
	configuration := func(e *engine) map[string]any {
		var out map[string]any
		if err := e.Do(t.Context(), e.Administrator(), "lambda", "GetFunctionConfiguration", map[string]string{"FunctionName": "worker"}, &out); err != nil {
			t.Fatal(err)
		}
		delete(out, "LastModified")
		delete(out, "RevisionId")
		return out
	}
	for _, row := range []struct{ member, resources string }{
		{"Timeout", function(`, "Timeout": 44`)},
		{"MemorySize", function(`, "MemorySize": 512`)},
		{"Description", function(`, "Description": "works"`)},
		{"Environment", function(`, "Environment": {"Variables": {"A": "b"}}`)},
		{"Handler", strings.Replace(function(""), `"Handler": "bootstrap"`, `"Handler": "main"`, 1)},
		{"Runtime", strings.Replace(function(""), "provided.al2023", "provided.al2", 1)},
		{"Role", strings.Replace(function(""), `{"Fn::GetAtt": ["Role", "Arn"]}`, `{"Fn::GetAtt": ["Other", "Arn"]}`, 1)},
	} {
		t.Run(row.member, func(t *testing.T) {
			around := role(logStatement) + other + ","
			e := newEngine(t, worker(func() error { return nil }))
			created := e.mustCreate(t, around+function(""))
			before := configuration(e)
			e.mustUpdate(t, created, around+row.resources)
			after := configuration(e)
			anew := newEngine(t, worker(func() error { return nil }))
			anew.mustCreate(t, around+row.resources)
			if want := configuration(anew); fmt.Sprint(after) != fmt.Sprint(want) {
				t.Errorf("updated, it is %v, and created so %v", after, want)
			}
			if fmt.Sprint(before[row.member]) == fmt.Sprint(after[row.member]) {
				t.Errorf("it stays %v", after[row.member])
			}
			e.mustUpdate(t, created, around+function(""))
			if again := configuration(e); fmt.Sprint(again) != fmt.Sprint(before) {
				t.Errorf("updated back, it is %v, and was %v", again, before)
			}
		})
	}
}

func TestUnpackedCodeStaysAsLongAsAVersionRunsIt(t *testing.T) {
	e := newEngine(t, nil)
	zipped := func(properties string) string {
		return role(logStatement) + "," + strings.Replace(function(`, "Timeout": 30`+properties), `"S3Key": "code"`, `"S3Key": "code.zip"`, 1)
	}
	folder := func(name string) string {
		var out invoked
		if err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", map[string]any{"FunctionName": name, "Payload": json.RawMessage(`{"Do":"context"}`)}, &out); err != nil {
			t.Fatal(err)
		}
		var got struct{ Directory string }
		decode(t, out.Payload, &got)
		return got.Directory
	}
	gone := func(folder string) bool {
		_, err := os.Stat(folder)
		return errors.Is(err, os.ErrNotExist)
	}
	one := "," + fmt.Sprintf(version, "One")
	created := e.mustCreate(t, zipped("")+one)
	first := folder("worker")
	e.mustUpdate(t, created, zipped(`, "MemorySize": 256`)+one)
	second := folder("worker")
	if first == second || folder("worker:1") != first {
		t.Errorf("version 1 runs in %s, and ran in %s", folder("worker:1"), first)
	}
	e.mustUpdate(t, created, zipped(`, "MemorySize": 256`))
	eventually(t, "the code of the version that is gone has gone", func() bool { return gone(first) })
	e.mustUpdate(t, created, zipped(`, "MemorySize": 512`))
	eventually(t, "the code that was the latest has gone", func() bool { return gone(second) })
	third := folder("worker")
	if err := created.Delete(t.Context(), cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the code of the function that is gone has gone", func() bool { return gone(third) })
}

func TestAFunctionThatCannotBecomeWhatIsAskedStaysWhatItWas(t *testing.T) {
	e := newEngine(t, nil)
	created := e.mustCreate(t, role(logStatement)+","+function(""))
	for _, row := range []struct{ from, to, want string }{
		{`"code"`, `"nothing"`, "no such asset"},
		{`"code"`, `"empty"`, "no file named bootstrap"},
		{`{"Fn::GetAtt": ["Role", "Arn"]}`, `"arn:aws:iam::123456789012:role/nobody"`, "cannot be assumed by Lambda"},
		{`"Handler": "bootstrap"`, `"Handler": "bootstrap", "Timeout": 901`, "it must be from 1 to 900"},
	} {
		if err := e.update(created, role(logStatement)+","+strings.Replace(function(""), row.from, row.to, 1)); err == nil || !strings.Contains(fmt.Sprint(cause(err)), row.want) {
			t.Errorf("error %v, want %q", cause(err), row.want)
		}
		if out := e.invoke(t, `{"Do":"echo","Text":"fine"}`); string(out.Payload) != `"fine"` {
			t.Errorf("afterwards it answers %s", out.Payload)
		}
	}
}

func TestReservedConcurrencyChangesWhatAFunctionAdmits(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	created := e.mustCreate(t, role(logStatement)+","+function(""))
	e.mustUpdate(t, created, role(logStatement)+","+function(`, "ReservedConcurrentExecutions": 0`))
	if _, err := e.tryInvoke(`{}`); err == nil || cloud.AsError(err).Code != "TooManyRequestsException" {
		t.Errorf("a function that is switched off: %v", err)
	}
	e.mustUpdate(t, created, role(logStatement)+","+function(""))
	e.invoke(t, `{}`)
}

func TestWhatCallsHaveSetOfAFunctionOutlivesAnUpdateThatSaysNothingOfIt(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	resources := func(properties, tag string) string {
		tags := `, "Tags": [{"Key": "` + tag + `", "Value": "1"}]`
		return role(pollStatement) + "," + function(properties+tags) + mappedQueue("", `, "Enabled": false`+tags)
	}
	created := e.mustCreate(t, resources("", "a"))
	call := func(action string, in map[string]any) (out struct {
		RecursiveLoop                string
		ReservedConcurrentExecutions int
		Tags                         map[string]string
	}) {
		t.Helper()
		if err := e.Do(t.Context(), e.Administrator(), "lambda", action, in, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	tagged := []string{workerARN, created.Handles["Mapping"].Attributes["EventSourceMappingArn"].(string)}
	for _, arn := range tagged {
		call("TagResource", map[string]any{"Resource": arn, "Tags": map[string]string{"b": "2"}})
	}
	call("PutFunctionConcurrency", map[string]any{"FunctionName": "worker", "ReservedConcurrentExecutions": 5})
	call("PutFunctionRecursionConfig", map[string]any{"FunctionName": "worker", "RecursiveLoop": "Allow"})
	e.mustUpdate(t, created, resources(`, "MemorySize": 256`, "c"))
	for _, arn := range tagged {
		tags := call("ListTags", map[string]any{"Resource": arn}).Tags
		maps.DeleteFunc(tags, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") }) // those of its stack
		if !maps.Equal(tags, map[string]string{"b": "2", "c": "1"}) {
			t.Errorf("the tags of %s are %v", arn, tags)
		}
	}
	worker := map[string]any{"FunctionName": "worker"}
	if n, loop := call("GetFunctionConcurrency", worker).ReservedConcurrentExecutions, call("GetFunctionRecursionConfig", worker).RecursiveLoop; n != 5 || loop != "Allow" {
		t.Errorf("%d are reserved, loops are %s", n, loop)
	}
	e.mustUpdate(t, created, resources(`, "ReservedConcurrentExecutions": 7, "RecursiveLoop": "Terminate"`, "c"))
	if n, loop := call("GetFunctionConcurrency", worker).ReservedConcurrentExecutions, call("GetFunctionRecursionConfig", worker).RecursiveLoop; n != 7 || loop != "Terminate" {
		t.Errorf("then %d are reserved, loops are %s", n, loop)
	}
}

const version = `"%s": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Worker"}}}`

func alias(properties string) string {
	return `"Alias": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Worker"}, "Name": "live", ` + properties + `}}`
}

func TestAnAliasMovesToTheVersionOfNewCode(t *testing.T) {
	e := newEngine(t, nil)
	colour := func(name string) string {
		return role(logStatement) + "," + function(`,"Timeout": 30, "Environment": {"Variables": {"COLOUR": "`+name+`"}}`) + ","
	}
	live := func() string {
		var out invoked
		if err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", map[string]any{"FunctionName": "worker:live", "Payload": json.RawMessage(`{"Do":"env"}`)}, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(out.Payload), `"AWS_LAMBDA_FUNCTION_VERSION=`+out.ExecutedVersion+`"`) {
			t.Errorf("version %s has the environment %s", out.ExecutedVersion, out.Payload)
		}
		i := strings.Index(string(out.Payload), "COLOUR=")
		return out.ExecutedVersion + " " + string(out.Payload[i+7:i+10])
	}
	one := fmt.Sprintf(version, "One")
	created := e.mustCreate(t, colour("red")+one+","+alias(`"FunctionVersion": {"Fn::GetAtt": ["One", "Version"]}`))
	ref := created.Handles["Alias"].Ref
	e.mustUpdate(t, created, colour("blu")+one+","+alias(`"FunctionVersion": {"Fn::GetAtt": ["One", "Version"]}`))
	if got := live(); got != "1 red" {
		t.Errorf("a published version answers %s after the function's update", got)
	}
	both := one + "," + fmt.Sprintf(version, "Two") + ","
	routed := func(share string) string {
		return alias(`"FunctionVersion": {"Fn::GetAtt": ["One", "Version"]}, "RoutingConfig": {"AdditionalVersionWeights": [{"FunctionVersion": {"Fn::GetAtt": ["Two", "Version"]}, "FunctionWeight": ` + share + `}]}`)
	}
	e.mustUpdate(t, created, colour("blu")+both+routed("0.5"))
	got := map[string]bool{}
	eventually(t, "both versions answer", func() bool { got[live()] = true; return len(got) == 2 })
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"1 red", "2 blu"}) {
		t.Errorf("it answers %q", names)
	}
	e.mustUpdate(t, created, colour("blu")+both+routed("1"))
	for range 20 {
		if got := live(); got != "2 blu" {
			t.Fatalf("with all of the weight elsewhere it answers %s", got)
		}
	}
	var own struct{ Version string }
	if err := e.Do(t.Context(), e.Administrator(), "lambda", "GetFunctionConfiguration", map[string]string{"FunctionName": "worker:live"}, &own); err != nil || own.Version != "1" {
		t.Errorf("the alias is of version %s, %v", own.Version, err)
	}
	if err := e.update(created, colour("blu")+both+routed("1.5")); !strings.Contains(fmt.Sprint(cause(err)), "from 0.0 to 1.0") {
		t.Errorf("a weight of 1.5: %v", cause(err))
	}
	if err := e.update(created, colour("blu")+both+alias(`"FunctionVersion": "9"`)); !strings.Contains(fmt.Sprint(cause(err)), "Function not found: "+workerARN+":9") {
		t.Errorf("a version that there is not: %v", cause(err))
	}
	e.mustUpdate(t, created, colour("blu")+fmt.Sprintf(version, "Two")+","+alias(`"FunctionVersion": {"Fn::GetAtt": ["Two", "Version"]}`))
	if got := live(); got != "2 blu" || created.Handles["Alias"].Ref != ref {
		t.Errorf("moved on, %s answers %s, and was %s", created.Handles["Alias"].Ref, got, ref)
	}
	if err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", map[string]any{"FunctionName": "worker:1"}, nil); err == nil || cloud.AsError(err).Code != "ResourceNotFoundException" {
		t.Errorf("a version that is gone: %v", err)
	}
}

func TestAVersionIsPublishedOnlyOfWhatHasChanged(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	created := e.mustCreate(t, role(logStatement)+","+function("")+","+fmt.Sprintf(version, "One"))
	err := e.update(created, role(logStatement)+","+function(`, "ReservedConcurrentExecutions": 5`)+","+fmt.Sprintf(version, "Two"))
	if want := "A version for this Lambda function exists ( 1 ). Modify the function to create a new version."; !strings.Contains(fmt.Sprint(cause(err)), want) {
		t.Errorf("error %v, want %q", cause(err), want)
	}
	e.mustUpdate(t, created, role(logStatement)+","+function(`, "MemorySize": 256`)+","+fmt.Sprintf(version, "Two"))
	if got := created.Handles["Two"].Attributes["Version"]; got != "2" {
		t.Errorf("the version of another function is %v", got)
	}
	e.mustUpdate(t, created, role(logStatement)+","+function(`, "MemorySize": 256`))
	e.mustUpdate(t, created, role(logStatement)+","+function(`, "MemorySize": 256`)+","+fmt.Sprintf(version, "Three"))
	if got := created.Handles["Three"].Attributes["Version"]; got != "3" {
		t.Errorf("the version after one that was deleted is %v", got)
	}
}

// cause is why a stack could not be updated.
func cause(err error) error {
	for {
		if f, ok := err.(*cfn.Failure); ok {
			return f.Cause
		}
		many, ok := err.(interface{ Unwrap() []error })
		if !ok || len(many.Unwrap()) == 0 {
			return err
		}
		err = many.Unwrap()[0]
	}
}

func TestATemplateProvisionsConcurrencyOfAVersionOrAnAlias(t *testing.T) {
	e := newEngine(t, nil)
	const places = `, "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": %d}`
	resources := func(properties, ofVersion, ofAlias string) string {
		return role(logStatement) + "," + function(properties) + "," + strings.Replace(fmt.Sprintf(version, "One"), `"Worker"}`, `"Worker"}`+ofVersion, 1) + "," +
			alias(`"FunctionVersion": {"Fn::GetAtt": ["One", "Version"]}`+ofAlias)
	}
	provisioned := func() (told string) {
		var out struct {
			ProvisionedConcurrencyConfigs []struct {
				FunctionArn                              string
				RequestedProvisionedConcurrentExecutions int
			}
		}
		if err := e.Do(t.Context(), e.Administrator(), "lambda", "ListProvisionedConcurrencyConfigs", map[string]string{"FunctionName": "worker"}, &out); err != nil {
			t.Fatal(err)
		}
		for _, p := range out.ProvisionedConcurrencyConfigs {
			told += fmt.Sprint(strings.TrimPrefix(p.FunctionArn, workerARN), "=", p.RequestedProvisionedConcurrentExecutions, " ")
		}
		return told
	}
	created := e.mustCreate(t, resources(`, "ReservedConcurrentExecutions": 5`, "", fmt.Sprintf(places, 3)))
	if got := provisioned(); got != ":live=3 " {
		t.Errorf("it has %s", got)
	}
	e.mustUpdate(t, created, resources(`, "ReservedConcurrentExecutions": 5`, "", fmt.Sprintf(places, 5)))
	if got := provisioned(); got != ":live=5 " {
		t.Errorf("then it has %s", got)
	}
	err := e.update(created, resources(`, "ReservedConcurrentExecutions": 5`, "", fmt.Sprintf(places, 6)))
	if want := "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"; !strings.Contains(fmt.Sprint(cause(err)), want) {
		t.Errorf("more than is reserved: %v", cause(err))
	}
	e.mustUpdate(t, created, resources(`, "ReservedConcurrentExecutions": 5`, "", ""))
	if got := provisioned(); got != "" {
		t.Errorf("without it, it has %s", got)
	}
	if err := created.Delete(t.Context(), cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	e.mustCreate(t, resources("", fmt.Sprintf(places, 2), ""))
	if got := provisioned(); got != ":1=2 " {
		t.Errorf("the version has %s", got)
	}
}
