// Event buses and their policies, as calls and templates make them.

package events

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/policy"
)

// busPart is a part of a bus's policy: one that was given as a whole, without a
// name, or a statement by its id.
type busPart struct {
	name     string
	document policy.Document
}

type createBusInput struct {
	Name        string
	Description string
	Tags        []cloud.Tag

	KmsKeyIdentifier cloud.Ignored
	DeadLetterConfig cloud.Ignored // takes events that could not be decrypted
	LogConfig        cloud.Ignored
}

type createBusOutput struct {
	EventBusArn string
	Description string `json:",omitempty"`
}

func (s *EventBridge) createBusByCall(_ context.Context, caller cloud.Caller, in createBusInput) (out createBusOutput, err error) {
	if err := s.cloud.Authorize(caller, "events:CreateEventBus", s.busARN(in.Name)); err != nil {
		return out, err
	}
	if len(in.Tags) > 0 {
		if err := s.cloud.Authorize(caller, "events:TagResource", s.busARN(in.Name)); err != nil {
			return out, err
		}
	}
	if strings.Contains(in.Name, "/") || in.Name == "" || len(in.Name) > 256 {
		return out, notValid("Event bus name must not contain '/'.")
	}
	if err := checkTags(in.Tags); err != nil {
		return out, err
	}
	b, err := s.newBus(in.Name, in.Description)
	if err != nil {
		return out, err
	}
	s.setTags(b.arn, in.Tags)
	return createBusOutput{b.arn, in.Description}, nil
}

// newBus makes a bus that is not there.
func (s *EventBridge) newBus(name, description string) (*bus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buses[name] != nil {
		return nil, cloud.Errorf(http.StatusBadRequest, "ResourceAlreadyExistsException", "Event bus %s already exists.", name)
	}
	now := time.Now()
	b := &bus{name: name, arn: s.busARN(name), description: description, created: now, modified: now}
	s.buses[name] = b
	return b, nil
}

// openBus authorizes the caller and finds a bus.
func (s *EventBridge) openBus(caller cloud.Caller, action, name string) (*bus, error) {
	if err := s.cloud.Authorize(caller, action, s.busARN(busName(name))); err != nil {
		return nil, err
	}
	return s.bus(name)
}

