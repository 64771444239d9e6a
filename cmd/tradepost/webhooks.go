package main

// This file is the verb webhooks: what could not be published, and how to send
// it again.

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/letters"
	"github.com/tradepost-dev/tradepost/internal/resend"
)

var webhooksVerb = command.Verbs("tradepost webhooks",
	command.Verb{Name: "failures", Summary: "list webhooks that were rejected or given up", Run: failuresVerb},
	command.Verb{Name: "replay", Summary: "send them again", Run: replayWebhooksVerb},
)

const failuresUsage = `[--source SOURCE] [--outcome OUTCOME] [--id ID] [--since TIME] [--until TIME] [--limit N] [--stack NAME]

Lists webhooks among the failures to standard output: when each was received, its outcome, source, id and reason. All of
them stay where they are.`

const replayWebhooksUsage = `[--source SOURCE] [--outcome OUTCOME] [--id ID] [--since TIME] [--until TIME] [--limit N] [--dry-run] [--stack NAME]

Puts webhooks among the failures into the stream again, in their former order, and takes them out of the queue. Those that
were published meanwhile are published no second time. Mend the cause first: what fails again comes back.`

// webhooksStack is the stack of the stage that cdk.json deploys by default.
const webhooksStack = "Tradepost-Webhooks-dev"

// selection is which failures a verb is about.
type selection struct {
	stack, source, outcome, id string
	since, until               time.Time
	limit                      int
}

func (s *selection) flags(verb, usage string) *flag.FlagSet {
	flags := newFlagSet(verb, usage)
	flags.StringVar(&s.stack, "stack", webhooksStack, "`name` of the stack of webhooks")
	flags.StringVar(&s.source, "source", "", "of this `source` only")
	flags.StringVar(&s.outcome, "outcome", "", "of this `outcome` only: REJECTED or PARKED")
	flags.StringVar(&s.id, "id", "", "with this `id` only")
	flags.Func("since", "received at this `time` or later, such as 2026-11-27T04:00:00Z", at(&s.since))
	flags.Func("until", "received before this `time`", at(&s.until))
	flags.IntVar(&s.limit, "limit", 1000, "look at so many, at most")
	return flags
}

func at(value *time.Time) func(string) error {
	return func(text string) (err error) {
		*value, err = time.Parse(time.RFC3339, text)
		return err
	}
}

func (s *selection) check() error {
	if s.outcome != "" && s.outcome != string(contract.Rejected) && s.outcome != string(contract.Parked) {
		return command.Misused("there is no outcome %q: give %s or %s", s.outcome, contract.Rejected, contract.Parked)
	}
	if s.limit < 1 {
		return command.Misused("--limit is %d: give 1 or more", s.limit)
	}
	return nil
}

// has tells whether a failure is one of those.
func (s *selection) has(letter letters.Letter) bool {
	received := time.UnixMilli(letter.Record.ReceivedAt)
	return (s.source == "" || s.source == letter.Record.Source) &&
		(s.outcome == "" || s.outcome == string(letter.Outcome)) &&
		(s.id == "" || s.id == letter.Record.ID) &&
		(s.since.IsZero() || !received.Before(s.since)) &&
		(s.until.IsZero() || received.Before(s.until))
}

func failuresVerb(ctx context.Context, arguments []string) error {
	var s selection
	if err := command.Parse(s.flags("webhooks failures", failuresUsage), arguments); err != nil {
		return err
	}
	count, shown, err := s.run(ctx, false)
	if err != nil {
		return err
	}
	tell("%d of %d failures%s", shown, count.Seen, unusable(count))
	return nil
}

func replayWebhooksVerb(ctx context.Context, arguments []string) error {
	var s selection
	flags := s.flags("webhooks replay", replayWebhooksUsage)
	dryRun := flags.Bool("dry-run", false, "list what would be sent, and send nothing")
	if err := command.Parse(flags, arguments); err != nil {
		return err
	}
	count, shown, err := s.run(ctx, !*dryRun)
	if *dryRun {
		tell("%d of %d failures would be sent again%s", shown, count.Seen, unusable(count))
	} else {
		tell("%d of %d failures sent again%s", count.Sent, count.Seen, unusable(count))
	}
	return err
}

func unusable(count resend.Count) string {
	if count.Unusable == 0 {
		return ""
	}
	return fmt.Sprintf("; %d are no webhooks of this version, and stay where they are", count.Unusable)
}

// run looks at failures, prints those that are selected, and sends them if it
// shall.
func (s *selection) run(ctx context.Context, send bool) (count resend.Count, shown int, err error) {
	if err := s.check(); err != nil {
		return count, 0, err
	}
	cfg, err := connect(ctx)
	if err != nil {
		return count, 0, err
	}
	found, err := outputs(ctx, cfg, s.stack, "FailuresURL", "StreamName")
	if err != nil {
		return count, 0, err
	}
	replay := resend.Replay{
		SQS: sqs.NewFromConfig(cfg), URL: found["FailuresURL"], Kinesis: kinesis.NewFromConfig(cfg), Stream: found["StreamName"], Limit: s.limit,
		Tell: func(letter letters.Letter) {
			if s.has(letter) {
				shown++
				fmt.Println(line(letter))
			}
		},
	}
	if send {
		replay.Select = s.has
	}
	count, err = replay.Run(ctx)
	return count, shown, err
}

// line is what is shown of a failure: nothing of its body.
func line(letter letters.Letter) string {
	received := time.UnixMilli(letter.Record.ReceivedAt).UTC().Format(time.RFC3339)
	reason := strings.Join(strings.Fields(letter.Reason), " ")
	return fmt.Sprintf("%s %s %s %s %s", received, letter.Outcome, letter.Record.Source, letter.Record.ID, reason)
}
