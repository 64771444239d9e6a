package pages

// This file shows partners with their files.

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/files"
	"github.com/tradepost-dev/tradepost/local/console"
)

// attributes are a row's.
type attributes = map[string]types.AttributeValue

// atOnce bounds the calls in flight for one page.
const atOnce = 8

// partner is a row of the directory.
type partner struct {
	ID, Name, Tier string
	Status         contract.PartnerStatus
	Last           *upload // its last file, or nil
}

func readPartner(row attributes) partner {
	return partner{
		ID: attribute.String(row, contract.AttrPartner), Name: attribute.String(row, contract.AttrName),
		Tier: attribute.String(row, contract.AttrTier), Status: contract.PartnerStatus(attribute.String(row, contract.AttrStatus)),
	}
}

// overview is the section's first page.
type overview struct {
	Partners []partner
	More     string // the address of further partners, or empty
	UnderWay uploads
}

// overview shows partners, in the directory's own order, which knows no other, and
// what is under way of all.
func (d *desk) overview(r *http.Request) (console.View, error) {
	query, ctx := r.URL.Query(), r.Context()
	in := &dynamodb.ScanInput{TableName: aws.String(d.outputs["DirectoryTable"]), Limit: aws.Int32(onPage)} // that many are read, however many there are
	if after := query.Get("after"); after != "" {
		in.ExclusiveStartKey = attributes{contract.AttrPartner: attribute.Text(after)}
	}
	found, err := d.tables.Scan(ctx, in)
	if err != nil {
		return console.View{}, err
	}
	o := overview{Partners: make([]partner, len(found.Items)), More: console.NextPage(query, "after", attribute.String(found.LastEvaluatedKey, contract.AttrPartner))}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, row := range found.Items {
		o.Partners[i] = readPartner(row)
		group.Go(func() error {
			last, err := d.filesOf(groupCtx, o.Partners[i].ID, "", 1)
			if err == nil && len(last.Files) > 0 {
				o.Partners[i].Last = &last.Files[0]
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return console.View{}, err
	}
	o.UnderWay, err = d.list(ctx, listing{
		index: contract.IndexUnsettled, partition: contract.AttrUnsettled, of: contract.Unsettled, sort: contract.AttrDeadline,
		from: query.Get("from"), most: onPage, forward: true,
	})
	o.UnderWay.Partners = true
	o.UnderWay.More = console.NextPage(query, "from", o.UnderWay.next)
	return console.View{Title: "Tradepost", Template: "overview.html", Data: o}, err
}

// partnerView is a partner's page.
type partnerView struct {
	partner
	Here    bool // whether one can act as the partner
	Uploads uploads
}

func (d *desk) partner(r *http.Request) (console.View, error) {
	row, err := d.known(r.Context(), r.PathValue("partner"))
	if err != nil {
		return console.View{}, err
	}
	query := r.URL.Query()
	v := partnerView{partner: readPartner(row)}
	v.Here = d.Partners[v.ID] != nil
	v.Uploads, err = d.filesOf(r.Context(), v.ID, query.Get("from"), onPage)
	v.Uploads.More = console.NextPage(query, "from", v.Uploads.next)
	return console.View{Title: v.ID, Template: "partner.html", Data: v}, err
}

// known is the row of a partner.
func (d *desk) known(ctx context.Context, id string) (attributes, error) {
	if !contract.IsPartner(id) {
		return nil, console.Refuse("%q is no partner's id: that has 3 to 31 small letters, digits and hyphens, and begins with a letter.", id)
	}
	row, err := d.row(ctx, "DirectoryTable", contract.AttrPartner, id)
	if err == nil && row == nil {
		return nil, &console.Fault{Status: http.StatusNotFound, Text: fmt.Sprintf("There is no partner %s.", id)}
	}
	return row, err
}

// row is the row of a table, by its key, or nil. The table is that of an output.
func (d *desk) row(ctx context.Context, table, key, id string) (attributes, error) {
	got, err := d.tables.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(d.outputs[table]), Key: attributes{key: attribute.Text(id)}})
	if err != nil {
		return nil, err
	}
	return got.Item, nil
}

// upload is a file as lists show it.
type upload struct {
	files.Row
	Account account
}

// UnderWay tells whether more is to come of it.
func (u upload) UnderWay() bool {
	return u.Status != contract.FileSettled && u.Status != contract.FileQuarantined
}

// uploads are files that a page shows.
type uploads struct {
	Files    []upload
	Partners bool   // whether the page says whose they are
	More     string // the address of what comes after, or empty
	next     string
}

// listing asks an index of Files.
type listing struct {
	index, partition, of, sort string
	from                       string // where it goes on: what uploads.next was
	most                       int32
	forward                    bool
}

// filesOf are a partner's files, the last one first.
func (d *desk) filesOf(ctx context.Context, partner, from string, most int32) (uploads, error) {
	return d.list(ctx, listing{index: contract.IndexFilesOfPartner, partition: contract.AttrPartner, of: partner, sort: contract.AttrClaimedAt, from: from, most: most})
}

// list reads a page of an index.
func (d *desk) list(ctx context.Context, l listing) (uploads, error) {
	in := &dynamodb.QueryInput{
		TableName: aws.String(d.outputs["FilesTable"]), IndexName: aws.String(l.index), Limit: aws.Int32(l.most), ScanIndexForward: aws.Bool(l.forward),
		KeyConditionExpression:    aws.String("#of = :of"),
		ExpressionAttributeNames:  map[string]string{"#of": l.partition},
		ExpressionAttributeValues: attributes{":of": attribute.Text(l.of)},
	}
	if l.from != "" {
		at, id, _ := strings.Cut(l.from, "-")
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil || !isID(id) {
			return uploads{}, console.Refuse("This address of further files is not one that a page has given.")
		}
		in.ExclusiveStartKey = attributes{l.partition: attribute.Text(l.of), l.sort: attribute.Number(n), contract.AttrFileID: attribute.Text(id)}
	}
	found, err := d.tables.Query(ctx, in)
	if err != nil {
		return uploads{}, err
	}
	u := uploads{Files: make([]upload, len(found.Items))}
	if last := found.LastEvaluatedKey; last != nil {
		at, err := attribute.Int(last, l.sort)
		if err != nil {
			return uploads{}, err
		}
		u.next = fmt.Sprintf("%d-%s", at, attribute.String(last, contract.AttrFileID))
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, item := range found.Items {
		group.Go(func() (err error) {
			u.Files[i], err = d.upload(groupCtx, item)
			return err
		})
	}
	return u, group.Wait()
}
