package simulated

// This file proves applications for accounts: each has one decision, whoever is
// approved has one account, and every answer says what the tables have.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/cmd/internal/accounts"
	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// applications are what is sent, each three times at once; two have one id.
func applications(w *simulation.World) []contract.Application {
	var all []contract.Application
	for _, a := range []struct{ id, name, postalCode string }{
		{"ann", "Ann Roe", "10118"}, {"bob", "Bob Roe", "10118"}, {"refused", accounts.RefusedName, "10118"}, {"nowhere", "Cem Roe", "9"},
		{"one id", "Dee Roe", "10118"}, {"one id", "Eve Roe", "10118"},
	} {
		if !w.Keep(a.name) {
			continue
		}
		id := map[string]string{"one id": "shared"}[a.id]
		if id == "" {
			id = a.id
		}
		all = append(all, contract.Application{ApplicationID: id, Name: a.name, Address: contract.Address{
			Line1: "350 Fifth Ave", City: "New York", Region: "NY", PostalCode: a.postalCode, Country: "US",
		}})
	}
	return all
}

// bank is what happens to it.
func bank() simulation.Options {
	faults := without(append(consumed, simulation.Broken, simulation.Repeated, simulation.Late, simulation.InPart, simulation.Twice, simulation.Stale, simulation.Paged)...)
	faults[simulation.Slow] = 0.02 // there are few calls
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: faults,
		Engine: local.Options{Stacks: []string{"Tradepost-Accounts-dev"}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			b, err := accounts.Connect(here(w, ""))
			if err != nil {
				return err
			}
			all := applications(w)
			first, err := applyAtOnce(ctx, b, all, 3)
			if err != nil {
				return err
			}
			w.Wait(time.Minute)
			w.Calm()
			later, err := applyAtOnce(ctx, b, all, 1)
			if err != nil {
				return err
			}
			return decided(ctx, b, all, first, later)
		},
	}
}

func TestEveryApplicationHasOneDecisionWhateverHappens(t *testing.T) {
	sample(t, "accounts", 1, bank())
}

// applyAtOnce sends copies of all applications at once, and again until they are
// answered; the answers are those to each application.
func applyAtOnce(ctx context.Context, b *accounts.Bank, all []contract.Application, copies int) ([][]accounts.Answer, error) {
	answers := make([][]accounts.Answer, len(all))
	var mu sync.Mutex
	var group sync.WaitGroup
	var faults []error
	for i, application := range all {
		for n := range copies {
			group.Go(func() {
				time.Sleep(time.Duration(n*len(all)+i) * time.Microsecond) // no two at one moment
				var answer accounts.Answer
				err := again(func() (err error) {
					if answer, err = b.Apply(ctx, application); err == nil && answer.Status != http.StatusOK && answer.Status != http.StatusConflict {
						err = fmt.Errorf("%s is answered with %+v", application.ApplicationID, answer)
					}
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				answers[i], faults = append(answers[i], answer), append(faults, err)
			})
		}
	}
	group.Wait()
	return answers, errors.Join(faults...)
}

// decided wants all answers to an application to be the same, and to say what the
// tables have.
func decided(ctx context.Context, b *accounts.Bank, all []contract.Application, first, later [][]accounts.Answer) error {
	var faults []error
	opened, decisions, want, known := 0, map[string]int{}, map[string]int{}, map[string]bool{}
	for i, application := range all {
		id, answer := application.ApplicationID, later[i][0]
		want[due(application, known[id])]++
		known[id] = true
		for _, earlier := range first[i] {
			if !reflect.DeepEqual(earlier, answer) {
				faults = append(faults, fmt.Errorf("%s (%s) is answered with %+v, and later with %+v", id, application.Name, earlier, answer))
			}
		}
		if answer.Status == http.StatusConflict {
			decisions[conflict]++
			continue
		}
		decisions[string(answer.Decision)]++
		row, err := b.Decision(ctx, id)
		if err != nil {
			return err
		}
		if attribute.String(row, contract.AttrDecision) != string(answer.Decision) {
			faults = append(faults, fmt.Errorf("%s is answered with %s, and the decision is %v", id, answer.Decision, row))
		}
		accounts, err := b.Opened(ctx, id)
		if err != nil {
			return err
		}
		switch approved := answer.Decision == contract.Approved; {
		case !approved && len(accounts) == 0:
		case approved && len(accounts) == 1 && attribute.String(accounts[0], contract.AttrAccountNumber) == answer.AccountNumber:
			opened++
		default:
			faults = append(faults, fmt.Errorf("%s is answered with %+v, and has the accounts %v", id, answer, accounts))
		}
	}
	if !maps.Equal(decisions, want) {
		faults = append(faults, fmt.Errorf("the answers are %v, not %v", decisions, want))
	}
	scanned, err := dynamodb.NewFromConfig(b.AWS()).Scan(ctx, &dynamodb.ScanInput{TableName: &b.Accounts, ConsistentRead: aws.Bool(true)})
	if err == nil && len(scanned.Items) != opened {
		err = fmt.Errorf("there are %d accounts, and %d were opened", len(scanned.Items), opened)
	}
	return errors.Join(append(faults, err)...)
}

const conflict = "conflict" // of two applications with one id

// due is the answer that is due to an application, whose id another one may have.
func due(a contract.Application, taken bool) string {
	switch {
	case taken:
		return conflict
	case a.Name == accounts.RefusedName, len(a.Address.PostalCode) != 5:
		return string(contract.Rejected)
	}
	return string(contract.Approved)
}
