// Package replay starts transactions again that the pipeline failed to
// process, each under the name of its next attempt, and has the replies of
// their files written anew.
//
// A redrive of the execution cannot do that: it goes on at the state that
// failed, and a failure that was caught and recorded ended in a Fail state. Nor
// can the same message: an execution's name stays taken for 90 days.
//
// A replay may be interrupted anywhere and run again, and two may run at once.
// Each step finds what was done before:
//
//   - A file's next settlement is named first, so that the one before it, which
//     may have counted already, has nothing more to say.
//   - An outcome turns from FAILED into REPLAYING under a condition, with the
//     attempt in it; it is found again for as long as it has not turned into
//     another one.
//   - A message that is sent twice starts one execution, named after its attempt.
package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/messages"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// DynamoDB is what a Replayer needs of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// S3 is what a Replayer needs of the S3 client.
type S3 interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// StepFunctions is what a Replayer needs of the Step Functions client.
type StepFunctions interface {
	executions.Client
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// Pipeline says where a pipeline keeps what a replay works with, and when a
// file is overdue again.
type Pipeline struct {
	FilesTable        string
	TransactionsTable string
	OutcomesTable     string
	QueueURL          string // of files' transactions
	PostedQueueURL    string // of posted ones
	WorkflowARN       string
	SettlementARN     string
	SettlementTimeout time.Duration // as split has them
	SettlementRate    int
}

// Outputs are those of a pipeline's stack that PipelineOf reads.
var Outputs = []string{
	"FilesTable", "TransactionsTable", "OutcomesTable", "QueueURL", "PostedQueueURL", "WorkflowARN", "SettlementARN", "SettlementTimeout", "SettlementRate",
}

// PipelineOf is what the outputs of a pipeline's stack say.
func PipelineOf(outputs map[string]string) (Pipeline, error) {
	timeout, err := time.ParseDuration(outputs["SettlementTimeout"])
	if err != nil {
		return Pipeline{}, fmt.Errorf("the output SettlementTimeout: %w", err)
	}
	rate, err := strconv.Atoi(outputs["SettlementRate"])
	if err != nil {
		return Pipeline{}, fmt.Errorf("the output SettlementRate: %w", err)
	}
	return Pipeline{
		FilesTable:        outputs["FilesTable"],
		TransactionsTable: outputs["TransactionsTable"],
		OutcomesTable:     outputs["OutcomesTable"],
		QueueURL:          outputs["QueueURL"],
		PostedQueueURL:    outputs["PostedQueueURL"],
		WorkflowARN:       outputs["WorkflowARN"],
		SettlementARN:     outputs["SettlementARN"],
		SettlementTimeout: timeout,
		SettlementRate:    rate,
	}, nil
}

// Replayer replays the transactions of one pipeline.
type Replayer struct {
	Pipeline
	DynamoDB      DynamoDB
	S3            S3
	SQS           messages.SQS
	StepFunctions StepFunctions
	Formats       batch.Formats

	// Tell is told of progress, in sentences. Required.
	Tell func(format string, arguments ...any)

	lookups time.Time // when the next DescribeExecution may be made
}

// Batch are the failures of one file, or of one posted transaction.
type Batch struct {
	FileID   string
	Failures []outcomes.Failure // by ordinal, at least one
}

// Posted tells a posted transaction's batch from a file's.
func (b Batch) Posted() bool { return contract.Posted(b.FileID) }

// String says what there is to replay, in a line.
func (b Batch) String() string {
	reasons := map[string]int{}
	for _, f := range b.Failures {
		reasons[f.Error]++
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		parts = append(parts, fmt.Sprintf("%d x %s", reasons[reason], reason))
	}
	kind := "file"
	if b.Posted() {
		kind = "posted"
	}
	return fmt.Sprintf("%-6s  %s  %s  %d failed: %s", kind, b.FileID, b.Failures[0].Partner, len(b.Failures), strings.Join(parts, ", "))
}

// Check tells why a batch could not be replayed as things are now, and changes
// nothing.
func (r *Replayer) Check(ctx context.Context, b Batch) error {
	var err error
	if b.Posted() {
		_, err = r.input(ctx, b.Failures[0])
	} else {
		_, err = r.whole(ctx, b.FileID)
	}
	return err
}

// Run replays batches one after the other. What one of them meets does not
// keep the others waiting: the error has it all. started is how many
// transactions were sent.
func (r *Replayer) Run(ctx context.Context, batches []Batch) (started int, err error) {
	var faults []error
	for i, b := range batches {
		if err := ctx.Err(); err != nil {
			faults = append(faults, fmt.Errorf("%d of %d are left: run it again: %w", len(batches)-i, len(batches), err))
			break
		}
		replay := r.file
		if b.Posted() {
			replay = r.posted
		}
		n, err := replay(ctx, b)
		started += n
		if err != nil {
			faults = append(faults, fmt.Errorf("replay %s: %w", b.FileID, err))
			r.Tell("%d of %d  %s: %v", i+1, len(batches), b.FileID, err)
			continue
		}
		r.Tell("%d of %d  %s: %d transactions started again", i+1, len(batches), b.FileID, n)
	}
	return started, errors.Join(faults...)
}
