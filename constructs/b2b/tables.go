package b2b

// This file declares what the pipeline remembers.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// TablesProps are the properties of Tables.
type TablesProps struct {
	// Transactions is an existing table with the key transactionKey (string);
	// indexes are its owner's. Default: one is made.
	Transactions awsdynamodb.ITable

	// Operation says how long data is kept. Default: see operation.Settings.
	Operation operation.Settings
}

// Tables are the pipeline's memory: on demand, with point-in-time recovery.
type Tables struct {
	Construct constructs.Construct

	// Files has a row per file version: who works on it and how far it is.
	// Key: fileId.
	Files awsdynamodb.ITable

	// Transactions has a row per transaction. Key: transactionKey
	// (contract.TransactionKey), which spreads a partner's transactions over
	// all partitions. Indexes, for people: contract.IndexByPartner and
	// contract.IndexByTransactionID.
	Transactions awsdynamodb.ITable

	// Outcomes has a row per record of a file. Key: outcomeKey (the file id
	// with a shard), ordinal. Its index contract.IndexFailed has those that
	// failed, by day.
	Outcomes awsdynamodb.ITable
}

// NewTables declares the tables that do not exist already.
func NewTables(scope constructs.Construct, id string, props TablesProps) *Tables {
	this := constructs.NewConstruct(scope, &id)
	tables := &Tables{
		Construct:    this,
		Files:        newTable(this, "Files", props.Operation, text(contract.AttrFileID), nil),
		Transactions: props.Transactions,
	}
	outcomes := newTable(this, "Outcomes", props.Operation, text(contract.AttrOutcomeKey), number(contract.AttrOrdinal))
	addIndex(outcomes, contract.IndexFailed, text(contract.AttrFailedDay), text(contract.AttrFailedAt))
	tables.Outcomes = outcomes
	if tables.Transactions == nil {
		transactions := newTable(this, "Transactions", props.Operation, text(contract.AttrTransactionKey), nil)
		addIndex(transactions, contract.IndexByPartner, text(contract.AttrPartnerDay), text(contract.AttrTransactionID), contract.Projected...)
		addIndex(transactions, contract.IndexByTransactionID, text(contract.AttrTransactionID), text(contract.AttrPartner), contract.Projected...)
		tables.Transactions = transactions
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

func newTable(scope constructs.Construct, id string, settings operation.Settings, partition, sort *awsdynamodb.Attribute) awsdynamodb.Table {
	return operation.NewTable(scope, id, settings, awsdynamodb.TableProps{PartitionKey: partition, SortKey: sort})
}

func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
}

func number(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_NUMBER}
}
