// Command generate writes how S3's actions are put into HTTP, out of the model that
// the AWS SDK for Python comes with. It is run by go generate: see package botocore.
package main

import (
	"cmp"
	"flag"
	"log"

	"github.com/tradepost-dev/tradepost/local/internal/botocore"
	"github.com/tradepost-dev/tradepost/local/s3/binding"
)

func main() {
	log.SetFlags(0)
	root := flag.String("botocore", "", "the folder of the package botocore")
	flag.Parse()
	if err := generate(*root); err != nil {
		log.Fatal(err)
	}
}

func generate(root string) error {
	api, err := botocore.Load(root, "s3")
	if err != nil {
		return err
	}
	m := binding.Model{Operations: map[string]binding.Operation{}, Shapes: map[string]binding.Shape{}}
	if m.Source, err = botocore.Version(root); err != nil {
		return err
	}
	for name, o := range api.Operations {
		operation := binding.Operation{Request: o.HTTP.Method + " " + o.HTTP.RequestURI}
		if o.Input != nil {
			operation.Input = add(api, &m, o.Input.Shape)
		}
		if o.Output != nil {
			operation.Output = add(api, &m, o.Output.Shape)
		}
		m.Operations[name] = operation
	}
	return botocore.Write("s3.json", m)
}

// add adds a shape and returns its name: plain ones are named by what they are.
func add(api *botocore.API, m *binding.Model, name string) string {
	s := api.Shapes[name]
	switch s.Type {
	case "structure", "list", "map":
	case "timestamp":
		if s.TimestampFormat != "" {
			return string(binding.Time) + " " + s.TimestampFormat
		}
		return string(binding.Time)
	case "boolean":
		return string(binding.Truth)
	case "integer", "long":
		return string(binding.Number)
	case "blob":
		return string(binding.Bytes)
	default:
		return string(binding.Text)
	}
	if _, ok := m.Shapes[name]; ok {
		return name
	}
	shape := binding.Shape{Kind: binding.Kind(s.Type), Payload: s.Payload}
	m.Shapes[name] = shape
	switch s.Type {
	case "structure":
		shape.Members = map[string]binding.Member{}
		for member, of := range s.Members {
			if !api.Shapes[of.Shape].Synthetic && !api.Shapes[of.Shape].EventStream {
				shape.Members[member] = binding.Member{
					Of: add(api, m, of.Shape), At: of.Location, Name: cmp.Or(of.LocationName, member),
					Flat: of.Flattened || api.Shapes[of.Shape].Flattened, Attribute: of.XMLAttribute,
				}
			}
		}
	case "list":
		shape.Of, shape.Name = add(api, m, s.Member.Shape), cmp.Or(s.Member.LocationName, "member")
	case "map":
		shape.Of = add(api, m, s.Value.Shape)
	}
	m.Shapes[name] = shape
	return name
}
