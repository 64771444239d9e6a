package lambda_test

// This file makes functions with the AWS SDK, changes them and deletes them.

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const workerARN = "arn:aws:lambda:eu-central-1:123456789012:function:worker"

// message is what an error of the API says.
func message(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode() + " " + e.ErrorMessage()
	}
	return fmt.Sprint(err)
}

func refuses(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(message(err), want) {
		t.Errorf("the error is %s, want %s", message(err), want)
	}
}

// controlled is an engine with a role for functions, and a client.
func controlled(t *testing.T) (*engine, *awssdk.Client) {
	t.Helper()
	e := newEngine(t, nil)
	e.mustCreate(t, strings.Replace(role(logStatement+`, {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}`), `"Properties": {`, `"Properties": {"RoleName": "works",`, 1)+
		`, "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}`)
	return e, newClient(t, e)
}

const worksARN = "arn:aws:iam::123456789012:role/works"

// packed is a package whose bootstrap is a script that answers with the text once.
func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err == nil {
		_, err = io.WriteString(entry, text)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ofSize is a package that says of its bootstrap that it has so many bytes.
func ofSize(t *testing.T, size uint64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.CreateRaw(&zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, UncompressedSize64: size})
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPackageIsBoundedAsItIsUnpacked(t *testing.T) {
	_, client := controlled(t)
	_, err := client.CreateFunction(t.Context(), newFunction(ofSize(t, 250<<20+1)))
	refuses(t, err, "InvalidParameterValueException Unzipped size must be smaller than 262144000 bytes")
	_, err = client.CreateFunction(t.Context(), newFunction(ofSize(t, 250<<20)))
	if strings.Contains(message(err), "Unzipped size") {
		t.Error(err)
	}
}

// ofHandler is the package of the tests' handler.
func ofHandler(t *testing.T) []byte {
	t.Helper()
	content, err := os.ReadFile(zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func newFunction(code []byte) *awssdk.CreateFunctionInput {
	arch := map[string]types.Architecture{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	return &awssdk.CreateFunctionInput{
		FunctionName: aws.String("worker"), Runtime: "provided.al2023", Handler: aws.String("bootstrap"), Role: aws.String(worksARN),
		Architectures: []types.Architecture{arch}, Code: &types.FunctionCode{ZipFile: code},
	}
}

func mustMake(t *testing.T, client *awssdk.Client, in *awssdk.CreateFunctionInput) *awssdk.CreateFunctionOutput {
	t.Helper()
	made, err := client.CreateFunction(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestAFunctionMadeByACallRunsUntilItIsDeleted(t *testing.T) {
	e, client := controlled(t)
	in := newFunction(ofHandler(t))
	in.Timeout, in.MemorySize, in.Description = aws.Int32(20), aws.Int32(256), aws.String("first")
	in.Environment = &types.Environment{Variables: map[string]string{"COLOUR": "green"}}
	in.Tags = map[string]string{"team": "blue"}
	made := mustMake(t, client, in)
	if made.State != types.StatePending || made.StateReasonCode != types.StateReasonCodeCreating || made.LastUpdateStatus != "" || *made.FunctionArn != workerARN {
		t.Errorf("it is made as %+v", made)
	}
	name := &awssdk.GetFunctionConfigurationInput{FunctionName: aws.String("worker")}
	if err := awssdk.NewFunctionActiveWaiter(client).Wait(t.Context(), name, time.Second); err != nil {
		t.Fatal(err)
	}
	var environment []string
	decode(t, e.invoke(t, `{"Do":"env"}`).Payload, &environment)
	if !slices.Contains(environment, "COLOUR=green") || !slices.Contains(environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256") {
		t.Errorf("its environment is %q", environment)
	}
	got, err := client.GetFunction(t.Context(), &awssdk.GetFunctionInput{FunctionName: aws.String("123456789012:function:worker")})
	if err != nil {
		t.Fatal(err)
	}
	c := got.Configuration
	if *c.CodeSha256 != *made.CodeSha256 || c.CodeSize != int64(len(in.Code.ZipFile)) || *c.Timeout != 20 || c.State != types.StateActive || c.LastUpdateStatus != types.LastUpdateStatusSuccessful ||
		*c.RevisionId == *made.RevisionId || got.Tags["team"] != "blue" || got.Concurrency != nil {
		t.Errorf("it is told as %+v, %v", c, got.Tags)
	}
	response, err := http.Get(*got.Code.Location)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if content, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(content, in.Code.ZipFile) {
		t.Errorf("the downloaded code has %d bytes, %v", len(content), err)
	}
	if _, err := client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: aws.String("worker")}); err != nil {
		t.Fatal(err)
	}
	_, err = client.GetFunction(t.Context(), &awssdk.GetFunctionInput{FunctionName: aws.String("worker")})
	refuses(t, err, "ResourceNotFoundException Function not found: "+workerARN)
	mustMake(t, client, in) // its name is free
}

func TestAFunctionOfAZipFileDoesNotBecomeAnImage(t *testing.T) {
	_, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	_, err := client.UpdateFunctionCode(t.Context(), &awssdk.UpdateFunctionCodeInput{FunctionName: aws.String("worker"), ImageUri: aws.String("i")})
	if want := "InvalidParameterValueException: Please don't provide ImageUri when updating a function with packageType Zip."; err == nil || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
}

func TestAFunctionOfAnotherAccountIsNotOurs(t *testing.T) {
	_, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	for name, want := range map[string]string{workerARN: "", "123456789012:function:worker": "", "210987654321:worker": "AccessDeniedException",
		"210987654321:function:worker": "AccessDeniedException", "arn:aws:lambda:eu-central-1:210987654321:function:worker:$LATEST": "AccessDeniedException"} {
		_, err := client.GetFunction(t.Context(), &awssdk.GetFunctionInput{FunctionName: &name})
		if got := fmt.Sprint(err); (want == "") != (err == nil) || !strings.Contains(got, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatAFunctionMayNotBe(t *testing.T) {
	_, client := controlled(t)
	code := packed(t, "#!/bin/sh\n")
	mustMake(t, client, newFunction(code))
	for name, test := range map[string]struct {
		change func(in *awssdk.CreateFunctionInput)
		want   string
	}{
		"there already":     {func(in *awssdk.CreateFunctionInput) { in.FunctionName = aws.String(workerARN) }, "ResourceConflictException Function already exist: worker"},
		"of a strange name": {func(in *awssdk.CreateFunctionInput) { in.FunctionName = aws.String("a:b:c") }, "ValidationException 1 validation error detected: Value 'a:b:c' at 'functionName'"},
		"of a long name":    {func(in *awssdk.CreateFunctionInput) { in.FunctionName = aws.String(strings.Repeat("a", 65)) }, "Member must have length less than or equal to 64"},
		"of elsewhere": {func(in *awssdk.CreateFunctionInput) {
			in.FunctionName = aws.String("arn:aws:lambda:us-west-2:123456789012:function:x")
		}, "Functions from 'us-west-2' are not reachable in this region ('eu-central-1')"},
		"of another account": {func(in *awssdk.CreateFunctionInput) {
			in.FunctionName = aws.String("210987654321:function:x")
		}, "AccessDeniedException"},
		"of a strange role":      {func(in *awssdk.CreateFunctionInput) { in.Role = aws.String("r1") }, "Value 'r1' at 'role' failed to satisfy constraint"},
		"of a role of others":    {func(in *awssdk.CreateFunctionInput) { in.Role = aws.String("arn:aws:iam::123456789012:role/nobody") }, "The role defined for the function cannot be assumed by Lambda"},
		"of a runtime of theirs": {func(in *awssdk.CreateFunctionInput) { in.Runtime = "python3.12" }, "NotImplemented the local engine does not serve the parameter Runtime of CreateFunction"},
		"of no runtime":          {func(in *awssdk.CreateFunctionInput) { in.Runtime = "cobol" }, "Value cobol at 'runtime' failed to satisfy constraint"},
		"of a former runtime":    {func(in *awssdk.CreateFunctionInput) { in.Runtime = "nodejs12.x" }, "The runtime parameter of nodejs12.x is no longer supported"},
		"without a handler":      {func(in *awssdk.CreateFunctionInput) { in.Handler = nil }, "Runtime and Handler are mandatory parameters"},
		"an image": {func(in *awssdk.CreateFunctionInput) {
			in.PackageType, in.Code = "Image", &types.FunctionCode{ImageUri: aws.String("i")}
		}, "NotImplemented"},
		"with layers": {func(in *awssdk.CreateFunctionInput) { in.Layers = []string{"l"} }, "NotImplemented the local engine does not serve the parameter Layers"},
		"with files": {func(in *awssdk.CreateFunctionInput) {
			in.FileSystemConfigs = []types.FileSystemConfig{{Arn: aws.String("a"), LocalMountPath: aws.String("/mnt/x")}}
		}, "NotImplemented the local engine does not serve the parameter FileSystemConfigs"},
		"some snapshot":   {func(in *awssdk.CreateFunctionInput) { in.SnapStart = &types.SnapStart{ApplyOn: "Some"} }, "ValidationException 1 validation error detected: Value 'Some' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: [PublishedVersions, None]"},
		"with a snapshot": {func(in *awssdk.CreateFunctionInput) { in.SnapStart = &types.SnapStart{ApplyOn: "PublishedVersions"} }, "provided.al2023 is not supported for SnapStart enabled functions."},
		"of two machines": {func(in *awssdk.CreateFunctionInput) { in.Architectures = []types.Architecture{"x86_64", "arm64"} }, "Value '[x86_64, arm64]' at 'architectures'"},
		"of no zip file":  {func(in *awssdk.CreateFunctionInput) { in.Code.ZipFile = []byte("no") }, "Could not unzip uploaded file."},
		"of code of both": {func(in *awssdk.CreateFunctionInput) {
			in.Code.S3Bucket, in.Code.S3Key = aws.String("b"), aws.String("k")
		}, "Please do not provide other FunctionCode parameters when providing a ZipFile."},
		"of no code": {func(in *awssdk.CreateFunctionInput) { in.Code = &types.FunctionCode{} }, "Please provide a source for function code."},
		"of lost code": {func(in *awssdk.CreateFunctionInput) {
			in.Code = &types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("k")}
		}, "no such asset"},
		"of a long environment": {func(in *awssdk.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{"A": strings.Repeat("x", 4096)}}
		}, "exceeded the 4KB limit. String measured: {\"A\":\"xxx"},
	} {
		t.Run(name, func(t *testing.T) {
			in := newFunction(code)
			in.FunctionName = aws.String("other")
			test.change(in)
			_, err := client.CreateFunction(t.Context(), in)
			refuses(t, err, test.want)
		})
	}
	list, err := client.ListFunctions(t.Context(), &awssdk.ListFunctionsInput{})
	if err != nil || len(list.Functions) != 1 {
		t.Errorf("%v, %d functions are left", err, len(list.Functions))
	}
}

func TestCodeThatDoesNotStartFailsWhenItIsInvoked(t *testing.T) {
	e, client := controlled(t)
	in := newFunction(packed(t, "#!/bin/sh\n"))
	in.Code.ZipFile = bytes.ReplaceAll(in.Code.ZipFile, []byte("bootstrap"), []byte("index.pyc"))
	mustMake(t, client, in)
	if failed := e.invoke(t, `{}`).functionError(t); failed.ErrorType != "Runtime.InvalidEntrypoint" || !strings.HasSuffix(failed.ErrorMessage, "Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]") {
		t.Errorf("the error is %+v", failed)
	}
}

func TestTheCodeAndTheConfigurationOfAFunctionChange(t *testing.T) {
	e, client := controlled(t)
	made := mustMake(t, client, newFunction(packed(t, "#!/bin/sh\nexit 1\n")))
	worker := aws.String("worker")
	_, err := client.UpdateFunctionCode(t.Context(), &awssdk.UpdateFunctionCodeInput{FunctionName: worker, ZipFile: ofHandler(t), RevisionId: made.RevisionId})
	refuses(t, err, "PreconditionFailedException The Revision Id provided does not match the latest Revision Id.")
	dry, err := client.UpdateFunctionCode(t.Context(), &awssdk.UpdateFunctionCodeInput{FunctionName: worker, ZipFile: ofHandler(t), DryRun: true})
	if err != nil || *dry.CodeSha256 == *made.CodeSha256 {
		t.Errorf("%v, the dry run is %+v", err, dry)
	}
	if failed := e.invoke(t, `{"Do":"env"}`).functionError(t); failed.ErrorType != "Runtime.ExitError" {
		t.Errorf("after a dry run it answers %+v", failed)
	}
	updated, err := client.UpdateFunctionCode(t.Context(), &awssdk.UpdateFunctionCodeInput{FunctionName: worker, S3Bucket: aws.String("assets"), S3Key: aws.String("code.zip")})
	if err != nil || updated.LastUpdateStatus != types.LastUpdateStatusInProgress || *updated.CodeSha256 != *dry.CodeSha256 {
		t.Fatalf("%v, %+v", err, updated)
	}
	if err := awssdk.NewFunctionUpdatedWaiter(client).Wait(t.Context(), &awssdk.GetFunctionConfigurationInput{FunctionName: worker}, time.Second); err != nil {
		t.Fatal(err)
	}
	const otherARN = "arn:aws:iam::123456789012:role/other"
	e.mustCreate(t, strings.Replace(strings.Replace(role(logStatement+`, {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}`), `"Role"`, `"Other"`, 1), `"Properties": {`, `"Properties": {"RoleName": "other",`, 1))
	configured, err := client.UpdateFunctionConfiguration(t.Context(), &awssdk.UpdateFunctionConfigurationInput{
		FunctionName: worker, Timeout: aws.Int32(9), Environment: &types.Environment{Variables: map[string]string{"COLOUR": "red"}}, EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(1024)},
		TracingConfig: &types.TracingConfig{Mode: "Active"}, DeadLetterConfig: &types.DeadLetterConfig{TargetArn: aws.String("arn:aws:sqs:eu-central-1:123456789012:jobs")},
		LoggingConfig: &types.LoggingConfig{LogFormat: "JSON", LogGroup: aws.String("own")}, Handler: aws.String("main"), Runtime: "provided.al2", Role: aws.String(otherARN),
	})
	if err != nil || *configured.Timeout != 9 || *configured.MemorySize != 128 || *configured.CodeSha256 != *dry.CodeSha256 || configured.TracingConfig.Mode != "Active" ||
		*configured.EphemeralStorage.Size != 1024 || *configured.LoggingConfig.LogGroup != "own" || configured.LoggingConfig.SystemLogLevel != "INFO" || configured.LoggingConfig.ApplicationLogLevel != "INFO" || *configured.Handler != "main" || configured.Runtime != "provided.al2" || *configured.Role != otherARN || !strings.HasSuffix(*configured.DeadLetterConfig.TargetArn, ":jobs") {
		t.Errorf("%v, %+v", err, configured)
	}
	var environment []string
	decode(t, e.invoke(t, `{"Do":"env"}`).Payload, &environment)
	if !slices.Contains(environment, "COLOUR=red") || !slices.Contains(environment, "AWS_LAMBDA_LOG_GROUP_NAME=own") {
		t.Errorf("its environment is %q", environment)
	}
	for want, in := range map[string]awssdk.UpdateFunctionConfigurationInput{
		"Timeout is 901 seconds":                                                      {Timeout: aws.Int32(901)},
		"This operation is permitted on Lambda functions only.":                       {FunctionName: aws.String(workerARN + ":$LATEST"), Timeout: aws.Int32(1)},
		"provided.al2 is not supported for SnapStart enabled functions.":              {SnapStart: &types.SnapStart{ApplyOn: "PublishedVersions"}},
		"NotImplemented the local engine does not serve the parameter Layers":         {Layers: []string{"l"}},
		"The role defined for the function cannot be assumed by Lambda":               {Role: aws.String("arn:aws:iam::123456789012:role/nobody")},
		"NotImplemented the local engine does not serve the parameter Runtime":        {Runtime: "python3.12"},
		"InvalidParameterValueException Runtime and Handler are mandatory parameters": {Handler: aws.String("")},
	} {
		in.FunctionName = cmp.Or(in.FunctionName, worker)
		_, err := client.UpdateFunctionConfiguration(t.Context(), &in)
		refuses(t, err, want)
	}
	e.Authorizer = allBut("iam:PassRole")
	_, err = client.UpdateFunctionConfiguration(t.Context(), &awssdk.UpdateFunctionConfigurationInput{FunctionName: worker, Role: aws.String(worksARN)})
	refuses(t, err, "iam:PassRole")
}

func TestCodeIsPublishedAsItIsUpdatedAndNotForAnotherMachine(t *testing.T) {
	_, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	update := &awssdk.UpdateFunctionCodeInput{FunctionName: aws.String("worker"), ZipFile: packed(t, "#!/bin/sh\n# next\n"), Publish: true}
	if updated, err := client.UpdateFunctionCode(t.Context(), update); err != nil || *updated.Version != "1" || *updated.FunctionArn != workerARN+":1" || updated.State != types.StatePending {
		t.Errorf("%v, published is %+v", err, updated)
	}
	if again, err := client.UpdateFunctionCode(t.Context(), update); err != nil || *again.Version != "1" {
		t.Errorf("%v, of the same code version %s is published", err, *again.Version)
	}
	update.ZipFile = packed(t, "#!/bin/sh\n# and another\n")
	if next, err := client.UpdateFunctionCode(t.Context(), update); err != nil || *next.Version != "2" {
		t.Errorf("%v, of other code version %s is published", err, *next.Version)
	}
	update.Architectures = []types.Architecture{"arm64"}
	if runtime.GOARCH == "arm64" {
		update.Architectures = []types.Architecture{"x86_64"}
	}
	_, err := client.UpdateFunctionCode(t.Context(), update)
	refuses(t, err, "NotImplemented the local engine does not serve the parameter Architectures of UpdateFunctionCode")
}

// The code of a version outlives the code that its function gets.
func TestOldCodeIsDownloadedAsLongAsAVersionRunsIt(t *testing.T) {
	_, client := controlled(t)
	first := packed(t, "#!/bin/sh\n# first\n")
	in := newFunction(first)
	in.Publish = true
	if made := mustMake(t, client, in); *made.Version != "1" || *made.FunctionArn != workerARN {
		t.Errorf("it is made as %+v", made)
	}
	if _, err := client.UpdateFunctionCode(t.Context(), &awssdk.UpdateFunctionCodeInput{FunctionName: aws.String("worker"), ZipFile: packed(t, "#!/bin/sh\n# next\n")}); err != nil {
		t.Fatal(err)
	}
	got, err := client.GetFunction(t.Context(), &awssdk.GetFunctionInput{FunctionName: aws.String("worker"), Qualifier: aws.String("1")})
	if err != nil {
		t.Fatal(err)
	}
	download := func() (int, []byte) {
		response, err := http.Get(*got.Code.Location)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, content
	}
	if status, content := download(); status != 200 || !bytes.Equal(content, first) {
		t.Errorf("%d, %q", status, content)
	}
	if _, err := client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: aws.String("worker"), Qualifier: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the code is gone", func() bool { status, _ := download(); return status == 404 })
	if response, err := http.Get(*got.Code.Location + "0"); err != nil || response.StatusCode != 403 {
		t.Errorf("at another address: %v, %+v", err, response)
	}
}

func TestFunctionsAreListedInPagesAndWithTheirVersions(t *testing.T) {
	_, client := controlled(t)
	for _, name := range []string{"a", "b", "c"} {
		in := newFunction(packed(t, "#!/bin/sh\n"))
		in.FunctionName, in.Publish = aws.String(name), name == "b"
		mustMake(t, client, in)
	}
	list := func(in *awssdk.ListFunctionsInput) (all []string) {
		t.Helper()
		for pages := awssdk.NewListFunctionsPaginator(client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Functions) > 2 {
				t.Fatalf("a page has %d functions", len(page.Functions))
			}
			for _, f := range page.Functions {
				if f.State != "" || f.LastUpdateStatus != "" || f.RuntimeVersionConfig != nil {
					t.Errorf("a list has %+v", f)
				}
				all = append(all, strings.TrimPrefix(*f.FunctionArn, "arn:aws:lambda:eu-central-1:123456789012:function:"))
			}
		}
		return all
	}
	if got := list(&awssdk.ListFunctionsInput{MaxItems: aws.Int32(2)}); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("functions %q", got)
	}
	if got := list(&awssdk.ListFunctionsInput{MaxItems: aws.Int32(2), FunctionVersion: "ALL"}); !slices.Equal(got, []string{"a:$LATEST", "b:$LATEST", "b:1", "c:$LATEST"}) {
		t.Errorf("with versions %q", got)
	}
	_, err := client.ListFunctions(t.Context(), &awssdk.ListFunctionsInput{Marker: aws.String("?")})
	refuses(t, err, "Invalid pagination token")
	_, err = client.ListFunctions(t.Context(), &awssdk.ListFunctionsInput{FunctionVersion: "SOME"})
	refuses(t, err, "Value 'SOME' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]")
}

func TestEachCallNeedsItsPermission(t *testing.T) {
	e, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	nobody := cloud.Caller{ARN: "arn:aws:sts::123456789012:assumed-role/nobody/s", Role: "arn:aws:iam::123456789012:role/nobody"}
	for _, action := range []string{
		"AddPermission", "CreateAlias", "CreateEventSourceMapping", "CreateFunction", "DeleteAlias", "DeleteEventSourceMapping", "DeleteFunction", "DeleteFunctionConcurrency",
		"DeleteFunctionEventInvokeConfig", "DeleteProvisionedConcurrencyConfig", "GetAccountSettings", "GetAlias", "GetEventSourceMapping", "GetFunction", "GetFunctionCodeSigningConfig",
		"GetFunctionConcurrency", "GetFunctionConfiguration", "GetFunctionEventInvokeConfig", "GetFunctionRecursionConfig", "GetPolicy", "GetProvisionedConcurrencyConfig",
		"GetRuntimeManagementConfig", "ListAliases", "ListEventSourceMappings", "ListFunctionEventInvokeConfigs", "ListFunctions", "ListProvisionedConcurrencyConfigs", "ListTags",
		"ListVersionsByFunction", "PublishVersion", "PutFunctionConcurrency", "PutFunctionEventInvokeConfig", "PutFunctionRecursionConfig", "PutProvisionedConcurrencyConfig",
		"PutRuntimeManagementConfig", "RemovePermission", "TagResource", "UntagResource", "UpdateAlias", "UpdateEventSourceMapping", "UpdateFunctionCode",
		"UpdateFunctionConfiguration", "UpdateFunctionEventInvokeConfig",
	} {
		// members that an action does not have are refused after the caller is known
		input := map[string]any{}
		for name, value := range map[string]any{
			"FunctionName": "worker", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "Name": "n", "UUID": "u", "Resource": workerARN,
			"RecursiveLoop": "Allow", "ProvisionedConcurrentExecutions": 1, "MaximumRetryAttempts": 1,
		} {
			if hasMember(e, action, name) {
				input[name] = value
			}
		}
		err := e.Do(t.Context(), nobody, "lambda", action, input, nil)
		if err == nil || !strings.Contains(err.Error(), "not authorized to perform: lambda:"+action) {
			t.Errorf("%s: %v", action, err)
		}
	}
	for _, action := range []string{"iam:PassRole", "s3:GetObject", "lambda:TagResource"} {
		e.Authorizer = allBut(action)
		in := newFunction(nil)
		in.FunctionName, in.Code, in.Tags = aws.String("other"), &types.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("code.zip")}, map[string]string{"a": "b"}
		_, err := client.CreateFunction(t.Context(), in)
		refuses(t, err, action)
	}
}

func hasMember(e *engine, action, name string) bool {
	_, ok := e.lambda.Input(action).FieldByName(name)
	return ok
}

// allBut permits everything but one action.
type allBut string

func (a allBut) Authorize(_ cloud.Caller, action, _ string) error {
	if action == string(a) {
		return cloud.Errorf(403, "AccessDeniedException", "not authorized to perform: %s", action)
	}
	return nil
}

func (allBut) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role, Role: role}, nil
}
