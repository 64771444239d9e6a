package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// shrunk is the story of a seed that fails. It tells on the way how far it is.
func shrunk(t *testing.T, seed uint64, o simulation.Options) (story string) {
	t.Helper()
	t.Run("shrunk", func(t *testing.T) {
		r := simulation.Run(t, seed, o)
		if r.Err == nil || len(r.Faults) == 0 {
			t.Fatalf("got %v after %d faults", r.Err, len(r.Faults))
		}
		told := []simulation.Shrinking{{Seed: seed, Inputs: 1000, Faults: len(r.Faults), Took: r.Took}}
		story = simulation.Shrink(t, r, o, func(now simulation.Shrinking) {
			before := told[len(told)-1]
			if now.Seed != seed || now.Runs != before.Runs+1 || now.Inputs > before.Inputs {
				t.Errorf("told is %v, after %v", now, before)
			}
			told = append(told, now)
		}).Story()
		if last := told[len(told)-1]; last.Runs == 0 || last.Inputs > 2 || last.Faults > 1 {
			t.Errorf("in the end, told is %v", last)
		}
	})
	return story
}

func TestAFailureOfManyInputsAndFaultsIsToldByWhatItTakes(t *testing.T) {
	faults := simulation.Rates{
		simulation.Refused: 0.03, simulation.Throttled: 0.03, simulation.Lost: 0.03, simulation.Died: 0.02, simulation.DiedAfter: 0.02,
		simulation.Forgotten: 0.1, simulation.Cut: 0.3, simulation.Slow: 0.005,
	} // and not the storm's, so that a kind more does not make the story another one
	o := simulation.Options{Assembly: app(t), Functions: store(add), Faults: faults, Scenario: hand}
	const want = `seed 4: order-2 was stored 2 times
  0s    input        order-2
  0s    wait         1s, not 30m0s
  16ms  answer lost  Store: dynamodb:UpdateItem of Table
  1s    calm
  1s    wait         0s, not 30m0s`
	if got := shrunk(t, 4, o); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// An order is lost when the function dies while it has another one.
func TestAFailureKeepsTheInputsThatItTakesTogetherAndTheTimeThatTheUndisturbedRunTakes(t *testing.T) {
	died := false
	functions := store(func(ctx context.Context, table *dynamodb.Client, id string) error {
		if id == "order-3" && died {
			return nil
		}
		err := put(ctx, table, id)
		died = died || id == "order-1" && ctx.Err() != nil
		return err
	})
	o := simulation.Options{Assembly: app(t), Functions: functions, Faults: simulation.Rates{simulation.Died: 0.15}, Scenario: func(ctx context.Context, w *simulation.World) error {
		died = false
		return handOver(ctx, w, 4)
	}}
	const want = `seed 7: 1 of 2 orders were stored
  0s    input        order-1
  0s    input        order-3
  0s    wait         1s, not 30m0s
  14ms  died before  Store: dynamodb:PutItem of Table
  1s    calm
  1s    wait         1m0s, not 30m0s`
	if got := shrunk(t, 7, o); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAFailureThatTakesNoFaultIsToldSo(t *testing.T) {
	functions := store(func(ctx context.Context, table *dynamodb.Client, id string) error {
		if id == "order-2" {
			return nil
		}
		return put(ctx, table, id)
	})
	o := simulation.Options{Assembly: app(t), Functions: functions, Faults: simulation.Storm(), Scenario: func(ctx context.Context, w *simulation.World) error {
		return handOver(ctx, w, 4)
	}}
	const want = `seed 1: 0 of 1 orders were stored
It takes no fault.
  0s     input  order-2
  0s     wait   30m0s
  30m0s  calm
  30m0s  wait   30m0s`
	if got := shrunk(t, 1, o); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatMayNotBeRedeliveredIsToldByOneInput(t *testing.T) {
	o := simulation.Redelivered(t, simulation.Options{Assembly: app(t), Functions: store(add), Scenario: func(ctx context.Context, w *simulation.World) error {
		var sent []string
		for i := range 4 {
			if order := fmt.Sprint("order-", i); w.Keep(order) {
				sent = append(sent, order)
			}
		}
		err := sendAll(ctx, w, sent)
		w.Wait(time.Hour)
		for _, order := range sent {
			if !w.Keep(order) {
				err = fmt.Errorf("%s was kept, and is not", order)
			}
		}
		return err
	}})
	const want = `seed 3: table orders: 0 instead of 1 of id={"S":"order-3"} times={"N":"1"}
table orders: 1 instead of 0 of id={"S":"order-3"} times={"N":"2"}
  0s     input             order-3
  0s     wait              10m0s, not 1h0m0s
  40ms   delete forgotten  Lambda for Store: sqs:DeleteMessageBatch of Queue
  10m0s  calm`
	if got := shrunk(t, 3, o); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAStoryIsToldInOrderOfTimeAndWithoutTheStackThatAllIsOf(t *testing.T) {
	fault := func(at time.Duration, caller string) simulation.Fault {
		return simulation.Fault{Kind: simulation.Lost, At: at, Site: simulation.Site{Caller: caller, Action: "dynamodb:PutItem", On: "Shop/Table"}}
	}
	r := simulation.Result{Seed: 7, Err: errors.New("one\ntwo"), Steps: []simulation.Step{{Kind: "input", What: "a"}, {At: time.Hour, Kind: "calm"}},
		Faults: []simulation.Fault{fault(time.Hour, "Shop/A"), fault(1400*time.Microsecond, "Shop/B")}}
	const want = `seed 7: one
two
  0s      input        a
  1ms     answer lost  B: dynamodb:PutItem of Table
  1h0m0s  calm
  1h0m0s  answer lost  A: dynamodb:PutItem of Table`
	if got := r.Story(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAStoryEndsWithTheCommandThatRunsTheSeedAgain(t *testing.T) {
	t.Run("seed=17+", func(t *testing.T) {
		for given, want := range map[string]string{
			"make simulate SEED=%d": "To see it again: make simulate SEED=17",
			"":                      `To see it again: go test -run '^TestAStoryEndsWithTheCommandThatRunsTheSeedAgain$/^seed=17\+$'`,
		} {
			if got := simulation.Replay(simulation.Options{Replay: given}, t, 17); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}
