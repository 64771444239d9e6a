package cloudformation

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

var site = cloud.Site{Account: "111122223333", Region: "eu-west-1"}

// ground is where stacks are created, of resources of the type Test::Thing and
// of custom resources.
type ground struct {
	*CloudFormation

	// stuck are the logical ids of things that cannot be deleted.
	stuck map[string]bool

	// unwilling are those of things that cannot be updated.
	unwilling map[string]bool

	// held keeps things from being updated and deleted until it is closed, if there is one.
	held chan struct{}

	// answer is what the function of all custom resources puts: text as it is,
	// anything else as JSON, and nothing for nil.
	answer func(q request) any

	asked []request // of the function, the first one first
}

func newGround(t *testing.T) *ground {
	t.Helper()
	c := cloud.New(site)
	t.Cleanup(c.Close)
	g := &ground{stuck: map[string]bool{}, unwilling: map[string]bool{}}
	g.CloudFormation = New(c, Options{
		Endpoint: func() string { return "http://engine" },
		Localize: func(text string) string { return "local " + text },
	})
	c.Register("cloudformation", g)
	c.Register("lambda", cloud.Operations{"Invoke": cloud.Handle(g.invoke)})
	return g
}

type invocation struct {
	FunctionName, InvocationType string
	Payload                      json.RawMessage
}

// invoke is Lambda's action: it answers before the function has run.
func (g *ground) invoke(_ context.Context, _ cloud.Caller, in invocation) (struct{}, error) {
	if in.FunctionName != function || in.InvocationType != "Event" {
		return struct{}{}, cloud.Errorf(404, "ResourceNotFoundException", "there is no %s of %s", in.InvocationType, in.FunctionName)
	}
	var q request
	if err := json.Unmarshal(in.Payload, &q); err != nil {
		return struct{}{}, err
	}
	g.asked = append(g.asked, q)
	answer := g.answer(q)
	body, err := json.Marshal(answer)
	if text, ok := answer.(string); ok {
		body = []byte(text)
	}
	if err == nil && string(body) != "null" {
		g.cloud.Go(func(context.Context) { g.put(q.ResponseURL, body) })
	}
	return struct{}{}, err
}

const function = "arn:aws:lambda:eu-west-1:111122223333:function:f"

type properties struct {
	Name   string
	Broken bool
	Of     any
}

func (g *ground) thing(ctx context.Context, r cfn.Resource, p properties) (cfn.Handle, error) {
	return g.made("physical-"+r.LogicalID, "arn-"+r.LogicalID, r, p.Broken)
}

// made is a resource that has been made, unless it is broken.
func (g *ground) made(ref, arn string, r cfn.Resource, broken bool) (cfn.Handle, error) {
	if broken {
		return cfn.Handle{}, errors.New("it is broken")
	}
	return cfn.Handle{Ref: ref, Attributes: map[string]any{"Arn": arn}, Delete: func(ctx context.Context) error {
		g.wait(ctx)
		if g.stuck[r.LogicalID] {
			return errors.New("it is in use")
		}
		return nil
	}}, nil
}

// wait waits as long as things are held.
func (g *ground) wait(ctx context.Context) error {
	if g.held == nil {
		return nil
	}
	select {
	case <-g.held:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *ground) change(ctx context.Context, r cfn.Resource, h cfn.Handle, _, after properties) (cfn.Handle, error) {
	switch {
	case after.Broken || g.unwilling[r.LogicalID]:
		return h, errors.New("it is broken")
	default:
		return h, g.wait(ctx)
	}
}

// queueProperties are those of a queue: to change the name or the kind replaces it.
type queueProperties struct {
	QueueName    string
	FifoQueue    bool
	DelaySeconds int
}

func (g *ground) queue(_ context.Context, r cfn.Resource, p queueProperties) (cfn.Handle, error) {
	name := cmp.Or(p.QueueName, fmt.Sprint("queue-", r.LogicalID, "-", r.Generation))
	return g.made(name, "arn-"+name, r, p.DelaySeconds > 900)
}

func (g *ground) requeue(_ context.Context, r cfn.Resource, h cfn.Handle, _, after queueProperties) (cfn.Handle, error) {
	return g.made(h.Ref, "arn-"+h.Ref, r, after.DelaySeconds > 900)
}

// deploy creates a stack of a template.
func (g *ground) deploy(t *testing.T, name, template string, settings Settings) error {
	t.Helper()
	parsed, err := cfn.Parse([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{"Test::Thing": cfn.Define("Test::Thing", g.thing)}
	for _, custom := range g.Types() {
		types[custom.Name] = custom
	}
	parameters := map[string]string{}
	for name, declared := range parsed.Parameters {
		if declared.Default == nil {
			parameters[name] = "blue"
		}
	}
	_, err = g.Create(t.Context(), cfn.Stack{Name: name, Site: site, Template: parsed, Parameters: parameters}, types, settings)
	return err
}

// client is an unmodified SDK client, as the caller.
func (g *ground) client(t *testing.T, caller cloud.Caller) *sdk.Client {
	t.Helper()
	server := httptest.NewServer(wire.As(g.cloud, caller, "cloudformation", g.Protocols()))
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{
		Region: site.Region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		HTTPClient: &http.Client{Transport: whole{}}, Retryer: aws.NopRetryer{},
	})
}

// whole sends bodies of its own: the SDK closes its body when the answer comes,
// which may be before the transport is through with it.
type whole struct{}

func (whole) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

func (g *ground) root(t *testing.T) *sdk.Client { return g.client(t, site.Administrator()) }

// described is a stack as it is told of.
func described(t *testing.T, client *sdk.Client, name string) types.Stack {
	t.Helper()
	out, err := client.DescribeStacks(t.Context(), &sdk.DescribeStacksInput{StackName: &name})
	if err != nil || len(out.Stacks) != 1 {
		t.Fatalf("%s: %+v, %v", name, out, err)
	}
	return out.Stacks[0]
}

// deleted deletes a stack and returns it as it is then.
func deleted(t *testing.T, client *sdk.Client, in *sdk.DeleteStackInput) types.Stack {
	t.Helper()
	id := aws.ToString(described(t, client, *in.StackName).StackId)
	if _, err := client.DeleteStack(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		s := described(t, client, id)
		if s.StackStatus != types.StackStatusDeleteInProgress {
			return s
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("stack %s is still being deleted", id)
		}
	}
}
