package lambda

// This file creates what connects functions to others: permissions, and settings
// of asynchronous invocations.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

type permissionProperties struct {
	Action        string
	FunctionName  string
	Principal     string
	SourceArn     string
	SourceAccount string
}

// createPermission adds a statement to the function's resource policy.
func (l *Lambda) createPermission(_ context.Context, r cfn.Resource, p permissionProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	id := r.PhysicalName(100)
	in := addPermissionInput{StatementId: id, Action: p.Action, Principal: p.Principal, SourceArn: p.SourceArn, SourceAccount: p.SourceAccount}
	if err := in.check(); err != nil {
		return cfn.Handle{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	if err := l.permit(t, in.statement(t.arn())); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: id, Attributes: map[string]any{"Id": id}, Delete: func(context.Context) error {
		t.function.mu.Lock()
		defer t.function.mu.Unlock()
		_, err := l.withdrawPermission(t, id)
		return err
	}}, nil
}

type eventInvokeProperties struct {
	FunctionName string
	Qualifier    string
	invokeSettings
}

func (l *Lambda) createEventInvokeConfig(_ context.Context, r cfn.Resource, p eventInvokeProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	config, err := p.config()
	if err != nil {
		return cfn.Handle{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	t.async[p.Qualifier] = config
	return cfn.Handle{Ref: r.PhysicalName(100), Delete: cfn.Removal(&t.function.mu, t.async, p.Qualifier)}, nil
}
