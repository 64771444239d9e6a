package dynamodb

// This file changes tables by the API: capacity, indexes, protection and times to
// live.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type updateTableRequest struct {
	TableName                   string
	AttributeDefinitions        []attributeDefinition
	BillingMode                 string
	ProvisionedThroughput       *throughput
	OnDemandThroughput          *onDemandThroughput
	WarmThroughput              *warmThroughput
	TableClass                  string
	GlobalSecondaryIndexUpdates []indexUpdate
	DeletionProtectionEnabled   *bool
	SSESpecification            *encryptionSpec
	StreamSpecification         *streamSpec
}

// indexUpdate has one of its members.
type indexUpdate struct {
	Create *indexSpec
	Update *struct {
		IndexName             string
		ProvisionedThroughput *throughput
		OnDemandThroughput    *onDemandThroughput
		WarmThroughput        *warmThroughput
	}
	Delete *struct{ IndexName string }
}

func (d *DynamoDB) updateTable(_ context.Context, caller cloud.Caller, in updateTableRequest) (createAnswer, error) {
	name, err := d.authorize(caller, "UpdateTable", in.TableName)
	if err != nil {
		return createAnswer{}, err
	}
	if err := in.check(); err != nil {
		return createAnswer{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.tables[name]
	if !ok {
		return createAnswer{}, tableNotFound(in.TableName)
	}
	next, err := d.updated(t, in)
	if err != nil {
		return createAnswer{}, err
	}
	if err := d.reshape(t, next); err != nil {
		return createAnswer{}, err
	}
	return createAnswer{t.describe("UPDATING")}, nil
}

// updated is the shape that a table is to have. The lock is held: of two updates
// at a time, one begins with what the other has made.
func (d *DynamoDB) updated(t *table, in updateTableRequest) (*shape, error) {
	now := t.shape.Load()
	spec, err := in.applied(now.spec)
	if err != nil {
		return nil, err
	}
	if err := spec.checkBilling(); err != nil {
		return nil, err
	}
	next, err := t.reshaped(spec)
	if err != nil {
		return nil, err
	}
	if next.view, err = in.StreamSpecification.restream(t.name, now.view); err != nil {
		return nil, err
	}
	if in.DeletionProtectionEnabled != nil {
		next.protected = *in.DeletionProtectionEnabled
	}
	if in.SSESpecification != nil {
		next.encryption = d.encryption(in.SSESpecification)
	}
	return next, nil
}

// reshaped is the shape of a table that is made of something else, and keeps what
// is not of the definition.
func (t *table) reshaped(spec tableSpec) (*shape, error) {
	wanted, err := spec.table(t.arn)
	if err != nil {
		return nil, err
	}
	now, next := t.shape.Load(), wanted.shape.Load()
	next.ttl, next.protected, next.encryption, next.view = now.ttl, now.protected, now.encryption, now.view
	return next, nil
}

// check refuses what is wrong whatever the table is.
func (r updateTableRequest) check() error {
	if err := r.StreamSpecification.check(); err != nil {
		return err
	}
	if r.BillingMode == "" && r.ProvisionedThroughput == nil && len(r.GlobalSecondaryIndexUpdates) == 0 && r.DeletionProtectionEnabled == nil &&
		r.SSESpecification == nil && r.OnDemandThroughput == nil && r.WarmThroughput == nil && r.TableClass == "" && r.StreamSpecification == nil {
		return invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	for i, definition := range r.AttributeDefinitions {
		if err := checkKeyName(fmt.Sprintf("attributeDefinitions.%d.member.attributeName", i+1), definition.AttributeName); err != nil {
			return err
		}
	}
	if r.BillingMode == "PROVISIONED" && r.ProvisionedThroughput == nil {
		return invalid("One or more parameter values were invalid: ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	}
	made := 0
	seen := map[string]bool{}
	for i, change := range r.GlobalSecondaryIndexUpdates {
		name, makes, err := change.check(fmt.Sprintf("globalSecondaryIndexUpdates.%d.member", i+1))
		switch {
		case err != nil:
			return err
		case seen[name]:
			return invalid("One or more parameter values were invalid: Only one global secondary index update per index is allowed simultaneously. Index: %s", name)
		}
		seen[name] = true
		if makes {
			made++
		}
	}
	if made > 1 {
		return cloud.Errorf(400, "LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	return nil
}

// check returns the name of the index, and whether it is created or deleted.
func (u indexUpdate) check(member string) (name string, makes bool, err error) {
	given := 0
	if u.Create != nil {
		given, name, makes, err = given+1, u.Create.IndexName, true, u.Create.check(member+".create")
	}
	if u.Delete != nil {
		given, name, makes = given+1, u.Delete.IndexName, true
	}
	if u.Update != nil {
		given, name = given+1, u.Update.IndexName
	}
	switch {
	case given == 0:
		err = invalid("One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
	case given > 1:
		err = invalid("One or more parameter values were invalid: Only one of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete can be specified at one time")
	}
	return name, makes, err
}

// applied is what a table is made of after an update.
func (r updateTableRequest) applied(spec tableSpec) (tableSpec, error) {
	for _, old := range spec.AttributeDefinitions {
		for _, definition := range r.AttributeDefinitions {
			if definition.AttributeName == old.AttributeName && definition != old {
				return spec, invalid("One or more parameter values were invalid: Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Attribute: %s", old.AttributeName)
			}
		}
	}
	spec.BillingMode = cmp.Or(r.BillingMode, spec.BillingMode)
	if r.BillingMode == onDemand {
		spec.ProvisionedThroughput = nil
	}
	spec.ProvisionedThroughput = cmp.Or(r.ProvisionedThroughput, spec.ProvisionedThroughput)
	spec.OnDemandThroughput = cmp.Or(r.OnDemandThroughput, spec.OnDemandThroughput)
	spec.WarmThroughput = cmp.Or(r.WarmThroughput, spec.WarmThroughput)
	spec.TableClass = cmp.Or(r.TableClass, spec.TableClass)
	indexes, err := r.indexes(spec)
	if err != nil {
		return spec, err
	}
	spec.GlobalSecondaryIndexes = indexes
	spec.AttributeDefinitions = spec.used(slices.Concat(spec.AttributeDefinitions, r.AttributeDefinitions))
	return spec, nil
}

// indexes are the global ones after an update.
func (r updateTableRequest) indexes(spec tableSpec) ([]indexSpec, error) {
	indexes := slices.Clone(spec.GlobalSecondaryIndexes)
	if r.BillingMode == onDemand {
		for i := range indexes {
			indexes[i].ProvisionedThroughput = nil
		}
	}
	place := func(name string) (int, error) {
		i := slices.IndexFunc(indexes, func(x indexSpec) bool { return x.IndexName == name })
		if i < 0 {
			return i, cloud.Errorf(400, "ResourceNotFoundException", "Requested resource not found")
		}
		return i, nil
	}
	for _, change := range r.GlobalSecondaryIndexUpdates {
		switch {
		case change.Create != nil:
			if slices.ContainsFunc(slices.Concat(indexes, spec.LocalSecondaryIndexes), func(x indexSpec) bool { return x.IndexName == change.Create.IndexName }) {
				return nil, invalid("Attempting to create an index which already exists")
			}
			if err := r.defines(change.Create.KeySchema); err != nil {
				return nil, err
			}
			indexes = append(indexes, *change.Create)
		case change.Delete != nil:
			i, err := place(change.Delete.IndexName)
			if err != nil {
				return nil, err
			}
			indexes = slices.Delete(indexes, i, i+1)
		case change.Update != nil:
			i, err := place(change.Update.IndexName)
			if err != nil {
				return nil, err
			}
			x := &indexes[i]
			x.ProvisionedThroughput = cmp.Or(change.Update.ProvisionedThroughput, x.ProvisionedThroughput)
			x.OnDemandThroughput = cmp.Or(change.Update.OnDemandThroughput, x.OnDemandThroughput)
			x.WarmThroughput = cmp.Or(change.Update.WarmThroughput, x.WarmThroughput)
		}
	}
	return indexes, nil
}

// defines refuses a key of a new index of which the request does not define the
// attributes, be they the table's own.
func (r updateTableRequest) defines(key []keyElement) error {
	var names []string
	for _, definition := range r.AttributeDefinitions {
		names = append(names, definition.AttributeName)
	}
	for _, element := range key {
		if !slices.Contains(names, element.AttributeName) {
			return invalid("One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]", element.AttributeName, strings.Join(names, ", "))
		}
	}
	return nil
}

// used are the definitions of attributes that a key has, each once.
func (s tableSpec) used(definitions []attributeDefinition) []attributeDefinition {
	keys := map[string]bool{}
	note := func(schema []keyElement) {
		for _, element := range schema {
			keys[element.AttributeName] = true
		}
	}
	note(s.KeySchema)
	for _, x := range slices.Concat(s.GlobalSecondaryIndexes, s.LocalSecondaryIndexes) {
		note(x.KeySchema)
	}
	var used []attributeDefinition
	for _, definition := range definitions {
		if keys[definition.AttributeName] && !slices.Contains(used, definition) {
			used = append(used, definition)
		}
	}
	return used
}

type timeToLiveRequest struct {
	TableName               string
	TimeToLiveSpecification *struct {
		AttributeName string
		Enabled       *bool
	}
}

type updateTimeToLiveAnswer struct{ TimeToLiveSpecification timeToLive }

func (r timeToLiveRequest) check() (timeToLive, error) {
	const member = "timeToLiveSpecification"
	if r.TimeToLiveSpecification == nil {
		return timeToLive{}, missingMember(member)
	}
	switch name := r.TimeToLiveSpecification.AttributeName; {
	case r.TimeToLiveSpecification.Enabled == nil:
		return timeToLive{}, missingMember(member + ".enabled")
	case name == "":
		return timeToLive{}, invalid("1 validation error detected: Value '' at '%s.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1", member)
	default:
		return timeToLive{name, *r.TimeToLiveSpecification.Enabled}, checkKeyName(member+".attributeName", name)
	}
}

func (d *DynamoDB) updateTimeToLive(_ context.Context, caller cloud.Caller, in timeToLiveRequest) (updateTimeToLiveAnswer, error) {
	name, err := d.authorize(caller, "UpdateTimeToLive", in.TableName)
	if err != nil {
		return updateTimeToLiveAnswer{}, err
	}
	spec, err := in.check()
	if err != nil {
		return updateTimeToLiveAnswer{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.tables[name]
	if !ok {
		return updateTimeToLiveAnswer{}, tableNotFound(in.TableName)
	}
	next, err := t.reshaped(t.shape.Load().spec)
	if err != nil {
		return updateTimeToLiveAnswer{}, err
	}
	if err := next.expire(spec); err != nil {
		return updateTimeToLiveAnswer{}, err
	}
	return updateTimeToLiveAnswer{spec}, d.reshape(t, next)
}

// expire turns the time to live on or off.
func (s *shape) expire(by timeToLive) error {
	switch {
	case by.Enabled && s.ttl == by.AttributeName:
		return invalid("TimeToLive is already enabled")
	case !by.Enabled && s.ttl == "":
		return invalid("TimeToLive is already disabled")
	case s.ttl != "" && s.ttl != by.AttributeName:
		return errOtherTimeToLive(s.ttl)
	case by.Enabled:
		s.ttl = by.AttributeName
	default:
		s.ttl = ""
	}
	return nil
}
