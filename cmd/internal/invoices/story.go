package invoices

// This file has the story of invoices.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/tradepost-dev/tradepost/cmd/internal/approver"
	"github.com/tradepost-dev/tradepost/cmd/internal/invoices/paper"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	"github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

// Story sends all samples at once, and reviews what is asked about.
func Story() story.Story {
	return story.Of(System(), Connect, (*Office).tell, (*Office).usage)
}

func (o *Office) tell(ctx context.Context) (account string, err error) {
	samples := paper.Samples()
	story.Progress("sending %d documents", len(samples))
	var ids []string
	for _, sample := range samples {
		id, err := o.Send(ctx, sample.Name, sample.File)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	if err := o.review(ctx, samples); err != nil {
		return "", err
	}
	t := tally{files: len(samples)}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nDOCUMENT\tINVOICE\tTOTAL\tOUTCOME\t")
	for i, sample := range samples {
		outcomes, err := o.Settled(ctx, ids[i])
		if err != nil {
			return t.account(), err
		}
		t.add(sample, outcomes)
		for _, outcome := range outcomes {
			invoice := contract.Invoice{}
			if outcome.Invoice != nil {
				invoice = *outcome.Invoice
			}
			fmt.Fprintf(out, "%s\t%s\t%s %s\t%s\t%.80s\n", sample.Name, invoice.Number, invoice.Total.Value, invoice.Total.Currency, outcome.Outcome, outcome.Reason)
		}
	}
	if err := out.Flush(); err != nil {
		return "", err
	}
	payments, err := o.Rows(ctx, o.Payments)
	if err != nil {
		return t.account(), err
	}
	t.payments = len(payments)
	return t.account(), t.fault()
}

// review decides on what the samples have a reviewer asked about.
func (o *Office) review(ctx context.Context, samples []paper.Sample) error {
	for _, sample := range samples {
		for _, invoice := range sample.Invoices {
			if len(invoice.Reasons) == 0 {
				continue
			}
			question, err := o.Asked(ctx, "invoice "+invoice.Number+" of ")
			if err != nil {
				return fmt.Errorf("review %s: %w", sample.Name, err)
			}
			decision := approval.Approved
			if invoice.Refused {
				decision = approval.Denied
			}
			if err := approver.Decide(ctx, question, decision, invoice.Comment); err != nil {
				return fmt.Errorf("review %s: %w", sample.Name, err)
			}
		}
	}
	return nil
}

// tally is what was counted.
type tally struct {
	files, received                  int
	paid, refused, duplicate, failed int
	payments                         int      // rows of the table
	wrong                            []string // samples of which something else became
}

func (t *tally) add(sample paper.Sample, outcomes []contract.Outcome) {
	t.received += len(outcomes)
	var got, want []string
	for _, outcome := range outcomes {
		got = append(got, string(outcome.Outcome))
		switch outcome.Outcome {
		case contract.OutcomePaid:
			t.paid++
		case contract.OutcomeRefused:
			t.refused++
		case contract.OutcomeDuplicate:
			t.duplicate++
		case contract.OutcomeFailed:
			t.failed++
		}
	}
	for _, invoice := range sample.Invoices {
		want = append(want, string(invoice.Outcome()))
	}
	if len(want) == 0 {
		want = []string{string(contract.OutcomeFailed)}
	}
	if !slices.Equal(got, want) && !(twin(got) && twin(want)) {
		t.wrong = append(t.wrong, fmt.Sprintf("%s is %s, not %s", sample.Name, strings.Join(got, ", "), strings.Join(want, ", ")))
	}
}

// twin tells of an outcome that depends on which of two files came first.
func twin(outcomes []string) bool {
	return len(outcomes) == 1 && (outcomes[0] == string(contract.OutcomeDuplicate) || outcomes[0] == string(contract.OutcomePaid))
}

func (t tally) account() string {
	return fmt.Sprintf("files=%d received=%d paid=%d refused=%d duplicate=%d failed=%d payments=%d", t.files, t.received, t.paid, t.refused, t.duplicate, t.failed, t.payments)
}

// fault is what is wrong with the account.
func (t tally) fault() error {
	var faults []error
	for _, wrong := range t.wrong {
		faults = append(faults, errors.New(wrong))
	}
	if sum := t.paid + t.refused + t.duplicate + t.failed; sum != t.received || t.received < t.files {
		faults = append(faults, fmt.Errorf("%d of %d invoices are accounted for", sum, t.received))
	}
	if t.duplicate != 1 {
		faults = append(faults, fmt.Errorf("one invoice was sent twice, and %d are duplicates", t.duplicate))
	}
	if t.payments != t.paid {
		faults = append(faults, fmt.Errorf("%d invoices were paid by %d payments", t.paid, t.payments))
	}
	return errors.Join(faults...)
}

// usage is how to send an invoice and look after it.
func (o *Office) usage() string {
	return fmt.Sprintf(`Invoices  aws --endpoint-url %[1]s s3 cp invoice.pdf s3://%[2]s/inbox/invoice.pdf
          aws --endpoint-url %[1]s dynamodb scan --table-name %[3]s
          aws --endpoint-url %[1]s dynamodb scan --table-name %[4]s
          aws --endpoint-url %[1]s s3 ls --recursive s3://%[5]s/archive/
          Reviewers' mails are in %[6]s
`, o.Endpoints.AWS, o.Documents, o.Invoices, o.Payments, o.Archive, o.Path("mail"))
}
