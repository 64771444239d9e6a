package main

// This file finds a pipeline's resources by the outputs of its stack.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// defaultStack is the stack of the stage that cdk.json deploys by default.
const defaultStack = "Tradepost-B2B-dev"

// connect reads the usual configuration of AWS: credentials, region,
// AWS_ENDPOINT_URL.
func connect(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region: set AWS_REGION, or a profile that has one")
	}
	return cfg, nil
}

// outputs are the stack's, by name. All of those that are needed must be there.
func outputs(ctx context.Context, cfg aws.Config, stack string, needed ...string) (map[string]string, error) {
	described, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(stack)})
	if err != nil {
		return nil, fmt.Errorf("look up the stack %s: %w", stack, err)
	}
	values := map[string]string{}
	for _, s := range described.Stacks {
		for _, output := range s.Outputs {
			values[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
		}
	}
	missing := slices.DeleteFunc(slices.Clone(needed), func(name string) bool { return values[name] != "" })
	if len(missing) > 0 {
		return nil, fmt.Errorf("the stack %s has no output %s: is it the stack of a pipeline, deployed by this version?", stack, strings.Join(missing, ", "))
	}
	return values, nil
}
