// Package policyguard is the policy guard on this machine: clients of those who
// change policies and of those who decide, and the story that the demo tells.
package policyguard

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/approver"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	shared "github.com/tradepost-dev/tradepost/internal/policyguard"
)

// Administrator decides on a laptop.
const Administrator = "ann@example.com"

// System is the policy guard for a laptop, with a trail that it hears by.
func System() laptop.System {
	return laptop.System{Name: "policyguard", Prepare: func(string, string) (map[string]string, error) {
		return map[string]string{"administrators": Administrator, "trail": "true"}, nil
	}}
}

// Guard is a laptop whose policies are guarded.
type Guard struct {
	*laptop.Laptop
	Stack                     string // the system's
	Workflow, Cases, Boundary string // ARN, name, ARN
}

// Connect finds the system's addresses.
func Connect(l *laptop.Laptop) (*Guard, error) {
	stack, err := l.Stack("Tradepost-PolicyGuard-")
	if err != nil {
		return nil, err
	}
	g := &Guard{Laptop: l, Stack: stack}
	for name, value := range map[string]*string{"WorkflowARN": &g.Workflow, "CasesTable": &g.Cases, "BoundaryARN": &g.Boundary} {
		if *value, err = l.Output(stack, name); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// IAM is a client of the account's administrator.
func (g *Guard) IAM() *iam.Client { return iam.NewFromConfig(g.AWS()) }

// Create makes a managed policy.
func (g *Guard) Create(ctx context.Context, name, document string) (arn string, err error) {
	created, err := g.IAM().CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document})
	if err != nil {
		return "", fmt.Errorf("create policy %s: %w", name, err)
	}
	return *created.Policy.Arn, nil
}

// Role makes a role that somebody may take on.
func (g *Guard) Role(ctx context.Context, name string) error {
	_, err := g.IAM().CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}`)})
	if _, there := errors.AsType[*iamtypes.EntityAlreadyExistsException](err); err != nil && !there {
		return fmt.Errorf("create role %s: %w", name, err)
	}
	return nil
}

// Standing is a managed policy's version in force, with its document; both are
// empty if there is no such policy.
func (g *Guard) Standing(ctx context.Context, arn string) (version, document string, err error) {
	d, ok, err := shared.ReadDefault(ctx, g.IAM(), arn)
	if !ok {
		return "", "", err
	}
	document, _, err = shared.ReadVersion(ctx, g.IAM(), arn, d.Version)
	return d.Version, document, err
}

// Inline is an inline policy, empty if there is none.
func (g *Guard) Inline(ctx context.Context, p contract.Policy) (string, error) {
	document, _, err := shared.ReadInline(ctx, g.IAM(), p)
	return document, err
}

// Asked waits until so many mails ask about a policy, and returns the last one's
// link.
func (g *Guard) Asked(ctx context.Context, name string, mails int) (string, error) {
	for {
		questions, err := approver.Questions(g.Laptop, `"Restore `+name+"? ")
		if err != nil {
			return "", err
		}
		if n := len(questions); n >= mails {
			return questions[n-1].Link, nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return "", fmt.Errorf("%d mails ask about %s: %w", len(questions), name, err)
		}
	}
}

// Case is what became of a change.
type Case struct {
	Outcome            contract.Outcome // empty as long as it is open
	Document           string           // that was rolled back
	DecidedBy, Comment string
	Details            string
}

// Rows are the rows of a policy, cases and others, by entry.
func (g *Guard) Rows(ctx context.Context, policy string) (map[string]map[string]types.AttributeValue, error) {
	rows := map[string]map[string]types.AttributeValue{}
	pages := dynamodb.NewQueryPaginator(dynamodb.NewFromConfig(g.AWS()), &dynamodb.QueryInput{
		TableName: &g.Cases, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("#policy = :policy"),
		ExpressionAttributeNames:  map[string]string{"#policy": contract.AttrPolicy},
		ExpressionAttributeValues: map[string]types.AttributeValue{":policy": attribute.Text(policy)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the cases of %s: %w", policy, err)
		}
		for _, item := range page.Items {
			rows[attribute.String(item, contract.AttrEntry)] = item
		}
	}
	return rows, nil
}

// Changes are a policy's cases.
func (g *Guard) Changes(ctx context.Context, policy string) ([]Case, error) {
	rows, err := g.Rows(ctx, policy)
	var cases []Case
	for entry, row := range rows {
		if strings.HasPrefix(entry, contract.PrefixCase) {
			text := func(name string) string { return attribute.String(row, name) }
			cases = append(cases, Case{
				Outcome: contract.Outcome(text(contract.AttrOutcome)), Document: text(contract.AttrDocument),
				DecidedBy: text(contract.AttrDecidedBy), Comment: text(contract.AttrComment), Details: text(contract.AttrDetails),
			})
		}
	}
	return cases, err
}

// Closed waits until so many of a policy's cases have an outcome, and returns
// all.
func (g *Guard) Closed(ctx context.Context, policy string, many int) ([]Case, error) {
	for {
		cases, err := g.Changes(ctx, policy)
		if err != nil {
			return nil, err
		}
		closed := 0
		for _, c := range cases {
			if c.Outcome != "" {
				closed++
			}
		}
		if closed >= many {
			return cases, nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return cases, fmt.Errorf("%d of %d cases of %s have an outcome: %w", closed, many, policy, err)
		}
	}
}
