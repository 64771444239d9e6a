package simulation

// This file is what happens to reads: they see what was, and answer in small pages.

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// oldest is how far behind a copy may be that a read is answered from: AWS says
// usually within a second.
const oldest = time.Second

// reads lets a read see what was, and answer a small page.
func (p *passage) reads(perform cloud.Perform) cloud.Perform {
	return func(ctx context.Context, input json.RawMessage) (any, error) {
		return perform(p.paged(p.stale(ctx), input))
	}
}

// stale lets a read see what was there up to a second ago, if AWS may.
func (p *passage) stale(ctx context.Context) context.Context {
	if !p.copied() || !p.hits(Stale) {
		return ctx
	}
	age := 1 + time.Duration(p.draw("age")*float64(oldest))
	p.note(fmt.Sprintf("sees what was there %v ago", age))
	return cloud.WithAge(ctx, age)
}

// copied tells whether the call is a read that its service may answer from a copy.
// Of a batch it is enough that one table is.
func (p *passage) copied() bool {
	var input struct {
		ConsistentRead bool
		Statement      string // of PartiQL
		RequestItems   map[string]struct{ ConsistentRead bool }
	}
	switch p.call.Service + ":" + p.call.Action {
	case "states:DescribeExecution", "states:ListExecutions":
		return true
	case "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan":
		return json.Unmarshal(p.call.Input, &input) == nil && !input.ConsistentRead
	case "dynamodb:ExecuteStatement":
		return json.Unmarshal(p.call.Input, &input) == nil && !input.ConsistentRead && strings.HasPrefix(strings.ToUpper(strings.TrimSpace(input.Statement)), "SELECT")
	case "dynamodb:BatchGetItem":
		if json.Unmarshal(p.call.Input, &input) != nil {
			return false
		}
		for _, table := range input.RequestItems {
			if !table.ConsistentRead {
				return true
			}
		}
	}
	return false
}

// listings are S3's, which have no size in their input.
var listings = []string{"ListBuckets", "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts"}

// paged is what the service gets of a read that is to answer a page of one to three
// entries, with a token of where the next one begins.
func (p *passage) paged(ctx context.Context, input json.RawMessage) (context.Context, json.RawMessage) {
	size := func() int { return 1 + int(p.draw("page")*3) }
	if p.call.Service == "s3" && slices.Contains(listings, p.call.Action) {
		if !p.hits(Paged) {
			return ctx, input
		}
		return cloud.WithPage(ctx, size()), input
	}
	member := p.sized()
	if member == "" {
		return ctx, input
	}
	members := map[string]json.RawMessage{}
	var most int
	if len(input) > 0 && json.Unmarshal(input, &members) != nil || members[member] != nil && json.Unmarshal(members[member], &most) != nil {
		return ctx, input // which the service refuses
	}
	if most == 1 || !p.hits(Paged) {
		return ctx, input
	}
	n := size()
	if most > 1 {
		n = min(n, most-1)
	}
	members[member] = encoded(n)
	return ctx, encoded(members)
}

// What the members of inputs are called that tell the size of a page, and where it begins.
var (
	sizes  = []string{"Limit", "MaxResults", "MaxItems", "MaxRecords"}
	tokens = []string{"NextToken", "Marker", "Position", "ExclusiveStartKey", "ExclusiveStartTableName", "ShardIterator"}
)

// sized is the member of the call's input that tells the size of a page, or empty. EC2
// has none below 5, and none beside ids.
func (p *passage) sized() string {
	in := p.weather.inputOf(p.call)
	if in == nil || in.Kind() != reflect.Struct || p.call.Service == "ec2" {
		return ""
	}
	if known, ok := sizedInputs.Load(in); ok {
		return known.(string)
	}
	size := sizeOf(in)
	sizedInputs.Store(in, size)
	return size
}

var sizedInputs sync.Map // what sizeOf has told, by the inputs' types

// sizeOf is the member of a type of inputs that tells the size of a page; without one
// that tells where it begins, empty.
func sizeOf(in reflect.Type) string {
	size, token := "", false
	for _, f := range reflect.VisibleFields(in) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		is := func(other string) bool { return strings.EqualFold(name, other) }
		if slices.ContainsFunc(sizes, is) {
			size = name
		}
		token = token || slices.ContainsFunc(tokens, is)
	}
	if !token {
		return ""
	}
	return size
}
