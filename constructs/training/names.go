package training

// This file names resources that the stack does not declare.

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// arn is that of a resource of this account, or of a part of one.
func (s *System) arn(service, region, account, resource string) string {
	stack := awscdk.Stack_Of(s.Construct)
	return strings.Join([]string{"arn", *stack.Partition(), service, region, account, resource}, ":")
}

func (s *System) regional(service, resource string) string {
	stack := awscdk.Stack_Of(s.Construct)
	return s.arn(service, *stack.Region(), *stack.Account(), resource)
}

func (s *System) sageMaker(kind, name string) string {
	return s.regional("sagemaker", kind+"/"+name)
}

// executions are all of a state machine's.
func (s *System) executions(w *workflow.Workflow) string {
	return s.regional("states", "execution:"+*w.StateMachine.StateMachineName()+":*")
}

var repository = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[a-z.]+/([^:@]+)`)

// repository is that of an image in ECR: any, of an address that is known only
// when the stack is deployed.
func (s *System) repository(image string) string {
	if parts := repository.FindStringSubmatch(image); parts != nil {
		return s.arn("ecr", parts[2], parts[1], "repository/"+parts[3])
	}
	return s.arn("ecr", "*", "*", "repository/*")
}

// firstOf is what a part of a stack's id has before its first -.
func firstOf(part string) string {
	return *awscdk.Fn_Select(jsii.Number(0), awscdk.Fn_Split(jsii.String("-"), &part, nil))
}

func regexpQuote(text string) string { return regexp.QuoteMeta(text) }
