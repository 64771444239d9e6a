package local

// This file is the list of the engine's services. What the engine can do, the
// APIs, the protocols and the resource types, follows from it.

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/accessanalyzer"
	"github.com/tradepost-dev/tradepost/local/apigateway"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudformation"
	"github.com/tradepost-dev/tradepost/local/cloudtrail"
	"github.com/tradepost-dev/tradepost/local/cloudwatch"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
	"github.com/tradepost-dev/tradepost/local/ec2"
	"github.com/tradepost-dev/tradepost/local/ecr"
	"github.com/tradepost-dev/tradepost/local/events"
	"github.com/tradepost-dev/tradepost/local/glue"
	"github.com/tradepost-dev/tradepost/local/httpcall"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/kinesis"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/logs"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/sagemaker"
	"github.com/tradepost-dev/tradepost/local/scheduler"
	"github.com/tradepost-dev/tradepost/local/secrets"
	"github.com/tradepost-dev/tradepost/local/sns"
	"github.com/tradepost-dev/tradepost/local/sqs"
	"github.com/tradepost-dev/tradepost/local/ssm"
	"github.com/tradepost-dev/tradepost/local/states"
	"github.com/tradepost-dev/tradepost/local/textract"
	"github.com/tradepost-dev/tradepost/local/transfer"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// service is one of the engine's services.
type service struct {
	name string // as in IAM actions

	// is the service. It may be a cloud.API, a wire.Speaker, and have Types:
	// the engine takes of it what it has.
	is any
}

// services makes all services. Those that others call upon come first.
func (e *Engine) services(o Options, mocks *mock.Config) []service {
	c := e.Cloud
	e.identity = iam.New(c)
	c.Authorizer, c.Policies = e.identity, e.identity
	metrics := cloudwatch.New(c)
	if o.Mains == nil {
		metrics.Follow(e.logs) // handlers print metrics into their logs
	}
	bus := events.New(c)
	trail := cloudtrail.New(c)
	c.Meter, c.Bus, c.Trail = metrics, bus, trail
	objects := s3.New(c, s3.Options{Kept: o.objectFolder(), Assets: e.asset})
	e.objects = objects
	e.machines = states.New(c, states.Options{Limits: o.Executions, Mocks: mocks, TestCases: o.TestCases, Objects: objects, Document: e.document})
	e.gateway = apigateway.New(c, apigateway.Options{Identify: e.identify, Document: e.document})
	e.stacks = cloudformation.New(c, cloudformation.Options{
		Endpoint: e.URL, Localize: e.localize, Types: e.types, Ready: e.ready, Fetch: e.fetch,
	})
	groups := logs.New(c)
	e.transfer = transfer.New(c, transfer.Options{Objects: objects, HostKeys: o.stateFolder("hostkeys"), Logs: e.logs, Changed: func() { e.changed(o.Changed) }})

	return []service{
		{"iam", e.identity},
		{"sts", iam.NewSTS(e.identity)},
		{"access-analyzer", accessanalyzer.New(c)},
		{"cloudwatch", metrics},
		{"logs", groups},
		{"events", bus},
		{"cloudtrail", trail},
		{"s3", objects},
		{"s3control", s3.NewControl(objects)},
		{"transfer", e.transfer},
		{"sqs", sqs.New(c, sqs.Options{Endpoint: e.URL})},
		{"kinesis", kinesis.New(c)},
		{"sns", sns.New(c, sns.Options{Mailbox: o.Mail, Localize: e.localize, Endpoint: e.URL})},
		{"dynamodb", dynamodb.New(c, dynamodb.Options{Open: e.open})},
		{"secretsmanager", secrets.New(c)},
		{"ssm", ssm.New(c)},
		{"textract", textract.New(c, textract.Options{Objects: objects})},
		{"ec2", ec2.New(c)},
		{"ecr", ecr.New(c)},
		{"glue", glue.New(c, glue.Options{Mocks: mocks})},
		{"scheduler", scheduler.New(c)},
		{"sagemaker", sagemaker.New(c, sagemaker.Options{Mocks: mocks, Objects: objects})},
		{"lambda", lambda.New(c, lambda.Options{
			Code:        e.code,
			Logs:        e.logs,
			LogGroups:   groups,
			Endpoint:    e.URL,
			Credentials: e.credentials,
			Limits:      o.Functions,
			Handlers:    o.Handlers,
			Mains:       o.Mains,
			Printed:     metrics.Ingest,
		})},
		{"http", httpcall.New(c, bus)},
		{"states", e.machines},
		{"execute-api", e.gateway},
		{"apigateway", apigateway.NewControl(e.gateway)},
		{"cloudformation", e.stacks},
		{"nested stacks", nested{e}},
		{"cdk", toolkit{objects, e.stacks}},
		{"inert", inert{c.Site}},
	}
}

// parts is what the services offer together.
type parts struct {
	types     map[string]cfn.Type
	definedBy map[string]string         // services by the resource types that they define
	protocols map[string]wire.Protocols // by service
}

func newParts() parts {
	return parts{types: map[string]cfn.Type{}, definedBy: map[string]string{}, protocols: map[string]wire.Protocols{}}
}

// add takes in what a service offers. Two services that offer the same are a
// mistake in the list.
func (e *Engine) add(s service) error {
	if api, ok := s.is.(cloud.API); ok {
		if e.Cloud.Has(s.name) {
			return fmt.Errorf("local: two services are called %s", s.name)
		}
		e.Cloud.Register(s.name, api)
	}
	if speaker, ok := s.is.(wire.Speaker); ok {
		e.protocols[s.name] = speaker.Protocols()
	}
	definer, ok := s.is.(interface{ Types() []cfn.Type })
	if !ok {
		return nil
	}
	for _, t := range definer.Types() {
		if other, ok := e.definedBy[t.Name]; ok {
			return fmt.Errorf("local: %s and %s both define %s", other, s.name, t.Name)
		}
		e.types[t.Name], e.definedBy[t.Name] = t, s.name
	}
	return nil
}

// Types returns the names of all resource types that the engine creates.
func (e *Engine) Types() []string { return slices.Sorted(maps.Keys(e.types)) }
