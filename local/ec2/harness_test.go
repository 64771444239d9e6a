package ec2_test

// This file starts the service with a template's resources and a real client.

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/ec2"
	"github.com/tradepost-dev/tradepost/local/pipes"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const image = `"ImageId": "ami-0123456789abcdef0"`

type engine struct {
	*cloud.Cloud
	ec2     *ec2.EC2
	created *cfn.Created
	events  []cloud.Event
}

func (e *engine) Emit(event cloud.Event) { e.events = append(e.events, event) }

// told are the states that EventBridge was told of.
func (e *engine) told() string {
	var states []string
	for _, event := range e.events {
		_, state, _ := strings.Cut(string(event.Detail), `"state":"`)
		states = append(states, strings.TrimSuffix(state, `"}`))
	}
	return strings.Join(states, " ")
}

// newEngine creates the resources of a template.
func newEngine(t *testing.T, resources string) *engine {
	t.Helper()
	e, err := tryEngine(t, resources)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func tryEngine(t *testing.T, resources string, prepare ...func(*cloud.Cloud)) (*engine, error) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	e := &engine{Cloud: c, ec2: ec2.New(c)}
	c.Register("ec2", e.ec2)
	c.Bus = e
	for _, p := range prepare {
		p(c)
	}
	types := map[string]cfn.Type{}
	for _, typ := range e.ec2.Types() {
		types[typ.Name] = typ
	}
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	stack := cfn.Stack{Name: "app", Site: c.Site, Template: template}
	if faults := stack.Check(types); len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "\n"))
	}
	e.created, err = stack.Create(t.Context(), types)
	return e, err
}

func resource(id, kind, properties string) string {
	return fmt.Sprintf(`%q: {"Type": "AWS::EC2::%s", "Properties": {%s}}`, id, kind, properties)
}

func (e *engine) ref(id string) string { return e.created.Handles[id].Ref }

// client is the AWS SDK's, over a connection that stands still with a virtual
// clock.
func (e *engine) client(t *testing.T, caller cloud.Caller) *awsec2.Client {
	t.Helper()
	var network pipes.Network
	here, err := network.Listen("ec2")
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: here, Config: &http.Server{Handler: wire.As(e.Cloud, caller, "ec2", e.ec2.Protocols())}}
	server.Start()
	t.Cleanup(server.Close)
	return awsec2.New(awsec2.Options{
		BaseEndpoint: aws.String(server.URL),
		Region:       "eu-west-1",
		Credentials:  credentials.NewStaticCredentialsProvider("id", "secret", ""),
		HTTPClient:   network.Client(),
		Retryer:      aws.NopRetryer{},
	})
}

func (e *engine) root(t *testing.T) *awsec2.Client { return e.client(t, e.Administrator()) }

// code is an error's code in the API, or "".
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// state describes one instance and returns the name of its state.
func state(t *testing.T, client *awsec2.Client, id string) string {
	t.Helper()
	out, err := client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return code(err)
	}
	return string(out.Reservations[0].Instances[0].State.Name)
}

// seconds waits on the virtual clock.
func seconds(n int) { time.Sleep(time.Duration(n) * time.Second) }
