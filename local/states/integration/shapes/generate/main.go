// Command generate writes the models beside the package shapes: for the services
// that tasks can call, the outputs of their operations, out of the models that
// the AWS SDK for Python comes with. It is run by go generate: see package botocore.
package main

import (
	"cmp"
	"flag"
	"log"
	"maps"
	"regexp"
	"slices"

	"github.com/tradepost-dev/tradepost/local/internal/botocore"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// services are the folders of the models, by the service's prefix in IAM.
func services() map[string][]string {
	return map[string][]string{
		"access-analyzer": {"accessanalyzer"}, "cloudwatch": {"cloudwatch"}, "dynamodb": {"dynamodb", "dynamodbstreams"}, "ec2": {"ec2"}, "events": {"events"},
		"glue": {"glue"}, "iam": {"iam"}, "kinesis": {"kinesis"}, "kms": {"kms"}, "lambda": {"lambda"}, "logs": {"logs"},
		"organizations": {"organizations"}, "s3": {"s3"}, "sagemaker": {"sagemaker", "sagemaker-runtime"}, "scheduler": {"scheduler"},
		"secretsmanager": {"secretsmanager"}, "sns": {"sns"}, "sqs": {"sqs"}, "ssm": {"ssm"}, "states": {"stepfunctions"}, "sts": {"sts"}, "textract": {"textract"},
	}
}

// served are the operations that the engine has of the largest models. All of them
// would be most of what there is.
func served() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"ec2":       regexp.MustCompile(`^((Start|Stop|Reboot|Terminate|Describe)Instances|DescribeInstanceStatus)$`),
		"glue":      regexp.MustCompile(`JobRun|^GetJobs?$`),
		"sagemaker": regexp.MustCompile(`^InvokeEndpoint$|(Endpoint|EndpointConfig|Model|TrainingJob|TransformJob)s?$`),
	}
}

func main() {
	log.SetFlags(0)
	root := flag.String("botocore", "", "the folder of the package botocore")
	flag.Parse()
	if err := generate(*root); err != nil {
		log.Fatal(err)
	}
}

// named are the folders of the models of which names are enough, by the SDK's name
// of the service: it writes what the API of each is made of into names.json.
func named() map[string]string {
	return map[string]string{
		"accessanalyzer": "accessanalyzer", "apigateway": "apigateway", "cloudformation": "cloudformation", "cloudtrail": "cloudtrail",
		"cloudwatch": "cloudwatch", "cloudwatchlogs": "logs", "dynamodb": "dynamodb", "dynamodbstreams": "dynamodbstreams", "ec2": "ec2", "ecr": "ecr", "eventbridge": "events",
		"glue": "glue", "iam": "iam", "kinesis": "kinesis", "kms": "kms", "lambda": "lambda", "organizations": "organizations", "s3": "s3",
		"sagemaker": "sagemaker", "sagemakerruntime": "sagemaker-runtime", "scheduler": "scheduler", "secretsmanager": "secretsmanager",
		"sfn": "stepfunctions", "sns": "sns", "sqs": "sqs", "ssm": "ssm", "sts": "sts", "textract": "textract", "transfer": "transfer",
	}
}

func generateNames(root, source string) error {
	all := shapes.Names{Source: source, Services: map[string]shapes.API{}}
	for id, folder := range named() {
		api, err := botocore.Load(root, folder)
		if err != nil {
			return err
		}
		all.Services[id] = names(api)
	}
	return botocore.Write("names.json", all)
}

// names are the actions of an API, and its errors by their codes.
func names(a *botocore.API) shapes.API {
	n := shapes.API{Actions: slices.Sorted(maps.Keys(a.Operations)), Errors: map[string]string{}}
	for name, s := range a.Shapes {
		if s.Exception {
			n.Errors[cmp.Or(s.Error.Code, name)] = name
		}
	}
	return n
}

func generate(root string) error {
	source, err := botocore.Version(root)
	if err != nil {
		return err
	}
	if err := generateNames(root, source); err != nil {
		return err
	}
	for service, folders := range services() {
		m := shapes.Model{Source: source, Outputs: map[string]string{}, Shapes: map[string]shapes.Shape{}}
		for _, folder := range folders {
			api, err := botocore.Load(root, folder)
			if err != nil {
				return err
			}
			collect(api, &m, served()[service])
		}
		if err := botocore.Write("models/"+service+".json", m); err != nil {
			return err
		}
	}
	return nil
}

// collect adds the outputs of operations, and the shapes in them.
func collect(a *botocore.API, m *shapes.Model, only *regexp.Regexp) {
	for name, operation := range a.Operations {
		if operation.Output != nil && (only == nil || only.MatchString(name)) {
			m.Outputs[name] = add(a, m, operation.Output.Shape)
		}
	}
}

// add adds a shape and returns its name.
func add(a *botocore.API, m *shapes.Model, name string) string {
	s := a.Shapes[name]
	known := shapes.Shape{Kind: kindOf(s), Required: s.Required, Min: s.Min, Max: s.Max, Enum: s.Enum}
	if known.Min == nil && known.Max == nil && known.Enum == nil && s.Members == nil && s.Member.Shape == "" && s.Value.Shape == "" && known.Kind != shapes.Structure {
		return string(known.Kind)
	}
	if _, ok := m.Shapes[name]; ok {
		return name
	}
	m.Shapes[name] = known // before those in it, which may be the same again
	switch known.Kind {
	case shapes.Structure:
		known.Members = map[string]string{}
		for member, of := range s.Members {
			known.Members[member] = add(a, m, of.Shape)
		}
	case shapes.List:
		known.Of = add(a, m, s.Member.Shape)
	case shapes.Map:
		known.Of = add(a, m, s.Value.Shape)
	}
	m.Shapes[name] = known
	return name
}

func kindOf(s botocore.Shape) shapes.Kind {
	switch {
	case s.Document:
		return shapes.Anything
	case s.Type == "structure":
		return shapes.Structure
	case s.Type == "list":
		return shapes.List
	case s.Type == "map":
		return shapes.Map
	case s.Type == "timestamp":
		return shapes.Time
	case s.Type == "boolean":
		return shapes.Truth
	case s.Type == "integer", s.Type == "long", s.Type == "float", s.Type == "double":
		return shapes.Number
	default:
		return shapes.Text
	}
}
