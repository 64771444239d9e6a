package b2b

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Partners' programs go by the codes that docs/reply.md lists.
func TestTheCodesOfTheDocumentAreThoseOfTheCode(t *testing.T) {
	content, err := os.ReadFile("../../../docs/reply.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(content)
	ofContract := func(prefix string) func(name, typ string) bool {
		return func(name, typ string) bool { return typ == "" && strings.HasPrefix(name, prefix) }
	}
	files := constants(t, ".", ofContract("FileCode"))
	files = append(files, constants(t, "../../batch", func(_, typ string) bool { return typ == "Code" || typ == "batch.Code" })...)
	compare(t, "of files", codes(t, document, "Reason"), files)
	compare(t, "of transactions", codes(t, document, "Codes of transactions"), constants(t, ".", ofContract("Code")))
}

func compare(t *testing.T, which string, listed, known []string) {
	t.Helper()
	slices.Sort(listed)
	slices.Sort(known)
	if len(known) < 5 || !slices.Equal(listed, slices.Compact(known)) {
		t.Errorf("codes %s: docs/reply.md lists %q, the code has %q", which, listed, known)
	}
}

// codes are those in the table of a section.
func codes(t *testing.T, document, section string) (all []string) {
	t.Helper()
	_, text, found := strings.Cut(document, "\n## "+section+"\n")
	if !found {
		t.Fatalf("docs/reply.md has no section %q", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	for _, match := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	return all
}

// constants are the values of the string constants in and below a folder that
// are asked for by their name and type.
func constants(t *testing.T, folder string, wanted func(name, typ string) bool) (values []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if ok && literal.Kind == token.STRING && wanted(spec.Names[0].Name, typeName(spec.Type)) {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
				values = append(values, value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	}
	return ""
}
