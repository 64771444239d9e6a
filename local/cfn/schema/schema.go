// Package schema knows which changes of a resource's properties CloudFormation
// makes in place, and for which it replaces the resource: for the types of the
// engine, what AWS's resource schemas say.
package schema

import (
	_ "embed"
	"encoding/json"
	"strings"
)

//go:generate go run ./generate

//go:embed schemas.json
var file []byte

// Recreation tells whether a change of a property replaces the resource, in the
// words of a change set's RequiresRecreation.
type Recreation string

const (
	Never         Recreation = "Never"
	Conditionally Recreation = "Conditionally" // on the values, which the type's Update knows about
	Always        Recreation = "Always"
)

// Table is what the program in the folder generate writes.
type Table struct {
	Source string `json:"source"` // "aws-cdk 2.1148.1": the npm package that the schemas are taken from

	// Types are the properties that are not changed in place, by resource type:
	// paths such as "Projection.NonKeyAttributes" by what a change of them means.
	Types map[string]map[string]Recreation `json:"types"`

	// Tags are the types whose property Tags has the tags of a resource, by its form.
	Tags map[string]TagForm `json:"tags"`

	// ARNs are those of the resources, by resource type, with variables:
	// "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}".
	ARNs map[string]string `json:"arns"`

	// Identifiers are the properties that together identify a resource, by resource type.
	Identifiers map[string][]string `json:"identifiers"`
}

// TagForm is how a resource type has its tags.
type TagForm string

const (
	NoTags     TagForm = ""
	ListOfTags TagForm = "standard" // [{"Key": "team", "Value": "blue"}]
	MapOfTags  TagForm = "map"      // {"team": "blue"}
)

// ARN is the ARN of a resource type, with variables, or empty.
func ARN(typeName string) string { return table.ARNs[typeName] }

// Identifiers are the properties by which a resource of a type is found, to import it for example.
func Identifiers(typeName string) []string { return table.Identifiers[typeName] }

// Tags tells how a resource type has its tags, in the property Tags.
func Tags(typeName string) TagForm { return table.Tags[typeName] }

var table = read()

func read() (t Table) {
	if err := json.Unmarshal(file, &t); err != nil {
		panic(err) // the file is part of this package
	}
	return t
}

// Source is the npm package that the schemas are taken from, and its version.
func Source() string { return table.Source }

// customResource is the type whose schema all custom resources have.
const customResource = "AWS::CloudFormation::CustomResource"

// Of tells what a change of one property of a resource means. The path has the
// names of properties, and may have places in lists between them. Where a whole
// part of the resource comes or goes, it is the path of that part. Types that
// AWS does not have are not known.
func Of(typeName string, path ...string) (r Recreation, known bool) {
	if strings.HasPrefix(typeName, "Custom::") {
		typeName = customResource
	}
	properties, known := table.Types[typeName]
	r = Never
	for declared, recreation := range properties {
		if r != Always && touches(path, strings.Split(declared, ".")) {
			r = recreation
		}
	}
	return r, known
}

// touches tells whether a change at a path is one of what is declared: at it,
// within it, or around it.
func touches(path, declared []string) bool {
	for len(path) > 0 && len(declared) > 0 {
		if path[0] == declared[0] {
			declared = declared[1:]
		} else if !isPlace(path[0]) {
			return false
		}
		path = path[1:]
	}
	return true
}

// isPlace tells whether a part of a path is a place in a list: schemas have none.
func isPlace(part string) bool { return part != "" && strings.Trim(part, "0123456789") == "" }
