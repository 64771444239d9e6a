package lambda

// This file is how many invocations functions are given, as calls set it.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// minUnreserved is what reserved concurrency must leave of an account's.
const minUnreserved = 100

type putConcurrencyInput struct {
	FunctionName                 string
	ReservedConcurrentExecutions int
}

// openReserved is openWhole with the words that concurrency has.
func (l *Lambda) openReserved(caller cloud.Caller, action, name string) (target, error) {
	t, err := l.openWhole(caller, action, name)
	if err != nil && t.function == nil {
		if e := cloud.AsError(err); e.Code == "ResourceNotFoundException" && !strings.HasSuffix(e.Message, latest) {
			e.Message += ":" + latest
		}
	}
	return t, err
}

func (l *Lambda) putConcurrency(_ context.Context, caller cloud.Caller, in putConcurrencyInput) (concurrencyOutput, error) {
	t, err := l.openReserved(caller, "lambda:PutFunctionConcurrency", in.FunctionName)
	if err != nil {
		return concurrencyOutput{}, err
	}
	n := in.ReservedConcurrentExecutions
	return concurrencyOutput{&n}, l.reserve(t.function, &n)
}

// reserve gives a function a number of its own, as far as the account has it; nil
// takes it away.
func (l *Lambda) reserve(f *function, n *int) error {
	l.reserving.Lock()
	defer l.reserving.Unlock()
	if n != nil {
		if *n < 0 {
			return unsatisfied(fmt.Sprintf("'%d'", *n), "reservedConcurrentExecutions", "Member must have value greater than or equal to 0")
		}
		if total := f.provisionedTotal(); *n < total {
			return untyped(invalid(" ReservedConcurrentExecutions  %d should not be lower than function's total provisioned concurrency [%d].", *n, total))
		}
		if l.unclaimed(f)-*n < minUnreserved {
			return untyped(invalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", minUnreserved))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reserve(n)
	return nil
}

// unclaimed is what other functions leave of the account's concurrency: what they
// have reserved or, without that, provisioned.
func (l *Lambda) unclaimed(f *function) int {
	n := maxConcurrency
	for _, other := range l.known() {
		if other != f {
			n -= max(other.own(), other.provisionedTotal())
		}
	}
	return n
}

// own is the function's reserved concurrency, or 0.
func (f *function) own() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.reserved {
		return 0
	}
	return f.concurrency
}

func (l *Lambda) getConcurrency(_ context.Context, caller cloud.Caller, in struct{ FunctionName string }) (out concurrencyOutput, err error) {
	t, err := l.openWhole(caller, "lambda:GetFunctionConcurrency", in.FunctionName)
	if err != nil {
		return out, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	if t.reserved {
		n := t.concurrency
		out.ReservedConcurrentExecutions = &n
	}
	return out, nil
}

func (l *Lambda) deleteConcurrency(_ context.Context, caller cloud.Caller, in struct{ FunctionName string }) (struct{}, error) {
	t, err := l.openReserved(caller, "lambda:DeleteFunctionConcurrency", in.FunctionName)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, l.reserve(t.function, nil)
}

// provisioned is provisioned concurrency: so many invocations of a version have a
// place that no others take. Their environments start when they are wanted.
type provisioned struct {
	requested int
	modified  time.Time
}

// provisionedTotal is what all versions have together.
func (f *function) provisionedTotal() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.provisioned {
		n += p.requested
	}
	return n
}

// provisionedOf is what a version has, itself or through an alias.
func (f *function) provisionedOf(v *version) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, _ := f.places(v)
	return n
}

// places are the provisioned places of a version and those of all, and how many of
// these are taken. The lock is held.
func (f *function) places(v *version) (own int, all places) {
	for qualifier, p := range f.provisioned {
		number := cmp.Or(f.aliases[qualifier].version, qualifier)
		if number == v.number {
			own += p.requested
		}
		all.total += p.requested
		if other, ok := f.versions[number]; ok {
			all.taken += min(p.requested, other.running)
		}
	}
	return own, all
}

// places are provisioned ones.
type places struct{ total, taken int }

type provisionedInput struct {
	FunctionName                    string
	Qualifier                       string
	ProvisionedConcurrentExecutions int
}

type provisionedOutput struct {
	FunctionArn                              string `json:",omitempty"` // in lists
	RequestedProvisionedConcurrentExecutions int
	AvailableProvisionedConcurrentExecutions int
	AllocatedProvisionedConcurrentExecutions int
	Status                                   string
	LastModified                             string
}

func (p provisioned) told() provisionedOutput {
	return provisionedOutput{"", p.requested, p.requested, p.requested, "READY", p.modified.UTC().Format("2006-01-02T15:04:05+0000")}
}

// openProvisioned finds a version or an alias, which alone have it.
func (l *Lambda) openProvisioned(caller cloud.Caller, action string, in provisionedInput, ofLatest string) (target, error) {
	name, embedded := parseName(in.FunctionName)
	qualifier := cmp.Or(in.Qualifier, embedded, latest)
	t, err := l.open(caller, action, in.FunctionName, in.Qualifier)
	switch {
	case qualifier == latest && (err == nil || cloud.AsError(err).Code == "ResourceNotFoundException"):
		return t, invalid("%s", ofLatest)
	case err != nil && cloud.AsError(err).Code == "ResourceNotFoundException" && !numeric.MatchString(qualifier):
		return t, cloud.Errorf(404, "ResourceNotFoundException", soughtAlias, l.cloud.ARN("lambda", "function:"+name)+":"+qualifier)
	}
	return t, err
}

func (l *Lambda) putProvisioned(_ context.Context, caller cloud.Caller, in provisionedInput) (provisionedOutput, error) {
	n := in.ProvisionedConcurrentExecutions
	if n < 1 {
		return provisionedOutput{}, unsatisfied(fmt.Sprintf("'%d'", n), "provisionedConcurrentExecutions", "Member must have value greater than or equal to 1")
	}
	t, err := l.openProvisioned(caller, "lambda:PutProvisionedConcurrencyConfig", in, "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
	if err != nil {
		return provisionedOutput{}, err
	}
	p, err := l.provision(t, n)
	if err != nil {
		return provisionedOutput{}, err
	}
	out := p.told()
	out.AvailableProvisionedConcurrentExecutions, out.AllocatedProvisionedConcurrentExecutions, out.Status = 0, 0, "IN_PROGRESS"
	return out, nil
}

// provision gives a version or an alias places.
func (l *Lambda) provision(t target, n int) (provisioned, error) {
	l.reserving.Lock()
	defer l.reserving.Unlock()
	left := l.unclaimed(t.function)
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	if err := t.provisionable(n, left); err != nil {
		return provisioned{}, err
	}
	p := provisioned{n, time.Now()}
	t.provisioned[t.qualifier] = p
	return p, nil
}

// provisionable refuses more than the function has reserved, or than is left of the
// account's. The lock is held.
func (t target) provisionable(n, left int) error {
	_, all := t.places(t.version)
	total := all.total - t.provisioned[t.qualifier].requested + n
	switch {
	case t.reserved && total > t.concurrency:
		return invalid("Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function")
	case !t.reserved && total > left:
		return untyped(invalid("Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [%d].", left))
	case !t.reserved && total > left-minUnreserved:
		return untyped(invalid("Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", minUnreserved))
	}
	return t.provisionedTwice()
}

// provisionedTwice refuses concurrency of a version and of an alias that goes to it.
// The lock is held.
func (t target) provisionedTwice() error {
	a, ofAlias := t.aliases[t.qualifier]
	if _, taken := t.provisioned[a.version]; ofAlias && taken {
		return cloud.Errorf(409, "ResourceConflictException", "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
	}
	for name := range t.provisioned {
		if other, isAlias := t.aliases[name]; isAlias && !ofAlias && other.version == t.qualifier {
			return cloud.Errorf(409, "ResourceConflictException", "Version is pointed by a Provisioned Concurrency alias")
		}
	}
	return nil
}

func (l *Lambda) getProvisioned(_ context.Context, caller cloud.Caller, in functionInput) (provisionedOutput, error) {
	t, err := l.openProvisioned(caller, "lambda:GetProvisionedConcurrencyConfig", provisionedInput{FunctionName: in.FunctionName, Qualifier: in.Qualifier},
		"The function resource provided must be an alias or a published version.")
	if err != nil {
		return provisionedOutput{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	p, ok := t.provisioned[t.qualifier]
	if !ok {
		return provisionedOutput{}, cloud.Errorf(404, "ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function")
	}
	return p.told(), nil
}

func (l *Lambda) deleteProvisioned(_ context.Context, caller cloud.Caller, in functionInput) (struct{}, error) {
	t, err := l.openProvisioned(caller, "lambda:DeleteProvisionedConcurrencyConfig", provisionedInput{FunctionName: in.FunctionName, Qualifier: in.Qualifier},
		"The function resource provided must be an alias or a published version.")
	if err != nil {
		return struct{}{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	delete(t.provisioned, t.qualifier)
	return struct{}{}, nil
}

type listProvisionedInput struct {
	page
	FunctionName string
}

type listProvisionedOutput struct {
	ProvisionedConcurrencyConfigs []provisionedOutput
	NextMarker                    string `json:",omitempty"`
}

func (l *Lambda) listProvisioned(_ context.Context, caller cloud.Caller, in listProvisionedInput) (out listProvisionedOutput, err error) {
	t, err := l.openWhole(caller, "lambda:ListProvisionedConcurrencyConfigs", in.FunctionName)
	if err != nil {
		return out, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	var all []provisionedOutput
	for _, qualifier := range slices.Sorted(maps.Keys(t.provisioned)) {
		p := t.provisioned[qualifier].told()
		p.FunctionArn = t.function.arn + ":" + qualifier
		all = append(all, p)
	}
	out.ProvisionedConcurrencyConfigs, out.NextMarker, err = pageOf(in.page, all, 50)
	return out, err
}
