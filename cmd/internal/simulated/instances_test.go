package simulated

// This file proves the switch: an instance is switched once by each execution that
// says so, and by none that says that it was not.

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/instances"
	contract "github.com/tradepost-dev/tradepost/internal/contract/instances"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// switched is what happens to it: no function is part of it.
func switched() simulation.Options {
	return simulation.Options{
		Assembly: assembly(),
		Faults:   without(append(consumed, simulation.Broken, simulation.Died, simulation.DiedAfter, simulation.Slow, simulation.Repeated, simulation.Late, simulation.InPart, simulation.Twice, simulation.Paged)...),
		Engine:   local.Options{Stacks: []string{"Tradepost-Instances-dev"}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			s, err := instances.Connect(here(w, ""))
			if err != nil {
				return err
			}
			time.Sleep(5 * time.Minute) // until it runs
			for n := range 6 {
				if key := fmt.Sprint("key-", n); !w.Keep(key) {
					continue
				} else if err := switchOnce(ctx, s, key); err != nil {
					return err
				}
			}
			for n := range 4 {
				if !w.Keep(fmt.Sprint("switch ", n)) {
					continue
				}
				if _, err := directly(ctx, s); err != nil {
					return err
				}
			}
			w.Calm()
			for range 2 {
				if answer, err := directly(ctx, s); err != nil || answer.Status != http.StatusOK {
					return fmt.Errorf("nothing happens any more, and it is answered with %+v, %v", answer, err)
				}
			}
			return nil
		},
	}
}

func TestAnInstanceIsSwitchedOnceByWhoSaysSoWhateverHappens(t *testing.T) {
	sample(t, "instances", 1, switched())
}

// switchOnce switches by the asynchronous route, and asks twice for it. It wants the
// instance to be what the execution says.
func switchOnce(ctx context.Context, s *instances.Switch, key string) error {
	before, err := standing(ctx, s)
	if err != nil {
		return err
	}
	var begun [2]instances.Begun
	for i := range begun {
		err := again(func() (err error) {
			if begun[i], err = s.Begin(ctx, key, instances.Body(s.Instance)); err == nil && begun[i].Status != http.StatusAccepted {
				err = fmt.Errorf("it is answered with %+v", begun[i])
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if begun[0].ExecutionArn != begun[1].ExecutionArn {
		return fmt.Errorf("one key began %s and %s", begun[0].ExecutionArn, begun[1].ExecutionArn)
	}
	time.Sleep(10 * time.Minute)
	var outcome instances.Outcome
	err = again(func() (err error) {
		if outcome, err = s.Look(ctx, begun[0].Location); err == nil && (outcome.Code != http.StatusOK || outcome.Status == "RUNNING") {
			err = fmt.Errorf("it is answered with %+v", outcome)
		}
		return err
	})
	if err != nil {
		return err
	}
	after, err := standing(ctx, s)
	if err != nil {
		return err
	}
	return consistent(before, after, outcome.Status == "SUCCEEDED", outcome.Output.Action, outcome.Error)
}

// directly switches by the synchronous route.
func directly(ctx context.Context, s *instances.Switch) (answer instances.Answer, err error) {
	before, err := standing(ctx, s)
	if err != nil {
		return answer, err
	}
	if answer, err = s.Toggle(ctx, instances.Body(s.Instance)); err != nil {
		return answer, err
	}
	time.Sleep(10 * time.Minute)
	after, err := standing(ctx, s)
	if err != nil {
		return answer, err
	}
	return answer, consistent(before, after, answer.Status == http.StatusOK, answer.Action, answer.Error)
}

// standing is an instance's.
func standing(ctx context.Context, s *instances.Switch) (types.InstanceStateName, error) {
	found, err := ec2.NewFromConfig(s.AWS()).DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{s.Instance}})
	if err != nil {
		return "", err
	}
	return found.Reservations[0].Instances[0].State.Name, nil
}

// consistent wants what was answered to be what has become of the instance. Of an
// error of EC2's own nobody knows whether it had switched before.
func consistent(before, after types.InstanceStateName, switched bool, action contract.Action, failure string) error {
	const running, stopped = types.InstanceStateNameRunning, types.InstanceStateNameStopped
	_, nothing := contract.Statuses[failure]
	good := switched && action == contract.Started && before == stopped && after == running ||
		switched && action == contract.Stopped && before == running && after == stopped ||
		!switched && nothing && before == after ||
		!switched && !nothing
	if !good {
		return fmt.Errorf("it was %s and is %s; the answer was %q, %q", before, after, action, failure)
	}
	return nil
}
