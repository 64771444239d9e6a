package lambda

// This file is versions and aliases as calls make them.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type publishInput struct {
	FunctionName string
	CodeSha256   string
	Description  string
	RevisionId   string
}

// publishVersion answers with the version that there is, where nothing has changed
// since.
func (l *Lambda) publishVersion(_ context.Context, caller cloud.Caller, in publishInput) (configuration, error) {
	t, err := l.openWhole(caller, "lambda:PublishVersion", in.FunctionName)
	if err != nil {
		return configuration{}, err
	}
	t.changing.Lock()
	defer t.changing.Unlock()
	if t, err = t.current(in.RevisionId); err != nil {
		return configuration{}, err
	}
	code, err := t.code.describe()
	if err != nil {
		return configuration{}, err
	}
	if in.CodeSha256 != "" && in.CodeSha256 != code.sum {
		return configuration{}, invalid("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.", in.CodeSha256, code.sum)
	}
	v, _, err := t.publish(in.Description, in.RevisionId)
	if err != nil {
		return configuration{}, err
	}
	return l.configuration(target{t.function, v, v.number})
}

type listVersionsInput struct {
	page
	FunctionName string
}

type listVersionsOutput struct {
	Versions   []configuration
	NextMarker string `json:",omitempty"`
}

func (l *Lambda) listVersions(_ context.Context, caller cloud.Caller, in listVersionsInput) (out listVersionsOutput, err error) {
	t, err := l.openWhole(caller, "lambda:ListVersionsByFunction", in.FunctionName)
	if err != nil {
		return out, err
	}
	targets, next, err := pageOf(in.page, t.targets(), 50)
	out.NextMarker = next
	if err == nil {
		out.Versions, err = l.configurations(targets)
	}
	return out, err
}

type aliasInput struct {
	FunctionName    string
	Name            string
	FunctionVersion string
	Description     *string
	RoutingConfig   *routingInput
	RevisionId      string
}

type routingInput struct{ AdditionalVersionWeights map[string]cloud.Double }

type aliasOutput struct {
	AliasArn        string
	Name            string
	FunctionVersion string
	Description     string
	RoutingConfig   *routingInput `json:",omitempty"`
	RevisionId      string
}

// alias is what is told of one.
func (f *function) told(name string, a alias) aliasOutput {
	out := aliasOutput{AliasArn: f.arn + ":" + name, Name: name, FunctionVersion: a.version, Description: a.description, RevisionId: a.revision}
	if len(a.further) > 0 {
		out.RoutingConfig = &routingInput{a.further}
	}
	return out
}

var (
	aliasName = regexp.MustCompile(`^[a-zA-Z0-9-_]+$`)
	numeric   = regexp.MustCompile(`^[0-9]+$`)
)

func (in aliasInput) check() error {
	if !aliasName.MatchString(in.Name) || numeric.MatchString(in.Name) {
		return unsatisfied("'"+in.Name+"'", "name", "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")
	}
	if in.RoutingConfig == nil {
		return nil
	}
	weights := in.RoutingConfig.AdditionalVersionWeights
	for _, number := range slices.Sorted(maps.Keys(weights)) {
		shown := fmt.Sprintf("'{%s=%s}'", number, weights[number])
		if !numeric.MatchString(number) {
			return unsatisfied(shown, "routingConfig.additionalVersionWeights", "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]")
		}
		if w := weights[number]; w < 0 || w > 1 {
			return unsatisfied(shown, "routingConfig.additionalVersionWeights", "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]")
		}
	}
	return nil
}

