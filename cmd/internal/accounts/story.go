package accounts

// This file has the story of account applications.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"text/tabwriter"

	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// Story sends an application twice, one that neither check lets through, another
// applicant's under the id of the first, and a body that is no application.
func Story() story.Story {
	return story.Of(System(), Connect, (*Bank).tell, (*Bank).usage)
}

var (
	jane = contract.Application{ApplicationID: "app-1", Name: "Jane Roe",
		Address: contract.Address{Line1: "350 Fifth Ave", City: "New York", Region: "New York", PostalCode: "10118", Country: "US"}}
	john     = contract.Application{ApplicationID: "app-1", Name: "John Doe", Address: jane.Address}
	outsider = contract.Application{ApplicationID: "app-2", Name: "AUSSENSEITER, Maximilian",
		Address: contract.Address{Line1: "Postfach 12 34", City: "Berlin", PostalCode: "1011", Country: "DE"}}
)

func body(application contract.Application) string {
	text, err := json.Marshal(application)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(text)
}

func (b *Bank) tell(ctx context.Context) (account string, err error) {
	bodies := []string{body(jane), body(jane), body(outsider), body(john), `{"applicationId": "app-3", "name": ["Jane", "Roe"]}`}
	story.Progress("sending %d applications", len(bodies))
	var t tally
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nSTATUS\tAPPLICATION\tWHAT CAME OF IT")
	for _, body := range bodies {
		answer, err := b.Send(ctx, body)
		if err != nil {
			return t.account(), err
		}
		t.count(answer)
		switch answer.Decision {
		case contract.Approved:
			fmt.Fprintf(out, "%d\t%s\taccount %s\n", answer.Status, answer.ApplicationID, answer.AccountNumber)
		case contract.Rejected:
			for _, reason := range answer.Reasons {
				fmt.Fprintf(out, "%d\t%s\t%s: %s\n", answer.Status, answer.ApplicationID, reason.Code, reason.Message)
			}
		default:
			fmt.Fprintf(out, "%d\t\t%s: %.80s\n", answer.Status, answer.Error, answer.Message)
		}
	}
	if err := out.Flush(); err != nil {
		return "", err
	}
	for _, id := range []string{jane.ApplicationID, outsider.ApplicationID} {
		opened, err := b.Opened(ctx, id)
		if err != nil {
			return t.account(), err
		}
		t.accounts += len(opened)
	}
	return t.account(), t.fault(len(bodies))
}

// tally is what was counted.
type tally struct{ approved, again, rejected, reasons, conflicts, refused, accounts int }

func (t *tally) count(answer Answer) {
	switch {
	case answer.Decision == contract.Approved && t.approved == 0:
		t.approved++
	case answer.Decision == contract.Approved:
		t.again++
	case answer.Decision == contract.Rejected:
		t.rejected++
		t.reasons += len(answer.Reasons)
	case answer.Status == http.StatusConflict:
		t.conflicts++
	case answer.Status == http.StatusBadRequest:
		t.refused++
	}
}

func (t tally) account() string {
	return fmt.Sprintf("approved=%d again=%d rejected=%d reasons=%d conflicts=%d refused=%d accounts=%d",
		t.approved, t.again, t.rejected, t.reasons, t.conflicts, t.refused, t.accounts)
}

// fault is what is wrong with the account of a number of applications.
func (t tally) fault(applications int) error {
	var faults []error
	if told := t.approved + t.again + t.rejected + t.conflicts + t.refused; told != applications {
		faults = append(faults, fmt.Errorf("%d of %d applications are accounted for", told, applications))
	}
	if t.approved != 1 || t.again != 1 || t.rejected != 1 || t.conflicts != 1 || t.refused != 1 {
		faults = append(faults, errors.New("one applicant was to be approved, and approved again, one rejected, one in conflict and one body refused"))
	}
	if t.reasons != 3 {
		faults = append(faults, fmt.Errorf("%d reasons were told: one is the name's and two are the address's", t.reasons))
	}
	if t.accounts != t.approved {
		faults = append(faults, fmt.Errorf("%d applicants were approved and have %d accounts", t.approved, t.accounts))
	}
	return errors.Join(faults...)
}

// usage is how to apply.
func (b *Bank) usage() string {
	return fmt.Sprintf(`Apply     curl -i -X POST %[1]s --aws-sigv4 aws:amz:%[2]s:execute-api --user test:test \
            -H 'Content-Type: application/json' -d '%[3]s'
          aws --endpoint-url %[4]s dynamodb scan --table-name %[5]s
`, b.URL, b.AWS().Region, body(jane), b.Endpoints.AWS, b.Accounts)
}
