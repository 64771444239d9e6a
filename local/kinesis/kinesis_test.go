package kinesis_test

// This file starts the service for the tests.

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/kinesis"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const account = "123456789012"

const clicksARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks"

type engine struct {
	*cloud.Cloud
	types map[string]cfn.Type
	meter *meter
}

// meter adds up what is measured of a stream, by the metric's name.
type meter struct {
	mu   sync.Mutex
	sums map[string]float64
}

func (m *meter) Observe(d cloud.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sums[d.Dimensions["StreamName"]+" "+d.Name] += d.Value
}

func (m *meter) sum(name string) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sums["clicks "+name]
}

func newEngine(t testing.TB) *engine {
	t.Helper()
	c := cloud.New(cloud.Site{Account: account, Region: "eu-central-1"})
	t.Cleanup(c.Close)
	identity := iam.New(c)
	c.Authorizer, c.Policies = identity, identity
	streams := kinesis.New(c)
	c.Register("kinesis", streams)
	e := &engine{Cloud: c, types: map[string]cfn.Type{}, meter: &meter{sums: map[string]float64{}}}
	c.Meter = e.meter
	for _, list := range [][]cfn.Type{identity.Types(), streams.Types()} {
		for _, t := range list {
			e.types[t.Name] = t
		}
	}
	return e
}

// create makes a stack "app" of resources, as JSON members of Resources.
func (e *engine) create(resources string) (*cfn.Created, error) {
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		return nil, err
	}
	if faults := template.Check(e.types); len(faults) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	stack := cfn.Stack{Name: "app", Site: e.Site, Template: template}
	return stack.Create(context.Background(), e.types)
}

func (e *engine) mustCreate(t testing.TB, resources string) *cfn.Created {
	t.Helper()
	created, err := e.create(resources)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// stream is a stream with one shard, or with what the properties say.
func stream(id, properties string) string {
	if !strings.Contains(properties, "ShardCount") && !strings.Contains(properties, "StreamModeDetails") {
		properties += `, "ShardCount": 1`
	}
	return `"` + id + `": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "` + strings.ToLower(id) + `"` + properties + `}}`
}

func (e *engine) do(t testing.TB, action string, in map[string]any, out any) {
	t.Helper()
	if err := e.Do(context.Background(), e.Administrator(), "kinesis", action, in, out); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

// put puts a record into the stream "clicks" and returns where it is.
func (e *engine) put(t testing.TB, key, data string) (shard, number string) {
	t.Helper()
	var out struct{ ShardId, SequenceNumber string }
	e.do(t, "PutRecord", map[string]any{"StreamName": "clicks", "PartitionKey": key, "Data": base64.StdEncoding.EncodeToString([]byte(data))}, &out)
	return out.ShardId, out.SequenceNumber
}

// iterator gets an iterator of the first shard of "clicks".
func (e *engine) iterator(t testing.TB, kind string, more map[string]any) string {
	t.Helper()
	in := map[string]any{"StreamName": "clicks", "ShardId": "shardId-000000000000", "ShardIteratorType": kind}
	for name, value := range more {
		in[name] = value
	}
	var out struct{ ShardIterator string }
	e.do(t, "GetShardIterator", in, &out)
	return out.ShardIterator
}

// read returns the data of the records from an iterator on, and the next one.
func (e *engine) read(t testing.TB, iterator string) (data []string, next string) {
	t.Helper()
	var out struct {
		Records           []struct{ Data []byte }
		NextShardIterator string
	}
	e.do(t, "GetRecords", map[string]any{"ShardIterator": iterator}, &out)
	for _, r := range out.Records {
		data = append(data, string(r.Data))
	}
	return data, out.NextShardIterator
}

func newClient(t testing.TB, e *engine, caller cloud.Caller) *awskinesis.Client {
	server := httptest.NewServer(wire.As(e.Cloud, caller, "kinesis", wire.Protocols{}))
	t.Cleanup(server.Close)
	return awskinesis.New(awskinesis.Options{
		BaseEndpoint:     aws.String(server.URL),
		Region:           "eu-central-1",
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
	})
}
