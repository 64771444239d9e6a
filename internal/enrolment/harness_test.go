package enrolment

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

const table = "Directory"

// Keys that nobody has the other half of.
const (
	keyA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIMyJXzFErdyFxwBs6PvqsGul3QppbppKFARvchBKI8U"
	keyB = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237"
)

// office is a keeper with a directory and an API Gateway of the test's own.
type office struct {
	*Keeper
	t       *testing.T
	tables  *dynamotest.Tables
	gateway *gateway
	puts    *puts
}

func newOffice(t *testing.T) *office {
	t.Helper()
	tables := dynamotest.Empty(t)
	tables.Create(table, "partner")
	o := &office{t: t, tables: tables, gateway: &gateway{keys: make(map[string]key)}, puts: &puts{Tables: tables}}
	ring := &usagekeys.Ring{APIGateway: o.gateway, Prefix: "prod/", Plans: map[string]string{"standard": "plan1", "gold": "plan2"}}
	o.Keeper = &Keeper{DynamoDB: o.puts, Table: table, Keys: ring}
	return o
}

// apply applies a list that must be applied.
func (o *office) apply(list ...partners.Partner) Report {
	o.t.Helper()
	report, err := o.Apply(o.t.Context(), list, Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	return report
}

func (o *office) row(id string) directory.Row {
	o.t.Helper()
	row, err := o.directory().Find(context.WithoutCancel(o.t.Context()), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return row
}

// partner is one as a list has it.
func partner(id string) partners.Partner {
	return partners.Partner{ID: id, ContactEmail: id + "@example.com", SSHPublicKeys: []string{keyA}}
}

func many(n int) []partners.Partner {
	var list []partners.Partner
	for i := range n {
		list = append(list, partner(fmt.Sprintf("p%05d", i)))
	}
	return list
}

// check compares a report.
func check(t *testing.T, got Report, want string) {
	t.Helper()
	if text := fmt.Sprintf("%d added, %d changed, %d unchanged, kept %v, drained %v", got.Added, got.Changed, got.Unchanged, got.Kept, got.Drained); text != want {
		t.Errorf("got %s\nwant %s", text, want)
	}
}

// puts counts writes, and does to them what a test says before and after.
type puts struct {
	*dynamotest.Tables
	mu            sync.Mutex
	before, after func(n int) error // n counts from 1

	count, current, most int
}

func (p *puts) PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	p.mu.Lock()
	p.count++
	n := p.count
	p.current++
	p.most = max(p.most, p.current)
	before, after := p.before, p.after
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.current--
		p.mu.Unlock()
	}()
	if before != nil {
		if err := before(n); err != nil {
			return nil, err
		}
	}
	output, err := p.Tables.PutItem(ctx, in, options...)
	if err == nil && after != nil {
		err = after(n)
	}
	return output, err
}

type key struct {
	name, plan string
	made       time.Time
}

// gateway has API keys by value.
type gateway struct {
	usagekeys.APIGateway // nothing else is called

	mu      sync.Mutex
	keys    map[string]key
	imports int
	fail    error
}

func (g *gateway) ImportApiKeys(_ context.Context, in *apigateway.ImportApiKeysInput, _ ...func(*apigateway.Options)) (*apigateway.ImportApiKeysOutput, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail != nil {
		return nil, g.fail
	}
	g.imports++
	records, err := csv.NewReader(strings.NewReader(string(in.Body))).ReadAll()
	if err != nil {
		return nil, err
	}
	output := &apigateway.ImportApiKeysOutput{}
	for _, record := range records[1:] {
		g.keys[record[1]] = key{record[0], record[3], time.Now()}
		output.Ids = append(output.Ids, record[1])
	}
	return output, nil
}

func (g *gateway) GetApiKeys(_ context.Context, in *apigateway.GetApiKeysInput, _ ...func(*apigateway.Options)) (*apigateway.GetApiKeysOutput, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	output := &apigateway.GetApiKeysOutput{}
	for _, value := range slices.Sorted(maps.Keys(g.keys)) {
		if value > aws.ToString(in.Position) {
			if len(output.Items) == int(*in.Limit) {
				output.Position = output.Items[len(output.Items)-1].Id
				break
			}
			k := g.keys[value]
			output.Items = append(output.Items, types.ApiKey{Id: aws.String(value), Name: aws.String(k.name), CreatedDate: aws.Time(k.made)})
		}
	}
	return output, nil
}

func (g *gateway) DeleteApiKey(_ context.Context, in *apigateway.DeleteApiKeyInput, _ ...func(*apigateway.Options)) (*apigateway.DeleteApiKeyOutput, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.keys, *in.ApiKey)
	return &apigateway.DeleteApiKeyOutput{}, nil
}

// names of the keys, in order.
func (g *gateway) names() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var names []string
	for _, k := range g.keys {
		names = append(names, k.name)
	}
	slices.Sort(names)
	return names
}

var errBroken = errors.New("broken")
