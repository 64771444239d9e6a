package training

// This file has the story of model training.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

// days are those of the story. What becomes of each model stands in mocks.json:
// the first is good, the second one is not good enough, the third does not come
// into service, and the fourth makes up for that.
var days = []struct{ name, data string }{
	{"the first data", "calls,months,label\n1,12,0\n9,2,1\n4,7,\n"},
	{"nothing new", ""},
	{"more data", "calls,months,label\n2,30,0\n"},
	{"data of the third day", "calls,months,label\n8,1,1\n"},
	{"the day after", ""},
}

// Story lives through five days.
func Story() story.Story {
	return story.Of(System(), Connect, (*Lab).tell, (*Lab).usage)
}

func (l *Lab) tell(ctx context.Context) (account string, err error) {
	story.Progress("training a model on five days, on which what SageMaker does is scripted")
	began := time.Now()
	var t tally
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nDAY\tWHAT BECAME OF IT")
	for i, day := range days {
		if day.data != "" {
			if err := l.Bring(ctx, fmt.Sprintf("day%d.csv", i+1), day.data); err != nil {
				return t.account(), err
			}
		}
		execution, err := l.Start(ctx)
		if err != nil {
			return t.account(), err
		}
		result, err := l.Ended(ctx, execution)
		failed, isFailure := errors.AsType[*laptop.Failed](err)
		if err != nil && !isFailure {
			return t.account(), err
		}
		if isFailure {
			t.failed++
			fmt.Fprintf(out, "%s\tfailed: %v\n", day.name, failed)
			continue
		}
		t.count(result)
		fmt.Fprintf(out, "%s\t%s\n", day.name, sentence(result))
	}
	if err := out.Flush(); err != nil {
		return "", err
	}
	if err := l.count(ctx, began, &t); err != nil {
		return t.account(), err
	}
	return t.account(), t.fault()
}

func sentence(r contract.Result) string {
	switch r.Outcome {
	case contract.Succeeded:
		return fmt.Sprintf("a model in service, with a %s of %v; %d rows predicted", r.Metric, r.Value, r.Rows)
	case contract.Refused:
		return fmt.Sprintf("a model that was refused, for a %s of %v", r.Metric, r.Value)
	}
	return strings.ToLower(string(r.Outcome))
}

// count counts what is there in the end.
func (l *Lab) count(ctx context.Context, began time.Time, t *tally) error {
	last, err := l.Row(ctx, contract.RowLastSuccess)
	if err != nil {
		return err
	}
	t.recorded = attribute.String(last, contract.AttrLastRun)
	predictions, err := l.Predictions(ctx, t.recorded)
	if err != nil {
		return err
	}
	t.predictions = strings.Count(predictions, "\n")
	wanted := t.trained + t.refused + t.failed
	for {
		if t.notices, err = l.Sum(ctx, began, "AWS/SNS", "NumberOfMessagesPublished", "TopicName", l.Notices[strings.LastIndex(l.Notices, ":")+1:]); err != nil || t.notices >= wanted {
			return err
		}
		if err := laptop.Pause(ctx); err != nil {
			return fmt.Errorf("%d of %d runs were told of: %w", t.notices, wanted, err)
		}
	}
}

// tally is what was counted.
type tally struct {
	trained, refused, idle, failed int // runs
	rows                           int // that the last of them has predicted
	predictions                    int // that are in the bucket, of the last success
	notices                        int
	run, recorded                  string // the last of them, and the last one by the table
}

func (t *tally) count(r contract.Result) {
	switch r.Outcome {
	case contract.Succeeded:
		t.trained++
		t.rows, t.run = r.Rows, r.Run
	case contract.Refused:
		t.refused++
	case contract.NothingNew:
		t.idle++
	}
}

func (t tally) account() string {
	return fmt.Sprintf("runs=%d trained=%d refused=%d nothing-new=%d failed=%d predictions=%d notices=%d",
		len(days), t.trained, t.refused, t.idle, t.failed, t.predictions, t.notices)
}

// fault is what is wrong with the account.
func (t tally) fault() error {
	var faults []error
	if seen := t.trained + t.refused + t.idle + t.failed; seen != len(days) {
		faults = append(faults, fmt.Errorf("%d of %d runs are accounted for", seen, len(days)))
	}
	if t.trained != 2 || t.refused != 1 || t.idle != 1 || t.failed != 1 {
		faults = append(faults, errors.New("two models were to be in service, one to be refused, one run to find nothing and one to fail"))
	}
	if t.predictions == 0 || t.predictions != t.rows {
		faults = append(faults, fmt.Errorf("%d rows were predicted, and %d predictions are there", t.rows, t.predictions))
	}
	if t.notices != t.trained+t.refused+t.failed {
		faults = append(faults, fmt.Errorf("%d runs were to be told of, and %d were", t.trained+t.refused+t.failed, t.notices))
	}
	if t.recorded != t.run {
		faults = append(faults, fmt.Errorf("the last success is run %q by the table, and was %q", t.recorded, t.run))
	}
	return errors.Join(faults...)
}

// usage is how to bring data, start a run and ask the endpoint.
func (l *Lab) usage() string {
	return fmt.Sprintf(`Train     printf 'calls,months,label\n1,12,0\n9,2,1\n4,7,\n' | aws --endpoint-url %[1]s s3 cp - s3://%[2]s/data/today.csv
          aws --endpoint-url %[1]s stepfunctions start-execution --state-machine-arn %[3]s
          aws --endpoint-url %[1]s stepfunctions list-executions --state-machine-arn %[3]s
          aws --endpoint-url %[1]s dynamodb scan --table-name %[4]s
          aws --endpoint-url %[1]s s3 ls --recursive s3://%[5]s
          aws --endpoint-url %[1]s sagemaker describe-endpoint --endpoint-name %[6]s
`, l.Endpoints.AWS, l.Data, l.Workflow, l.runs, l.Work, l.Endpoint)
}
