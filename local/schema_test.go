package local

import (
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

func TestCloudFormationsSchemaOfEveryTypeIsKnown(t *testing.T) {
	ours := map[string]bool{
		providerType:         true, // the engine's own
		"AWS::CDK::Metadata": true, // CloudFormation has no schema of it
	}
	for _, name := range everyService(t).Types() {
		if _, known := schema.Of(name); !known && !ours[name] {
			t.Errorf("%s has no schema: go generate ./local/cfn/schema", name)
		}
	}
}
