package enrol

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
)

const table = "Directory"

// assets are lists by key.
type assets map[string]string

func (a assets) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	text, ok := a[*in.Key]
	if *in.Bucket != "assets" || !ok {
		return nil, errors.New("NoSuchKey")
	}
	return &s3.GetObjectOutput{Body: body{strings.NewReader(text), a}}, nil
}

// body notes among the assets that it is closed.
type body struct {
	io.Reader
	assets assets
}

func (b body) Close() error {
	b.assets["closed"] = "yes"
	return nil
}

// gateway has the names of API keys by value.
type gateway struct {
	keys map[string]string
	slow time.Duration // how long a removal takes
}

func (g *gateway) ImportApiKeys(_ context.Context, in *apigateway.ImportApiKeysInput, _ ...func(*apigateway.Options)) (*apigateway.ImportApiKeysOutput, error) {
	records, err := csv.NewReader(strings.NewReader(string(in.Body))).ReadAll()
	if err != nil {
		return nil, err
	}
	output := &apigateway.ImportApiKeysOutput{}
	for _, record := range records[1:] {
		g.keys[record[1]] = record[0]
		output.Ids = append(output.Ids, record[1])
	}
	return output, nil
}

func (g *gateway) GetApiKeys(context.Context, *apigateway.GetApiKeysInput, ...func(*apigateway.Options)) (*apigateway.GetApiKeysOutput, error) {
	output := &apigateway.GetApiKeysOutput{}
	for value, name := range g.keys {
		output.Items = append(output.Items, types.ApiKey{Id: aws.String(value), Name: aws.String(name), CreatedDate: aws.Time(time.Now())})
	}
	return output, nil
}

