package assembly

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

var site = cloud.Site{Account: "000000000000", Region: "us-east-1"}

// write lays files into a new folder and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestStacksComeAfterThoseTheyDependOnNestedAssembliesIncluded(t *testing.T) {
	dir := write(t, map[string]string{
		"manifest.json": `{"artifacts": {
			"A": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "A.json"}, "dependencies": ["Z"]},
			"Z": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "Z.json", "stackName": "base", "parameters": {"P": "1"}}},
			"Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
			"Tree": {"type": "cdk:tree"}}}`,
		"assembly-Prod/manifest.json": `{"artifacts": {"B": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "B.json"}}}}`,
	})
	a, err := Load(dir, cloud.Site{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range a.Stacks {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "base A B" {
		t.Errorf("stacks %s, want base A B", got)
	}
	if base := a.Stacks[0]; base.Parameters["P"] != "1" {
		t.Errorf("got %+v", base)
	}
	if b := a.Stacks[2]; b.TemplateFile != filepath.Join(dir, "assembly-Prod", "B.json") {
		t.Errorf("template of B is %s", b.TemplateFile)
	}
}

func TestOnlySomeStacksAreLeftWithThoseThatTheyNeed(t *testing.T) {
	dir := write(t, map[string]string{"manifest.json": `{"artifacts": {
		"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "A.json"}, "dependencies": ["B", "A.assets"]},
		"B": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "B.json", "stackName": "base"}, "dependencies": ["C"]},
		"C": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "C.json"}},
		"D": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "D.json"}, "dependencies": ["B"]}}}`})
	for _, row := range []struct {
		only []string
		want string // names, or the error
	}{
		{nil, "C base A D"},
		{[]string{"A"}, "C base A"},
		{[]string{"D", "C"}, "C base D"},
		{[]string{"C"}, "C"},
		{[]string{"C", "B"}, "the assembly has no stack B: it has C, base, A, D"},
	} {
		a, err := Load(dir, cloud.Site{})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Only(row.only...); err != nil {
			if err.Error() != row.want {
				t.Errorf("only %v: %v, want %s", row.only, err, row.want)
			}
			continue
		}
		var names []string
		for _, s := range a.Stacks {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != row.want {
			t.Errorf("only %v: %s, want %s", row.only, got, row.want)
		}
	}
}

func TestResourcesAreKnownByTheirConstructs(t *testing.T) {
	said := `{"/Shop/Orders/Start/Resource/Resource": [{"type": "aws:cdk:logicalId", "data": "OrdersStartAB12"}],
		"/Shop/Orders/Queue": [{"type": "aws:cdk:info", "data": {"any": "thing"}}, {"type": "aws:cdk:logicalId", "data": "OrdersQueueCD34"}], "/Shop": [{"type": "aws:cdk:stack-tags"}]}`
	for name, manifest := range map[string]string{
		"in the manifest": `{"artifacts": {"Shop": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Shop.json"}, "metadata": ` + said + `}}}`,
		"beside it":       `{"artifacts": {"Shop": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Shop.json"}, "additionalMetadataFile": "Shop.metadata.json"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			a, err := Load(write(t, map[string]string{"manifest.json": manifest, "Shop.metadata.json": said}), cloud.Site{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.Stacks[0].Constructs()
			if want := map[string]string{"Shop/Orders/Start": "OrdersStartAB12", "Shop/Orders/Queue": "OrdersQueueCD34"}; err != nil || !maps.Equal(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
}

func TestAnAssetIsFoundByTheBucketAndKeyItIsPublishedTo(t *testing.T) {
	dir := write(t, map[string]string{
		"manifest.json": `{"artifacts": {
			"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "A.json"}},
			"A.assets": {"type": "cdk:asset-manifest", "properties": {"file": "A.assets.json"}}}}`,
		"A.assets.json": `{"files": {"abc": {"source": {"path": "asset.abc", "packaging": "zip"}, "destinations": {
			"current": {"bucketName": "assets-${AWS::AccountId}-${AWS::Region}", "objectKey": "abc.zip"}}}}}`,
	})
	a, err := Load(dir, site)
	if err != nil {
		t.Fatal(err)
	}
	if path, ok := a.Asset("assets-000000000000-us-east-1", "abc.zip"); !ok || path != filepath.Join(dir, "asset.abc") {
		t.Errorf("got %q, %v", path, ok)
	}
	if _, ok := a.Asset("assets-000000000000-us-east-1", "other.zip"); ok {
		t.Error("found an asset that does not exist")
	}
}

// stacksFor writes an assembly with one stack for each environment.
func stacksFor(t *testing.T, environments ...string) string {
	t.Helper()
	var artifacts []string
	for i, environment := range environments {
		artifacts = append(artifacts, fmt.Sprintf(`"S%d": {"type": "aws:cloudformation:stack", "environment": %q, "properties": {"templateFile": "S.json"}}`, i, environment))
	}
	artifacts = append(artifacts, `"A": {"type": "cdk:asset-manifest", "properties": {"file": "A.json"}}`)
	return write(t, map[string]string{
		"manifest.json": `{"artifacts": {` + strings.Join(artifacts, ",") + `}}`,
		"A.json":        `{"files": {"abc": {"source": {"path": "asset.abc"}, "destinations": {"x": {"bucketName": "b-${AWS::AccountId}-${AWS::Region}", "objectKey": "abc.zip"}}}}}`,
	})
}

func TestTheSiteIsTheOneThatTheStacksAreMeantFor(t *testing.T) {
	const anywhere = "aws://unknown-account/unknown-region"
	for _, tt := range []struct {
		name         string
		environments []string
		asked        cloud.Site
		want         string // the bucket of an asset tells the site
		refused      string
	}{
		{"nobody asks for any", []string{anywhere}, cloud.Site{}, "b-000000000000-us-east-1", ""},
		{"the stacks agree", []string{"aws://111122223333/eu-west-1", anywhere, "aws://unknown-account/eu-west-1"}, cloud.Site{}, "b-111122223333-eu-west-1", ""},
		{"the options say it", []string{anywhere}, cloud.Site{Account: "444455556666", Region: "eu-north-1"}, "b-444455556666-eu-north-1", ""},
		{"the options say the half of it", []string{"aws://unknown-account/eu-west-1"}, cloud.Site{Account: "444455556666"}, "b-444455556666-eu-west-1", ""},
		{"two regions", []string{"aws://111122223333/eu-west-1", "aws://111122223333/us-east-1"}, cloud.Site{}, "", "stack S1 is meant for region us-east-1, but stack S0 says eu-west-1"},
		{"another account than asked for", []string{"aws://111122223333/eu-west-1"}, cloud.Site{Account: "444455556666"}, "", "stack S0 is meant for account 111122223333, but the engine's options say 444455556666"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Load(stacksFor(t, tt.environments...), tt.asked)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %v, want %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := a.Asset(tt.want, "abc.zip"); !ok {
				t.Errorf("the site is %v, want the asset in %s", a.Site, tt.want)
			}
		})
	}
}

func TestASingleTemplateIsAnAssemblyOfOneStack(t *testing.T) {
	dir := write(t, map[string]string{"orders.template.json": `{}`, "code/worker/bootstrap": ""})
	a, err := Load(filepath.Join(dir, "orders.template.json"), site)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Stacks) != 1 || a.Stacks[0].Name != "orders" {
		t.Errorf("got %+v", a.Stacks)
	}
	if path, ok := a.Asset("any", "code/worker"); !ok || path != filepath.Join(dir, "code", "worker") {
		t.Errorf("code beside the template: got %q, %v", path, ok)
	}
	if _, ok := a.Asset("any", "../worker"); ok {
		t.Error("an asset was found outside of the template's folder")
	}
}

func TestWhatIsNoAssemblyIsRefusedWithTheRemedy(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"an empty folder", nil, "cdk synth"},
		{"no stacks", map[string]string{"manifest.json": `{"artifacts": {}}`}, "no stacks"},
		{"a broken manifest", map[string]string{"manifest.json": `{`}, "parse manifest.json"},
		{"an asset made by a command", map[string]string{
			"manifest.json": `{"artifacts": {"X": {"type": "cdk:asset-manifest", "properties": {"file": "x.json"}}}}`,
			"x.json":        `{"files": {"abc": {"source": {"executable": ["make"]}}}}`}, "produced by a command"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Load(write(t, tt.files), site); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none"), site); err == nil {
		t.Error("a path that does not exist was accepted")
	}
}

func TestAnAssemblyWithoutAPathHasNoStacksAndIsAnywhere(t *testing.T) {
	a, err := Load("", cloud.Site{Region: "eu-west-1"})
	if want := (cloud.Site{Account: "000000000000", Region: "eu-west-1"}); err != nil || len(a.Stacks) > 0 || a.Site != want {
		t.Errorf("got %+v, %v; want no stacks in %v", a, err, want)
	}
}
