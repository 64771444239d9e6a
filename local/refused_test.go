package local

// This file lists what the engine does not do, from what it has: docs/refused.md.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/internal/awsapi"
)

var update = flag.Bool("update", false, "write docs/refused.md: make docs")

// modules are the SDK's modules of the engine's services; execute-api has none,
// and SageMaker a second one.
var modules = map[string]string{
	"access-analyzer": "accessanalyzer",
	"apigateway":      "apigateway",
	"cloudformation":  "cloudformation",
	"cloudtrail":      "cloudtrail",
	"cloudwatch":      "cloudwatch",
	"dynamodb":        "dynamodb",
	"ec2":             "ec2",
	"ecr":             "ecr",
	"events":          "eventbridge",
	"glue":            "glue",
	"iam":             "iam",
	"kinesis":         "kinesis",
	"lambda":          "lambda",
	"logs":            "cloudwatchlogs",
	"s3":              "s3",
	"sagemaker":       "sagemaker",
	"scheduler":       "scheduler",
	"secretsmanager":  "secretsmanager",
	"sns":             "sns",
	"sqs":             "sqs",
	"ssm":             "ssm",
	"states":          "sfn",
	"sts":             "sts",
	"textract":        "textract",
	"transfer":        "transfer",
}

func TestWhatIsRefusedIsDocumented(t *testing.T) {
	const file = "../docs/refused.md"
	e := everyService(t)
	var page bytes.Buffer
	page.WriteString(refusedHead)
	for _, service := range slices.Sorted(maps.Keys(modules)) {
		e.writeActions(t, &page, service)
	}
	page.WriteString(typesHead)
	e.writeTypes(t, &page)
	if *update {
		if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, page.Bytes()) {
		t.Error("docs/refused.md is not what the engine does: make docs")
	}
}

// A member of an input that the action does not have would be taken and ignored, as
// where actions share a type.
func TestNoActionTakesAMemberThatItsAPIDoesNotHave(t *testing.T) {
	e := everyService(t)
	for service, module := range modules {
		api, err := awsapi.Load(module)
		if err != nil {
			t.Fatal(err)
		}
		actions, err := api.Actions()
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range actions {
			input := e.Cloud.Input(service, action)
			if input == nil || input.Kind() != reflect.Struct {
				continue
			}
			known, err := api.Members(action)
			if err != nil {
				t.Fatal(err)
			}
			for i := range known {
				known[i] = strings.ToLower(known[i])
			}
			for _, path := range pathsOf(input, "", nil) {
				parent := strings.ToLower(path[:strings.LastIndex(path, ".")+1])
				read := func(member string) bool { return strings.HasPrefix(member, parent) } // the SDK has a structure there
				if slices.ContainsFunc(known, read) && !slices.Contains(known, strings.ToLower(path)) && e.Cloud.Effect(service, action, path) != cloud.Refused {
					t.Errorf("%s:%s has no member %s", service, action, path)
				}
			}
		}
	}
}

// pathsOf are the members of a type in JSON, at any depth, below a path.
func pathsOf(of reflect.Type, below string, within []reflect.Type) []string {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || slices.Contains(within, of) || reflect.PointerTo(of).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	var paths []string
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || field.Anonymous || name == "-" {
			continue
		}
		path := below + cmp.Or(name, field.Name)
		paths = append(paths, path)
		paths = append(paths, pathsOf(field.Type, path+".", append(slices.Clone(within), of))...)
	}
	return paths
}

const refusedHead = `# What the local engine refuses

From the code, by ` + "`make docs`" + `: against the actions and parameters of the AWS SDK for Go and the properties of CloudFormation's resource
schemas. An action that is not served answers ` + "`UnknownOperationException`, a parameter that is not served `NotImplemented`" + `, both with the name; what a template
uses and the engine does not have is refused before anything is created. Values may be refused as well, each with its reason. What is
accepted without effect changes nothing on one machine.

## Actions

`

