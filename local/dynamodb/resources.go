package dynamodb

// Resources: tables as CloudFormation declares them.

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// tableProperties are those that AWS::DynamoDB::Table and
// AWS::DynamoDB::GlobalTable have in common.
type tableProperties struct {
	tableSpec
	TimeToLiveSpecification *timeToLive
	StreamSpecification     *streamDeclaration

	SSESpecification *struct {
		SSEEnabled     bool
		SSEType        string
		KMSMasterKeyId string
	}
}

type streamDeclaration struct {
	StreamViewType string
	Tags           cfn.Ignored
}

type timeToLive struct {
	AttributeName string
	Enabled       bool
}

type importSource struct {
	InputFormat          string // DYNAMODB_JSON
	InputCompressionType string // NONE or GZIP
	S3BucketSource       struct {
		S3Bucket      string
		S3KeyPrefix   string
		S3BucketOwner cfn.Ignored
	}
	InputFormatOptions cfn.Ignored
}

type singleTable struct {
	tableProperties
	ImportSourceSpecification *importSource
	DeletionProtectionEnabled bool

	Tags []cloud.Tag

	ContributorInsightsSpecification cfn.Ignored
	PointInTimeRecoverySpecification cfn.Ignored
}

type globalTable struct {
	tableProperties
	Replicas []replica

	// Which are not a global table's:
	ProvisionedThroughput cfn.Ignored `json:"-"`
	OnDemandThroughput    cfn.Ignored `json:"-"`
	TableClass            cfn.Ignored `json:"-"`

	ReadOnDemandThroughputSettings     cfn.Ignored
	ReadProvisionedThroughputSettings  cfn.Ignored
	WriteOnDemandThroughputSettings    cfn.Ignored
	WriteProvisionedThroughputSettings cfn.Ignored
}

type replica struct {
	Region                    string
	DeletionProtectionEnabled bool

	ContributorInsightsSpecification  cfn.Ignored
	GlobalSecondaryIndexes            cfn.Ignored
	PointInTimeRecoverySpecification  cfn.Ignored
	ReadOnDemandThroughputSettings    cfn.Ignored
	ReadProvisionedThroughputSettings cfn.Ignored
	SSESpecification                  cfn.Ignored
	TableClass                        cfn.Ignored
	Tags                              []cloud.Tag
}

// Types returns the resource types of DynamoDB.
func (d *DynamoDB) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::DynamoDB::Table", d.createSingle, cfn.Update(d.updateSingle)),
		cfn.Define("AWS::DynamoDB::GlobalTable", d.createGlobal, cfn.Update(d.updateGlobal)),
	}
}

func (d *DynamoDB) createSingle(_ context.Context, r cfn.Resource, p singleTable) (cfn.Handle, error) {
	t, err := d.single(r.PhysicalName(255), p)
	if err != nil {
		return cfn.Handle{}, err
	}
	if p.ImportSourceSpecification != nil {
		from := p.ImportSourceSpecification.S3BucketSource
		t.source = "s3://" + from.S3Bucket + "/" + from.S3KeyPrefix
	}
	restored, err := d.keep(t)
	if err != nil {
		return cfn.Handle{}, err
	}
	if p.ImportSourceSpecification != nil && !restored {
		if err := d.importItems(t, *p.ImportSourceSpecification); err != nil {
			return cfn.Handle{}, fmt.Errorf("import items: %w", err)
		}
	}
	return d.known(t)
}

// known makes a declared table known to all.
func (d *DynamoDB) known(t *table) (cfn.Handle, error) {
	if err := d.add(t); err != nil {
		return cfn.Handle{}, err
	}
	return d.handle(t.name)
}

func (d *DynamoDB) createGlobal(_ context.Context, r cfn.Resource, p globalTable) (cfn.Handle, error) {
	t, err := d.global(r.PhysicalName(255), p)
	if err != nil {
		return cfn.Handle{}, err
	}
	if _, err := d.keep(t); err != nil {
		return cfn.Handle{}, err
	}
	return d.known(t)
}

func (d *DynamoDB) updateSingle(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after singleTable) (cfn.Handle, error) {
	wanted, err := d.single(h.Ref, after)
	if err != nil {
		return h, err
	}
	return d.become(h, wanted, before.Tags)
}

func (d *DynamoDB) updateGlobal(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after globalTable) (cfn.Handle, error) {
	wanted, err := d.global(h.Ref, after)
	if err != nil {
		return h, err
	}
	var tags []cloud.Tag
	for _, replica := range before.Replicas {
		tags = append(tags, replica.Tags...)
	}
	return d.become(h, wanted, tags)
}