// routes checks which versions an alias goes to. The lock is held.
func (f *function) routes(a alias) error {
	if len(a.further) > 1 {
		return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
	if len(a.further) > 0 && a.version == latest {
		return untyped(invalid("$LATEST is not supported for an alias pointing to more than 1 version"))
	}
	if _, twice := a.further[a.version]; twice {
		return invalid("Invalid function version %s. Function version %s is already included in routing configuration.", a.version, a.version)
	}
	for _, number := range append([]string{a.version}, slices.Collect(maps.Keys(a.further))...) {
		if !f.has(number) {
			return cloud.Errorf(404, "ResourceNotFoundException", "Function not found: %s:%s", f.arn, number)
		}
	}
	return nil
}

func (l *Lambda) createAliasByCall(_ context.Context, caller cloud.Caller, in aliasInput) (aliasOutput, error) {
	if err := in.check(); err != nil {
		return aliasOutput{}, err
	}
	t, err := l.openWhole(caller, "lambda:CreateAlias", in.FunctionName)
	if err != nil {
		if e := cloud.AsError(err); e.Code == "ResourceNotFoundException" {
			e.Message += ":" + in.FunctionVersion
		}
		return aliasOutput{}, err
	}
	a := alias{version: in.FunctionVersion, revision: cloud.UUID()}
	set(&a.description, in.Description)
	if in.RoutingConfig != nil {
		a.further = in.RoutingConfig.AdditionalVersionWeights
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	return t.told(in.Name, a), t.addAlias(in.Name, a)
}

// addAlias makes an alias that is not there. The lock is held.
func (f *function) addAlias(name string, a alias) error {
	if err := f.routes(a); err != nil {
		return err
	}
	if _, exists := f.aliases[name]; exists {
		return cloud.Errorf(409, "ResourceConflictException", "Alias already exists: %s:%s", f.arn, name)
	}
	f.aliases[name] = a
	return nil
}

func (l *Lambda) updateAlias(_ context.Context, caller cloud.Caller, in aliasInput) (aliasOutput, error) {
	if err := in.check(); err != nil {
		return aliasOutput{}, err
	}
	f, err := l.openAlias(caller, "lambda:UpdateAlias", in, updatedAlias)
	if err != nil {
		return aliasOutput{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.alias(in.Name, updatedAlias)
	if err != nil {
		return aliasOutput{}, err
	}
	if err := checkRevision(in.RevisionId, a.revision); err != nil {
		return aliasOutput{}, err
	}
	a.version, a.revision = cmp.Or(in.FunctionVersion, a.version), cloud.UUID()
	set(&a.description, in.Description)
	if in.RoutingConfig != nil {
		a.further = in.RoutingConfig.AdditionalVersionWeights
	}
	if err := f.routes(a); err != nil {
		return aliasOutput{}, err
	}
	f.aliases[in.Name] = a
	return f.told(in.Name, a), nil
}

// What AWS says of an alias that is not there.
const (
	updatedAlias = "Alias not found: %s"
	soughtAlias  = "Cannot find alias arn: %s"
)

// openAlias finds the function of an alias; lost is said where there is none.
func (l *Lambda) openAlias(caller cloud.Caller, action string, in aliasInput, lost string) (*function, error) {
	if err := l.checkName(functionName, in.FunctionName, ""); err != nil {
		return nil, err
	}
	name, _ := parseName(in.FunctionName)
	arn := l.cloud.ARN("lambda", "function:"+name)
	if err := l.cloud.Authorize(caller, action, arn); err != nil {
		return nil, err
	}
	t, err := l.find(arn)
	if err != nil {
		return nil, cloud.Errorf(404, "ResourceNotFoundException", lost, arn+":"+in.Name)
	}
	return t.function, nil
}

// alias is one by its name; lost is said where there is none. The lock is held.
func (f *function) alias(name, lost string) (alias, error) {
	a, ok := f.aliases[name]
	if !ok {
		return a, cloud.Errorf(404, "ResourceNotFoundException", lost, f.arn+":"+name)
	}
	return a, nil
}

func (l *Lambda) getAlias(_ context.Context, caller cloud.Caller, in aliasInput) (aliasOutput, error) {
	f, err := l.openAlias(caller, "lambda:GetAlias", in, soughtAlias)
	if err != nil {
		return aliasOutput{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.alias(in.Name, soughtAlias)
	if err != nil {
		return aliasOutput{}, err
	}
	return f.told(in.Name, a), nil
}

// deleteAlias deletes an alias; one that is not there has been.
func (l *Lambda) deleteAlias(_ context.Context, caller cloud.Caller, in aliasInput) (struct{}, error) {
	t, err := l.openWhole(caller, "lambda:DeleteAlias", in.FunctionName)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, l.unname(t.function, in.Name)
}

// unname takes an alias away, with what is its own.
func (l *Lambda) unname(f *function, name string) error {
	f.mu.Lock()
	_, exists := f.aliases[name]
	delete(f.aliases, name)
	f.mu.Unlock()
	if !exists {
		return nil
	}
	return l.dropOwn(f, name)
}

// withdraw deletes a published version that no alias has, with what is its own.
func (l *Lambda) withdraw(f *function, v *version) error {
	if err := f.withdraw(v); err != nil {
		return err
	}
	return l.dropOwn(f, v.number)
}

// dropOwn lets go of what a version or an alias had of its own: settings of
// asynchronous invocations, provisioned concurrency, its policy.
func (l *Lambda) dropOwn(f *function, qualifier string) error {
	f.mu.Lock()
	delete(f.async, qualifier)
	delete(f.provisioned, qualifier)
	f.mu.Unlock()
	return l.forbidThrough(f, qualifier)
}

type listAliasesInput struct {
	page
	FunctionName    string
	FunctionVersion string
}

type listAliasesOutput struct {
	Aliases    []aliasOutput
	NextMarker string `json:",omitempty"`
}

func (l *Lambda) listAliases(_ context.Context, caller cloud.Caller, in listAliasesInput) (out listAliasesOutput, err error) {
	t, err := l.openWhole(caller, "lambda:ListAliases", in.FunctionName)
	if err != nil {
		return out, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	var all []aliasOutput
	for _, name := range slices.Sorted(maps.Keys(t.aliases)) {
		a := t.aliases[name]
		if _, routed := a.further[in.FunctionVersion]; in.FunctionVersion == "" || a.version == in.FunctionVersion || routed {
			all = append(all, t.told(name, a))
		}
	}
	out.Aliases, out.NextMarker, err = pageOf(in.page, all, 10_000)
	return out, err
}

// aliasesOf are those that go to a version. The lock is held.
func (f *function) aliasesOf(number string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(f.aliases)) {
		a := f.aliases[name]
		if _, routed := a.further[number]; routed || a.version == number {
			names = append(names, name)
		}
	}
	return names
}
