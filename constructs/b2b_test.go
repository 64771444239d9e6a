package constructs_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// testKey is a public key that nobody has the other half of.
const testKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIMyJXzFErdyFxwBs6PvqsGul3QppbppKFARvchBKI8U"

func testPartners() []b2b.Partner {
	return []b2b.Partner{
		{ID: "acme", Name: "Acme \"Best\" Corporation", ContactEmail: "edi@acme.example", SSHPublicKeys: []string{testKey}, Tier: "premium"},
		{ID: "globex", ContactEmail: "b2b@globex.example"},
	}
}

// pipeline is the template of a pipeline with default props.
func pipeline(t *testing.T) *cdktest.Template {
	t.Helper()
	return synthSystem(t, "b2b")
}

// pipelineWith is the template of a pipeline with a change of the given name.
func pipelineWith(t *testing.T, name string, change func(*b2b.PipelineProps)) *cdktest.Template {
	t.Helper()
	return synthOnce(t, "b2b "+name, func(stack awscdk.Stack) {
		props := b2b.PipelineProps{Partners: testPartners()}
		change(&props)
		b2b.NewPipeline(stack, "Pipeline", props)
	})
}
