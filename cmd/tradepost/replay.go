package main

// This file is the verb replay.

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
	"github.com/tradepost-dev/tradepost/internal/replay"
)

// longestBack is how far a search goes back that names no time: as long as the
// landing bucket keeps versions that were overwritten, and Step Functions the
// inputs of executions.
const longestBack = 90 * 24 * time.Hour

const replayUsage = `(--file ID | --partner P | --reason NAME | --since T)... [--stack NAME] [--dry-run]

Starts transactions again that FAILED, each under the name of its next attempt, through the queue, and has the replies of
their files written anew. Given several conditions, it takes what meets them all. It may be interrupted and run again:
what has been started is not started twice.`

func replayVerb(ctx context.Context, arguments []string) error {
	flags, stack := newFlags("replay", replayUsage)
	var s replay.Selection
	flags.StringVar(&s.FileID, "file", "", "`ID` of a file, as in its reply, or of a posted transaction")
	flags.StringVar(&s.Partner, "partner", "", "the partner's `id`")
	flags.StringVar(&s.Reason, "reason", "", "`name` of the error that they failed with, as --dry-run lists them: States.Timeout")
	since := flags.String("since", "", "`time` since which they failed: 2h, 2026-11-24 or 2026-11-24T09:30:00Z (default 90 days ago)")
	dryRun := flags.Bool("dry-run", false, "list what would be started, and change nothing")
	if err := command.Parse(flags, arguments); err != nil {
		return err
	}
	if s.FileID == "" && s.Partner == "" && s.Reason == "" && *since == "" {
		return command.Misused("say what to replay: --file, --partner, --reason or --since")
	}
	var err error
	if s.Since, err = moment(*since, time.Now()); err != nil {
		return command.Misused("%w", err)
	}
	replayer, err := newReplayer(ctx, *stack)
	if err != nil {
		return err
	}
	batches, err := replayer.Find(ctx, s)
	if err != nil {
		return err
	}
	found := 0
	for _, b := range batches {
		found += len(b.Failures)
		if *dryRun {
			fmt.Println(b)
		}
	}
	tell("%d failed transactions of %d files and posts", found, len(batches))
	if *dryRun || found == 0 {
		return nil
	}
	started, err := replayer.Run(ctx, batches)
	tell("%d of %d transactions started again; replies follow when all of a file have their outcome", started, found)
	return err
}

// moment reads a time, or how long ago it was; the longest ago if neither is
// given.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return now.Add(-longestBack), nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %q is no time: give 2h, 2026-11-24 or 2026-11-24T09:30:00Z", text)
}

func newReplayer(ctx context.Context, stack string) (*replay.Replayer, error) {
	cfg, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	found, err := outputs(ctx, cfg, stack, replay.Outputs...)
	if err != nil {
		return nil, err
	}
	pipeline, err := replay.PipelineOf(found)
	if err != nil {
		return nil, fmt.Errorf("the stack %s: %w", stack, err)
	}
	return &replay.Replayer{
		Pipeline: pipeline,
		DynamoDB: dynamodb.NewFromConfig(cfg),
		S3: s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.UsePathStyle = aws.ToString(cfg.BaseEndpoint) != "" // one host for all buckets
		}),
		SQS:           sqs.NewFromConfig(cfg),
		StepFunctions: sfn.NewFromConfig(cfg),
		Formats:       batch.Formats{xml.Format{}},
		Tell:          tell,
	}, nil
}
