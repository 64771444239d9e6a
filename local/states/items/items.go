// Package items reads what a distributed Map iterates over out of S3: the files
// that an ItemReader names, or a list of them. Items come one by one: a file of
// 10 GB is never in memory, nor is more of a list than a page.
//
// Each format has a file of its own; what they have in common is here.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
package items

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// What AWS reads at most.
const (
	maxItems    = 100_000_000
	maxItemSize = 8 << 20  // bytes of one item of a text
	maxFileSize = 10 << 30 // bytes of one file, unpacked
)

// The values of InputType.
const (
	JSON     = "JSON"
	JSONL    = "JSONL"
	CSV      = "CSV"
	Parquet  = "PARQUET"
	Manifest = "MANIFEST"
)

// The values of ManifestType.
const (
	Inventory = "S3_INVENTORY"
	Unloaded  = "ATHENA_DATA"
)

// A Source says how to read: it is the part of an ItemReader that is the same in
// every execution.
type Source struct {
	Lists        bool   // the objects of a bucket, rather than one file
	InputType    string // of the file, or of each that is listed
	Flattens     bool   // the items are those of the listed files, not the list's
	ManifestType string // of what the file lists; empty: it is no manifest

	ItemsPointer string // where the items are in JSON
	Table        Table  // how CSV is written
}

// A Place is where one execution's items are.
type Place struct {
	Bucket, Key, VersionID string
	Prefix, StartAfter     string // of a list
	ExpectedBucketOwner    string // an account. Default: any.

	Max int // items to read. Default and maximum: 100,000,000.
}

// An Item is one thing to iterate over.
type Item struct {
	Value  any
	Key    string // of a member of an object; Member tells whether it is one
	Member bool
	Source string // "s3://bucket/key", or of a list "s3://bucket"
}

// Input is what a child execution gets of the item if nothing is selected of it.
func (i Item) Input() any {
	if !i.Member {
		return i.Value
	}
	return jsonvalue.NewObject(2).Set("Key", i.Key).Set("Value", i.Value)
}

// Objects is S3 as the caller sees it.
type Objects interface {
	Get(ctx context.Context, bucket, key, versionID string) (*s3.Object, error)
	List(ctx context.Context, in s3.ListInput) (s3.Page, error)
}

var _ Objects = (*s3.Client)(nil)

// A Fault is why items could not be read, in AWS's words where they are known.
type Fault struct{ Cause string }

func (f *Fault) Error() string { return f.Cause }

func faultf(format string, args ...any) *Fault { return &Fault{fmt.Sprintf(format, args...)} }

// A reader is one run over the items of a source.
type reader struct {
	Source
	Place
	ctx     context.Context
	objects Objects
	account string
	yield   func(Item, error) bool
	left    int // items to go
}

// errEnough ends the reading early: nobody wants more.
var errEnough = errors.New("enough items")

// Read yields the items of a place; the last pair may be the error that ended
// them, which is a *Fault. account is the one whose S3 it is.
func (s Source) Read(ctx context.Context, objects Objects, account string, p Place) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		r := &reader{Source: s, Place: p, ctx: ctx, objects: objects, account: account, yield: yield, left: maxItems}
		if p.Max > 0 {
			r.left = min(p.Max, maxItems)
		}
		err := r.read()
		var fault *Fault
		switch {
		case err == nil, errors.Is(err, errEnough):
		case errors.As(err, &fault):
			yield(Item{}, fault)
		default:
			yield(Item{}, faultf("%v", err))
		}
	}
}

func (r *reader) read() error {
	if r.Max < 0 {
		return faultf("field MaxItems must be positive")
	}
	if r.ExpectedBucketOwner != "" && r.ExpectedBucketOwner != r.account {
		return ofS3(cloud.Errorf(403, "AccessDenied", "Access Denied"))
	}
	switch {
	case r.Lists:
		return r.list()
	case r.ManifestType == Inventory:
		return r.inventory()
	case r.ManifestType == Unloaded:
		return r.unloaded()
	default:
		return r.file(r.Bucket, r.Key, r.VersionID)
	}
}

// emit hands an item on.
func (r *reader) emit(i Item) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if !r.yield(i, nil) {
		return errEnough
	}
	if r.left--; r.left == 0 {
		return errEnough
	}
	return nil
}

// ofS3 words an error of S3 as the SDK does.
func ofS3(err error) error {
	e := cloud.AsError(err)
	return faultf("%s (Service: S3, Status Code: %d, Request ID: %s)", e.Message, e.Status, cloud.UUID())
}
