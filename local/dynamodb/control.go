package dynamodb

// This file changes tables by the API: capacity, indexes, protection, times to
// live and tags.

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// throughput is what a table or an index is provisioned for. Nothing is
// throttled by it.
type throughput struct {
	ReadCapacityUnits  int
	WriteCapacityUnits int
}

const onDemand = "PAY_PER_REQUEST"

// checkBilling holds capacity to the billing mode.
func (s tableSpec) checkBilling() error {
	if err := checkEnum("billingMode", s.BillingMode, "PROVISIONED", onDemand); err != nil {
		return err
	}
	given := s.ProvisionedThroughput != nil
	for _, x := range s.GlobalSecondaryIndexes {
		if s.BillingMode == onDemand && x.ProvisionedThroughput != nil {
			return invalid("One or more parameter values were invalid: ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", x.IndexName)
		}
	}
	switch {
	case s.BillingMode == onDemand && given:
		return invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case s.BillingMode != onDemand && !given:
		return invalid("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	case given && (s.ProvisionedThroughput.ReadCapacityUnits < 1 || s.ProvisionedThroughput.WriteCapacityUnits < 1):
		return invalid("1 validation error detected: Value at 'provisionedThroughput' failed to satisfy constraint: Member must have value greater than or equal to 1")
	}
	return nil
}

type updateTableRequest struct {
	TableName                   string
	AttributeDefinitions        []attributeDefinition
	BillingMode                 string
	ProvisionedThroughput       *throughput
	GlobalSecondaryIndexUpdates []struct {
		Create *indexSpec
		Update *struct {
			IndexName             string
			ProvisionedThroughput *throughput
		}
		Delete *struct{ IndexName string }
	}
	DeletionProtectionEnabled *bool
	StreamSpecification       *struct{ StreamEnabled bool }
}

func (d *DynamoDB) updateTable(_ context.Context, caller cloud.Caller, in updateTableRequest) (createAnswer, error) {
	t, err := d.namedTable(caller, "UpdateTable", nameRequest{in.TableName})
	if err != nil {
		return createAnswer{}, err
	}
	if in.StreamSpecification != nil {
		return createAnswer{}, invalid("the local engine does not serve DynamoDB streams")
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
	next.ttl, next.protected = now.ttl, now.protected
	if in.DeletionProtectionEnabled != nil {
		next.protected = *in.DeletionProtectionEnabled
	}
	if err := d.update(wanted); err != nil {
		return createAnswer{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return createAnswer{t.describe("UPDATING")}, nil
}

// applied is what a table is made of after an update.
func (r updateTableRequest) applied(spec tableSpec) (tableSpec, error) {
	if r.AttributeDefinitions == nil && r.BillingMode == "" && r.ProvisionedThroughput == nil && r.GlobalSecondaryIndexUpdates == nil && r.DeletionProtectionEnabled == nil {
		return spec, invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	if r.BillingMode != "" {
		spec.BillingMode = r.BillingMode
	}
	if r.BillingMode == onDemand {
		spec.ProvisionedThroughput = nil
	}
	if r.ProvisionedThroughput != nil {
		spec.ProvisionedThroughput = r.ProvisionedThroughput
	}
	indexes := slices.Clone(spec.GlobalSecondaryIndexes)
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
			indexes = append(indexes, *change.Create)
		case change.Delete != nil:
			i, err := place(change.Delete.IndexName)
			if err != nil {
				return spec, err
			}
			indexes = slices.Delete(indexes, i, i+1)
		case change.Update != nil:
			i, err := place(change.Update.IndexName)
			if err != nil {
				return spec, err
			}
			indexes[i].ProvisionedThroughput = change.Update.ProvisionedThroughput
		}
	}
	spec.GlobalSecondaryIndexes = indexes
	spec.AttributeDefinitions = spec.used(slices.Concat(spec.AttributeDefinitions, r.AttributeDefinitions))
	return spec, nil
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
	TimeToLiveSpecification timeToLive
}

type updateTimeToLiveAnswer struct{ TimeToLiveSpecification timeToLive }

func (d *DynamoDB) updateTimeToLive(_ context.Context, caller cloud.Caller, in timeToLiveRequest) (updateTimeToLiveAnswer, error) {
	answer := updateTimeToLiveAnswer{in.TimeToLiveSpecification}
	t, err := d.namedTable(caller, "UpdateTimeToLive", nameRequest{in.TableName})
	if err != nil {
		return answer, err
	}
	now := t.shape.Load()
	wanted, err := now.spec.table(t.arn)
	if err != nil {
		return answer, err
	}
	next := wanted.shape.Load()
	next.protected = now.protected
	switch spec := in.TimeToLiveSpecification; {
	case spec.AttributeName == "":
		return answer, invalid("1 validation error detected: Value '' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case spec.Enabled && now.ttl == spec.AttributeName:
		return answer, invalid("TimeToLive is already enabled")
	case !spec.Enabled && now.ttl == "":
		return answer, invalid("TimeToLive is already disabled")
	case spec.Enabled:
		next.ttl = spec.AttributeName
	}
	return answer, d.update(wanted)
}

type tag struct{ Key, Value string }

type tagRequest struct {
	ResourceArn string
	Tags        []tag
}

func (d *DynamoDB) tagResource(_ context.Context, caller cloud.Caller, in tagRequest) (struct{}, error) {
	return struct{}{}, d.retag(caller, "TagResource", in.ResourceArn, func(tags map[string]string) {
		for _, tag := range in.Tags {
			tags[tag.Key] = tag.Value
		}
	})
}

func (d *DynamoDB) untagResource(_ context.Context, caller cloud.Caller, in struct {
	ResourceArn string
	TagKeys     []string
}) (struct{}, error) {
	return struct{}{}, d.retag(caller, "UntagResource", in.ResourceArn, func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
}

// maxTags is how many tags a table has at most.
const maxTags = 50

func (d *DynamoDB) retag(caller cloud.Caller, action, arn string, change func(map[string]string)) error {
	t, err := d.taggedTable(caller, action, arn)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	tags := maps.Clone(t.tags)
	if tags == nil {
		tags = map[string]string{}
	}
	change(tags)
	if len(tags) > maxTags {
		return invalid("One or more parameter values were invalid: Too many tags: the most is %d", maxTags)
	}
	t.tags = tags
	return nil
}

func (d *DynamoDB) taggedTable(caller cloud.Caller, action, arn string) (*table, error) {
	if !strings.HasPrefix(arn, d.tableARN("")) {
		return nil, invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", arn)
	}
	t, err := d.table(caller, action, arn)
	if err != nil && cloud.AsError(err).Code == "ResourceNotFoundException" {
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", arn)
	}
	return t, err
}

type tagsAnswer struct{ Tags []tag }

func (d *DynamoDB) listTags(_ context.Context, caller cloud.Caller, in struct {
	ResourceArn string
	NextToken   string
}) (tagsAnswer, error) {
	t, err := d.taggedTable(caller, "ListTagsOfResource", in.ResourceArn)
	if err != nil {
		return tagsAnswer{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	answer := tagsAnswer{Tags: []tag{}}
	for _, key := range slices.Sorted(maps.Keys(t.tags)) {
		answer.Tags = append(answer.Tags, tag{key, t.tags[key]})
	}
	return answer, nil
}
