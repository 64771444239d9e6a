package lambda

// This file creates and updates functions from CloudFormation.

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns the resource types of AWS::Lambda that the engine has.
func (l *Lambda) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Lambda::Function", l.createFunction, cfn.Update(l.updateFunction)),
		cfn.Define("AWS::Lambda::Version", l.createVersion),
		cfn.Define("AWS::Lambda::Alias", l.createAlias, cfn.Overwrite(l.createAlias)),
		cfn.Define("AWS::Lambda::Permission", l.createPermission),
		cfn.Define("AWS::Lambda::EventInvokeConfig", l.createEventInvokeConfig, cfn.Overwrite(l.createEventInvokeConfig)),
		cfn.Define("AWS::Lambda::EventSourceMapping", l.createEventSourceMapping, cfn.Update(l.updateEventSourceMapping)),
	}
}

type functionProperties struct {
	FunctionName                 string
	Code                         codeProperties
	Runtime                      string
	Handler                      string
	Role                         string
	Description                  string
	Architectures                []string
	MemorySize                   *int
	Timeout                      *int
	ReservedConcurrentExecutions *int
	PackageType                  string
	Environment                  struct{ Variables map[string]string }
	DeadLetterConfig             struct{ TargetArn string }
	LoggingConfig                struct {
		LogGroup string // a name

		ApplicationLogLevel cfn.Ignored
		LogFormat           cfn.Ignored
		SystemLogLevel      cfn.Ignored
	}
	TracingConfig struct{ Mode string }

	CodeSigningConfigArn    cfn.Ignored
	EphemeralStorage        cfn.Ignored
	KmsKeyArn               cfn.Ignored
	RecursiveLoop           cfn.Ignored
	RuntimeManagementConfig cfn.Ignored
	Tags                    cfn.Ignored
	VpcConfig               cfn.Ignored
}

// Runs tells whether functions with a runtime, as templates have it, are run.
func Runs(runtime any) bool { return runtime == "provided.al2023" || runtime == "provided.al2" }

// check refuses what AWS refuses and what this engine does not run.
func (p functionProperties) check() error {
	if !Runs(p.Runtime) {
		return &cfn.Unsupported{Property: "Runtime", Reason: fmt.Sprintf("%q: the local engine runs provided.al2023 and provided.al2 only", p.Runtime)}
	}
	if p.PackageType != "" && p.PackageType != "Zip" {
		return &cfn.Unsupported{Property: "PackageType", Reason: "the local engine runs functions of type Zip only"}
	}
	if t := p.Timeout; t != nil && (*t < 1 || *t > 900) {
		return invalid("Timeout is %d seconds; it must be from 1 to 900", *t)
	}
	if m := p.MemorySize; m != nil && (*m < 128 || *m > 10240) {
		return invalid("MemorySize is %d MB; it must be from 128 to 10240", *m)
	}
	if len(p.Architectures) > 1 || len(p.Architectures) == 1 && !slices.Contains([]string{"arm64", "x86_64"}, p.Architectures[0]) {
		return invalid("Architectures is %q; it must be arm64 or x86_64", p.Architectures)
	}
	if s := serviceOf(p.DeadLetterConfig.TargetArn); !slices.Contains([]string{"", "sqs", "sns"}, s) {
		return invalid("DeadLetterConfig.TargetArn must be a queue or a topic, not of %s", s)
	}
	return checkEnvironment(p.Environment.Variables)
}

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "InvalidParameterValueException", format, args...)
}

const maxEnvironmentBytes = 4 << 10

func checkEnvironment(variables map[string]string) error {
	reserved := []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
		"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
	size := 0
	for name, value := range variables {
		if slices.Contains(reserved, name) {
			return invalid("environment variable %s is reserved by Lambda", name)
		}
		size += len(name) + len(value)
	}
	if size > maxEnvironmentBytes {
		return invalid("the environment variables have %d bytes; Lambda takes at most %d", size, maxEnvironmentBytes)
	}
	return nil
}

