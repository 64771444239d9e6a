package constructs_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

const splitPackage = gofunction.Module + "/lambdas/b2b/split/bootstrap"

func TestFunctionHasWhatItsDocumentationSays(t *testing.T) {
	stack := cdktest.NewStack(t)
	gofunction.New(stack, "Split", gofunction.Props{Package: splitPackage, Environment: map[string]string{"TABLE": "files"}})
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::Lambda::Function", "Split"), `{
		"Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": ["arm64"],
		"MemorySize": 256, "Timeout": 10,
		"Environment": {"Variables": {"TABLE": "files"}},
		"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "INFO", "LogGroup": "<Split/Logs>"},
		"TracingConfig": {"Mode": "Active"},
		"Role": "<Split/Role.Arn>"
	}`)
	template.Has(template.At("AWS::Logs::LogGroup", "Split/Logs"), `{"RetentionInDays": 90}`)
	if policy := template.At("AWS::Logs::LogGroup", "Split/Logs").DeletionPolicy; policy != "Retain" {
		t.Errorf("logs: DeletionPolicy %q", policy)
	}
}

func TestFunctionsRoleAllowsItsOwnLogsAndTracesOnly(t *testing.T) {
	stack := cdktest.NewStack(t)
	gofunction.New(stack, "Split", gofunction.Props{Package: splitPackage})
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::IAM::Policy", "Split/Role/DefaultPolicy"), `{"PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "<Split/Logs.Arn>"},
		{"Effect": "Allow", "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "Resource": "*"}
	]}}`)
	if managed := template.At("AWS::IAM::Role", "Split/Role").Properties["ManagedPolicyArns"]; managed != nil {
		t.Errorf("managed policies: %v", managed)
	}
}

func TestOnlyAFunctionThatTellsOfFailuresHasAnAlarmForThoseItCannotTell(t *testing.T) {
	stack := cdktest.NewStack(t)
	silent := gofunction.New(stack, "Silent", gofunction.Props{Package: splitPackage})
	telling := gofunction.New(stack, "Telling", gofunction.Props{
		Package:   splitPackage,
		OnFailure: awslambdadestinations.NewSqsDestination(operation.NewDeadLetters(stack, "Letters", operation.Settings{})),
		Alarms:    gofunction.Alarms{Untold: operation.Alarm{Threshold: 7}},
	})
	if silent.UntoldAlarm != nil || telling.UntoldAlarm == nil {
		t.Errorf("alarms: %v of a function that tells nothing, %v of one that does", silent.UntoldAlarm, telling.UntoldAlarm)
	}
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::CloudWatch::Alarm", "Telling/UntoldAlarm"), `{
		"Namespace": "AWS/Lambda", "MetricName": "DestinationDeliveryFailures", "Statistic": "Sum", "Threshold": 7,
		"Dimensions": [{"Name": "FunctionName", "Value": "<Telling>"}]
	}`)
}

func TestFunctionsGrantsAreExact(t *testing.T) {
	stack := cdktest.NewStack(t)
	callee := gofunction.New(stack, "Callee", gofunction.Props{Package: splitPackage})
	caller := gofunction.New(stack, "Caller", gofunction.Props{Package: splitPackage})
	callee.GrantInvoke(caller.Function)
	operation.Allow(caller, []string{"arn:aws:s3:::bucket/inbox/acme"}, "s3:GetObject")
	awssns.Topic_FromTopicArn(stack, jsii.String("Topic"), jsii.String("arn:aws:sns:eu-west-1:123456789012:orders")).
		GrantPublish(caller) // the CDK takes our function for a grantee
	template := cdktest.Synth(t, stack)
	document := template.Plain(template.At("AWS::IAM::Policy", "Caller/Role/DefaultPolicy").Properties["PolicyDocument"])
	statements := document.(map[string]any)["Statement"].([]any)
	for _, want := range [][2]string{
		{"lambda:InvokeFunction", "<Callee.Arn>"},
		{"s3:GetObject", "arn:aws:s3:::bucket/inbox/acme"},
		{"sns:Publish", "arn:aws:sns:eu-west-1:123456789012:orders"},
	} {
		if !slices.ContainsFunc(statements, func(statement any) bool {
			s := statement.(map[string]any)
			return s["Action"] == want[0] && s["Resource"] == want[1]
		}) {
			t.Errorf("no statement %v in %v", want, statements)
		}
	}
}

func TestArchitectureComesFromTheContextUnlessGiven(t *testing.T) {
	app := cdktest.NewApp(t, map[string]any{gofunction.ArchitectureContext: "x86_64"})
	stack := awscdk.NewStack(app, jsii.String("Stack"), nil)
	gofunction.New(stack, "Default", gofunction.Props{Package: splitPackage})
	gofunction.New(stack, "Own", gofunction.Props{Package: splitPackage, Architecture: awslambda.Architecture_ARM_64()})
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::Lambda::Function", "Default"), `{"Architectures": ["x86_64"]}`)
	template.Has(template.At("AWS::Lambda::Function", "Own"), `{"Architectures": ["arm64"]}`)

	app = cdktest.NewApp(t, map[string]any{gofunction.ArchitectureContext: "riscv"})
	stack = awscdk.NewStack(app, jsii.String("Stack"), nil)
	message := cdktest.Panics(func() { gofunction.New(stack, "Default", gofunction.Props{Package: splitPackage}) })
	if !strings.Contains(message, `"riscv": give arm64 or x86_64`) {
		t.Errorf("panics with %q", message)
	}
}

func TestWrongFunctionPropsAreReportedTogether(t *testing.T) {
	stack := cdktest.NewStack(t)
	message := cdktest.Panics(func() {
		gofunction.New(stack, "Wrong", gofunction.Props{Memory: 64, Timeout: 20 * time.Minute})
	})
	for _, part := range []string{"gofunction.Function Wrong", "either Package or Code", "Memory is 64", "Timeout is 20m0s"} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}

func TestCodeReplacesTheBuild(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "bootstrap"), "#!/bin/sh\n")
	stack := bundled(t)
	gofunction.New(stack, "Own", gofunction.Props{Code: awslambda.Code_FromAsset(&folder, nil)})
	cdktest.Synth(t, stack)
}

// An importing team's function is built in the folder of its own module.
func TestTeamsOwnPackageIsBuilt(t *testing.T) {
	module := t.TempDir()
	write(t, filepath.Join(module, "go.mod"), "module example.com/team\n\ngo 1.26\n")
	write(t, filepath.Join(module, "hello", "main.go"), "package main\n\nfunc main() {}\n")
	stack := bundled(t)
	t.Chdir(module)
	gofunction.New(stack, "Hello", gofunction.Props{Package: "example.com/team/hello"})
	cdktest.Synth(t, stack)

	assembly := *stack.Node().Root().(awscdk.App).Outdir()
	binaries, err := filepath.Glob(filepath.Join(assembly, "asset.*", "bootstrap"))
	if err != nil || len(binaries) != 1 {
		t.Fatalf("binaries in the assembly: %q, %v", binaries, err)
	}
	binary, err := elf.Open(binaries[0])
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	if binary.Machine != elf.EM_AARCH64 {
		t.Errorf("built for %v", binary.Machine)
	}
}

func TestBrokenPackageIsNamed(t *testing.T) {
	module := t.TempDir()
	write(t, filepath.Join(module, "go.mod"), "module example.com/broken\n\ngo 1.26\n")
	write(t, filepath.Join(module, "main.go"), "package main\n\nfunc main() { undefined() }\n")
	stack := bundled(t)
	t.Chdir(module)
	message := cdktest.Panics(func() { gofunction.New(stack, "Broken", gofunction.Props{Package: "example.com/broken"}) })
	for _, part := range []string{"Stack/Broken", "example.com/broken", "undefined: undefined"} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}

// bundled is a stack whose code is built.
func bundled(t *testing.T) awscdk.Stack {
	t.Helper()
	app := cdktest.NewApp(t, map[string]any{"aws:cdk:bundling-stacks": []string{"**"}})
	return awscdk.NewStack(app, jsii.String("Stack"), nil)
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
