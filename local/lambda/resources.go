package lambda

// This file creates functions, their versions and aliases from CloudFormation.

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns the resource types of AWS::Lambda that the engine has.
func (l *Lambda) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Lambda::Function", l.createFunction),
		cfn.Define("AWS::Lambda::Version", l.createVersion),
		cfn.Define("AWS::Lambda::Alias", l.createAlias),
		cfn.Define("AWS::Lambda::Permission", l.createPermission),
		cfn.Define("AWS::Lambda::EventInvokeConfig", l.createEventInvokeConfig),
		cfn.Define("AWS::Lambda::EventSourceMapping", l.createEventSourceMapping),
	}
}

type functionProperties struct {
	FunctionName                 string
	Code                         struct{ S3Bucket, S3Key string }
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

	CodeSigningConfigArn    cfn.Ignored
	EphemeralStorage        cfn.Ignored
	KmsKeyArn               cfn.Ignored
	LoggingConfig           cfn.Ignored
	RecursiveLoop           cfn.Ignored
	RuntimeManagementConfig cfn.Ignored
	Tags                    cfn.Ignored
	TracingConfig           cfn.Ignored
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
	if err := p.check(); err != nil {
		return cfn.Handle{}, err
	}
	f := &function{
		name:        p.FunctionName,
		role:        p.Role,
		runtime:     p.Runtime,
		handlerName: p.Handler,
		description: p.Description,
		timeout:     3 * time.Second,
		memory:      128,
		arch:        "x86_64",
		environment: p.Environment.Variables,
		concurrency: maxConcurrency,
		deadLetters: p.DeadLetterConfig.TargetArn,
		inProcess:   l.opts.Handlers[r.Stack+"/"+r.LogicalID],
		modified:    time.Now(),
		aliases:     map[string]string{},
		async:       map[string]asyncConfig{},
		pools:       map[string]*pool{},
	}
	if f.name == "" {
		f.name = r.PhysicalName(64)
	}
	f.arn = l.cloud.ARN("lambda", "function:"+f.name)
	f.dimensions = []map[string]string{{"FunctionName": f.name}, nil}
	if p.Timeout != nil {
		f.timeout = time.Duration(*p.Timeout) * time.Second
	}
	if p.MemorySize != nil {
		f.memory = *p.MemorySize
	}
	if p.ReservedConcurrentExecutions != nil {
		f.concurrency = *p.ReservedConcurrentExecutions
	}
	if len(p.Architectures) == 1 {
		f.arch = p.Architectures[0]
	}
	if err := l.prepare(f, r, p); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: f.name, Attributes: map[string]any{"Arn": f.arn}, Delete: func(context.Context) error {
		l.mu.Lock()
		delete(l.functions, f.name)
		l.mu.Unlock()
		f.deleted.Store(true)
		f.renew()
		return nil
	}}, nil
}

// prepare gets what a function needs to run: its role, its code, its log.
func (l *Lambda) prepare(f *function, r cfn.Resource, p functionProperties) error {
	var err error
	if f.caller, err = l.assume(f); err != nil {
		return err
	}
	if f.inProcess == nil {
		if err := checkArchitecture(f.arch); err != nil {
			return err
		}
		if f.directory, err = l.fetch(p.Code.S3Bucket, p.Code.S3Key, f.arch); err != nil {
			return err
		}
	}
	if f.log, err = openLog(l.opts.Logs, r.Stack, r.LogicalID, l.opts.Limits.LogSize); err != nil {
		return err
	}
	if f.log != nil {
		l.cloud.Go(func(ctx context.Context) {
			<-ctx.Done()
			f.log.close()
		})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, exists := l.functions[f.name]; exists {
		return cloud.Errorf(409, "ResourceConflictException", "Function already exist: %s", f.name)
	}
	l.functions[f.name] = f
	return nil
}

// assume makes the caller that a function's role stands for.
func (l *Lambda) assume(f *function) (cloud.Caller, error) {
	caller, err := l.cloud.Assume(l.cloud.ServiceCaller("lambda.amazonaws.com", f.arn), f.role, f.name)
	if err != nil {
		return caller, invalid("The role defined for the function cannot be assumed by Lambda: %v", err)
	}
	return caller, nil
}

// find is open without authorization, for what refers to functions in templates.
func (l *Lambda) find(name string) (target, error) {
	return l.open(l.cloud.Administrator(), "lambda:GetFunction", name, "")
}

type versionProperties struct {
	FunctionName string
	Description  cfn.Ignored
	CodeSha256   cfn.Ignored

	ProvisionedConcurrencyConfig cfn.Ignored
	RuntimePolicy                cfn.Ignored
}

// createVersion publishes the function. All versions of it have the same code
// and configuration here, since a template is created only once.
func (l *Lambda) createVersion(_ context.Context, _ cfn.Resource, p versionProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.published++
	version := strconv.Itoa(t.published)
	t.aliases[version] = version
	arn := t.function.arn + ":" + version
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"Version": version, "FunctionArn": arn}, Delete: cfn.Removal(&t.mu, t.aliases, version)}, nil
}

type aliasProperties struct {
	FunctionName    string
	FunctionVersion string
	Name            string
	Description     cfn.Ignored

	ProvisionedConcurrencyConfig cfn.Ignored
}

func (l *Lambda) createAlias(_ context.Context, _ cfn.Resource, p aliasProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	version, ok := t.resolve(p.FunctionVersion)
	if !ok {
		return cfn.Handle{}, cloud.Errorf(404, "ResourceNotFoundException", "Function not found: %s:%s", t.function.arn, p.FunctionVersion)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.aliases[p.Name] = version
	arn := t.function.arn + ":" + p.Name
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"AliasArn": arn}, Delete: cfn.Removal(&t.mu, t.aliases, p.Name)}, nil
}
