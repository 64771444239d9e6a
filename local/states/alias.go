// This file holds the aliases of state machines.

package states

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// An alias is a name that stands for one version of a machine, or for two.
type alias struct {
	arn, name        string
	description      string
	routes           []route
	created, updated time.Time
	declared         bool // by a template
}

// A route is a version and how many of 100 executions go by it.
type route struct {
	VersionARN string `json:"stateMachineVersionArn"`
	Weight     int    `json:"weight"`
}

func (a *alias) routesTo(versionARN string) bool {
	return slices.ContainsFunc(a.routes, func(r route) bool { return r.VersionARN == versionARN })
}

func (r route) version() string { return r.VersionARN }
func (r route) weight() string  { return strconv.Itoa(r.Weight) }

// listed is what routes have of something, as messages show it.
func listed(routes []route, of func(route) string) string {
	texts := make([]string, len(routes))
	for i, r := range routes {
		texts[i] = of(r)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

const aliasPattern = `^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`

var aliasName = regexp.MustCompile(`^[0-9]*[a-zA-Z_.-][a-zA-Z0-9_.-]*$`) // the same without looking ahead

// checkAliasName tells names from the numbers of versions.
func checkAliasName(name string) error {
	if err := checkLength("name", name, maxMachineName); err != nil {
		return err
	}
	if !aliasName.MatchString(name) {
		return invalidMember(name, "name", "Member must satisfy regular expression pattern: "+aliasPattern)
	}
	return nil
}

// checkRoutes checks what of routes needs no machine.
func checkRoutes(routes []route) error {
	const most = 2
	switch {
	case len(routes) == 0:
		return invalidMember("[]", "routingConfiguration", "Member must have length greater than or equal to 1")
	case len(routes) > most:
		item := func(r route) string {
			return fmt.Sprintf("RoutingConfigurationListItem(stateMachineVersionArn=%s, weight=%d)", r.VersionARN, r.Weight)
		}
		return invalidMember(listed(routes, item), "routingConfiguration", "Member must have length less than or equal to 2")
	case len(routes) == most && routes[0].VersionARN == routes[1].VersionARN:
		return cloud.Errorf(400, "ValidationException",
			"Routing configuration must contain distinct state machine version ARNs. Received: %s", listed(routes, route.version))
	}
	sum := 0
	for i, r := range routes {
		sum += r.Weight
		member := fmt.Sprintf("routingConfiguration.%d.member.weight", i+1)
		switch {
		case r.Weight < 0:
			return invalidMember(r.weight(), member, "Member must have value greater than or equal to 0")
		case r.Weight > 100:
			return invalidMember(r.weight(), member, "Member must have value less than or equal to 100")
		}
	}
	if sum != 100 {
		return cloud.Errorf(400, "ValidationException", "Sum of routing configuration weights must equal 100. Received: %s", listed(routes, route.weight))
	}
	return nil
}

// checkVersions checks that routes go to versions of the machine. The lock of
// what is published is held.
func (m *machine) checkVersions(routes []route) error {
	for _, r := range routes {
		machineARN, number := cutQualifier(r.VersionARN)
		if machineARN != m.arn || m.published.version(number) == nil {
			return noVersions(routes)
		}
	}
	return nil
}

func noVersions(routes []route) error {
	return cloud.Errorf(400, "ValidationException", "Routing configuration must contain state machine version ARNs. Received: %s", listed(routes, route.version))
}

type createAliasRequest struct {
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Routes      []route `json:"routingConfiguration"`
}

func (s *StepFunctions) createStateMachineAlias(_ context.Context, caller cloud.Caller, r createAliasRequest) (any, error) {
	if err := checkAliasName(r.Name); err != nil {
		return nil, err
	}
	if err := checkRoutes(r.Routes); err != nil {
		return nil, err
	}
	machineARN, _ := cutQualifier(r.Routes[0].VersionARN)
	if err := s.authorize(caller, "CreateStateMachineAlias", machineARN+":"+r.Name); err != nil {
		return nil, err
	}
	m, err := s.existingMachine(machineARN)
	if err != nil {
		return nil, noVersions(r.Routes)
	}
	a, err := m.createAlias(alias{name: r.Name, description: r.Description, routes: r.Routes})
	if err != nil {
		return nil, err
	}
	return a.summary(), nil
}

// createAlias answers a request that was granted before as then.
func (m *machine) createAlias(a alias) (*alias, error) {
	if err := checkLength("description", a.description, maxVersionDescription); err != nil {
		return nil, err
	}
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	if err := m.checkVersions(a.routes); err != nil {
		return nil, err
	}
	if other := m.published.alias(a.name); other != nil {
		if other.description == a.description && slices.Equal(other.routes, a.routes) {
			return other, nil
		}
		return nil, cloud.Errorf(400, "ConflictException",
			"Failed to create alias because an alias with the same name and a different routing configuration already exists.")
	}
	if len(m.published.aliases) >= maxAliases {
		return nil, cloud.Errorf(400, "ServiceQuotaExceededException", "The state machine has %d aliases already", maxAliases)
	}
	a.arn, a.created = m.arn+":"+a.name, time.Now()
	a.updated = a.created
	m.published.aliases = append(m.published.aliases, &a)
	m.states.ledger.Changed()
	return &a, nil
}

func (a *alias) summary() map[string]any {
	return map[string]any{"stateMachineAliasArn": a.arn, "creationDate": apiTime(a.created)}
}

type aliasRequest struct {
	AliasARN string `json:"stateMachineAliasArn"`
}

// aliased finds the machine of an alias that may not be there, and authorizes the
// caller; the machine may be nil.
func (s *StepFunctions) aliased(caller cloud.Caller, action, arn string) (m *machine, name string, err error) {
	if err := checkARN(arn, "stateMachine"); err != nil {
		return nil, "", err
	}
	machineARN, name := cutQualifier(arn)
	if !aliasName.MatchString(name) {
		return nil, "", cloud.Errorf(400, "InvalidArn", "Invalid Arn: 'Not the ARN of an alias: %s'", arn)
	}
	if err := s.authorize(caller, action, arn); err != nil {
		return nil, "", err
	}
	if m, err = s.existingMachine(machineARN); err != nil {
		return nil, name, nil
	}
	return m, name, nil
}

func noAlias() error {
	return cloud.Errorf(400, "ResourceNotFound", "Request references a resource that does not exist.")
}

func (s *StepFunctions) describeStateMachineAlias(_ context.Context, caller cloud.Caller, r aliasRequest) (any, error) {
	m, name, err := s.aliased(caller, "DescribeStateMachineAlias", r.AliasARN)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, noAlias()
	}
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	a := m.published.alias(name)
	if a == nil {
		return nil, noAlias()
	}
	answer := a.summary()
	answer["name"], answer["routingConfiguration"], answer["updateDate"] = a.name, a.routes, apiTime(a.updated)
	if a.description != "" {
		answer["description"] = a.description
	}
	return answer, nil
}

type updateAliasRequest struct {
	aliasRequest
	Description *string `json:"description"`
	Routes      []route `json:"routingConfiguration"`
}

func (s *StepFunctions) updateStateMachineAlias(_ context.Context, caller cloud.Caller, r updateAliasRequest) (any, error) {
	m, name, err := s.aliased(caller, "UpdateStateMachineAlias", r.AliasARN)
	if err != nil {
		return nil, err
	}
	if r.Description == nil && r.Routes == nil {
		return nil, cloud.Errorf(400, "MissingRequiredParameter", "Either the description or the RoutingConfiguration must be specified")
	}
	if m == nil {
		return nil, noAlias()
	}
	updated, err := m.updateAlias(name, r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"updateDate": apiTime(updated)}, nil
}

// updateAlias puts another alias in the place of one: executions that begin hold
// on to those that they found.
func (m *machine) updateAlias(name string, r updateAliasRequest) (updated time.Time, err error) {
	if r.Routes != nil {
		if err := checkRoutes(r.Routes); err != nil {
			return time.Time{}, err
		}
	}
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	before := m.published.alias(name)
	if before == nil {
		return time.Time{}, noAlias()
	}
	if err := m.checkVersions(r.Routes); err != nil {
		return time.Time{}, err
	}
	after := *before
	set(&after.description, r.Description)
	if r.Routes != nil {
		after.routes = r.Routes
	}
	if err := checkLength("description", after.description, maxVersionDescription); err != nil {
		return time.Time{}, err
	}
	after.updated = time.Now()
	m.published.aliases[slices.Index(m.published.aliases, before)] = &after
	m.states.ledger.Changed()
	return after.updated, nil
}

func (s *StepFunctions) deleteStateMachineAlias(_ context.Context, caller cloud.Caller, r aliasRequest) (any, error) {
	m, name, err := s.aliased(caller, "DeleteStateMachineAlias", r.AliasARN)
	if err == nil && m != nil {
		m.deleteAlias(name)
	}
	return struct{}{}, err
}

func (m *machine) deleteAlias(name string) {
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	m.published.aliases = slices.DeleteFunc(m.published.aliases, func(a *alias) bool { return a.name == name })
	m.states.ledger.Changed()
}

type listAliasesRequest struct {
	page
	machineRequest
}

// listStateMachineAliases gives the oldest first; of a version, those that go to it.
func (s *StepFunctions) listStateMachineAliases(_ context.Context, caller cloud.Caller, r listAliasesRequest) (any, error) {
	t, err := s.target(caller, "ListStateMachineAliases", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	t.machine.published.mu.Lock()
	aliases := slices.Clone(t.machine.published.aliases)
	t.machine.published.mu.Unlock()
	if t.version != nil {
		aliases = slices.DeleteFunc(aliases, func(a *alias) bool { return !a.routesTo(t.version.arn) })
	}
	return pageOf(r.page, "stateMachineAliases", aliases, (*alias).summary)
}
