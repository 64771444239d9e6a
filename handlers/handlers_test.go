package handlers

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestEveryFunctionOfOursHasItsOwnHandler(t *testing.T) {
	mains, err := filepath.Glob(filepath.Join("..", "lambdas", "*", "*", "bootstrap"))
	if err != nil || len(mains) == 0 {
		t.Fatalf("%v %v", mains, err)
	}
	all := All()
	for _, main := range mains {
		folder := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(main), filepath.Join("..", "lambdas")+string(filepath.Separator)))
		built := "github.com/tradepost-dev/tradepost/lambdas/" + folder
		if all[built+"/bootstrap"] == nil {
			t.Errorf("%s has none", folder)
			continue
		}
		delete(all, built+"/bootstrap")
		wire := wirings[folder]
		made := []string{nameOf(wire)}
		if made[0] != built+".Wire" { // it needs nothing
			made = append(made, nameOf(wire(aws.Config{}, nil)))
		}
		if !slices.Contains(made, built+".Wire") && !slices.Contains(made, built+".Handle") {
			t.Errorf("%s has another's: %v", folder, made)
		}
	}
	if len(all) > 0 {
		t.Errorf("there are no mains of %v", all)
	}
}

func TestThePageShowsTheProofOfTheConsumersAppAsItIs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "simulation.md"))
	if err != nil {
		t.Fatal(err)
	}
	proof, err := os.ReadFile(filepath.Join("..", "examples", "consumer", "idempotent_test.go"))
	if err != nil || !bytes.Contains(page, slices.Concat([]byte("```go\n"), proof, []byte("```\n"))) {
		t.Errorf("docs/simulation.md does not show examples/consumer/idempotent_test.go word for word: %v", err)
	}
}

func nameOf(function any) string {
	return runtime.FuncForPC(reflect.ValueOf(function).Pointer()).Name()
}
