package simulated

// This file proves training: one run at a time, what is known to be a success is in
// service, and the next run makes up for one that failed.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/training"
	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// Rounds of new data: while things happen, and when nothing does any more. Of four
// models in a row one at least is good, also if none was made before.
const rounds, calmRounds = 4, 4

// lab is what happens to it: the jobs end as the demo's do, one model is not good
// enough, and one does not come into service.
func lab() simulation.Options {
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: without(append(consumed, simulation.Broken, simulation.InPart, simulation.Twice)...),
		Engine: local.Options{Stacks: []string{"Tradepost-Training-dev"}, Mocks: []string{filepath.Join(root, training.System().Mocks)}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			l, err := training.Connect(here(w, ""))
			if err != nil {
				return err
			}
			brought := 0
			for n := range rounds + calmRounds {
				if n == rounds {
					w.Calm()
				}
				if !w.Keep(fmt.Sprint("round ", n)) {
					continue
				}
				brought++
				if err := round(ctx, l, n); err != nil {
					return err
				}
			}
			return errors.Join(served(ctx, l, brought), reported(ctx, l))
		},
	}
}

func TestWhatIsKnownToBeASuccessIsInServiceWhateverHappens(t *testing.T) {
	sample(t, "training", 1, lab())
}

// round brings new data, starts two runs at once, and gives them three hours. The
// schedule may start a third one.
func round(ctx context.Context, l *training.Lab, n int) error {
	if err := l.Bring(ctx, fmt.Sprintf("%d.csv", n), fmt.Sprintf("calls,months,label\n%d,2,0\n", n)); err != nil {
		return err
	}
	for range 2 {
		if _, err := l.Start(ctx); err != nil {
			return err
		}
	}
	time.Sleep(3 * time.Hour)
	return nil
}

// served wants all data that were brought to be those of the last success, whose
// model is in service and has predicted once for each row.
func served(ctx context.Context, l *training.Lab, brought int) error {
	last, err := l.Row(ctx, contract.RowLastSuccess)
	if err != nil {
		return err
	}
	manifest, err := s3.NewFromConfig(l.AWS(), func(o *s3.Options) { o.UsePathStyle = true }).GetObject(ctx, &s3.GetObjectInput{
		Bucket: &l.Work, Key: aws.String(attribute.String(last, contract.AttrManifest)),
	})
	if err != nil {
		return fmt.Errorf("the last success is %v: %w", last, err)
	}
	defer manifest.Body.Close()
	list, err := io.ReadAll(manifest.Body)
	if err != nil {
		return err
	}
	endpoint, err := sagemaker.NewFromConfig(l.AWS()).DescribeEndpoint(ctx, &sagemaker.DescribeEndpointInput{EndpointName: &l.Endpoint})
	if err != nil {
		return err
	}
	var faults []error
	if got, want := aws.ToString(endpoint.EndpointConfigName), attribute.String(last, contract.AttrConfiguration); got != want || endpoint.EndpointStatus != types.EndpointStatusInService {
		faults = append(faults, fmt.Errorf("the endpoint is %s with %s, and the last success is of %s", endpoint.EndpointStatus, got, want))
	}
	if trained := bytes.Count(list, []byte("\n")); trained != brought {
		faults = append(faults, fmt.Errorf("the last success was trained on %d objects of %d", trained, brought))
	}
	predictions, err := l.Predictions(ctx, attribute.String(last, contract.AttrLastRun))
	if err != nil || predictions != "0.12\n0.87\n" {
		faults = append(faults, fmt.Errorf("it has predicted %q: %w", predictions, err))
	}
	return errors.Join(append(faults, kept(ctx, l, last))...)
}

// kept wants the models of the last success and of the one before it to be there.
func kept(ctx context.Context, l *training.Lab, last map[string]dynamodbtypes.AttributeValue) error {
	for _, name := range []string{attribute.String(last, contract.AttrModel), attribute.String(last, contract.AttrFormerModel)} {
		if name == "" {
			continue
		}
		if _, err := sagemaker.NewFromConfig(l.AWS()).DescribeModel(ctx, &sagemaker.DescribeModelInput{ModelName: &name}); err != nil {
			return fmt.Errorf("look at model %s: %w", name, err)
		}
	}
	return nil
}

// reported wants each run to have ended, the table to say of those that succeeded
// what they say, and somebody to be told of each that has done something: or the
// notice to be among the dead letters.
func reported(ctx context.Context, l *training.Lab) error {
	all, err := executions(ctx, l.Laptop, l.Workflow)
	if err != nil {
		return err
	}
	mails, err := l.Mails()
	if err != nil {
		return err
	}
	var told letters
	for _, mail := range mails {
		told = append(told, mail.Text)
	}
	left, err := undelivered(ctx, l.Laptop)
	if err != nil {
		return err
	}
	var faults []error
	for _, e := range all {
		var result contract.Result
		if e.Status == sfntypes.ExecutionStatusSucceeded {
			if err := json.Unmarshal([]byte(*e.Output), &result); err != nil {
				return err
			}
		}
		worth := result.Outcome != contract.NothingNew && result.Outcome != contract.AlreadyRunning
		if e.Status == sfntypes.ExecutionStatusRunning {
			faults = append(faults, fmt.Errorf("run %s is still at work", *e.Name))
		} else if had := told.have(*e.Name); worth && !had && !left.have(*e.Name) || had && !worth {
			faults = append(faults, fmt.Errorf("of run %s, which is %s (%s), somebody was told: %v", *e.Name, e.Status, result.Outcome, had))
		}
		if result.Outcome != contract.Succeeded && result.Outcome != contract.Refused {
			continue
		}
		row, err := l.Row(ctx, result.Run)
		if err != nil {
			return err
		}
		if attribute.String(row, contract.AttrOutcome) != string(result.Outcome) || attribute.String(row, contract.AttrExecution) != *e.ExecutionArn {
			faults = append(faults, fmt.Errorf("run %s is %s, and the table says %v", result.Run, result.Outcome, row))
		}
	}
	return errors.Join(faults...)
}
