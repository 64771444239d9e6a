package instances

// This file has the story of the switch.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"text/tabwriter"

	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	contract "github.com/tradepost-dev/tradepost/internal/contract/instances"
)

// Story has a running instance stopped later, and asks for that twice under one
// key. Meanwhile it stops the instance, asks for it once more too early, starts
// it again, and asks for an instance that there is not.
func Story() story.Story {
	return story.Of(System(), Connect, (*Switch).tell, (*Switch).usage)
}

func (s *Switch) tell(ctx context.Context) (account string, err error) {
	var t tally
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nSTATUS\tWHAT CAME OF IT")
	began, err := s.beginTwice(ctx, &t, out)
	if err != nil {
		return t.account(), err
	}
	story.Progress("switching instance %s off and on meanwhile", s.Instance)
	steps := []func(context.Context) (Answer, error){
		s.Settled,
		func(ctx context.Context) (Answer, error) { return s.Toggle(ctx, Body(s.Instance)) },
		s.Settled,
		func(ctx context.Context) (Answer, error) { return s.Toggle(ctx, Body("i-0123456789abcdef0")) },
	}
	for _, step := range steps {
		answer, err := step(ctx)
		if err != nil {
			return t.account(), err
		}
		t.count(answer)
		if answer.Status == http.StatusOK {
			fmt.Fprintf(out, "%d\t%s: it was %s and is %s\n", answer.Status, answer.Action, answer.Previous, answer.Current)
		} else {
			fmt.Fprintf(out, "%d\t%s: %s\n", answer.Status, answer.Error, answer.Message)
		}
	}
	story.Progress("waiting for the execution that began first: it waits for 29 seconds itself")
	outcome, err := s.Await(ctx, began)
	if err != nil {
		return t.account(), err
	}
	t.later(outcome)
	fmt.Fprintf(out, "%d\t%s, %s: it was %s and is %s\n", outcome.Code, outcome.Status, outcome.Output.Action, outcome.Output.Previous, outcome.Output.Current)
	if err := out.Flush(); err != nil {
		return "", err
	}
	return t.account(), t.fault(len(steps) + 1)
}

// beginTwice posts to the asynchronous route, and once more as a caller does
// who has not got the answer. It returns where the execution's status is.
func (s *Switch) beginTwice(ctx context.Context, t *tally, out io.Writer) (location string, err error) {
	story.Progress("having instance %s switched later", s.Instance)
	key := rand.Text()
	first, err := s.Begin(ctx, key, Body(s.Instance))
	if err != nil {
		return "", err
	}
	again, err := s.Begin(ctx, key, Body(s.Instance))
	if err != nil {
		return "", err
	}
	for _, begun := range []Begun{first, again} {
		if begun.Status != http.StatusAccepted {
			return "", fmt.Errorf("begin to toggle an instance: %d %s: %s", begun.Status, begun.Error, begun.Message)
		}
		fmt.Fprintf(out, "%d\tis under way: see %s\n", begun.Status, begun.Location)
	}
	if again == first {
		t.again++
	}
	return first.Location, nil
}

// tally is what was counted.
type tally struct{ stopped, started, again, early, unknown int }

func (t *tally) count(answer Answer) {
	switch {
	case answer.Action == contract.Stopped:
		t.stopped++
	case answer.Action == contract.Started:
		t.started++
	case answer.Status == http.StatusConflict:
		t.early++
	case answer.Status == http.StatusNotFound:
		t.unknown++
	}
}

// later counts what came of the asynchronous request.
func (t *tally) later(outcome Outcome) {
	if outcome.Status == "SUCCEEDED" {
		t.count(Answer{Switched: outcome.Output})
	}
}

func (t tally) account() string {
	return fmt.Sprintf("stopped=%d started=%d again=%d early=%d unknown=%d", t.stopped, t.started, t.again, t.early, t.unknown)
}

// fault is what is wrong with the account of a number of requests, one of them
// asynchronous. Which way the instance was switched more often depends on what
// it did at first.
func (t tally) fault(requests int) error {
	var faults []error
	if told := t.stopped + t.started + t.early + t.unknown; told != requests {
		faults = append(faults, fmt.Errorf("%d of %d requests are accounted for", told, requests))
	}
	if t.stopped+t.started != 3 || t.stopped == 0 || t.started == 0 || t.early != 1 || t.unknown != 1 {
		faults = append(faults, errors.New("the instance was to be switched three times to and fro, asked for too early once, and another one not found"))
	}
	if t.again != 1 {
		faults = append(faults, errors.New("the same key was to give the same execution"))
	}
	return errors.Join(faults...)
}

// usage is how to switch the instance.
func (s *Switch) usage() string {
	return fmt.Sprintf(`Switch    curl -i -X POST %[1]s/express-instance --aws-sigv4 aws:amz:%[2]s:execute-api --user test:test \
            -H 'Content-Type: application/json' -d '%[3]s'
          curl -i -X POST %[1]s/standard-instance --aws-sigv4 aws:amz:%[2]s:execute-api --user test:test \
            -H 'Content-Type: application/json' -H 'Idempotency-Key: once' -d '%[3]s'
          curl -i %[1]s/standard-instance/once --aws-sigv4 aws:amz:%[2]s:execute-api --user test:test
          aws --endpoint-url %[4]s ec2 describe-instances --query 'Reservations[].Instances[].State'
`, s.URL, s.AWS().Region, Body(s.Instance), s.Endpoints.AWS)
}
