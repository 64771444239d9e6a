package forward

// This file runs the workflow for a webhook, and counts what has become of it.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/claims"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// StepFunctions is what the handler needs of the Step Functions client.
type StepFunctions interface {
	StartSyncExecution(context.Context, *sfn.StartSyncExecutionInput, ...func(*sfn.Options)) (*sfn.StartSyncExecutionOutput, error)
}

// run runs the workflow to its end. An execution whose answer is lost may go on
// beside the next one: both publish under one deduplication id.
func (h *Handler) run(ctx context.Context, w webhook) (contract.Result, error) {
	var result contract.Result
	ended, err := h.StepFunctions.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{
		StateMachineArn: aws.String(h.WorkflowARN), Input: aws.String(w.input),
	})
	if err != nil {
		return result, fmt.Errorf("run the workflow: %w", err)
	}
	if ended.Status != types.SyncExecutionStatusSucceeded {
		return result, fmt.Errorf("execution %s %s: %s: %s", aws.ToString(ended.Name), ended.Status, aws.ToString(ended.Error), aws.ToString(ended.Cause))
	}
	if err := json.Unmarshal([]byte(aws.ToString(ended.Output)), &result); err != nil {
		return result, fmt.Errorf("execution %s has the output %.200q: %w", aws.ToString(ended.Name), aws.ToString(ended.Output), err)
	}
	if result.Outcome != contract.Published && result.Outcome != contract.Rejected {
		return result, fmt.Errorf("execution %s has the outcome %q", aws.ToString(ended.Name), result.Outcome)
	}
	return result, nil
}

// settle says what has become of the webhook, and counts it. If another record
// has taken over meanwhile, that one is published, and this one a duplicate.
func (h *Handler) settle(ctx context.Context, w webhook, outcome contract.Outcome) error {
	err := patience.Retry(ctx, func() error { return h.Claims.Settle(ctx, w.claim(), outcome) })
	if err != nil && !errors.Is(err, claims.ErrLost) {
		return err
	}
	if err != nil && outcome == contract.Published {
		outcome = contract.Duplicate
	}
	h.count(ctx, w, outcome)
	return nil
}

// count is for what has come to its end. What came past the function that
// receives, and what is sent again, comes in here.
func (h *Handler) count(ctx context.Context, w webhook, outcome contract.Outcome) {
	values := []metrics.Value{{Name: contract.MetricOf(outcome), Count: 1}}
	switch {
	case w.Replay > 0:
		values = append(values, metrics.Value{Name: contract.MetricReplayed, Count: 1})
	case w.Direct:
		values = append(values, metrics.Value{Name: contract.MetricReceived, Count: 1})
	}
	if err := h.Metrics.With(contract.DimensionSource, w.Source).Count(values...); err != nil {
		slog.ErrorContext(ctx, "metric lost", "source", w.Source, "id", w.ID, "outcome", outcome, "error", err.Error())
	}
}