func (g *gateway) DeleteApiKey(ctx context.Context, in *apigateway.DeleteApiKeyInput, _ ...func(*apigateway.Options)) (*apigateway.DeleteApiKeyOutput, error) {
	select {
	case <-time.After(g.slow):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	delete(g.keys, *in.ApiKey)
	return &apigateway.DeleteApiKeyOutput{}, nil
}

func list(ids ...string) string {
	var entries []string
	for _, id := range ids {
		entries = append(entries, fmt.Sprintf(`{"id": %q, "contactEmail": "edi@%s.example"}`, id, id))
	}
	return `{"partners": [` + strings.Join(entries, ", ") + `]}`
}

func newHandler(t *testing.T, lists assets) (*Handler, *gateway) {
	t.Helper()
	tables := dynamotest.Empty(t)
	tables.Create(table, "partner")
	g := &gateway{keys: make(map[string]string)}
	return &Handler{S3: lists, DynamoDB: tables, APIGateway: g}, g
}

// event is as CloudFormation sends it: all that is no object or list is text.
func event(kind cfn.RequestType, id, key string) cfn.Event {
	return cfn.Event{
		RequestType: kind, RequestID: "r-1", PhysicalResourceID: id,
		ResourceProperties: map[string]any{
			"ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:Enrol",
			"ListBucket":   "assets", "ListKey": key, "Table": table, "UsageKeyPrefix": "prod/", "UsagePlans": map[string]any{"standard": "plan1"},
		},
	}
}

func (h *Handler) row(t *testing.T, id string) directory.Row {
	t.Helper()
	row, err := directory.Find(t.Context(), h.DynamoDB, table, id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func TestAListIsAppliedWhenItIsNewAndWhenItChanges(t *testing.T) {
	h, g := newHandler(t, assets{"one.json": list("acme", "globex"), "two.json": list("globex", "initech")})
	id, data, err := h.Handle(t.Context(), event(cfn.RequestCreate, "", "one.json"))
	text, _ := json.Marshal(data)
	if want := `{"Added":2,"Changed":0,"Drained":0,"Kept":0,"Unchanged":0}`; err != nil || string(text) != want || id != "partners prod/" {
		t.Errorf("%s: %s, %v", id, text, err)
	}
	again, data, err := h.Handle(t.Context(), event(cfn.RequestUpdate, id, "two.json"))
	text, _ = json.Marshal(data)
	if want := `{"Added":1,"Changed":0,"Drained":1,"Kept":0,"Unchanged":1}`; err != nil || string(text) != want || again != id {
		t.Errorf("%s: %s, %v", again, text, err)
	}
	if h.row(t, "acme").Status != "DRAINING" || h.row(t, "initech").UsageKey == "" || len(g.keys) != 3 {
		t.Errorf("acme is %+v, API keys %v", h.row(t, "acme"), g.keys)
	}
}

// Whoever came by a list stays when the stack has none any more.
func TestWithoutAListTheDirectoryIsLeftToOperators(t *testing.T) {
	h, g := newHandler(t, assets{"one.json": list("acme")})
	id, _, err := h.Handle(t.Context(), event(cfn.RequestCreate, "", "one.json"))
	if err != nil {
		t.Fatal(err)
	}
	none := event(cfn.RequestUpdate, id, "")
	delete(none.ResourceProperties, "ListBucket")
	delete(none.ResourceProperties, "ListKey")
	if again, _, err := h.Handle(t.Context(), none); err != nil || again != id {
		t.Errorf("%s, %v", again, err)
	}
	if row := h.row(t, "acme"); row.Status != "ENABLED" || len(g.keys) != 1 {
		t.Errorf("acme is %+v, API keys %v", row, g.keys)
	}
}

func TestDeletedItTakesTheAPIKeysAndLeavesTheRows(t *testing.T) {
	h, g := newHandler(t, assets{"one.json": list("acme", "globex")})
	id, _, err := h.Handle(t.Context(), event(cfn.RequestCreate, "", "one.json"))
	if err != nil {
		t.Fatal(err)
	}
	g.keys["foreign"] = "test/acme/plan1"
	for range 2 { // CloudFormation may ask again
		gone, _, err := h.Handle(t.Context(), event(cfn.RequestDelete, id, "no longer there"))
		if err != nil || gone != id || len(g.keys) != 1 || g.keys["foreign"] == "" {
			t.Errorf("%s, %v: API keys %v", gone, err, g.keys)
		}
	}
	if row := h.row(t, "acme"); row.Status != "ENABLED" {
		t.Errorf("acme is %+v", row)
	}
}

// With another table or API, CloudFormation makes the resource anew or not, and
// then deletes the one before: that must not take the keys of this one.
func TestTheResourceIsItsAPIKeys(t *testing.T) {
	h, _ := newHandler(t, assets{"one.json": list("acme")})
	id, _, err := h.Handle(t.Context(), event(cfn.RequestCreate, "", "one.json"))
	if err != nil {
		t.Fatal(err)
	}
	h.DynamoDB.(*dynamotest.Tables).Create("Another", "partner")
	other := event(cfn.RequestUpdate, id, "one.json")
	other.ResourceProperties["Table"] = "Another"
	if same, _, err := h.Handle(t.Context(), other); err != nil || same != id {
		t.Errorf("another table: %s, %v", same, err)
	}
	other.ResourceProperties["UsageKeyPrefix"] = "test/"
	if anew, _, err := h.Handle(t.Context(), other); err != nil || anew == id {
		t.Errorf("another prefix: %s, %v", anew, err)
	}
	delete(other.ResourceProperties, "UsageKeyPrefix")
	delete(other.ResourceProperties, "UsagePlans")
	without, _, err := h.Handle(t.Context(), other)
	if err != nil || without != "partners in Another" {
		t.Errorf("without an API: %s, %v", without, err)
	}
	other.RequestType = cfn.RequestDelete
	if _, _, err := h.Handle(t.Context(), other); err != nil {
		t.Errorf("deleted without an API: %v", err)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	h, g := newHandler(t, assets{
		"bad.json": `{"partners": [{"id": "acme"}, {"id": "x", "contactEmail": "a@b.example"}]}`, "huge.json": strings.Repeat(" ", maxList+1), "one.json": list("acme"),
	})
	for name, test := range map[string]struct {
		change func(map[string]any)
		want   []string
	}{
		"no list":       {func(p map[string]any) { p["ListKey"] = "none.json" }, []string{"none.json", "NoSuchKey"}},
		"a bad list":    {func(p map[string]any) { p["ListKey"] = "bad.json" }, []string{"partners[0] (acme): contactEmail", "partners[1] (x): id"}},
		"a huge list":   {func(p map[string]any) { p["ListKey"] = "huge.json" }, []string{"huge.json", "more than 67108864 bytes"}},
		"no table":      {func(p map[string]any) { delete(p, "Table") }, []string{"no Table"}},
		"no bucket":     {func(p map[string]any) { delete(p, "ListBucket") }, []string{"no ListBucket"}},
		"no key":        {func(p map[string]any) { p["ListKey"] = "" }, []string{"no ListKey"}},
		"no plans":      {func(p map[string]any) { delete(p, "UsagePlans") }, []string{"UsagePlans"}},
		"no prefix":     {func(p map[string]any) { delete(p, "UsageKeyPrefix") }, []string{"UsageKeyPrefix"}},
		"odd plans":     {func(p map[string]any) { p["UsagePlans"] = "plan1" }, []string{"UsagePlans"}},
		"another plan":  {func(p map[string]any) { p["UsagePlans"] = map[string]any{"gold": "plan2"} }, []string{`tier "standard"`, "0 of 1 partners are applied"}},
		"another table": {func(p map[string]any) { p["Table"] = "Nowhere" }, []string{"Requested resource not found", "0 of 1 partners are applied"}},
	} {
		e := event(cfn.RequestUpdate, "partners prod/", "one.json")
		test.change(e.ResourceProperties)
		_, data, err := h.Handle(t.Context(), e)
		for _, part := range test.want {
			if err == nil || !strings.Contains(err.Error(), part) || data != nil {
				t.Errorf("%s: no %q in %v", name, part, err)
			}
		}
	}
	if len(g.keys) > 0 {
		t.Error("something is done")
	}
	e := event(cfn.RequestDelete, "r-0", "one.json")
	delete(e.ResourceProperties, "Table")
	if id, _, err := h.Handle(t.Context(), e); err != nil || id != "r-0" {
		t.Errorf("what was never made cannot be deleted: %s, %v", id, err)
	}
}

// The list of another stage by mistake: a deployment has no way to say that it is
// meant, an operator has.
func TestAListThatLacksMostPartnersFailsTheDeployment(t *testing.T) {
	var ids []string
	for n := range 30 {
		ids = append(ids, fmt.Sprintf("p%02d", n))
	}
	lists := assets{"all.json": list(ids...), "few.json": list(ids[:5]...)}
	h, _ := newHandler(t, lists)
	id, _, err := h.Handle(t.Context(), event(cfn.RequestCreate, "", "all.json"))
	if err != nil || lists["closed"] != "yes" {
		t.Fatalf("%v; the list was closed: %q", err, lists["closed"])
	}
	_, _, err = h.Handle(t.Context(), event(cfn.RequestUpdate, id, "few.json"))
	if mass, ok := errors.AsType[*enrolment.Mass](err); !ok || mass.Gone != 25 || mass.Enrolled != 30 {
		t.Errorf("got %v", err)
	}
	if row := h.row(t, "p29"); row.Status != contract.PartnerEnabled {
		t.Errorf("got %+v", row)
	}
}

// Lambda ends the function after 15 minutes; CloudFormation would wait an hour
// for the answer of one that says nothing.
func TestItAnswersHowFarItCameBeforeLambdaEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		for n := range 40 {
			ids = append(ids, fmt.Sprintf("p%02d", n)+"x")
		}
		h, g := newHandler(t, assets{"one.json": list(ids...)})
		id, _, err := h.Handle(t.Context(), event(cfn.RequestCreate, "", "one.json"))
		if err != nil {
			t.Fatal(err)
		}
		g.slow = 30 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
		defer cancel()
		_, _, err = h.Handle(ctx, event(cfn.RequestDelete, id, "one.json"))
		if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "29 of 40 API keys are removed; delete the stack again to go on") {
			t.Errorf("got %v", err)
		}
		if _, _, err := h.Handle(t.Context(), event(cfn.RequestDelete, id, "one.json")); err != nil || len(g.keys) > 0 {
			t.Errorf("again, %v: %d API keys", err, len(g.keys))
		}
	})
}

