package lambda

// This file creates and updates functions from CloudFormation.

import (
	"cmp"
	"context"
	"errors"
	"reflect"
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
		cfn.Define("AWS::Lambda::Alias", l.createAlias, cfn.Update(l.changeAlias)),
		cfn.Define("AWS::Lambda::Permission", l.createPermission),
		cfn.Define("AWS::Lambda::EventInvokeConfig", l.createEventInvokeConfig, cfn.Overwrite(l.createEventInvokeConfig)),
		cfn.Define("AWS::Lambda::EventSourceMapping", l.createEventSourceMapping, cfn.Update(l.updateEventSourceMapping)),
	}
}

type functionProperties struct {
	settings

	FunctionName                 string
	Code                         codeProperties
	RecursiveLoop                string
	ReservedConcurrentExecutions *int
	Tags                         []cloud.Tag

	CodeSigningConfigArn    cfn.Ignored
	KmsKeyArn               cfn.Ignored
	RuntimeManagementConfig cfn.Ignored
	VpcConfig               cfn.Ignored
}

// settle gives a function what a template says that versions do not have: how many
// invocations it admits, its tags and its loops. What the template says as before,
// calls may have changed since.
func (l *Lambda) settle(f *function, before, after functionProperties) error {
	if !reflect.DeepEqual(before.ReservedConcurrentExecutions, after.ReservedConcurrentExecutions) {
		if err := l.reserve(f, after.ReservedConcurrentExecutions); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tags = cloud.RedeclaredTagMap(f.tags, before.Tags, after.Tags)
	if before.RecursiveLoop != after.RecursiveLoop {
		f.recursion = after.RecursiveLoop
	}
	return nil
}

// ofVersions are the properties of which a change makes another version.
func (p functionProperties) ofVersions() functionProperties {
	p.ReservedConcurrentExecutions, p.Tags, p.RecursiveLoop = nil, nil, ""
	return p
}

func (l *Lambda) createFunction(_ context.Context, r cfn.Resource, p functionProperties) (cfn.Handle, error) {
	f := l.newFunction(cmp.Or(p.FunctionName, r.PhysicalName(64)))
	var err error
	if f.latest, err = l.declared(f, r, p); err != nil {
		return cfn.Handle{}, err
	}
	if err := l.install(f, r.Stack, r.LogicalID); err != nil {
		return cfn.Handle{}, err
	}
	if err := l.settle(f, functionProperties{}, p); err != nil {
		return cfn.Handle{}, errors.Join(err, l.drop(f))
	}
	return cfn.Handle{Ref: f.name, Attributes: map[string]any{"Arn": f.arn}, Delete: func(context.Context) error { return l.drop(f) }}, nil
}

// newFunction is a function without a version that nobody knows yet.
func (l *Lambda) newFunction(name string) *function {
	return &function{
		name:        name,
		arn:         l.cloud.ARN("lambda", "function:"+name),
		logStream:   time.Now().UTC().Format("2006/01/02") + "/[" + latest + "]" + strings.ReplaceAll(cloud.UUID(), "-", ""),
		dimensions:  []map[string]string{{"FunctionName": name}, nil},
		concurrency: maxConcurrency,
		versions:    map[string]*version{},
		aliases:     map[string]alias{},
		async:       map[string]asyncConfig{},
		policies:    map[string]*resourcePolicy{},
		provisioned: map[string]provisioned{},
	}
}

// install opens the log of a function and makes the function known.
func (l *Lambda) install(f *function, folder, name string) (err error) {
	if f.log, err = openLog(l.opts.Logs, folder, name, l.opts.Limits.LogSize); err != nil {
		return err
	}
	if f.log != nil {
		l.cloud.Go(func(ctx context.Context) {
			<-ctx.Done()
			f.log.close()
		})
	}
	return l.add(f)
}

// drop deletes a function with its policies.
func (l *Lambda) drop(f *function) error {
	l.mu.Lock()
	if l.functions[f.name] == f {
		delete(l.functions, f.name)
	}
	l.mu.Unlock()
	f.end()
	return l.forbid(f)
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
	t.changing.Lock()
	defer t.changing.Unlock()
	if !reflect.DeepEqual(before.ofVersions(), after.ofVersions()) {
		v, err := l.declared(t.function, r, after)
		if err != nil {
			return h, err
		}
		if err := t.change(v, ""); err != nil {
			return h, err
		}
	}
	return h, l.settle(t.function, before, after)
}

// declared is the version that a template declares. Its code must be there, and of
// this machine's kind.
func (l *Lambda) declared(f *function, r cfn.Resource, p functionProperties) (*version, error) {
	return l.version(f, p.settings, l.inProcess(r.Stack+"/"+r.LogicalID), func(arch string) (*folder, error) {
		code, err := l.fetch(p.Code)
		if err != nil {
			return nil, err
		}
		if err := code.startable(arch); err != nil {
			code.leave()
			return nil, err
		}
		return code, nil
	})
}

// version is what the settings say of a function, with what it needs to run: its
// role, and its code unless it runs in this process.
func (l *Lambda) version(f *function, s settings, handler Handler, code func(arch string) (*folder, error)) (*version, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	v := &version{
		settings:    s,
		number:      latest,
		role:        s.Role,
		runtime:     s.Runtime,
		handlerName: s.Handler,
		description: s.Description,
		timeout:     3 * time.Second,
		memory:      128,
		arch:        "x86_64",
		environment: s.variables(),
		deadLetters: s.DeadLetterConfig.TargetArn,
		logGroup:    cmp.Or(s.LoggingConfig.LogGroup, "/aws/lambda/"+f.name),
		traced:      s.TracingConfig.Mode == "Active",
		inProcess:   handler,
		modified:    time.Now(),
		revision:    cloud.UUID(),
	}
	if r, ok := handler.(*resident); ok {
		v.inProcess = r.of(l, f, v)
	}
	v.pool = newPool(l, f, v)
	if s.Timeout != nil {
		v.timeout = time.Duration(*s.Timeout) * time.Second
	}
	if s.MemorySize != nil {
		v.memory = *s.MemorySize
	}
	if len(s.Architectures) == 1 {
		v.arch = s.Architectures[0]
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
	v.code, err = code(v.arch)
	return v, err
}

// assume makes the caller that a function's role stands for.
func (l *Lambda) assume(f *function, role string) (cloud.Caller, error) {
	caller, err := l.cloud.Assume(l.cloud.ServiceCaller("lambda.amazonaws.com", f.arn), role, f.session())
	if err != nil {
		return caller, invalid("The role defined for the function cannot be assumed by Lambda: %v", err)
	}
	return caller, nil
}

// session is the name of the sessions of the function's role: its own, and longer if
// that is of one character, which STS does not take.
func (f *function) session() string {
	if len(f.name) == 1 {
		return f.name + "@lambda_function"
	}
	return f.name
}

// find is open without authorization, for what refers to functions in templates.
func (l *Lambda) find(name string) (target, error) {
	return l.open(l.cloud.Administrator(), "lambda:GetFunction", name, "")
}
