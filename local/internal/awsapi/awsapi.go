// Package awsapi reads what the API of an AWS service takes, from the source of
// its SDK for Go. Tests hold the engine to it, and list what the engine refuses.
package awsapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Service is the API of one service.
type Service struct {
	folder  string
	structs map[string]*ast.StructType // of the SDK's package types, by name
}

// Load finds the SDK's module of a service ("cloudwatchlogs"), of the version that
// the module in this folder requires.
func Load(module string) (*Service, error) {
	output, err := exec.Command("go", "mod", "download", "-json", "github.com/aws/aws-sdk-go-v2/service/"+module).Output()
	var downloaded struct{ Dir string }
	if err == nil {
		err = json.Unmarshal(output, &downloaded)
	}
	if err != nil {
		return nil, fmt.Errorf("find the SDK's module %s: %w", module, explained(err))
	}
	s := &Service{folder: downloaded.Dir, structs: map[string]*ast.StructType{}}
	return s, s.read(filepath.Join("types", "types.go"))
}

// explained has what a command has said.
func explained(err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}

const operationFile = "api_op_"

// Actions are the names of all actions, sorted.
func (s *Service) Actions() ([]string, error) {
	files, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	var actions []string
	for _, file := range files {
		name, ok := strings.CutPrefix(file.Name(), operationFile)
		if ok && !strings.HasSuffix(name, "_test.go") {
			actions = append(actions, strings.TrimSuffix(name, ".go"))
		}
	}
	return actions, nil
}

// Members are the paths of all members of an action's input, at any depth, those
// of a structure after the structure's own: "Entries", "Entries.Id". A structure
// within itself is not followed again. Names have the case of the SDK for Go.
func (s *Service) Members(action string) ([]string, error) {
	if err := s.read(operationFile + action + ".go"); err != nil {
		return nil, err
	}
	input, ok := s.structs[action+"Input"]
	if !ok {
		return nil, fmt.Errorf("the SDK has no input of %s", action)
	}
	return s.members(nil, input, "", nil), nil
}

// read takes in the structs of a file.
func (s *Service) read(file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(s.folder, file), nil, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("read the SDK: %w", err)
	}
	for node := range ast.Preorder(parsed) {
		spec, ok := node.(*ast.TypeSpec)
		if !ok {
			continue
		}
		if structure, ok := spec.Type.(*ast.StructType); ok {
			s.structs[spec.Name.Name] = structure
		}
	}
	return nil
}

// members adds the members of a structure below a path. The structures that it
// is in are within.
func (s *Service) members(paths []string, structure *ast.StructType, path string, within []*ast.StructType) []string {
	if slices.Contains(within, structure) {
		return paths
	}
	within = append(slices.Clone(within), structure)
	for _, field := range structure.Fields.List {
		for _, name := range field.Names {
			if !name.IsExported() {
				continue
			}
			member := strings.TrimPrefix(path+"."+name.Name, ".")
			paths = append(paths, member)
			if inner := s.structs[named(field.Type)]; inner != nil {
				paths = s.members(paths, inner, member, within)
			}
		}
	}
	return paths
}

// named is the name of the type of which a field is one, or has many.
func named(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return named(t.X)
	case *ast.ArrayType:
		return named(t.Elt)
	case *ast.MapType:
		return named(t.Value)
	case *ast.SelectorExpr:
		return t.Sel.Name
	case *ast.Ident:
		return t.Name
	}
	return ""
}
