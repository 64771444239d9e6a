package simulation_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// two hands over two orders, one after the other, and wants each once in the table.
func two(ctx context.Context, w *simulation.World) error {
	for range 2 {
		if err := send(ctx, w, 1); err != nil {
			return err
		}
		time.Sleep(time.Minute)
	}
	time.Sleep(4 * time.Minute) // fewer than the receives after which a message is given up
	w.Calm()
	time.Sleep(10 * time.Minute)
	n, err := rows(ctx, w)
	if err == nil && n != 1 {
		err = fmt.Errorf("there are %d orders", n)
	}
	return err
}

func TestEachCallIsHitByEachFaultThatCanHitIt(t *testing.T) {
	faults := simulation.Rates{simulation.Refused: 1, simulation.Lost: 1, simulation.Died: 1, simulation.DiedAfter: 1, simulation.Forgotten: 1}
	m := simulation.Exhaust(t, 1, simulation.Options{Assembly: app(t), Functions: store(put), Faults: faults, Scenario: two})
	const want = `| who calls | what | answer lost | delete forgotten | died after | died before | refused |
| --- | --- | --- | --- | --- | --- | --- |
| Lambda for Store | lambda:Invoke of Store | held 3 |  |  |  | held 3 |
| Lambda for Store | sqs:DeleteMessageBatch of Queue | held 3 | held 3 |  |  | held 3 |
| Lambda for Store | sqs:ReceiveMessage of Queue |  |  |  |  | held 3 |
| Store | dynamodb:PutItem of Table | held 4 |  | held 3 | held 3 | held 4 |
`
	if got := m.Markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if all, violated := m.Runs(); all != 32 || violated != 0 {
		t.Errorf("%d runs, %d violations", all, violated)
	}
	t.Run("no outage where none is asked for", func(t *testing.T) {
		o := simulation.Options{Assembly: app(t), Functions: store(put), Faults: faults, Scenario: two, Reaches: []simulation.Reach{simulation.Visit, simulation.Once}}
		if all, _ := simulation.Survey(t, 1, o).Runs(); all != 32-10 {
			t.Errorf("%d runs", all)
		}
	})
	t.Run("as the survey says before", func(t *testing.T) {
		if got := simulation.Survey(t, 1, simulation.Options{Assembly: app(t), Functions: store(put), Faults: faults, Scenario: two}).Markdown(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func TestACellIsRunAgainByItsName(t *testing.T) {
	const trials = "TestEachCallIsHitByEachFaultThatCanHitIt/Store:.*PutItem.*call_1:_answer_lost_once"
	if out, err := exec.Command(os.Args[0], "-test.v", "-test.run="+trials).CombinedOutput(); strings.Count(string(out), "--- PASS: TestEachCallIsHitByEachFaultThatCanHitIt/") != 1 {
		t.Errorf("%v\n%s", err, out)
	}
}

// The handler makes two calls in each invocation, each of which its SDK makes up to
// three times.
func TestATrialHitsAsMuchAsItSays(t *testing.T) {
	twice := func(ctx context.Context, table *dynamodb.Client, id string) error {
		if err := put(ctx, table, id); err != nil {
			return err
		}
		return put(ctx, table, id+" again")
	}
	for _, row := range []struct {
		nth   int
		reach simulation.Reach
		hit   int
		there int // orders in the end
	}{
		{1, simulation.Once, 1, 2},
		{2, simulation.Once, 1, 2},
		{1, simulation.Visit, 3, 2},
		{2, simulation.Visit, 3, 2},
		{1, simulation.Outage, 9, 0}, // of three invocations
		{2, simulation.Outage, 9, 1},
	} {
		t.Run(fmt.Sprint(row.nth, " ", row.reach), func(t *testing.T) {
			there := 0
			o := simulation.Options{Assembly: app(t), Functions: store(twice), Scenario: func(ctx context.Context, w *simulation.World) (err error) {
				if err = send(ctx, w, 1); err == nil {
					time.Sleep(150 * time.Second)
					there, err = rows(ctx, w)
				}
				return err
			}}
			r := simulation.Try(t, o, simulation.Site{Caller: "app/Store", Action: "dynamodb:PutItem", On: "app/Table"}, row.nth, simulation.Refused, row.reach)
			if r.Err != nil || len(r.Faults) != row.hit || there != row.there {
				t.Errorf("%v: %d calls were hit, and %d orders are there: %v", r.Err, len(r.Faults), there, r.Faults)
			}
		})
	}
}

func TestWhatMayNotBeRepeatedIsViolatedByWhatRepeatsIt(t *testing.T) {
	store := store(add)
	for _, row := range []struct {
		kind     simulation.Kind
		violated bool
	}{{simulation.Died, false}, {simulation.DiedAfter, true}, {simulation.Refused, false}, {simulation.Lost, true}} {
		t.Run(string(row.kind), func(t *testing.T) {
			o := simulation.Options{Assembly: app(t), Functions: store, Scenario: func(ctx context.Context, w *simulation.World) error {
				if err := send(ctx, w, 1); err != nil {
					return err
				}
				time.Sleep(10 * time.Minute)
				return once(ctx, w)
			}}
			r := simulation.Try(t, o, simulation.Site{Caller: "app/Store", Action: "dynamodb:UpdateItem", On: "app/Table"}, 1, row.kind, simulation.Once)
			if (r.Err != nil) != row.violated || len(r.Faults) != 1 {
				t.Errorf("%d faults, and then %v", len(r.Faults), r.Err)
			}
		})
	}
}

func TestACellTellsHowManyRunsCameToWhat(t *testing.T) {
	for want, cell := range map[string]*simulation.Cell{
		"":       nil,
		"held 3": {Held: 3},
		"**violated** 1, held 2, did not occur 4": {Held: 2, Missed: 4, Violated: []string{"order-0 was stored 2 times"}},
	} {
		if got := cell.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// once wants the order in the table, and stored once.
func once(ctx context.Context, w *simulation.World) error {
	scanned, err := dynamodb.NewFromConfig(w.AWS()).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("orders")})
	if err != nil {
		return err
	}
	if len(scanned.Items) != 1 || scanned.Items[0]["times"].(*types.AttributeValueMemberN).Value != "1" {
		return fmt.Errorf("there is %v", scanned.Items)
	}
	return nil
}

func TestAMatrixLeavesOutTheStackThatAllIsOf(t *testing.T) {
	row := func(caller, on string) simulation.Row {
		return simulation.Row{Site: simulation.Site{Caller: caller, Action: "sqs:SendMessage", On: on}}
	}
	const head = "| who calls | what |\n| --- | --- |\n"
	for _, test := range []struct {
		rows []simulation.Row
		want string
	}{
		{[]simulation.Row{row("Shop/A", "Shop/Q, Shop/R"), row("", "")}, "| A | sqs:SendMessage of Q, R |\n|  | sqs:SendMessage |\n"},
		{[]simulation.Row{row("Shop/A", "Bank/Q")}, "| Shop/A | sqs:SendMessage of Bank/Q |\n"},
		{[]simulation.Row{row("Shop/A", "Shop/Q"), row("Bank/B", "Shop/Q")}, "| Shop/A | sqs:SendMessage of Shop/Q |\n| Bank/B | sqs:SendMessage of Shop/Q |\n"},
	} {
		if got := (simulation.Matrix{Rows: test.rows}).Markdown(); got != head+test.want {
			t.Errorf("got\n%s\nwant\n%s", got, head+test.want)
		}
	}
}
