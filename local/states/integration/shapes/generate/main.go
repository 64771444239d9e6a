// Command generate writes the models beside the package shapes: for the services
// that tasks can call, the outputs of their operations, out of the models that
// the AWS SDK for Python comes with. It is run by go generate:
//
//	pip download --no-deps botocore==1.43.11 && unzip -q botocore-*.whl -d /tmp/models
//	BOTOCORE=/tmp/models/botocore go generate ./local/states/integration/shapes
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

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
	botocore := flag.String("botocore", "", "the folder of the package botocore")
	flag.Parse()
	if err := generate(*botocore); err != nil {
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

func generateNames(botocore, source string) error {
	all := shapes.Names{Source: source, Services: map[string]shapes.API{}}
	for id, folder := range named() {
		api, err := readAPI(filepath.Join(botocore, "data", folder))
		if err != nil {
			return err
		}
		all.Services[id] = api.names()
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile("names.json", oneLineEach(append(text, '\n')), 0o644)
}

// names are the actions of an API, and its errors by their codes.
func (a *api) names() shapes.API {
	n := shapes.API{Actions: slices.Sorted(maps.Keys(a.Operations)), Errors: map[string]string{}}
	for name, s := range a.Shapes {
		if s.Exception {
			n.Errors[cmp.Or(s.Error.Code, name)] = name
		}
	}
	return n
}

func generate(botocore string) error {
	source, err := version(botocore)
	if err != nil {
		return err
	}
	if err := generateNames(botocore, source); err != nil {
		return err
	}
	for service, folders := range services() {
		m := shapes.Model{Source: source, Outputs: map[string]string{}, Shapes: map[string]shapes.Shape{}}
		for _, folder := range folders {
			api, err := readAPI(filepath.Join(botocore, "data", folder))
			if err != nil {
				return err
			}
			api.collect(&m, served()[service])
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", " ")
		if err := encoder.Encode(m); err != nil {
			return err
		}
		if err := os.WriteFile("models/"+service+".json", oneLineEach(text.Bytes()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// oneLineEach puts every shape on a line of its own.
func oneLineEach(text []byte) []byte {
	inner := regexp.MustCompile(`\n {3,}`)
	closing := regexp.MustCompile(`\n  ([}\]])`)
	text = inner.ReplaceAll(text, nil)
	return closing.ReplaceAll(text, []byte("$1"))
}

func version(botocore string) (string, error) {
	text, err := os.ReadFile(filepath.Join(botocore, "__init__.py"))
	if err != nil {
		return "", fmt.Errorf("read the version of botocore: %w", err)
	}
	found := regexp.MustCompile(`__version__ = '([^']+)'`).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s has no version", botocore)
	}
	return "botocore " + string(found[1]), nil
}

// api is a model as botocore has it.
type api struct {
	Operations map[string]struct {
		Output *reference
	}
	Shapes map[string]shape
}

type reference struct{ Shape string }

type shape struct {
	Type          string
	Members       map[string]reference
	Required      []string
	Member, Value reference
	Min, Max      *float64
	Enum          []string
	Document      bool
	Exception     bool
	Error         struct{ Code string }
}

// readAPI reads the newest model in a folder.
func readAPI(folder string) (*api, error) {
	versions, err := filepath.Glob(filepath.Join(folder, "*", "service-2.json.gz"))
	if err != nil || len(versions) == 0 {
		return nil, fmt.Errorf("there is no model in %s", folder)
	}
	file, err := os.Open(slices.Max(versions))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var a api
	return &a, json.NewDecoder(unpacked).Decode(&a)
}

// collect adds the outputs of operations, and the shapes in them.
func (a *api) collect(m *shapes.Model, only *regexp.Regexp) {
	for name, operation := range a.Operations {
		if operation.Output != nil && (only == nil || only.MatchString(name)) {
			m.Outputs[name] = a.add(m, operation.Output.Shape)
		}
	}
}

// add adds a shape and returns its name.
func (a *api) add(m *shapes.Model, name string) string {
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
			known.Members[member] = a.add(m, of.Shape)
		}
	case shapes.List:
		known.Of = a.add(m, s.Member.Shape)
	case shapes.Map:
		known.Of = a.add(m, s.Value.Shape)
	}
	m.Shapes[name] = known
	return name
}

func kindOf(s shape) shapes.Kind {
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