func (l *Lambda) createFunction(_ context.Context, r cfn.Resource, p functionProperties) (cfn.Handle, error) {
	f := &function{
		name:        p.FunctionName,
		concurrency: p.concurrency(),
		versions:    map[string]*version{},
		aliases:     map[string]alias{},
		async:       map[string]asyncConfig{},
	}
	if f.name == "" {
		f.name = r.PhysicalName(64)
	}
	f.arn = l.cloud.ARN("lambda", "function:"+f.name)
	f.logStream = time.Now().UTC().Format("2006/01/02") + "/[" + latest + "]" + strings.ReplaceAll(cloud.UUID(), "-", "")
	f.dimensions = []map[string]string{{"FunctionName": f.name}, nil}
	var err error
	if f.latest, err = l.version(f, r, p); err != nil {
		return cfn.Handle{}, err
	}
	if f.log, err = openLog(l.opts.Logs, r.Stack, r.LogicalID, l.opts.Limits.LogSize); err != nil {
		return cfn.Handle{}, err
	}
	if f.log != nil {
		l.cloud.Go(func(ctx context.Context) {
			<-ctx.Done()
			f.log.close()
		})
	}
	if err := l.add(f); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: f.name, Attributes: map[string]any{"Arn": f.arn}, Delete: func(context.Context) error {
		l.mu.Lock()
		delete(l.functions, f.name)
		l.mu.Unlock()
		f.end()
		return nil
	}}, nil
}

func (l *Lambda) add(f *function) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, exists := l.functions[f.name]; exists {
		return cloud.Errorf(409, "ResourceConflictException", "Function already exist: %s", f.name)
	}
	l.functions[f.name] = f
	return nil
}

// updateFunction gives the function another latest version, but for a change of
// what is not of versions: how many invocations it admits.
func (l *Lambda) updateFunction(_ context.Context, r cfn.Resource, h cfn.Handle, before, after functionProperties) (cfn.Handle, error) {
	t, err := l.find(h.Ref)
	if err != nil {
		return h, err
	}
	limit := after.concurrency()
	before.ReservedConcurrentExecutions, after.ReservedConcurrentExecutions = nil, nil
	if !reflect.DeepEqual(before, after) {
		v, err := l.version(t.function, r, after)
		if err != nil {
			return h, err
		}
		t.change(v)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.concurrency = limit
	return h, nil
}

func (p functionProperties) concurrency() int {
	if n := p.ReservedConcurrentExecutions; n != nil {
		return *n
	}
	return maxConcurrency
}

// version is what the properties say of a function, with what it needs to run:
// its role and its code.
func (l *Lambda) version(f *function, r cfn.Resource, p functionProperties) (*version, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	v := &version{
		number:      latest,
		role:        p.Role,
		runtime:     p.Runtime,
		handlerName: p.Handler,
		description: p.Description,
		timeout:     3 * time.Second,
		memory:      128,
		arch:        "x86_64",
		environment: p.Environment.Variables,
		deadLetters: p.DeadLetterConfig.TargetArn,
		logGroup:    cmp.Or(p.LoggingConfig.LogGroup, "/aws/lambda/"+f.name),
		traced:      p.TracingConfig.Mode == "Active",
		inProcess:   l.opts.Handlers[r.Stack+"/"+r.LogicalID],
		modified:    time.Now(),
	}
	v.pool = newPool(l, f, v)
	if p.Timeout != nil {
		v.timeout = time.Duration(*p.Timeout) * time.Second
	}
	if p.MemorySize != nil {
		v.memory = *p.MemorySize
	}
	if len(p.Architectures) == 1 {
		v.arch = p.Architectures[0]
	}
	var err error
	if v.caller, err = l.assume(f, v.role); err != nil {
		return nil, err
	}
	if v.inProcess != nil {
		return v, nil
	}
	if err := checkArchitecture(v.arch); err != nil {
		return nil, err
	}
	v.code, err = l.fetch(p.Code, v.arch)
	return v, err
}

// assume makes the caller that a function's role stands for.
func (l *Lambda) assume(f *function, role string) (cloud.Caller, error) {
	caller, err := l.cloud.Assume(l.cloud.ServiceCaller("lambda.amazonaws.com", f.arn), role, f.name)
	if err != nil {
		return caller, invalid("The role defined for the function cannot be assumed by Lambda: %v", err)
	}
	return caller, nil
}

// find is open without authorization, for what refers to functions in templates.
func (l *Lambda) find(name string) (target, error) {
	return l.open(l.cloud.Administrator(), "lambda:GetFunction", name, "")
}
