package statetest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/states/statetest"
)

// The CDK's DefinitionBody.fromFile makes the definition an asset.
func TestADefinitionThatIsAnAssetIsFound(t *testing.T) {
	const manifest = `{"artifacts": {
		"A": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "A.json"}},
		"A.assets": {"type": "cdk:asset-manifest", "properties": {"file": "A.assets.json"}}}}`
	const assets = `{"files": {"abc": {"source": {"path": "asset.abc.json", "packaging": "file"}, "destinations": {"x": {"bucketName": "assets-111122223333-eu-west-1", "objectKey": "abc.json"}}}}}`
	const definition = `{"StartAt": "${First}", "States": {"Only": {"Type": "Pass", "Result": 7, "End": true}}}`
	for location, want := range map[string]string{
		`{"Bucket": {"Fn::Sub": "assets-${AWS::AccountId}-${AWS::Region}"}, "Key": "abc.json"}`: "",
		`{"Bucket": "assets-111122223333-eu-west-1", "Key": "abc.json"}`:                        "",
		`{"Bucket": "assets-111122223333-eu-west-1", "Key": "lost.json"}`:                       "the assembly has no asset for s3://assets-111122223333-eu-west-1/lost.json",
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"manifest.json": manifest, "A.assets.json": assets, "asset.abc.json": definition,
			"A.json": `{"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionS3Location": ` + location + `, "DefinitionSubstitutions": {"First": "Only"}}}}}`,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m, err := statetest.FindInAssembly(dir, "Machine")
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", location, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", location, err)
			continue
		}
		if run := m.Run(t, statetest.Execution{Input: `{}`}); run.Output != "7" {
			t.Errorf("%s: %+v", location, run)
		}
	}
}
