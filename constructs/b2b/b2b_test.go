package b2b

import (
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// testKey and otherKey are public keys that nobody has the other half of.
const (
	testKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIMyJXzFErdyFxwBs6PvqsGul3QppbppKFARvchBKI8U"
	otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237 someone@example.com"
)

func testPartners() []Partner {
	return []Partner{
		{ID: "acme", Name: "Acme \"Best\" Corporation", ContactEmail: "edi@acme.example", SSHPublicKeys: []string{testKey}, RequestsPerSecond: 50, Burst: 100},
		{ID: "globex", ContactEmail: "b2b@globex.example", DailyQuota: 1000},
	}
}

// pipelines holds templates that tests have in common: a synthesis costs
// more than all that is asked of it.
var pipelines = make(map[string]*cdktest.Template)

// pipeline is the template of a pipeline with default props.
func pipeline(t *testing.T) *cdktest.Template {
	t.Helper()
	return pipelineWith(t, "defaults", func(*PipelineProps) {})
}

// pipelineWith is the template of a pipeline with a change of the given name.
func pipelineWith(t *testing.T, name string, change func(*PipelineProps)) *cdktest.Template {
	t.Helper()
	return synthOnce(t, name, func(stack awscdk.Stack) {
		props := PipelineProps{Partners: testPartners()}
		change(&props)
		NewPipeline(stack, "Pipeline", props)
	})
}

// synthOnce is the template of the given name, of a stack that declare fills.
func synthOnce(t *testing.T, name string, declare func(awscdk.Stack)) *cdktest.Template {
	t.Helper()
	if pipelines[name] == nil {
		stack := cdktest.NewStack(t)
		declare(stack)
		pipelines[name] = cdktest.Synth(t, stack)
	}
	return pipelines[name].For(t)
}
