package onboarding

// This file has the story of user onboarding.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
)

// example is a user who was referred.
const example = `{"user": {"userId": "user-12345", "email": "john.doe@example.com", "name": "John Doe", "signupDate": "2025-10-20T10:30:00Z", "source": "web_signup", "metadata": {"referralCode": "FRIEND2025", "country": "US"}}}`

// Story signs up a user who was referred, one who was not, the first one again,
// and one who gives no address.
func Story() story.Story {
	return story.Of(System(), Connect, (*Club).tell, (*Club).usage)
}

// signups are those of the story, one after the other.
var signups = []struct{ user, input string }{
	{"user-12345", example},
	{"user-67890", `{"user": {"userId": "user-67890", "email": "jane.roe@example.com"}}`},
	{"user-12345", example},
	{"user-11111", `{"user": {"userId": "user-11111"}}`},
}

func (c *Club) tell(ctx context.Context) (account string, err error) {
	story.Progress("signing up %d users, one of them twice", len(signups)-1)
	var t tally
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nUSER\tOUTCOME\tREFERRAL")
	for _, s := range signups {
		result, err := c.Onboard(ctx, s.input)
		if refused, ok := errors.AsType[*laptop.Failed](err); ok {
			result.Outcome = contract.Outcome(refused.Error())
			t.refused++
		} else if err != nil {
			return t.account(), err
		}
		t.count(result)
		fmt.Fprintf(out, "%s\t%s\t%s\n", s.user, result.Outcome, result.Referral)
	}
	if err := out.Flush(); err != nil {
		return "", err
	}
	told, err := c.Told(ctx, "user-12345", "user-67890")
	if err != nil {
		return t.account(), err
	}
	for _, n := range told {
		t.events += n
	}
	for _, user := range []string{"user-12345", "user-67890", "user-11111"} {
		profile, err := c.Profile(ctx, user)
		if err != nil {
			return t.account(), err
		}
		if profile != nil {
			t.profiles++
		}
	}
	return t.account(), t.fault()
}

// tally is what was counted.
type tally struct {
	onboarded, referred, again, refused int
	profiles, events                    int
}

func (t *tally) count(result contract.Result) {
	switch result.Outcome {
	case contract.OutcomeOnboarded:
		t.onboarded++
	case contract.OutcomeAlreadyOnboarded:
		t.again++
	}
	if result.Referral == contract.Processed {
		t.referred++
	}
}

func (t tally) account() string {
	return fmt.Sprintf("signups=%d onboarded=%d referred=%d again=%d refused=%d events=%d", len(signups), t.onboarded, t.referred, t.again, t.refused, t.events)
}

// fault is what is wrong with the account.
func (t tally) fault() error {
	var faults []error
	if seen := t.onboarded + t.again + t.refused; seen != len(signups) {
		faults = append(faults, fmt.Errorf("%d of %d signups are accounted for", seen, len(signups)))
	}
	if t.onboarded != 2 || t.referred != 1 || t.again != 1 || t.refused != 1 {
		faults = append(faults, errors.New("two users were to be onboarded, one of them referred, and one to be refused"))
	}
	if t.profiles != t.onboarded || t.events != t.onboarded {
		faults = append(faults, fmt.Errorf("%d users were onboarded: there are %d profiles and %d events", t.onboarded, t.profiles, t.events))
	}
	return errors.Join(faults...)
}

// usage is how to sign a user up.
func (c *Club) usage() string {
	return fmt.Sprintf(`Sign up   aws --endpoint-url %[1]s stepfunctions start-execution --state-machine-arn %[2]s \
            --input '%[3]s'
          aws --endpoint-url %[1]s dynamodb scan --table-name %[4]s
          aws --endpoint-url %[1]s sqs receive-message --queue-url %[5]s
`, c.Endpoints.AWS, c.Workflow, example, c.users, c.Events)
}
