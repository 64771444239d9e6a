package console

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestAPictureIsLaidOutAnewOnlyWhenItsStackHasChanged(t *testing.T) {
	const template = `{"Resources": {"Dead": {"Type": "AWS::SQS::Queue"}, "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}}}}}`
	resources := func(dead string) []types.StackResourceSummary {
		return []types.StackResourceSummary{
			{LogicalResourceId: aws.String("Dead"), PhysicalResourceId: aws.String(dead)}, {LogicalResourceId: aws.String("Jobs"), PhysicalResourceId: aws.String("jobs")},
		}
	}
	var s sketches
	of := func(stack, template, dead string) *sketch {
		t.Helper()
		made, err := s.of(stack, template, resources(dead))
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	first := of("a", template, "dead")
	if len(first.nodes) != 2 || len(first.calls) != 1 || !first.calls[0].Dead {
		t.Fatalf("the picture has %v and %v", first.nodes, first.calls)
	}
	if of("b", template, "dead") == first || of("a", template, "dead") != first {
		t.Error("the picture is another stack's, or was laid out twice")
	}
	for name, changed := range map[string]*sketch{"a resource": of("a", template, "dead-2"), "the template": of("a", template+" ", "dead-2")} {
		if changed == first {
			t.Errorf("%s has changed, and the picture is as before", name)
		}
	}
	if again := of("a", template+" ", "dead-2"); again.nodes[0].Physical != "dead-2" && again.nodes[1].Physical != "dead-2" {
		t.Errorf("the picture has %v", again.nodes)
	}
}
