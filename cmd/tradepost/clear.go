package main

// This file is the verb clear: it makes room for another first deployment.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
)

const clearUsage = `STACK

Deletes what a first deployment that failed has left of a stack, so that the next one is not in its way: takes termination
protection off, deletes the stack, and prints to standard output what stays behind without it. A stack that was ever
deployed is refused: cdk destroy is for those.`

func clearVerb(ctx context.Context, arguments []string) error {
	flags := newFlagSet("clear", clearUsage)
	var stack string
	if err := command.Parse(flags, arguments, command.Operand{Name: "STACK", Value: &stack}); err != nil {
		return err
	}
	cfg, err := connect(ctx)
	if err != nil {
		return err
	}
	return clearStack(ctx, cloudformation.NewFromConfig(cfg), stack)
}

func clearStack(ctx context.Context, client *cloudformation.Client, name string) error {
	s, err := stackNamed(ctx, client, name)
	if err != nil {
		return fmt.Errorf("look up the stack %s: %w", name, err)
	}
	if s == nil {
		tell("there is no stack %s: nothing is in the way of a deployment", name)
		return nil
	}
	if aws.ToString(s.ParentId) != "" {
		return fmt.Errorf("%s is nested in another stack: clear that", name)
	}
	if err := neverDeployed(s.StackStatus); err != nil {
		return fmt.Errorf("the stack %s stays as it is: %w", name, err)
	}
	if aws.ToBool(s.EnableTerminationProtection) {
		if _, err := client.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{
			StackName: s.StackId, EnableTerminationProtection: aws.Bool(false),
		}); err != nil {
			return fmt.Errorf("take the termination protection off %s: %w", name, err)
		}
	}
	if _, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: s.StackId}); err != nil {
		return fmt.Errorf("delete the stack %s: %w", name, err)
	}
	tell("deleting the stack %s, which was in %s", name, s.StackStatus)
	if err := awaitDeletion(ctx, client, *s.StackId); err != nil {
		return fmt.Errorf("delete the stack %s: %w", name, err)
	}
	return tellLeft(ctx, client, *s.StackId)
}

// stackNamed is the stack, or nil if there is none.
func stackNamed(ctx context.Context, client *cloudformation.Client, name string) (*types.Stack, error) {
	described, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	// CloudFormation has no code of its own for a stack that does not exist.
	if refused, ok := errors.AsType[smithy.APIError](err); ok && strings.HasSuffix(refused.ErrorMessage(), "does not exist") {
		return nil, nil
	}
	if err != nil || len(described.Stacks) == 0 {
		return nil, err
	}
	return &described.Stacks[0], nil
}

// neverDeployed refuses a stack that was ever deployed, or may be yet.
func neverDeployed(status types.StackStatus) error {
	switch status {
	case types.StackStatusRollbackComplete, types.StackStatusRollbackFailed, types.StackStatusCreateFailed, types.StackStatusReviewInProgress:
		return nil
	case types.StackStatusCreateInProgress, types.StackStatusRollbackInProgress, types.StackStatusDeleteInProgress:
		return fmt.Errorf("it is in %s; wait for the end of that", status)
	}
	return fmt.Errorf("it is in %s, so it has been deployed; cdk destroy is for such stacks", status)
}

func awaitDeletion(ctx context.Context, client *cloudformation.Client, id string) error {
	described := &cloudformation.DescribeStacksInput{StackName: &id}
	waiter := cloudformation.NewStackDeleteCompleteWaiter(client, func(o *cloudformation.StackDeleteCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, 10*time.Second
	})
	const longest = 2 * time.Hour // of a custom resource that does not answer, twice
	err := waiter.Wait(ctx, described, longest)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if s, lookErr := stackNamed(ctx, client, id); lookErr == nil && s != nil {
		return fmt.Errorf("it is in %s: %s", s.StackStatus, aws.ToString(s.StackStatusReason))
	}
	return err
}

// tellLeft prints the resources that are left without their stack.
func tellLeft(ctx context.Context, client *cloudformation.Client, id string) error {
	left := 0
	for pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: &id}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("the stack is deleted; list what is left of it: %w", err)
		}
		for _, r := range page.StackResourceSummaries {
			if r.ResourceStatus == types.ResourceStatusDeleteSkipped {
				fmt.Printf("%s %s\n", aws.ToString(r.ResourceType), aws.ToString(r.PhysicalResourceId))
				left++
			}
		}
	}
	tell("the stack is deleted; %d resources are left of it", left)
	return nil
}
