package policyguard

// This file looks into executions.

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
)

// Outcomes are those of all executions that have succeeded, by policy.
func (g *Guard) Outcomes(ctx context.Context) (map[string][]contract.Outcome, error) {
	client := sfn.NewFromConfig(g.AWS())
	outcomes := map[string][]contract.Outcome{}
	pages := sfn.NewListExecutionsPaginator(client, &sfn.ListExecutionsInput{StateMachineArn: &g.Workflow, StatusFilter: "SUCCEEDED"})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list executions of the guard: %w", err)
		}
		for _, listed := range page.Executions {
			e, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: listed.ExecutionArn})
			if err != nil {
				return nil, fmt.Errorf("describe an execution of the guard: %w", err)
			}
			var output struct {
				Policy  string
				Outcome contract.Outcome
			}
			if err := json.Unmarshal([]byte(*e.Output), &output); err != nil {
				return nil, err
			}
			outcomes[output.Policy] = append(outcomes[output.Policy], output.Outcome)
		}
	}
	return outcomes, nil
}

// judged waits until a policy's change was left alone.
func (g *Guard) judged(ctx context.Context, policy string) error {
	for {
		outcomes, err := g.Outcomes(ctx)
		if err != nil {
			return err
		}
		if of := outcomes[policy]; len(of) > 0 {
			if of[0] != contract.Allowed {
				return fmt.Errorf("%s is %s", policy, of[0])
			}
			return nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return fmt.Errorf("%s was not judged: %w", policy, err)
		}
	}
}