const typesHead = `## Resource types

A type that is not here is refused.

`

// most is how many names are listed one by one.
const most = 120

func (e *Engine) writeActions(t *testing.T, page *bytes.Buffer, service string) {
	api, err := awsapi.Load(modules[service])
	if err != nil {
		t.Fatal(err)
	}
	actions, err := api.Actions()
	if err != nil {
		t.Fatal(err)
	}
	var served, refused []string
	for _, action := range actions {
		if e.Cloud.Supports(service, action) {
			served = append(served, action)
		} else {
			refused = append(refused, action)
		}
	}
	fmt.Fprintf(page, "### `%s`\n\n%d of %d actions are served", service, len(served), len(actions))
	switch {
	case len(refused) == 0:
		page.WriteString(".\n\n")
	case len(refused) <= most:
		fmt.Fprintf(page, "; not %s.\n\n", strings.Join(refused, ", "))
	default:
		fmt.Fprintf(page, ": %s.\n\n", strings.Join(served, ", "))
	}
	var rows []row
	for _, action := range served {
		members, err := api.Members(action)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, rowOf(action, members, func(path string) cloud.Effect { return e.Cloud.Effect(service, action, path) }))
	}
	write(page, "action | parameters that are refused | accepted without effect", rows)
}

func (e *Engine) writeTypes(t *testing.T, page *bytes.Buffer) {
	var properties map[string][]string
	text, err := os.ReadFile("cfn/schema/testdata/properties.json")
	if err == nil {
		err = json.Unmarshal(text, &properties)
	}
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	var whole, inert []string
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		kind := e.types[name]
		r := rowOf(name, properties[name], func(path string) cloud.Effect {
			switch accepted, ignored := kind.Property(strings.Split(path, ".")...); {
			case ignored:
				return cloud.WithoutEffect
			case accepted:
				return cloud.Honoured
			}
			return cloud.Refused
		})
		switch {
		case r.all:
			inert = append(inert, name)
		case len(r.refused) == 0 && len(r.ignored) == 0:
			whole = append(whole, name)
		default:
			rows = append(rows, r)
		}
	}
	write(page, "type | properties that are refused | accepted without effect", rows)
	fmt.Fprintf(page, "Honoured with all their properties: %s.\n\n", strings.Join(whole, ", "))
	fmt.Fprintf(page, "Accepted with all their properties, and without effect: %s.\n", strings.Join(inert, ", "))
}

// row is what is not honoured of an action or a type.
type row struct {
	name             string
	refused, ignored []string
	all              bool // of its members are ignored
}

// rowOf asks about paths, each behind the one that it is below: what is below
// one that is not honoured goes without saying.
func rowOf(name string, paths []string, effect func(path string) cloud.Effect) row {
	r := row{name: name}
	honoured := 0
	for _, path := range paths {
		switch effect(path) {
		case cloud.Honoured:
			honoured++
		case cloud.Refused:
			r.refused = appendOutermost(r.refused, path)
		case cloud.WithoutEffect:
			r.ignored = appendOutermost(r.ignored, path)
		}
	}
	r.all = honoured == 0 && len(r.refused) == 0
	return r
}

func appendOutermost(paths []string, path string) []string {
	if n := len(paths); n > 0 && strings.HasPrefix(path, paths[n-1]+".") {
		return paths
	}
	return append(paths, path)
}

func write(page *bytes.Buffer, head string, rows []row) {
	rows = slices.DeleteFunc(rows, func(r row) bool { return len(r.refused) == 0 && len(r.ignored) == 0 })
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(page, "| %s |\n| --- | --- | --- |\n", head)
	for _, r := range rows {
		fmt.Fprintf(page, "| %s | %s | %s |\n", r.name, strings.Join(r.refused, ", "), strings.Join(r.ignored, ", "))
	}
	page.WriteString("\n")
}
