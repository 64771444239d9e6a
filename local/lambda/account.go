package lambda

// This file is what clients are told of the account, and settings of functions that
// are told and have no effect here: a loop is not ended, and a runtime is this
// machine's.

import (
	"cmp"
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type accountLimit struct {
	TotalCodeSize                  int64
	CodeSizeUnzipped               int64
	CodeSizeZipped                 int64
	ConcurrentExecutions           int
	UnreservedConcurrentExecutions int
}

type accountUsage struct {
	TotalCodeSize int64
	FunctionCount int
}

type accountOutput struct {
	AccountLimit accountLimit
	AccountUsage accountUsage
}

func (l *Lambda) getAccountSettings(_ context.Context, caller cloud.Caller, _ struct{}) (accountOutput, error) {
	if err := l.cloud.Authorize(caller, "lambda:GetAccountSettings", "*"); err != nil {
		return accountOutput{}, err
	}
	out := accountOutput{AccountLimit: accountLimit{75 << 30, maxUnzipped, maxZipped, maxConcurrency, maxConcurrency}}
	for _, f := range l.known() {
		out.AccountUsage.FunctionCount++
		out.AccountLimit.UnreservedConcurrentExecutions -= f.own()
		for _, t := range f.targets() {
			code, err := t.code.describe()
			if err != nil {
				return out, err
			}
			out.AccountUsage.TotalCodeSize += code.size
		}
	}
	return out, nil
}

type recursionInput struct{ FunctionName, RecursiveLoop string }

type recursionOutput struct{ RecursiveLoop string }

func (l *Lambda) putRecursion(_ context.Context, caller cloud.Caller, in recursionInput) (recursionOutput, error) {
	if in.RecursiveLoop != "Allow" && in.RecursiveLoop != "Terminate" {
		return recursionOutput{}, unsatisfied("'"+in.RecursiveLoop+"'", "recursiveLoop", "Member must satisfy enum value set: [Terminate, Allow]")
	}
	t, err := l.openWhole(caller, "lambda:PutFunctionRecursionConfig", in.FunctionName)
	if err != nil {
		return recursionOutput{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	t.recursion = in.RecursiveLoop
	return recursionOutput{t.recursion}, nil
}

func (l *Lambda) getRecursion(_ context.Context, caller cloud.Caller, in struct{ FunctionName string }) (recursionOutput, error) {
	t, err := l.openWhole(caller, "lambda:GetFunctionRecursionConfig", in.FunctionName)
	if err != nil {
		return recursionOutput{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	return recursionOutput{cmp.Or(t.recursion, "Terminate")}, nil
}

// runtimeUpdate is when AWS would update a function's runtime.
type runtimeUpdate struct{ on, version string }

type runtimeUpdateInput struct {
	FunctionName      string
	Qualifier         string
	UpdateRuntimeOn   string
	RuntimeVersionArn string
}

type runtimeUpdateOutput struct {
	UpdateRuntimeOn   string
	FunctionArn       string
	RuntimeVersionArn *string
}

func (t target) toldUpdate() runtimeUpdateOutput {
	out := runtimeUpdateOutput{UpdateRuntimeOn: cmp.Or(t.runtimeUpdate.on, "Auto"), FunctionArn: fmt.Sprintf("%s:%s", t.function.arn, cmp.Or(t.qualifier, latest))}
	if t.runtimeUpdate.version != "" {
		out.RuntimeVersionArn = &t.runtimeUpdate.version
	}
	return out
}

func (l *Lambda) putRuntimeUpdate(_ context.Context, caller cloud.Caller, in runtimeUpdateInput) (runtimeUpdateOutput, error) {
	t, err := l.open(caller, "lambda:PutRuntimeManagementConfig", in.FunctionName, in.Qualifier)
	if err != nil {
		return runtimeUpdateOutput{}, err
	}
	switch {
	case in.UpdateRuntimeOn != "Auto" && in.UpdateRuntimeOn != "FunctionUpdate" && in.UpdateRuntimeOn != "Manual":
		return runtimeUpdateOutput{}, unsatisfied("'"+in.UpdateRuntimeOn+"'", "updateRuntimeOn", "Member must satisfy enum value set: [Auto, FunctionUpdate, Manual]")
	case in.UpdateRuntimeOn == "Manual" && in.RuntimeVersionArn == "":
		return runtimeUpdateOutput{}, invalid("You must specify a runtime version to enable manual runtime updates.")
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	t.runtimeUpdate = runtimeUpdate{in.UpdateRuntimeOn, in.RuntimeVersionArn}
	return t.toldUpdate(), nil
}

func (l *Lambda) getRuntimeUpdate(_ context.Context, caller cloud.Caller, in functionInput) (runtimeUpdateOutput, error) {
	t, err := l.open(caller, "lambda:GetRuntimeManagementConfig", in.FunctionName, in.Qualifier)
	if err != nil {
		return runtimeUpdateOutput{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	return t.toldUpdate(), nil
}

// getCodeSigning says that nothing is signed.
func (l *Lambda) getCodeSigning(_ context.Context, caller cloud.Caller, in struct{ FunctionName string }) (struct{ FunctionName string }, error) {
	t, err := l.openWhole(caller, "lambda:GetFunctionCodeSigningConfig", in.FunctionName)
	if err != nil {
		return struct{ FunctionName string }{}, err
	}
	return struct{ FunctionName string }{t.name}, nil
}
