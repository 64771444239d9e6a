package b2b

// This file declares what the pipeline remembers, and whom it knows.

import (
	"cmp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// TablesProps are the properties of Tables.
type TablesProps struct {
	// Files, Transactions, Outcomes and Partners are existing tables, say copies
	// that were restored, with the keys and indexes that Tables describes; in
	// Transactions the indexes are its owner's. If a key of yours encrypts one,
	// say so (TableAttributes.EncryptionKey): those who read or write it are
	// allowed to use that key. Default: they are made.
	Files        awsdynamodb.ITable
	Transactions awsdynamodb.ITable
	Outcomes     awsdynamodb.ITable
	Partners     awsdynamodb.ITable

	// Retention is how long the rows of Files and Outcomes are kept, from when
	// a file is settled and an outcome is recorded. Default: 400 days.
	Retention time.Duration

	// Operation says how long data is kept. Default: see operation.Settings.
	Operation operation.Settings
}

// Tables are the pipeline's memory: on demand, with point-in-time recovery.
type Tables struct {
	Construct constructs.Construct

	// Files has a row per file version: who works on it and how far it is.
	// Key: fileId (string). Its index Unsettled (unsettled, a string, and
	// deadline, a number; all attributes) has the files without a final reply,
	// by deadline, and ByPartner, for people (partner, a string, and claimedAt, a
	// number; all attributes), a partner's files by time. Rows expire by expiresAt.
	Files awsdynamodb.ITable

	// Transactions has a row per transaction. Key: transactionKey (string),
	// which spreads a partner's transactions over all partitions. Indexes, for
	// people: ByPartner (partnerDay, transactionId) and ByTransactionID
	// (transactionId, partner), all strings.
	Transactions awsdynamodb.ITable

	// Outcomes has a row per record of a file. Key: outcomeKey (the file id
	// with a shard, a string), ordinal (number). Its index Failed (failedDay and
	// failedAt, strings; all attributes) has those that failed, by day. Rows
	// expire by expiresAt.
	Outcomes awsdynamodb.ITable

	// Partners is the directory: a row per trading partner, which says what it
	// may do, and by which keys and tokens it is known. It is never replaced,
	// whoever is in it. Key: partner (string).
	Partners awsdynamodb.ITable

	retention time.Duration
}

// NewTables declares the tables that do not exist already. It panics if props
// are wrong.
func NewTables(scope constructs.Construct, id string, props TablesProps) *Tables {
	props = props.withDefaults()
	operation.Must("b2b.Tables", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	tables := &Tables{
		Construct:    this,
		Files:        props.Files,
		Transactions: props.Transactions,
		Outcomes:     props.Outcomes,
		Partners:     props.Partners,
		retention:    props.Retention,
	}
	if tables.Files == nil {
		files := newTable(this, "Files", props.Operation, text(contract.AttrFileID), nil, contract.AttrExpiresAt)
		addIndex(files, contract.IndexUnsettled, text(contract.AttrUnsettled), number(contract.AttrDeadline))
		addIndex(files, contract.IndexFilesOfPartner, text(contract.AttrPartner), number(contract.AttrClaimedAt))
		tables.Files = files
	}
	if tables.Outcomes == nil {
		outcomes := newTable(this, "Outcomes", props.Operation, text(contract.AttrOutcomeKey), number(contract.AttrOrdinal), contract.AttrExpiresAt)
		addIndex(outcomes, contract.IndexFailed, text(contract.AttrFailedDay), text(contract.AttrFailedAt))
		tables.Outcomes = outcomes
	}
	if tables.Transactions == nil {
		transactions := newTable(this, "Transactions", props.Operation, text(contract.AttrTransactionKey), nil, "")
		addIndex(transactions, contract.IndexByPartner, text(contract.AttrPartnerDay), text(contract.AttrTransactionID), contract.Projected...)
		addIndex(transactions, contract.IndexByTransactionID, text(contract.AttrTransactionID), text(contract.AttrPartner), contract.Projected...)
		tables.Transactions = transactions
	}
	if tables.Partners == nil {
		tables.Partners = newTable(this, "Partners", props.Operation, text(contract.AttrPartner), nil, "")
	}
	return tables
}

// addIndex declares an index of the attributes named, or of all.
func addIndex(table awsdynamodb.Table, name string, partition, sort *awsdynamodb.Attribute, projected ...string) {
	index := &awsdynamodb.GlobalSecondaryIndexProps{IndexName: &name, PartitionKey: partition, SortKey: sort}
	if len(projected) > 0 {
		index.ProjectionType, index.NonKeyAttributes = awsdynamodb.ProjectionType_INCLUDE, jsii.Strings(projected...)
	}
	table.AddGlobalSecondaryIndex(index)
}

func (p TablesProps) withDefaults() TablesProps {
	p.Retention = cmp.Or(p.Retention, 400*24*time.Hour)
	return p
}

func (p TablesProps) validate() error {
	var faults operation.Faults
	validateRetention(&faults, p.Retention)
	return faults.Err()
}

func validateRetention(faults *operation.Faults, d time.Duration) {
	if d < 24*time.Hour {
		faults.Addf("Retention is %v: give a day at least", d)
	}
}

// newTable declares a table. Rows expire by the attribute of their end, if it
// has a name.
func newTable(scope constructs.Construct, id string, settings operation.Settings, partition, sort *awsdynamodb.Attribute, end string) awsdynamodb.Table {
	props := awsdynamodb.TableProps{PartitionKey: partition, SortKey: sort}
	if end != "" {
		props.TimeToLiveAttribute = &end
	}
	return operation.NewTable(scope, id, settings, props)
}

func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
}

func number(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_NUMBER}
}
