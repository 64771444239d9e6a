package dynamodb

// This file changes tables by the API: capacity, indexes, protection and times to
// live.

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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
	StreamSpecification         *struct{ StreamEnabled bool }
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
	t, err := d.lookUp(name)
	if err != nil {
		return createAnswer{}, tableNotFound(in.TableName)
	}
	now := t.shape.Load()
	spec, err := in.applied(now.spec)
	if err != nil {
		return createAnswer{}, err
	}
	if err := spec.checkBilling(); err != nil {
		return createAnswer{}, err
	}
	wanted, err := spec.table(t.arn)
	if err != nil {
		return createAnswer{}, err
	}
	next := wanted.shape.Load()
	next.keep(now)
	if in.DeletionProtectionEnabled != nil {
		next.protected = *in.DeletionProtectionEnabled
	}
	if in.SSESpecification != nil {
		next.encryption = d.encryption(in.SSESpecification)
	}
	if err := d.update(wanted); err != nil {
		return createAnswer{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return createAnswer{t.describe("UPDATING")}, nil
}

// keep takes over what is not of the definition.
func (s *shape) keep(from *shape) {
	s.ttl, s.protected, s.encryption = from.ttl, from.protected, from.encryption
}

// check refuses what is wrong whatever the table is.
func (r updateTableRequest) check() error {
	if r.StreamSpecification != nil && r.StreamSpecification.StreamEnabled {
		return invalid("the local engine does not serve DynamoDB streams")
	}
	if r.BillingMode == "" && r.ProvisionedThroughput == nil && len(r.GlobalSecondaryIndexUpdates) == 0 && r.DeletionProtectionEnabled == nil &&
		r.SSESpecification == nil && r.OnDemandThroughput == nil && r.WarmThroughput == nil && r.TableClass == "" && r.StreamSpecification == nil {
		return invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
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
	t, err := d.lookUp(name)
	if err != nil {
		return updateTimeToLiveAnswer{}, tableNotFound(in.TableName)
	}
	now := t.shape.Load()
	wanted, err := now.spec.table(t.arn)
	if err != nil {
		return updateTimeToLiveAnswer{}, err
	}
	next := wanted.shape.Load()
	next.keep(now)
	switch {
	case spec.Enabled && now.ttl == spec.AttributeName:
		return updateTimeToLiveAnswer{}, invalid("TimeToLive is already enabled")
	case !spec.Enabled && now.ttl == "":
		return updateTimeToLiveAnswer{}, invalid("TimeToLive is already disabled")
	case now.ttl != "" && now.ttl != spec.AttributeName:
		return updateTimeToLiveAnswer{}, errOtherTimeToLive(now.ttl)
	case spec.Enabled:
		next.ttl = spec.AttributeName
	default:
		next.ttl = ""
	}
	return updateTimeToLiveAnswer{spec}, d.update(wanted)
}
