package simulated

// This file proves onboarding: each user is saved once, as they signed up, and
// announced.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/onboarding"
	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// signups are how often users sign up, and whether somebody is to be thanked for them.
var signups = map[string]struct {
	times    int
	referred bool
}{"ann": {3, true}, "bob": {2, false}, "cem": {1, true}, "dee": {1, false}}

// club is what happens to it, by these faults; told is what the events of each
// user have to be.
func club(faults simulation.Rates, told func(events int) bool) simulation.Options {
	for _, kind := range append(consumed, simulation.Repeated, simulation.Twice, simulation.InPart, simulation.Paged, simulation.Broken, simulation.Unnoticed) {
		delete(faults, kind) // nobody consumes, lists or uploads, no service starts executions, and of events each is put alone
	}
	for _, dies := range []simulation.Kind{simulation.Died, simulation.DiedAfter, simulation.Slow} {
		delete(faults, dies) // the function calls nothing
	}
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(),
		Faults: faults, Engine: local.Options{Stacks: []string{"Tradepost-Onboarding-dev"}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			c, err := onboarding.Connect(here(w, ""))
			if err != nil {
				return err
			}
			users := slices.DeleteFunc(slices.Sorted(maps.Keys(signups)), func(id string) bool { return !w.Keep(id) })
			if err := signUp(ctx, c, users, w.Keep("nobody")); err != nil {
				return err
			}
			w.Wait(time.Hour)
			w.Calm()
			if err := redrive(ctx, c.Laptop, c.Workflow, contract.ErrorUserInvalid); err != nil {
				return err
			}
			w.Wait(time.Hour)
			return errors.Join(onboarded(ctx, c, users, told), endings(ctx, c, users), nothingMore(ctx, c, users))
		},
	}
}

func TestEveryUserIsOnboardedWhateverHappens(t *testing.T) {
	sample(t, "onboarding", 1, club(simulation.Storm(), announced))
}

// announced is what users have to be, perhaps more than once.
func announced(events int) bool { return events >= 1 }

// An answer that comes later than the task waits is lost on it.
func TestUsersAreAnnouncedOnceUnlessAnAnswerIsLostOrLate(t *testing.T) {
	faults := simulation.Storm()
	faults[simulation.Lost], faults[simulation.Tardy] = 0, 0
	sample(t, "onboarding", 1, club(faults, func(events int) bool { return events == 1 }))
}

// signUp signs users up at once, and perhaps somebody who gives no address.
func signUp(ctx context.Context, c *onboarding.Club, users []string, nobody bool) error {
	var inputs []string
	if nobody {
		inputs = append(inputs, `{"user": {"userId": "nobody"}}`)
	}
	for _, id := range users {
		code := ""
		if signups[id].referred {
			code = `"referralCode": "FRIEND", `
		}
		for range signups[id].times {
			inputs = append(inputs, fmt.Sprintf(`{"user": {"userId": %q, "email": "%s@example.com", "metadata": {%s"country": "US"}}}`, id, id, code))
		}
	}
	for _, input := range inputs {
		if _, err := c.SignUp(ctx, input); err != nil {
			return err
		}
	}
	return nil
}

// onboarded wants each user's profile to be as they gave it and to say that all is
// done, and users to be announced.
func onboarded(ctx context.Context, c *onboarding.Club, users []string, told func(events int) bool) error {
	waiting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	events, err := c.Told(waiting, users...)
	if err != nil {
		return err
	}
	var faults []error
	for _, id := range users {
		signup := signups[id]
		profile, err := c.Profile(ctx, id)
		if err != nil {
			return err
		}
		done := profile[contract.AttrEventSentAt] != nil && (profile[contract.AttrReferredAt] != nil) == signup.referred
		if attribute.String(profile, contract.AttrEmail) != id+"@example.com" || !done {
			faults = append(faults, fmt.Errorf("the profile of %s is %v", id, profile))
		}
		if !told(events[id]) {
			faults = append(faults, fmt.Errorf("%s was announced %d times", id, events[id]))
		}
	}
	if nobody, err := c.Profile(ctx, "nobody"); err != nil || nobody != nil || len(events) != len(users) {
		faults = append(faults, fmt.Errorf("somebody without an address is %v; announced were %v", nobody, events), err)
	}
	return errors.Join(faults...)
}

// endings wants of all executions about a user one to have onboarded them, and none
// to be at work or to have failed.
func endings(ctx context.Context, c *onboarding.Club, users []string) error {
	all, err := executions(ctx, c.Laptop, c.Workflow)
	if err != nil {
		return err
	}
	var faults []error
	claims := map[string]int{}
	for _, e := range all {
		switch output := aws.ToString(e.Output); {
		case e.Status == sfntypes.ExecutionStatusFailed && aws.ToString(e.Error) == contract.ErrorUserInvalid:
			claims["nobody"]++
		case e.Status != sfntypes.ExecutionStatusSucceeded:
			faults = append(faults, fmt.Errorf("an execution is %s: %s", e.Status, aws.ToString(e.Error)))
		case strings.Contains(output, `"ONBOARDED"`), strings.Contains(output, `"COMPLETED"`):
			for _, id := range users {
				if strings.Contains(output, `"`+id+`"`) {
					claims[id]++
				}
			}
		}
	}
	for _, id := range users {
		if claims[id] != 1 {
			faults = append(faults, fmt.Errorf("%d executions say that they onboarded %s", claims[id], id))
		}
	}
	return errors.Join(faults...)
}

// nothingMore wants nothing to come of users who sign up once more.
func nothingMore(ctx context.Context, c *onboarding.Club, users []string) error {
	for _, id := range users {
		result, err := c.Onboard(ctx, fmt.Sprintf(`{"user": {"userId": %q, "email": "somebody-else@example.com"}}`, id))
		if err != nil || result.Outcome != contract.OutcomeAlreadyOnboarded {
			return fmt.Errorf("%s signs up once more: %+v, %v", id, result, err)
		}
	}
	if left, err := undelivered(ctx, c.Laptop); err != nil || len(left) > 0 {
		return fmt.Errorf("users who sign up once more are announced: %v, %v", left, err)
	}
	return nil
}
