package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// Each call that puts an order meets one fault; what the handler hears
// of it, and how often the order is in the table when all is calm, is what the fault
// says.
func TestEachFaultDoesWhatItSays(t *testing.T) {
	for _, row := range []struct {
		kind   simulation.Kind
		hears  string // of its first call; "-" is nothing, as it is no more
		before string // orders in the table as long as the fault lasts
	}{
		{simulation.Refused, "InternalServerError", "0"},
		{simulation.Throttled, "ThrottlingException", "0"},
		{simulation.Burst, "ProvisionedThroughputExceededException", "0"},
		{simulation.Tardy, "-", "1"}, // later than its function may wait
		{simulation.Lost, "connection reset", "1"},
		{simulation.Died, "-", "0"},
		{simulation.DiedAfter, "-", "1"},
		{simulation.Slow, "-", "0"},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			heard := ""
			functions := store(func(ctx context.Context, table *dynamodb.Client, id string) error {
				err := put(ctx, table, id)
				if ctx.Err() == nil && heard == "" {
					heard = fmt.Sprint(err)
				}
				return err
			})
			r := simulation.Try(t, simulation.Options{Assembly: app(t), Functions: functions,
				Scenario: func(ctx context.Context, w *simulation.World) error {
					if err := send(ctx, w, 1); err != nil {
						return err
					}
					time.Sleep(20 * time.Second) // the first invocation is over
					before, err := rows(ctx, w)
					if err != nil {
						return err
					}
					w.Calm()
					time.Sleep(30 * time.Minute)
					after, err := rows(ctx, w)
					if got := fmt.Sprint(before, after); got != row.before+" 1" {
						err = errors.Join(err, fmt.Errorf("there were %s orders, want %s and then 1", got, row.before))
					}
					return err
				}}, simulation.Site{Caller: "app/Store", Action: "dynamodb:PutItem", On: "app/Table"}, 1, row.kind, simulation.Outage)
			if r.Err != nil {
				t.Error(r.Err)
			}
			if late := strings.Contains(string(r.Trace), "answer late by"); late != (row.kind == simulation.Tardy) {
				t.Errorf("an answer came late: %v", late)
			}
			if row.hears == "-" && heard != "" && heard != "<nil>" || row.hears != "-" && !strings.Contains(heard, row.hears) {
				t.Errorf("the handler heard %q, want %q", heard, row.hears)
			}
		})
	}
}

func TestAQueueMayAnswerFewerMessagesThanItHas(t *testing.T) {
	sizes := map[string]bool{}
	for _, rate := range []float64{0, 1} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			r := simulation.Run(t, 4, simulation.Options{Assembly: app(t), Functions: store(put), Faults: simulation.Rates{simulation.Cut: rate},
				Scenario: func(ctx context.Context, w *simulation.World) error {
					if err := send(ctx, w, 12); err != nil {
						return err
					}
					time.Sleep(time.Minute)
					if n, err := rows(ctx, w); n != 12 {
						return errors.Join(err, fmt.Errorf("%d orders", n))
					}
					return nil
				}})
			if r.Err != nil {
				t.Error(r.Err)
			}
			sizes[fmt.Sprint(rate, strings.Count(string(r.Trace), "sqs:DeleteMessageBatch"))] = true
		})
	}
	if !sizes["0 3"] || len(sizes) != 2 || sizes["1 3"] {
		t.Errorf("batches by the fault's rate: %v; want 3 of 5, 5 and 2, and more with cuts", sizes)
	}
}

func TestWhatAServiceDeliversMayComeAgain(t *testing.T) {
	r := simulation.Run(t, 1, simulation.Options{Assembly: rule(t), Faults: simulation.Rates{simulation.Repeated: 1},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			if err := event(ctx, w); err != nil {
				return err
			}
			time.Sleep(2 * time.Minute)
			got, err := sqs.NewFromConfig(w.AWS()).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(w.Endpoints.AWS + "/000000000000/told"), MaxNumberOfMessages: 10})
			if n := len(got.Messages); err == nil && (n < 2 || n > 5) {
				err = fmt.Errorf("the event came %d times", n)
			}
			return err
		}})
	if r.Err != nil {
		t.Error(r.Err)
	}
}

func TestWhatComesAgainComesAsOftenAsTheSeedSaysWithinAMinute(t *testing.T) {
	line := regexp.MustCompile(`(?m)^(\S+) .*: again: ok$`)
	often, late := map[int]bool{}, map[bool]bool{}
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := simulation.Run(t, seed, simulation.Options{Assembly: rule(t), Faults: simulation.Rates{simulation.Repeated: 1},
				Scenario: func(ctx context.Context, w *simulation.World) error {
					err := event(ctx, w)
					time.Sleep(2 * time.Minute)
					return err
				}})
			again := line.FindAllSubmatch(r.Trace, -1)
			often[len(again)] = true
			for _, found := range again {
				at, err := time.ParseDuration(string(found[1]))
				if err != nil || at > 62*time.Second {
					t.Errorf("it comes again at %s: %v", found[1], err)
				}
				late[at > 20*time.Second] = true
			}
			if r.Err != nil || len(again) < 1 || len(again) > 4 {
				t.Errorf("it comes %d times more: %v", len(again), r.Err)
			}
		})
	}
	if len(often) < 2 || len(late) < 2 {
		t.Errorf("it comes again %v times, and later than 20 seconds: %v", often, late)
	}
}

func TestADayOfWaitingIsOver(t *testing.T) {
	r := simulation.Run(t, 1, simulation.Options{Assembly: app(t), Functions: store(put), Scenario: func(context.Context, *simulation.World) error {
		time.Sleep(24 * time.Hour)
		return nil
	}})
	if r.Err != nil || r.Took != 24*time.Hour || len(r.Faults) != 0 {
		t.Errorf("%v, %d faults in %v", r.Err, len(r.Faults), r.Took)
	}
}
