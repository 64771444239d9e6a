package dynamodb

// Descriptions: the actions about tables, and what they tell.

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// add makes a table known.
func (d *DynamoDB) add(t *table) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tables[t.name] != nil {
		return cloud.Errorf(400, "ResourceInUseException", "Table already exists: %s", t.name)
	}
	t.past = cloud.Past[delta]{Kept: d.cloud.Past, Size: func(c delta) int { return sizeOfRow(c.old) }}
	d.tables[t.name] = t
	for _, s := range t.streams { // of an earlier run
		d.streams[s.arn] = s
	}
	d.follow(t, time.Now())
	return nil
}

// tableDescription is a table in the answers of the API.
type tableDescription struct {
	AttributeDefinitions   []attributeDefinition `json:",omitzero"`
	TableName              string
	KeySchema              []keyElement `json:",omitzero"`
	TableStatus            string
	CreationDateTime       *cloud.Time `json:",omitzero"`
	ProvisionedThroughput  provisionedThroughput
	TableSizeBytes         int
	ItemCount              int
	TableArn               string
	TableId                string
	BillingModeSummary     *billingModeSummary `json:",omitzero"`
	LocalSecondaryIndexes  []indexDescription  `json:",omitzero"`
	GlobalSecondaryIndexes []indexDescription  `json:",omitzero"`
	SSEDescription         *encryption         `json:",omitzero"`
	TableClassSummary      *tableClass         `json:",omitzero"`
	OnDemandThroughput     *onDemandThroughput `json:",omitzero"`
	StreamSpecification    *streamSpec         `json:",omitzero"`
	LatestStreamArn        string              `json:",omitzero"`
	LatestStreamLabel      string              `json:",omitzero"`
	WarmThroughput         *warmed             `json:",omitzero"`

	DeletionProtectionEnabled bool
}

type billingModeSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime *cloud.Time `json:",omitzero"`
}

type tableClass struct{ TableClass string }

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

	// Of a global one:
	ProvisionedThroughput *provisionedThroughput `json:",omitzero"`
	OnDemandThroughput    *onDemandThroughput    `json:",omitzero"`
	WarmThroughput        *warmed                `json:",omitzero"`
}

// describe tells of a table whose status is ACTIVE; what it will be, while it is
// made, or what is left of it, while it is deleted, is less.
func (t *table) describe(status string) tableDescription {
	s := t.shape.Load()
	description := tableDescription{
		TableName:          t.name,
		TableArn:           t.arn,
		TableId:            t.id,
		TableStatus:        status,
		ItemCount:          t.rows.count,
		TableSizeBytes:     t.bytes,
		SSEDescription:     s.encryption,
		OnDemandThroughput: s.spec.OnDemandThroughput,

		DeletionProtectionEnabled: s.protected,
	}
	description.ProvisionedThroughput.of(s.spec.ProvisionedThroughput)
	description.billing(s)
	if t.stream != nil {
		description.LatestStreamArn, description.LatestStreamLabel = t.stream.arn, t.stream.label
	}
	if enabled := s.view != ""; enabled {
		description.StreamSpecification = &streamSpec{&enabled, s.view}
	}
	if s.spec.TableClass != "" {
		description.TableClassSummary = &tableClass{s.spec.TableClass}
	}
	if status == "DELETING" {
		return description
	}
	created := cloud.Time(t.created)
	description.CreationDateTime = &created
	description.KeySchema, description.AttributeDefinitions = s.spec.KeySchema, s.spec.AttributeDefinitions
	description.WarmThroughput = s.spec.warmed(status, s.spec.ProvisionedThroughput, s.spec.WarmThroughput)
	for _, spec := range s.spec.GlobalSecondaryIndexes {
		x := t.describeIndex(spec)
		x.IndexStatus = "ACTIVE"
		if status == "CREATING" {
			x.IndexStatus = status
		}
		x.ProvisionedThroughput = &provisionedThroughput{}
		x.ProvisionedThroughput.of(spec.ProvisionedThroughput)
		x.OnDemandThroughput = spec.OnDemandThroughput
		x.WarmThroughput = s.spec.warmed(status, spec.ProvisionedThroughput, spec.WarmThroughput)
		description.GlobalSecondaryIndexes = append(description.GlobalSecondaryIndexes, x)
	}
	for _, spec := range s.spec.LocalSecondaryIndexes {
		description.LocalSecondaryIndexes = append(description.LocalSecondaryIndexes, t.describeIndex(spec))
	}
	return description
}

