package instances

// This file has the story of the switch.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"text/tabwriter"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	contract "github.com/tradepost-dev/tradepost/internal/contract/instances"
)

// Story stops a running instance, asks for it once more too early, starts it
// again, and asks for an instance that there is not.
func Story() story.Story {
	return story.Story{
		System: System(),
		Tell: func(ctx context.Context, l *laptop.Laptop) (string, error) {
			s, err := Connect(l)
			if err != nil {
				return "", err
			}
			return s.tell(ctx)
		},
		Usage: func(_ context.Context, l *laptop.Laptop) (string, error) {
			s, err := Connect(l)
			if err != nil {
				return "", err
			}
			return s.usage(), nil
		},
	}
}

func (s *Switch) tell(ctx context.Context) (account string, err error) {
	story.Progress("switching instance %s off and on", s.Instance)
	steps := []func(context.Context) (Answer, error){
		s.Settled,
		func(ctx context.Context) (Answer, error) { return s.Toggle(ctx, Body(s.Instance)) },
		s.Settled,
		func(ctx context.Context) (Answer, error) { return s.Toggle(ctx, Body("i-0123456789abcdef0")) },
	}
	var t tally
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nSTATUS\tWHAT CAME OF IT")
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
	if err := out.Flush(); err != nil {
		return "", err
	}
	return t.account(), t.fault(len(steps))
}

// tally is what was counted.
type tally struct{ stopped, started, early, unknown int }

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

func (t tally) account() string {
	return fmt.Sprintf("stopped=%d started=%d early=%d unknown=%d", t.stopped, t.started, t.early, t.unknown)
}

// fault is what is wrong with the account of a number of requests.
func (t tally) fault(requests int) error {
	var faults []error
	if told := t.stopped + t.started + t.early + t.unknown; told != requests {
		faults = append(faults, fmt.Errorf("%d of %d requests are accounted for", told, requests))
	}
	if t.stopped != 1 || t.started != 1 || t.early != 1 || t.unknown != 1 {
		faults = append(faults, errors.New("the instance was to be stopped once and started once, asked for too early once, and another one not found"))
	}
	return errors.Join(faults...)
}

// usage is how to switch the instance.
func (s *Switch) usage() string {
	return fmt.Sprintf(`Switch    curl -i -X POST %[1]s/express-instance --aws-sigv4 aws:amz:%[2]s:execute-api --user test:test \
            -H 'Content-Type: application/json' -d '%[3]s'
          aws --endpoint-url %[4]s stepfunctions start-execution --state-machine-arn %[5]s --input '%[3]s'
          aws --endpoint-url %[4]s ec2 describe-instances --query 'Reservations[].Instances[].State'
`, s.URL, s.AWS().Region, Body(s.Instance), s.Endpoints.AWS, s.Standard)
}
