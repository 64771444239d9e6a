// Command generate writes schemas.json beside the package schema: for the
// resource types of the engine, what the database of the CDK's CLI, which comes
// from AWS's resource schemas, says of changes of their properties. What properties
// there are at all, which only tests need, it writes into testdata. It is run by
// go generate when the engine has a new type, or package.json a new CLI.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

// cli is where npm installs the CLI, as go generate runs this.
const cli = "../../../node_modules/aws-cdk"

func main() {
	log.SetFlags(0)
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

func generate() error {
	types, err := engineTypes()
	if err != nil {
		return err
	}
	specification, err := readDatabase()
	if err != nil {
		return err
	}
	properties := map[string][]string{}
	table := schema.Table{Types: map[string]map[string]schema.Recreation{}, Tags: map[string]schema.TagForm{}, ARNs: map[string]string{}, Identifiers: map[string][]string{}}
	for _, name := range types {
		if resource := specification.resource(name); resource != nil {
			table.Types[name] = map[string]schema.Recreation{}
			specification.collect(table.Types[name], resource.Properties)
			properties[name] = specification.paths(resource.Properties)
			if tags := resource.TagInformation; tags.TagPropertyName == "Tags" {
				table.Tags[name] = tags.Variant
			}
			if resource.ARNTemplate != "" {
				table.ARNs[name] = resource.ARNTemplate
			}
			table.Identifiers[name] = resource.PrimaryIdentifier
		}
	}
	if table.Source, err = version(); err != nil {
		return err
	}
	if err := write("schemas.json", table); err != nil {
		return err
	}
	return write("testdata/properties.json", properties)
}

func write(file string, value any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(value); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o644)
}

// engineTypes are the types of an engine that runs nothing.
func engineTypes() ([]string, error) {
	folder, err := os.MkdirTemp("", "generate-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	template := filepath.Join(folder, "nothing.template.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {}}`), 0o644); err != nil {
		return nil, err
	}
	engine, err := local.Start(context.Background(), local.Options{Assembly: template})
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	return engine.Types(), nil
}

func version() (string, error) {
	text, err := os.ReadFile(filepath.Join(cli, "package.json"))
	if err != nil {
		return "", fmt.Errorf("read the CLI's version, after npm ci: %w", err)
	}
	var manifest struct{ Name, Version string }
	err = json.Unmarshal(text, &manifest)
	return manifest.Name + " " + manifest.Version, err
}

// database is the part of the CLI's database that tells of replacements.
type database struct {
	Schema struct {
		Resource       struct{ Entities []entity }
		TypeDefinition struct{ Entities []entity }
	}
}

type entity struct {
	ID                 string `json:"$id"`
	CloudFormationType string
	Properties         map[string]property
	ARNTemplate        string
	PrimaryIdentifier  []string
	TagInformation     struct {
		TagPropertyName string
		Variant         schema.TagForm
	}
}

type property struct {
	Type              shape
	CausesReplacement string // "yes", "maybe", "no", or nothing
}

// shape is a property's type: what it refers to, or the types within it.
type shape struct {
	Element   *shape
	Types     []shape
	Reference struct {
		ID string `json:"$ref"`
	}
}

func readDatabase() (*database, error) {
	compressed, err := os.Open(filepath.Join(cli, "db.json.gz"))
	if err != nil {
		return nil, err
	}
	defer compressed.Close()
	text, err := gzip.NewReader(compressed)
	if err != nil {
		return nil, err
	}
	d := &database{}
	return d, json.NewDecoder(text).Decode(d)
}

func (d *database) resource(name string) *entity {
	for i, r := range d.Schema.Resource.Entities {
		if r.CloudFormationType == name {
			return &d.Schema.Resource.Entities[i]
		}
	}
	return nil
}

// collect adds the properties that are not changed in place, and those within
// properties that are.
func (d *database) collect(into map[string]schema.Recreation, properties map[string]property) {
	d.walk(properties, "", nil, func(path string, p property) (within bool) {
		switch p.CausesReplacement {
		case "yes":
			into[path] = schema.Always
			return false
		case "maybe":
			into[path] = schema.Conditionally
		}
		return true
	})
}

// paths are those of all properties, sorted.
func (d *database) paths(properties map[string]property) []string {
	var paths []string
	d.walk(properties, "", nil, func(path string, _ property) (within bool) {
		paths = append(paths, path)
		return true
	})
	slices.Sort(paths)
	return paths
}

// walk visits properties and, unless visit returns false, those within them. Above are
// the definitions that they are within: some, such as a filter's, contain themselves.
func (d *database) walk(properties map[string]property, path string, above []string, visit func(path string, p property) (within bool)) {
	for name, p := range properties {
		if !visit(path+name, p) {
			continue
		}
		for _, definition := range d.definitions(p.Type) {
			if !slices.Contains(above, definition.ID) {
				d.walk(definition.Properties, path+name+".", append(above, definition.ID), visit)
			}
		}
	}
}

// definitions are those that a type refers to.
func (d *database) definitions(s shape) []entity {
	var found []entity
	for _, e := range d.Schema.TypeDefinition.Entities {
		if e.ID == s.Reference.ID {
			found = append(found, e)
		}
	}
	if s.Element != nil {
		found = append(found, d.definitions(*s.Element)...)
	}
	for _, one := range s.Types {
		found = append(found, d.definitions(one)...)
	}
	return found
}
