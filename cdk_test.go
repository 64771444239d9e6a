package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// Every finding is either mended or suppressed at its resource, with a reason.
// A warning of the CDK itself counts as one.
func TestNagFindsNothing(t *testing.T) {
	for name, context := range map[string]map[string]any{
		"defaults": nil,
		"others":   {"stage": "prod", "detection": "CloudTrail", "workflow": "express"},
	} {
		t.Run(name, func(t *testing.T) {
			app := cdktest.NewApp(t, context)
			awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
			var err error
			if findings := cdktest.Panics(func() { err = synthesize(app) }); findings != "" || err != nil {
				t.Fatal(findings, err) // cdk-nag prints each finding
			}
			for _, stack := range *app.Synth(nil).Stacks() {
				for _, message := range *stack.Messages() {
					text, err := json.Marshal(message)
					t.Errorf("%s: %s, %v", *stack.StackName(), text, err)
				}
			}
		})
	}
}

// A template without a stack, or a stack without one, is a fault as well.
func TestTemplatesAreAsReviewed(t *testing.T) {
	app := cdktest.NewApp(t, map[string]any{"aws:cdk:enable-path-metadata": false})
	if err := synthesize(app); err != nil {
		t.Fatal(err)
	}
	reviewed, err := filepath.Glob(filepath.Join("testdata", "*.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, stack := range *app.Synth(nil).Stacks() {
		file := filepath.Join("testdata", *stack.StackName()+".template.json")
		reviewed = slices.DeleteFunc(reviewed, func(other string) bool { return other == file })
		got := normalized(t, *stack.TemplateFullPath())
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v\nwrite it by: go test . -update", err)
		}
		if difference := firstDifference(want, got); difference != "" {
			t.Errorf("%s: %s\nif that is meant, accept it by: go test . -update", file, difference)
		}
	}
	for _, file := range reviewed {
		t.Errorf("%s: no stack has this template; delete it", file)
	}
}

var contentHash = regexp.MustCompile(`[0-9a-f]{64}`)

// normalized is a template without what changes for reasons of its own:
// hashes of code, the texts of state machines (which have their own tests),
// and what cdk-nag is told.
func normalized(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var template map[string]any
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	for _, resource := range template["Resources"].(map[string]any) {
		resource := resource.(map[string]any)
		delete(resource, "Metadata")
		if properties, ok := resource["Properties"].(map[string]any); ok && properties["DefinitionString"] != nil {
			properties["DefinitionString"] = "(statemachines/)"
		}
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(template); err != nil {
		t.Fatal(err)
	}
	return contentHash.ReplaceAll([]byte(text.String()), []byte("(content hash)"))
}

func firstDifference(want, got []byte) string {
	a, b := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d:\n-%s\n+%s", i+1, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return "one is longer"
	}
	return ""
}

func TestContextFaultsAreReportedTogether(t *testing.T) {
	app := cdktest.NewApp(t, map[string]any{
		"stage": "a/b", "partners": "no-such.json", "detection": "Maybe", "workflow": "fast", "systems": "b2b,b2c",
	})
	err := synthesize(app)
	if err == nil {
		t.Fatal("synthesized")
	}
	for _, part := range []string{`stage is "a/b"`, "no-such.json", `detection is "Maybe"`, `workflow is "fast"`, `systems has "b2c"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in: %v", part, err)
		}
	}
}

func TestAssemblyIsKeptOutOfVersionControl(t *testing.T) {
	app := cdktest.NewApp(t, nil)
	if err := synthesize(app); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(*app.Outdir(), ".gitignore"))
	if err != nil || !strings.Contains(string(got), "\n*\n") {
		t.Errorf(".gitignore of the assembly: %q, %v", got, err)
	}
}
