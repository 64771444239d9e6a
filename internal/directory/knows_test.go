package directory

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"testing"
)

// The comparison must not end at the first difference, nor at the first token. Its
// time cannot be tested reliably; how it is written can.
func TestTokensAreComparedInConstantTime(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "row.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	calls, returns := map[string]int{}, 0
	for _, declared := range file.Decls {
		function, ok := declared.(*ast.FuncDecl)
		if !ok || function.Name.Name != "Knows" {
			continue
		}
		ast.Inspect(function, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				calls[types.ExprString(n.Fun)]++
			case *ast.ReturnStmt:
				returns++
			case *ast.BranchStmt:
				t.Errorf("a %s in Knows ends it early for some tokens", n.Tok)
			}
			return true
		})
	}
	if want := map[string]int{"Hash": 1, "len": 3, "make": 1, "subtle.ConstantTimeCompare": 1}; !maps.Equal(calls, want) || returns != 1 {
		t.Errorf("Knows calls %v and returns at %d places", calls, returns)
	}
}