// billing tells of a table on demand since when it is so; its making does not.
func (d *tableDescription) billing(s *shape) {
	if s.spec.BillingMode != onDemand {
		return
	}
	d.BillingModeSummary = &billingModeSummary{BillingMode: s.spec.BillingMode}
	if d.TableStatus != "CREATING" {
		since := cloud.Time(s.since)
		d.BillingModeSummary.LastUpdateToPayPerRequestDateTime = &since
	}
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
	StreamSpecification       *streamSpec
	SSESpecification          *encryptionSpec
	DeletionProtectionEnabled bool
	Tags                      []givenTag
}) (createAnswer, error) {
	if err := d.cloud.Authorize(caller, "dynamodb:CreateTable", d.tableARN(in.TableName)); err != nil {
		return createAnswer{}, err
	}
	if err := cmp.Or(in.StreamSpecification.check(), in.checkBilling()); err != nil {
		return createAnswer{}, err
	}
	t, err := in.tableSpec.table(d.tableARN(in.TableName))
	if err != nil {
		return createAnswer{}, err
	}
	t.shape.Load().view = in.StreamSpecification.view()
	t.shape.Load().protected = in.DeletionProtectionEnabled
	t.shape.Load().encryption = d.encryption(in.SSESpecification)
	if t.tags, err = tagged(nil, in.Tags); err != nil {
		return createAnswer{}, err
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
	if err := d.drop(t); err != nil {
		return err
	}
	return d.cloud.Forget(t.arn)
}

// drop lets nobody find a table any more. One that another call has deleted
// meanwhile may have a successor of its name, which stays.
func (d *DynamoDB) drop(t *table) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.tables[t.name] != t:
		return tableNotFound(t.name)
	case t.shape.Load().protected:
		return invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	delete(d.tables, t.name)
	if t.streaming() {
		t.stream.disable(time.Now())
	}
	return nil
}

func (d *DynamoDB) describeTable(ctx context.Context, caller cloud.Caller, in nameRequest) (describeAnswer, error) {
	t, err := d.namedTable(caller, "DescribeTable", in)
	if err != nil {
		return describeAnswer{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	description := t.describe("ACTIVE")
	missed, err := t.past.Since(cloud.AsOfMoment(ctx))
	for _, c := range missed {
		description.TableSizeBytes -= sizeOfRow(c.What.changed) - sizeOfRow(c.What.old)
		if c.What.old == nil {
			description.ItemCount--
		}
		if c.What.changed == nil {
			description.ItemCount++
		}
	}
	return describeAnswer{description}, err
}

// namedTable is table with the message of the actions about tables.
func (d *DynamoDB) namedTable(caller cloud.Caller, action string, in nameRequest) (*table, error) {
	t, err := d.table(caller, action, in.TableName)
	if err != nil && isNotFound(err) {
		return nil, tableNotFound(in.TableName)
	}
	return t, err
}

func isNotFound(err error) bool {
	return cloud.AsError(err).Code == "ResourceNotFoundException"
}

func tableNotFound(name string) error {
	return cloud.Errorf(400, "ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
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

const maxTableNames = 100 // in an answer of ListTables

type listAnswer struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitzero"`
}

func (d *DynamoDB) listTables(_ context.Context, caller cloud.Caller, in struct {
	ExclusiveStartTableName string
	Limit                   *int
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
	limit := maxTableNames
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > maxTableNames {
		return listAnswer{}, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d", limit, maxTableNames)
	}
	if len(names) <= limit {
		return listAnswer{TableNames: names}, nil
	}
	return listAnswer{TableNames: names[:limit], LastEvaluatedTableName: names[limit-1]}, nil
}
