package dynamodb

// Definitions: what a table is made of, and the actions about tables.

import (
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// tableSpec describes a table, in CreateTable as in CloudFormation.
type tableSpec struct {
	TableName              string
	KeySchema              []keyElement
	AttributeDefinitions   []attributeDefinition
	GlobalSecondaryIndexes []indexSpec
	LocalSecondaryIndexes  []indexSpec
	BillingMode            string
	ProvisionedThroughput  *throughput
}

type keyElement struct {
	AttributeName string
	KeyType       string // HASH or RANGE
}

type attributeDefinition struct {
	AttributeName string
	AttributeType string // S, N or B
}

type indexSpec struct {
	IndexName  string
	KeySchema  []keyElement
	Projection projectionSpec

	ProvisionedThroughput *throughput `json:",omitzero"`

	OnDemandThroughput                 cfn.Ignored `json:"-"`
	WarmThroughput                     cfn.Ignored `json:"-"`
	ContributorInsightsSpecification   cfn.Ignored `json:"-"`
	ReadProvisionedThroughputSettings  cfn.Ignored `json:"-"`
	WriteProvisionedThroughputSettings cfn.Ignored `json:"-"`
	ReadOnDemandThroughputSettings     cfn.Ignored `json:"-"`
	WriteOnDemandThroughputSettings    cfn.Ignored `json:"-"`
}

type projectionSpec struct {
	ProjectionType   string   // ALL, KEYS_ONLY or INCLUDE
	NonKeyAttributes []string `json:",omitzero"`
}

// table builds an empty table.
func (s tableSpec) table(arn string) (*table, error) {
	t := &table{
		name: s.TableName, arn: arn, dimensions: map[string]string{"TableName": s.TableName},
		id: cloud.UUID(), created: time.Now(), names: newNames(),
	}
	if len(t.name) < 3 || len(t.name) > 255 {
		return nil, invalid("TableName must be at least 3 characters long and at most 255 characters long")
	}
	kinds := map[string]kind{}
	for _, definition := range s.AttributeDefinitions {
		kinds[definition.AttributeName] = kind(definition.AttributeType)
		if !kinds[definition.AttributeName].ordered() {
			return nil, invalid("1 validation error detected: Value '%s' at 'attributeDefinitions.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]", definition.AttributeType)
		}
	}
	var err error
	if t.schema, err = schemaOf(s.KeySchema, kinds, 1); err != nil {
		return nil, err
	}
	shape := &shape{spec: s}
	t.shape.Store(shape)
	for _, spec := range s.GlobalSecondaryIndexes {
		if err := shape.addIndex(t.schema, spec, kinds, true); err != nil {
			return nil, err
		}
	}
	for _, spec := range s.LocalSecondaryIndexes {
		if err := shape.addIndex(t.schema, spec, kinds, false); err != nil {
			return nil, err
		}
	}
	return t, shape.checkDefinitions(t.schema, kinds)
}

func (of *shape) addIndex(primary schema, spec indexSpec, kinds map[string]kind, global bool) error {
	most := 1
	if global {
		most = maxKeyAttributes
	}
	s, err := schemaOf(spec.KeySchema, kinds, most)
	if err != nil {
		return err
	}
	x := &index{name: spec.IndexName, global: global, schema: s, projection: spec.Projection.ProjectionType, included: map[string]bool{}}
	switch {
	case of.index(x.name) != nil:
		return invalid("One or more parameter values were invalid: Duplicate index name: %s", x.name)
	case !global && (!slices.Equal(s.partition, primary.partition) || len(primary.sort) == 0):
		return invalid("One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as table KeySchema for index: %s", x.name)
	case !slices.Contains([]string{"ALL", "KEYS_ONLY", "INCLUDE"}, x.projection):
		return invalid("One or more parameter values were invalid: Unknown ProjectionType: %s", x.projection)
	}
	for _, attribute := range slices.Concat(primary.attributes(), s.attributes()) {
		x.included[attribute.name] = true
	}
	for _, name := range spec.Projection.NonKeyAttributes {
		x.included[name] = true
	}
	of.indexes = append(of.indexes, x)
	return nil
}

// checkDefinitions refuses attribute definitions that no key uses.
func (of *shape) checkDefinitions(primary schema, kinds map[string]kind) error {
	for name := range kinds {
		used := primary.has(name)
		for _, x := range of.indexes {
			used = used || x.schema.has(name)
		}
		if !used {
			return invalid("One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
		}
	}
	return nil
}

// add makes a table known.
func (d *DynamoDB) add(t *table) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tables[t.name] != nil {
		return cloud.Errorf(400, "ResourceInUseException", "Table already exists: %s", t.name)
	}
	d.tables[t.name] = t
	return nil
}

// tableDescription is a table in the answers of the API.
type tableDescription struct {
	TableName              string
	TableArn               string
	TableId                string
	TableStatus            string
	CreationDateTime       cloud.Time
	KeySchema              []keyElement
	AttributeDefinitions   []attributeDefinition
	ItemCount              int
	TableSizeBytes         int
	BillingModeSummary     *billingModeSummary `json:",omitzero"`
	ProvisionedThroughput  provisionedThroughput
	GlobalSecondaryIndexes []indexDescription `json:",omitzero"`
	LocalSecondaryIndexes  []indexDescription `json:",omitzero"`
	TableClassSummary      map[string]string  `json:",omitzero"`

	DeletionProtectionEnabled bool
}

type billingModeSummary struct{ BillingMode string }

type provisionedThroughput struct {
	ReadCapacityUnits, WriteCapacityUnits, NumberOfDecreasesToday int
}

func (p *provisionedThroughput) of(t *throughput) {
	if t != nil {
		p.ReadCapacityUnits, p.WriteCapacityUnits = t.ReadCapacityUnits, t.WriteCapacityUnits
	}
}

type indexDescription struct {
	IndexName      string
	IndexArn       string
	IndexStatus    string `json:",omitzero"`
	KeySchema      []keyElement
	Projection     projectionSpec
	ItemCount      int
	IndexSizeBytes int

	ProvisionedThroughput *provisionedThroughput `json:",omitzero"` // of a global one
}

func (t *table) describe(status string) tableDescription {
	s := t.shape.Load()
	description := tableDescription{
		TableName:            t.name,
		TableArn:             t.arn,
		TableId:              t.id,
		TableStatus:          status,
		CreationDateTime:     cloud.Time(t.created),
		KeySchema:            s.spec.KeySchema,
		AttributeDefinitions: s.spec.AttributeDefinitions,
		ItemCount:            t.rows.count,
		TableSizeBytes:       t.bytes,

		DeletionProtectionEnabled: s.protected,
	}
	description.ProvisionedThroughput.of(s.spec.ProvisionedThroughput)
	if s.spec.BillingMode == onDemand {
		description.BillingModeSummary = &billingModeSummary{s.spec.BillingMode}
	}
	for _, spec := range s.spec.GlobalSecondaryIndexes {
		x := t.describeIndex(spec)
		x.IndexStatus = "ACTIVE"
		x.ProvisionedThroughput = &provisionedThroughput{}
		x.ProvisionedThroughput.of(spec.ProvisionedThroughput)
		description.GlobalSecondaryIndexes = append(description.GlobalSecondaryIndexes, x)
	}
	for _, spec := range s.spec.LocalSecondaryIndexes {
		description.LocalSecondaryIndexes = append(description.LocalSecondaryIndexes, t.describeIndex(spec))
	}
	return description
}

func (t *table) describeIndex(spec indexSpec) indexDescription {
	return indexDescription{
		IndexName:  spec.IndexName,
		IndexArn:   t.arn + "/index/" + spec.IndexName,
		KeySchema:  spec.KeySchema,
		Projection: spec.Projection,
		ItemCount:  t.shape.Load().index(spec.IndexName).entries.count,
	}
}

type createAnswer struct{ TableDescription tableDescription }

type describeAnswer struct{ Table tableDescription }

type nameRequest struct{ TableName string }

func (d *DynamoDB) createTable(_ context.Context, caller cloud.Caller, in struct {
	tableSpec
	StreamSpecification       *struct{ StreamEnabled bool }
	DeletionProtectionEnabled bool
	Tags                      []tag
}) (createAnswer, error) {
	if err := d.cloud.Authorize(caller, "dynamodb:CreateTable", d.tableARN(in.TableName)); err != nil {
		return createAnswer{}, err
	}
	if in.StreamSpecification != nil && in.StreamSpecification.StreamEnabled {
		return createAnswer{}, invalid("the local engine does not serve DynamoDB streams")
	}
	if err := in.checkBilling(); err != nil {
		return createAnswer{}, err
	}
	t, err := in.tableSpec.table(d.tableARN(in.TableName))
	if err != nil {
		return createAnswer{}, err
	}
	t.shape.Load().protected = in.DeletionProtectionEnabled
	t.tags = map[string]string{}
	for _, tag := range in.Tags {
		t.tags[tag.Key] = tag.Value
	}
	if err := d.add(t); err != nil {
		return createAnswer{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return createAnswer{t.describe("CREATING")}, nil
}

func (d *DynamoDB) deleteTable(_ context.Context, caller cloud.Caller, in nameRequest) (createAnswer, error) {
	t, err := d.namedTable(caller, "DeleteTable", in)
	if err != nil {
		return createAnswer{}, err
	}
	if err := d.remove(t); err != nil {
		return createAnswer{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return createAnswer{t.describe("DELETING")}, nil
}

// remove deletes a table and its items, unless it is protected.
func (d *DynamoDB) remove(t *table) error {
	if t.shape.Load().protected {
		return invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	d.mu.Lock()
	delete(d.tables, t.name)
	d.mu.Unlock()
	return d.cloud.Forget(t.arn)
}

func (d *DynamoDB) describeTable(_ context.Context, caller cloud.Caller, in nameRequest) (describeAnswer, error) {
	t, err := d.namedTable(caller, "DescribeTable", in)
	if err != nil {
		return describeAnswer{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return describeAnswer{t.describe("ACTIVE")}, nil
}

// namedTable is table with the message of the actions about tables.
func (d *DynamoDB) namedTable(caller cloud.Caller, action string, in nameRequest) (*table, error) {
	t, err := d.table(caller, action, in.TableName)
	if err != nil && cloud.AsError(err).Code == "ResourceNotFoundException" {
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "Requested resource not found: Table: %s not found", in.TableName)
	}
	return t, err
}

type timeToLiveAnswer struct {
	TimeToLiveDescription struct {
		TimeToLiveStatus string // ENABLED or DISABLED
		AttributeName    string `json:",omitzero"`
	}
}

func (d *DynamoDB) describeTimeToLive(_ context.Context, caller cloud.Caller, in nameRequest) (timeToLiveAnswer, error) {
	var answer timeToLiveAnswer
	t, err := d.namedTable(caller, "DescribeTimeToLive", in)
	if err != nil {
		return answer, err
	}
	answer.TimeToLiveDescription.TimeToLiveStatus = "DISABLED"
	if ttl := t.shape.Load().ttl; ttl != "" {
		answer.TimeToLiveDescription.TimeToLiveStatus = "ENABLED"
		answer.TimeToLiveDescription.AttributeName = ttl
	}
	return answer, nil
}

type listAnswer struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitzero"`
}

func (d *DynamoDB) listTables(_ context.Context, caller cloud.Caller, in struct {
	ExclusiveStartTableName string
	Limit                   int
}) (listAnswer, error) {
	if err := d.cloud.Authorize(caller, "dynamodb:ListTables", "*"); err != nil {
		return listAnswer{}, err
	}
	names := []string{}
	for _, t := range d.allTables() {
		if t.name > in.ExclusiveStartTableName {
			names = append(names, t.name)
		}
	}
	slices.Sort(names)
	limit := 100
	if in.Limit > 0 {
		limit = min(limit, in.Limit)
	}
	if len(names) <= limit {
		return listAnswer{TableNames: names}, nil
	}
	return listAnswer{TableNames: names[:limit], LastEvaluatedTableName: names[limit-1]}, nil
}
