package training

// This file names resources that the stack does not declare.

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

func (s *System) sageMaker(kind, name string) string {
	return operation.ARN(s.Construct, "sagemaker", kind+"/"+name)
}

var repository = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[a-z.]+/([^:@]+)`)

// repository is that of an image in ECR: any, of an address that is known only
// when the stack is deployed.
func (s *System) repository(image string) string {
	account, region, name := "*", "*", "*"
	if parts := repository.FindStringSubmatch(image); parts != nil {
		account, region, name = parts[1], parts[2], parts[3]
	}
	return strings.Join([]string{"arn", *awscdk.Stack_Of(s.Construct).Partition(), "ecr", region, account, "repository/" + name}, ":")
}

// firstOf is what a part of a stack's id has before its first -.
func firstOf(part string) string {
	return *awscdk.Fn_Select(jsii.Number(0), awscdk.Fn_Split(jsii.String("-"), &part, nil))
}