// become updates a table as a template wants it, which has given it tags before.
func (d *DynamoDB) become(h cfn.Handle, wanted *table, before []cloud.Tag) (cfn.Handle, error) {
	if err := d.update(wanted, before); err != nil {
		return h, err
	}
	return d.handle(wanted.name)
}

// single builds a table that is not known to the service.
func (d *DynamoDB) single(name string, p singleTable) (*table, error) {
	t, err := d.declare(name, p.tableProperties)
	if err != nil {
		return nil, err
	}
	t.shape.Load().protected = p.DeletionProtectionEnabled
	t.tags = cloud.RedeclaredTagMap(nil, nil, p.Tags)
	return t, nil
}

// global is single for a global table, which has one replica here.
func (d *DynamoDB) global(name string, p globalTable) (*table, error) {
	for i, replica := range p.Replicas {
		if replica.Region != d.cloud.Region {
			return nil, &cfn.Unsupported{Property: fmt.Sprintf("Replicas[%d].Region", i), Reason: "the local engine has one region, " + d.cloud.Region}
		}
	}
	t, err := d.declare(name, p.tableProperties)
	if err != nil {
		return nil, err
	}
	for _, replica := range p.Replicas {
		t.shape.Load().protected = t.shape.Load().protected || replica.DeletionProtectionEnabled
		t.tags = cloud.RedeclaredTagMap(t.tags, nil, replica.Tags)
	}
	return t, nil
}

func (d *DynamoDB) declare(name string, p tableProperties) (*table, error) {
	spec := p.tableSpec
	if spec.TableName == "" {
		spec.TableName = name
	}
	t, err := spec.table(d.tableARN(spec.TableName))
	if err != nil {
		return nil, err
	}
	if s := p.SSESpecification; s != nil {
		t.shape.Load().encryption = d.encryption(&encryptionSpec{&s.SSEEnabled, s.SSEType, s.KMSMasterKeyId})
	}
	if s := p.StreamSpecification; s != nil {
		if s.StreamViewType == "" {
			return nil, missingMember("streamSpecification.streamViewType")
		}
		if err := checkView("streamSpecification.streamViewType", s.StreamViewType); err != nil {
			return nil, err
		}
		t.shape.Load().view = s.StreamViewType
	}
	if p.TimeToLiveSpecification != nil && p.TimeToLiveSpecification.Enabled {
		t.shape.Load().ttl = p.TimeToLiveSpecification.AttributeName
	}
	return t, nil
}

func (d *DynamoDB) handle(name string) (cfn.Handle, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t, ok := d.tables[name]
	if !ok {
		return cfn.Handle{}, tableNotFound(name)
	}
	attributes := map[string]any{"Arn": t.arn, "TableId": t.id}
	if t.streaming() {
		attributes["StreamArn"] = t.stream.arn
	}
	return cfn.Handle{Ref: t.name, Attributes: attributes, Delete: func(context.Context) error {
		if err := d.remove(t); err != nil && !isNotFound(err) { // a call may have deleted it
			return err
		}
		return nil
	}}, nil
}

// importItems reads items from an object of lines such as
// {"Item": {"pk": {"S": "a"}}}. The table must not be known to anyone yet.
func (d *DynamoDB) importItems(t *table, source importSource) error {
	if source.InputFormat != "DYNAMODB_JSON" {
		return &cfn.Unsupported{Property: "ImportSourceSpecification.InputFormat", Reason: source.InputFormat + " is not supported: use DYNAMODB_JSON"}
	}
	if d.options.Open == nil {
		return &cfn.Unsupported{Property: "ImportSourceSpecification", Reason: "this engine has no S3"}
	}
	bucket, key := source.S3BucketSource.S3Bucket, source.S3BucketSource.S3KeyPrefix
	object, err := d.options.Open(context.Background(), bucket, key)
	if err != nil {
		return fmt.Errorf("open s3://%s/%s: %w", bucket, key, err)
	}
	switch source.InputCompressionType {
	case "", "NONE":
		return t.load(object)
	case "GZIP":
		unzipped, err := gzip.NewReader(object)
		if err != nil {
			return fmt.Errorf("unzip s3://%s/%s: %w", bucket, key, err)
		}
		return t.load(unzipped)
	default:
		return &cfn.Unsupported{Property: "ImportSourceSpecification.InputCompressionType", Reason: source.InputCompressionType + " is not supported: use NONE or GZIP"}
	}
}

func (t *table) load(source io.Reader) error {
	decoder := json.NewDecoder(bufio.NewReader(source))
	for count := 1; ; count++ {
		var line struct{ Item item }
		switch err := decoder.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("item %d: %w", count, err)
		}
		r, err := t.row(line.Item)
		if err != nil {
			return fmt.Errorf("item %d: %w", count, err)
		}
		t.put(t.rows.get(r.key), r)
	}
}
