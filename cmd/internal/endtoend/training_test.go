package endtoend

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

// What becomes of the jobs stands in cmd/internal/training/mocks.json: this is the
// one test that starts runs.
func TestAModelIsTrainedRefusedPutBackAndMadeUpFor(t *testing.T) {
	ctx := deadline(t)
	bring := func(name string) {
		t.Helper()
		if err := model.Bring(ctx, name, "calls,months,label\n1,2,0\n"); err != nil {
			t.Fatal(err)
		}
	}
	run := func() (execution string, result contract.Result, err error) {
		t.Helper()
		if execution, err = model.Start(ctx); err != nil {
			t.Fatal(err)
		}
		result, err = model.Ended(ctx, execution)
		return execution, result, err
	}
	serving := func() string {
		t.Helper()
		row, err := model.Row(ctx, contract.RowLastSuccess)
		if err != nil {
			t.Fatal(err)
		}
		return attribute.String(row, contract.AttrLastRun)
	}

	bring("a.csv")
	first, result, err := run()
	if err != nil || result.Outcome != contract.Succeeded || result.Value != 0.91 || result.Rows != 2 || serving() != result.Run {
		t.Fatalf("the first run: %+v, %v", result, err)
	}
	predictions, err := model.Predictions(ctx, result.Run)
	if err != nil || predictions != "0.12\n0.87\n" {
		t.Errorf("predictions %q, %v", predictions, err)
	}
	good := result.Run

	if _, result, err := run(); err != nil || result.Outcome != contract.NothingNew {
		t.Errorf("without new data: %+v, %v", result, err)
	}

	bring("b.csv")
	refused, result, err := run()
	if err != nil || result.Outcome != contract.Refused || result.Value != 0.55 || serving() != good {
		t.Errorf("a model that is not good enough: %+v, %v", result, err)
	}
	if _, result, err := run(); err != nil || result.Outcome != contract.NothingNew {
		t.Errorf("the same data again: %+v, %v", result, err)
	}

	bring("c.csv")
	failed, _, err := run()
	failure, ok := errors.AsType[*laptop.Failed](err)
	if !ok || failure.Name != contract.ErrorEndpointRolledBack || !strings.Contains(failure.Cause, "did not pass the ping health check") || serving() != good {
		t.Errorf("a model that does not come into service: %v", err)
	}
	last, result, err := run() // nobody has brought anything
	if err != nil || result.Outcome != contract.Succeeded || result.Value != 0.93 || serving() != result.Run {
		t.Errorf("the run that makes up for it: %+v, %v", result, err)
	}

	for execution, words := range map[string][]string{
		first:   {"SUCCEEDED", "its validation:auc is 0.91", "It has predicted for 2 rows."},
		refused: {"REFUSED", "its validation:auc is 0.55"},
		failed:  {"FAILED", "Step: Model Not In Service", "Error: EndpointRolledBack"},
		last:    {"SUCCEEDED", "its validation:auc is 0.93"},
	} {
		mail := mailOf(t, execution)
		for _, word := range append(words, "/states/home?region=", model.Endpoint) {
			if !strings.Contains(mail, word) {
				t.Errorf("no %q in the mail\n%s", word, mail)
			}
		}
	}
}

// mailOf waits for the mail that tells of an execution.
func mailOf(t *testing.T, execution string) string {
	t.Helper()
	ctx := deadline(t)
	for {
		mails, err := here.Mails()
		if err != nil {
			t.Fatal(err)
		}
		for _, mail := range mails {
			if strings.Contains(mail.Text, execution+"\n") {
				return mail.Text
			}
		}
		if err := laptop.Pause(ctx); err != nil {
			t.Fatal(fmt.Errorf("there is no mail of %s: %w", execution, err))
		}
	}
}
