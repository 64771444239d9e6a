// This file publishes versions of state machines, and deletes them.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html

package states

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/internal/chance"
)

const (
	maxVersions           = 1000 // of a machine
	maxAliases            = 100
	maxVersionDescription = 256 // characters, of aliases too
)

// A version is a revision of a machine that has a number. It never changes.
type version struct {
	arn         string
	number      int
	description string
	created     time.Time
	revision    *revision
	declared    string // by which resource of a stack; empty: by the API
}

// published are the versions and the aliases of a machine.
type published struct {
	mu       sync.Mutex
	last     int        // the number that was given last
	versions []*version // oldest first, as are aliases
	aliases  []*alias
}

// find returns what a qualifier stands for.
func (p *published) find(qualifier string) (target, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if isNumber(qualifier) {
		v := p.version(qualifier)
		return targetOf(v, nil), v != nil
	}
	a := p.alias(qualifier)
	if a == nil {
		return target{}, false
	}
	dice := chance.Rand.IntN(100)
	for _, r := range a.routes {
		if dice -= r.Weight; dice < 0 {
			_, number := cutQualifier(r.VersionARN)
			return targetOf(p.version(number), a), true
		}
	}
	return target{}, false // the weights add up to 100
}

func targetOf(v *version, a *alias) target {
	if v == nil {
		return target{}
	}
	return target{revision: v.revision, version: v, alias: a}
}

// version and alias find by number and name. The lock is held.
func (p *published) version(number string) *version {
	at := slices.IndexFunc(p.versions, func(v *version) bool { return strconv.Itoa(v.number) == number })
	if at < 0 {
		return nil
	}
	return p.versions[at]
}

func (p *published) alias(name string) *alias {
	at := slices.IndexFunc(p.aliases, func(a *alias) bool { return a.name == name })
	if at < 0 {
		return nil
	}
	return p.aliases[at]
}

// publish gives a number to the machine as it is, unless it has one already.
// With a revision, the machine must be at that one.
func (m *machine) publish(revisionID, description, declared string) (*version, error) {
	if err := checkLength("versionDescription", description, maxVersionDescription); err != nil {
		return nil, err
	}
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	now := m.current.Load()
	if id := cmp.Or(now.id, initial); revisionID != "" && revisionID != id {
		return nil, cloud.Errorf(400, "ConflictException",
			"Failed to publish the State Machine version for revision %s. The current State Machine revision is %s.", revisionID, id)
	}
	if v := m.published.of(now); v != nil {
		return v, nil
	}
	if len(m.published.versions) >= maxVersions {
		return nil, cloud.Errorf(400, "ServiceQuotaExceededException", "The state machine has %d versions already", maxVersions)
	}
	m.published.last++
	v := &version{number: m.published.last, description: description, created: time.Now(), revision: now, declared: declared}
	v.arn = m.arn + ":" + strconv.Itoa(v.number)
	m.published.versions = append(m.published.versions, v)
	m.states.ledger.Changed()
	return v, nil
}

// of returns the newest version of a revision, or nil. The lock is held.
func (p *published) of(r *revision) *version {
	for _, v := range slices.Backward(p.versions) {
		if v.revision.id == r.id && v.revision.grants(r.wish) {
			return v
		}
	}
	return nil
}

type publishRequest struct {
	StateMachineARN string `json:"stateMachineArn"`
	RevisionID      string `json:"revisionId"`
	Description     string `json:"description"`
}

func (s *StepFunctions) publishStateMachineVersion(_ context.Context, caller cloud.Caller, r publishRequest) (any, error) {
	m, err := s.machine(caller, "PublishStateMachineVersion", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	v, err := m.publish(r.RevisionID, r.Description, "")
	if err != nil {
		return nil, err
	}
	return v.summary(), nil
}

func (v *version) summary() map[string]any {
	return map[string]any{"stateMachineVersionArn": v.arn, "creationDate": apiTime(v.created)}
}

type listVersionsRequest struct {
	page
	machineRequest
}

// listStateMachineVersions gives the newest first.
func (s *StepFunctions) listStateMachineVersions(_ context.Context, caller cloud.Caller, r listVersionsRequest) (any, error) {
	m, err := s.machine(caller, "ListStateMachineVersions", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	m.published.mu.Lock()
	versions := slices.Clone(m.published.versions)
	m.published.mu.Unlock()
	slices.Reverse(versions)
	return pageOf(r.page, "stateMachineVersions", versions, (*version).summary)
}

type versionRequest struct {
	VersionARN string `json:"stateMachineVersionArn"`
}

func (s *StepFunctions) deleteStateMachineVersion(_ context.Context, caller cloud.Caller, r versionRequest) (any, error) {
	if err := checkARN(r.VersionARN, "stateMachine"); err != nil {
		return nil, err
	}
	machineARN, number := cutQualifier(r.VersionARN)
	if !isNumber(number) {
		return nil, cloud.Errorf(400, "InvalidArn", "Invalid Arn: 'Not the ARN of a version: %s'", r.VersionARN)
	}
	if err := s.authorize(caller, "DeleteStateMachineVersion", r.VersionARN); err != nil {
		return nil, err
	}
	m, err := s.existingMachine(machineARN)
	if err != nil {
		return struct{}{}, nil // as if it had been there
	}
	return struct{}{}, m.unpublish(r.VersionARN)
}

// unpublish deletes a version, unless an alias stands for it.
func (m *machine) unpublish(arn string) error {
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	var by []string
	for _, a := range m.published.aliases {
		if a.routesTo(arn) {
			by = append(by, a.name)
		}
	}
	if len(by) > 0 {
		return cloud.Errorf(400, "ConflictException",
			"Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [%s]", strings.Join(by, ", "))
	}
	m.published.versions = slices.DeleteFunc(m.published.versions, func(v *version) bool { return v.arn == arn })
	m.states.ledger.Changed()
	return nil
}