// deleteBus deletes a bus that has no rules; one that is not there has been.
func (s *EventBridge) deleteBus(_ context.Context, caller cloud.Caller, in struct{ Name string }) (struct{}, error) {
	b, err := s.openBus(caller, "events:DeleteEventBus", in.Name)
	if err != nil {
		if cloud.AsError(err).Code == "ResourceNotFoundException" {
			err = nil
		}
		return struct{}{}, err
	}
	if b.name == defaultBus {
		return struct{}{}, notValid("Cannot delete event bus default.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b.rules) > 0 {
		return struct{}{}, notValid("Event bus can't be deleted since it has rules.")
	}
	return struct{}{}, s.dropBus(b)
}

// dropBus deletes a bus with its tags and its policy. The lock is held.
func (s *EventBridge) dropBus(b *bus) error {
	delete(s.buses, b.name)
	delete(s.tags, b.arn)
	return s.setPolicies(b, nil)
}

type busOutput struct {
	Name             string
	Arn              string
	Description      string `json:",omitempty"`
	Policy           string `json:",omitempty"`
	CreationTime     cloud.Time
	LastModifiedTime cloud.Time
}

// describe tells of a bus, under the lock.
func (b *bus) describe() (busOutput, error) {
	out := busOutput{Name: b.name, Arn: b.arn, Description: b.description, CreationTime: cloud.Time(b.created), LastModifiedTime: cloud.Time(b.modified)}
	whole := policy.Document{Version: "2012-10-17"}
	for _, part := range b.policies {
		whole.Statement = append(whole.Statement, part.document.Statement...)
	}
	if len(whole.Statement) == 0 {
		return out, nil
	}
	text, err := cloud.Encode(whole)
	out.Policy = string(text)
	return out, err
}

func (s *EventBridge) describeBus(_ context.Context, caller cloud.Caller, in struct{ Name string }) (busOutput, error) {
	b, err := s.openBus(caller, "events:DescribeEventBus", in.Name)
	if err != nil {
		return busOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return b.describe()
}

type updateBusInput struct {
	Name        string
	Description string

	KmsKeyIdentifier cloud.Ignored
	DeadLetterConfig cloud.Ignored
	LogConfig        cloud.Ignored
}

type updateBusOutput struct{ Arn, Name, Description string }

func (s *EventBridge) updateBusByCall(_ context.Context, caller cloud.Caller, in updateBusInput) (updateBusOutput, error) {
	b, err := s.openBus(caller, "events:UpdateEventBus", in.Name)
	if err != nil {
		return updateBusOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.description, b.modified = in.Description, time.Now()
	return updateBusOutput{b.arn, b.name, b.description}, nil
}

type listBusesInput struct {
	page
	NamePrefix string
}

type listBusesOutput struct {
	EventBuses []busOutput
	NextToken  string `json:",omitempty"`
}

func (s *EventBridge) listBuses(_ context.Context, caller cloud.Caller, in listBusesInput) (out listBusesOutput, err error) {
	if err := s.cloud.Authorize(caller, "events:ListEventBuses", s.cloud.ARN("events", "event-bus/*")); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []busOutput
	for _, name := range slices.Sorted(maps.Keys(s.buses)) {
		if !strings.HasPrefix(name, in.NamePrefix) {
			continue
		}
		b, err := s.buses[name].describe()
		if err != nil {
			return out, err
		}
		all = append(all, b)
	}
	out.EventBuses, out.NextToken, err = pageOf(in.page, all)
	return out, err
}

type putPermissionInput struct {
	EventBusName string
	StatementId  string
	Action       string
	Principal    string
	Policy       string
	Condition    *struct{ Type, Key, Value string }
}

func (s *EventBridge) putPermission(_ context.Context, caller cloud.Caller, in putPermissionInput) (struct{}, error) {
	b, err := s.openBus(caller, "events:PutPermission", in.EventBusName)
	if err != nil {
		return struct{}{}, err
	}
	if in.Policy != "" {
		var d policy.Document
		if err := json.Unmarshal([]byte(in.Policy), &d); err != nil {
			return struct{}{}, notValid("This policy contains invalid Json: %v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return struct{}{}, s.setPolicies(b, []busPart{{"", d}})
	}
	if in.StatementId == "" || in.Principal == "" || in.Action == "" {
		return struct{}{}, notValid("Parameter(s) Action, Principal and StatementId must be specified.")
	}
	if err := checkName("statementId", in.StatementId); err != nil {
		return struct{}{}, err
	}
	if in.Action != "events:PutEvents" {
		return struct{}{}, notValid("Provided value in parameter 'action' is not supported.")
	}
	d := policy.Document{Version: "2012-10-17"}
	if err := d.Add(in.statement(b.arn)); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.setPart(b, in.StatementId, &d)
}

func (in putPermissionInput) statement(arn string) policy.Statement {
	st := policy.Statement{Sid: in.StatementId, Effect: "Allow", Principal: "*", Action: policy.OneOrMore{in.Action}, Resource: arn}
	if in.Principal != "*" {
		st.Principal = policy.Accounts([]string{in.Principal})
	}
	if c := in.Condition; c != nil {
		st.Condition = map[string]map[string]string{c.Type: {c.Key: c.Value}}
	}
	return st
}

// setPolicy is setPart of a document that a template has.
func (s *EventBridge) setPolicy(b *bus, part string, document json.RawMessage) error {
	if document == nil {
		return s.setPart(b, part, nil)
	}
	var d policy.Document
	if err := json.Unmarshal(document, &d); err != nil {
		return notValid("This policy contains invalid Json: %v", err)
	}
	return s.setPart(b, part, &d)
}

// setPart makes a document a part of a bus's policy, the last one: one statement,
// or the whole policy of its own property. Without a document the part is gone.
func (s *EventBridge) setPart(b *bus, name string, document *policy.Document) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := slices.DeleteFunc(slices.Clone(b.policies), func(p busPart) bool { return p.name == name })
	if document != nil {
		parts = append(parts, busPart{name, *document})
	}
	return s.setPolicies(b, parts)
}

// setPolicies gives a bus a policy of parts, of which the authorizer is told. The
// lock is held.
func (s *EventBridge) setPolicies(b *bus, parts []busPart) error {
	for _, part := range parts {
		text, err := json.Marshal(part.document)
		if err != nil {
			return err
		}
		if err := s.cloud.SetResourcePolicy(b.arn, part.name, text); err != nil {
			return fmt.Errorf("set the policy of event bus %s: %w", b.name, err)
		}
	}
	for _, part := range b.policies {
		if slices.ContainsFunc(parts, func(p busPart) bool { return p.name == part.name }) {
			continue
		}
		if err := s.cloud.SetResourcePolicy(b.arn, part.name, nil); err != nil {
			return fmt.Errorf("set the policy of event bus %s: %w", b.name, err)
		}
	}
	b.policies, b.modified = parts, time.Now()
	return nil
}

type removePermissionInput struct {
	EventBusName         string
	StatementId          string
	RemoveAllPermissions bool
}

func (s *EventBridge) removePermission(_ context.Context, caller cloud.Caller, in removePermissionInput) (struct{}, error) {
	b, err := s.openBus(caller, "events:RemovePermission", in.EventBusName)
	if err != nil {
		return struct{}{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.RemoveAllPermissions {
		return struct{}{}, s.setPolicies(b, nil)
	}
	parts := slices.Clone(b.policies)
	for i := range parts {
		if !parts[i].document.Remove(in.StatementId) {
			continue
		}
		if len(parts[i].document.Statement) == 0 {
			parts = slices.Delete(parts, i, i+1)
		}
		return struct{}{}, s.setPolicies(b, parts)
	}
	return struct{}{}, cloud.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "Statement with the provided id does not exist.")
}
