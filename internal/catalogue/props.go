package catalogue

// This file makes tables out of the doc comments of props.

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
)

// propsTable is a table of a struct's fields, by the folder of its package.
func propsTable(folder, name string) (string, error) {
	fields, err := fieldsOf(folder, name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| prop | type | default | |\n| --- | --- | --- | --- |\n")
	for _, field := range fields {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", field.names, field.kind, cell(field.fallback), cell(field.about))
	}
	return b.String(), nil
}

// cell is a text that may stand in a table.
func cell(text string) string {
	text = strings.ReplaceAll(text, "|", `\|`)
	return strings.NewReplacer("<", "&lt;", "*", `\*`, "\n", " ").Replace(text)
}

type prop struct{ names, kind, fallback, about string }

func fieldsOf(folder, name string) ([]prop, error) {
	sources, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, source, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if declared := structOf(file, name); declared != nil {
			return propsOf(files, name, declared)
		}
	}
	return nil, fmt.Errorf("%s has no struct %s", filepath.Base(folder), name)
}

func structOf(file *ast.File, name string) *ast.StructType {
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			if declared, ok := spec.(*ast.TypeSpec); ok && declared.Name.Name == name {
				fields, _ := declared.Type.(*ast.StructType)
				return fields
			}
		}
	}
	return nil
}

func propsOf(files *token.FileSet, name string, declared *ast.StructType) ([]prop, error) {
	var props []prop
	for _, field := range declared.Fields.List {
		names := exported(field)
		if names == "" {
			continue
		}
		var kind bytes.Buffer
		if err := printer.Fprint(&kind, files, field.Type); err != nil {
			return nil, err
		}
		if field.Doc == nil && len(props) > 0 { // that of the field before is meant for both
			last := &props[len(props)-1]
			last.names, last.kind = last.names+"<br>"+names, last.kind+"<br>`"+kind.String()+"`"
			continue
		}
		p := prop{names: names, kind: "`" + kind.String() + "`"}
		if p.about, p.fallback = split(field.Doc.Text()); p.fallback == "" && strings.HasSuffix(name, "Props") {
			return nil, fmt.Errorf("the doc of %s.%s says neither Required nor Default", name, names)
		}
		if p.fallback == "" && strings.Contains(kind.String(), ".") {
			p.fallback = "see " + kind.String()
		}
		props = append(props, p)
	}
	return props, nil
}

func exported(field *ast.Field) string {
	var names []string
	for _, n := range field.Names {
		if n.IsExported() {
			names = append(names, "`"+n.Name+"`")
		}
	}
	return strings.Join(names, ", ")
}

var fallback = regexp.MustCompile(`^Default(?: of [A-Z][A-Za-z]*)?: `)

// split takes apart what a doc says of a field, and of its default, which may
// be none.
func split(doc string) (about, defaults string) {
	var rest []string
	for _, sentence := range sentences(doc) {
		switch {
		case sentence == "Required.":
			defaults = "Required"
		case fallback.MatchString(sentence):
			_, defaults, _ = strings.Cut(strings.TrimSuffix(sentence, "."), ": ")
		default:
			rest = append(rest, sentence)
		}
	}
	return strings.Join(rest, " "), defaults
}

var ending = regexp.MustCompile(`\.\s+([A-Z])`)

// sentences are those of a doc's running text. What is indented, a table or
// the like, is left to pkg.go.dev.
func sentences(doc string) []string {
	var words []string
	for line := range strings.Lines(doc) {
		switch indented := strings.HasPrefix(line, "\t"); {
		case !indented:
			words = append(words, strings.Fields(line)...)
		case len(words) > 0 && words[len(words)-1] != "…":
			words = append(words, "…")
		}
	}
	return strings.Split(ending.ReplaceAllString(strings.Join(words, " "), ".\x00$1"), "\x00")
}
