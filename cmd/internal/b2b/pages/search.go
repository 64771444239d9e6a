package pages

// This file finds transactions, partners and files by whatever one has of them: each
// by a key or an index, so that it takes as long however many there are.

import (
	"context"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local/console"
)

// transaction is a row of Transactions, as far as its indexes have it.
type transaction struct {
	Partner, ID, Status, FileID, StoredAt string
	Ordinal                               int
}

// Key is the key by which the business knows it: the partner's, and the partner's own.
func (t transaction) Key() string { return contract.TransactionKey(t.Partner, t.ID) }

func readTransaction(row attributes) (transaction, error) {
	ordinal, err := attribute.Int(row, contract.AttrOrdinal)
	return transaction{
		Partner: attribute.String(row, contract.AttrPartner), ID: attribute.String(row, contract.AttrTransactionID),
		Status: attribute.String(row, contract.AttrStatus), FileID: attribute.String(row, contract.AttrFileID),
		StoredAt: attribute.String(row, contract.AttrStoredAt),
		Ordinal:  max(1, int(ordinal)), // a posted one that is not stored yet has none, and is the first of its request
	}, err
}

// search is the page of what was found.
type search struct {
	Query        string
	Transactions []transaction
	Partner      *partner
	File         *upload
	Record       string // the page of the record whose execution it is the name of
	More         string // the address of what comes after, or empty
}

// Nothing tells whether nothing was found.
func (s search) Nothing() bool {
	return len(s.Transactions) == 0 && s.Partner == nil && s.File == nil && s.Record == "" && s.More == ""
}

// longestQuery has room for a business key, in characters.
const longestQuery = 32 + contract.MaxTransactionIDLength

func (d *desk) search(r *http.Request) (console.View, error) {
	ctx, query := r.Context(), r.URL.Query()
	s := search{Query: query.Get("q")}
	view := console.View{Title: "Search", Template: "search.html"}
	switch {
	case s.Query == "":
		view.Data = s
		return view, nil
	case !utf8.ValidString(s.Query) || strings.ContainsFunc(s.Query, unicode.IsControl):
		return view, console.Refuse("%q has characters that no id has.", s.Query)
	case utf8.RuneCountInString(s.Query) > longestQuery:
		return view, console.Refuse("That has %d characters: ids have %d at most.", utf8.RuneCountInString(s.Query), longestQuery)
	}
	for _, find := range []func(context.Context, *search) error{d.byKey, d.byPartner, d.byFile} {
		if err := find(ctx, &s); err != nil {
			return view, err
		}
	}
	next, err := d.byID(ctx, &s, query.Get("from"))
	s.More = console.NextPage(query, "from", next)
	view.Data = s
	return view, err
}

// byKey finds the transaction of a business key: acme/12.
func (d *desk) byKey(ctx context.Context, s *search) error {
	partner, id, both := strings.Cut(s.Query, "/")
	if !both || !contract.IsPartner(partner) || id == "" {
		return nil
	}
	got, err := d.tables.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(d.outputs["TransactionsTable"]), Key: attributes{contract.AttrTransactionKey: attribute.Text(s.Query)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil || got.Item == nil {
		return err
	}
	t, err := readTransaction(got.Item)
	s.Transactions = append(s.Transactions, t)
	return err
}

// byPartner finds a partner by its id.
func (d *desk) byPartner(ctx context.Context, s *search) error {
	if !contract.IsPartner(s.Query) {
		return nil
	}
	row, err := d.row(ctx, "DirectoryTable", contract.AttrPartner, s.Query)
	if err != nil || row == nil {
		return err
	}
	found := readPartner(row)
	s.Partner = &found
	return nil
}

// byFile finds a file by its id, and a record by the name of its execution.
func (d *desk) byFile(ctx context.Context, s *search) error {
	id := s.Query
	if file, ordinal, _, err := contract.ParseExecutionName(id); err == nil {
		id, s.Record = file, recordPage(file, ordinal)
	}
	switch {
	case !isID(id):
		return nil
	case contract.Posted(id):
		s.Record = recordPage(id, 1)
		return nil
	}
	row, err := d.row(ctx, "FilesTable", contract.AttrFileID, id)
	if err != nil || row == nil {
		return err
	}
	found, err := d.upload(ctx, row)
	s.File = &found
	return err
}

// byID finds the transactions of all partners that have an id.
func (d *desk) byID(ctx context.Context, s *search, from string) (next string, err error) {
	in := &dynamodb.QueryInput{
		TableName: aws.String(d.outputs["TransactionsTable"]), IndexName: aws.String(contract.IndexByTransactionID), Limit: aws.Int32(onPage),
		KeyConditionExpression:    aws.String("#id = :id"),
		ExpressionAttributeNames:  map[string]string{"#id": contract.AttrTransactionID},
		ExpressionAttributeValues: attributes{":id": attribute.Text(s.Query)},
	}
	if from != "" {
		if !contract.IsPartner(from) {
			return "", console.Refuse("This address of further transactions is not one that a page has given.")
		}
		in.ExclusiveStartKey = attributes{
			contract.AttrTransactionID: attribute.Text(s.Query), contract.AttrPartner: attribute.Text(from),
			contract.AttrTransactionKey: attribute.Text(contract.TransactionKey(from, s.Query)),
		}
	}
	found, err := d.tables.Query(ctx, in)
	if err != nil {
		return "", err
	}
	for _, row := range found.Items {
		t, err := readTransaction(row)
		if err != nil {
			return "", err
		}
		s.Transactions = append(s.Transactions, t)
	}
	return attribute.String(found.LastEvaluatedKey, contract.AttrPartner), nil
}