// stuck stops after some rows.
type stuck struct {
	*dynamotest.Tables
	left int
}

func (s *stuck) PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if s.left--; s.left < 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Tables.PutItem(ctx, in, options...)
}

func TestAListThatTakesTooLongFailsInTimeAndGoesOnTheNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, assets{"one.json": list("acme", "globex")})
		tables := h.DynamoDB.(*dynamotest.Tables)
		h.DynamoDB = &serial{stuck{Tables: tables, left: 1}, make(chan struct{}, 1)}
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
		defer cancel()
		id, _, err := h.Handle(ctx, event(cfn.RequestCreate, "", "one.json"))
		if err == nil || ctx.Err() != nil || id != "partners prod/" || !strings.Contains(err.Error(), "1 of 2 partners are applied and stay so; deploy again to go on") {
			t.Errorf("%s: %v", id, err)
		}
		h.DynamoDB = tables
		if _, data, err := h.Handle(t.Context(), event(cfn.RequestCreate, "", "one.json")); err != nil || data["Added"] != 1 || data["Unchanged"] != 1 {
			t.Errorf("again, %v, %v", data, err)
		}
		// Those that are as the list says are applied, too.
		h.S3, h.DynamoDB = assets{"more.json": list("acme", "globex", "initech")}, &serial{stuck{Tables: tables}, make(chan struct{}, 1)}
		again, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
		defer cancel()
		if _, _, err := h.Handle(again, event(cfn.RequestUpdate, id, "more.json")); err == nil || !strings.Contains(err.Error(), "2 of 3 partners are applied") {
			t.Errorf("one more: %v", err)
		}
	})
}

// serial writes one row at a time.
type serial struct {
	stuck
	turn chan struct{}
}

func (s *serial) PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	return s.stuck.PutItem(ctx, in, options...)
}
