package prediction

// This file counts what AWS takes money for while a scenario runs.

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// meter stands in front of every call of a run.
type meter struct {
	mu       sync.Mutex
	running  bool               // not while the engine starts, and not after the end
	machines map[string]string  // the type of each state machine, by name
	keys     map[string]string  // the name of each table's partition key
	before   map[string]float64 // what metrics told when it began

	buckets   map[string]bucket
	throttled map[string]int
	requests  map[string]float64 // by what they are priced as
	unpriced  map[string]bool
}

const standard = string(sfntypes.StateMachineTypeStandard)

// around takes a call's time, holds it to the quotas and counts it. The
// administrator, as whom a scenario looks at things, is nobody's customer.
func (m *meter) around(next cloud.Around) cloud.Around {
	return func(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
		if err := m.let(ctx, call); err != nil {
			return nil, err
		}
		if next == nil {
			return perform(ctx, call.Input)
		}
		return next(ctx, call, perform)
	}
}

// transition does the same with transitions, which are no calls but to a Fault.
func (m *meter) transition(fault cloud.Fault) cloud.Fault {
	return func(ctx context.Context, call cloud.Call) error {
		if call.Action == transition {
			if err := m.let(ctx, call); err != nil {
				return err
			}
		}
		if fault == nil {
			return nil
		}
		return fault(ctx, call)
	}
}

// transition is by what a Fault is asked for a transition.
const transition = "StateTransition"

// let lets a call through when its time has come, unless a quota refuses it.
func (m *meter) let(ctx context.Context, call cloud.Call) error {
	if call.Caller.Root || !m.runs() {
		return nil
	}
	if !cloud.Sleep(ctx, latencyOf(call)) {
		return nil // whose call it was hears of that elsewhere
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count(call)
	return m.admit(call)
}

func (m *meter) runs() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.running
}

// begin learns what there is, and begins to count.
func (m *meter) begin(ctx context.Context, cfg aws.Config) (err error) {
	machines, keys := map[string]string{}, map[string]string{}
	pages := sfn.NewListStateMachinesPaginator(sfn.NewFromConfig(cfg), &sfn.ListStateMachinesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, machine := range page.StateMachines {
			machines[*machine.Name] = string(machine.Type)
		}
	}
	tables := dynamodb.NewFromConfig(cfg)
	names := dynamodb.NewListTablesPaginator(tables, &dynamodb.ListTablesInput{})
	for names.HasMorePages() {
		page, err := names.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, name := range page.TableNames {
			described, err := tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
			if err != nil {
				return err
			}
			for _, key := range described.Table.KeySchema {
				if key.KeyType == dynamodbtypes.KeyTypeHash {
					keys[name] = *key.AttributeName
				}
			}
		}
	}
	before, err := metered(ctx, cfg, machines)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.machines, m.keys, m.before, m.running = machines, keys, before, true
	return nil
}

// count counts a call that is priced by the request.
func (m *meter) count(call cloud.Call) {
	if call.Action == transition && m.machines[last(call.Caller.ARN)] == standard {
		m.requests[standardTransitions]++
	}
	if slices.Contains(elsewhere, call.Service) {
		return
	}
	for _, p := range requestPrices {
		if p.service == call.Service && (len(p.actions) == 0 || slices.Contains(p.actions, call.Action)) {
			if p.of != "" {
				m.requests[p.of] += p.amount(call)
			}
			return
		}
	}
	m.unpriced[call.Service+":"+call.Action] = true
}

// end counts what metrics tell, and puts prices to everything.
func (m *meter) end(ctx context.Context, cfg aws.Config, p *Prediction) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = false
	amounts, err := metered(ctx, cfg, m.machines)
	if err != nil {
		return err
	}
	for of, amount := range m.before {
		amounts[of] -= amount
	}
	for of, amount := range m.requests {
		amounts[of] += amount
	}
	p.Throttled = m.throttled
	for of, amount := range amounts {
		if amount > 0 {
			p.Usage = append(p.Usage, Usage{of, amount, amount * prices[of]})
		}
	}
	slices.SortFunc(p.Usage, func(a, b Usage) int { return cmp.Or(cmp.Compare(b.USD, a.USD), cmp.Compare(a.Of, b.Of)) })
	for call := range m.unpriced {
		p.Unpriced = append(p.Unpriced, call)
	}
	slices.Sort(p.Unpriced)
	return nil
}

// last is the part of an ARN or a name that tells which one it is.
func last(arn string) string { return arn[strings.LastIndexAny(arn, ":/")+1:] }

// pieces is how many pieces of 64 KB a call is charged as.
func pieces(call cloud.Call) float64 { return float64(1 + len(call.Input)/(64<<10)) }

func one(cloud.Call) float64 { return 1 }

// entries is how many events a call puts.
func entries(call cloud.Call) float64 {
	var input struct{ Entries []json.RawMessage }
	if json.Unmarshal(call.Input, &input) != nil {
		return 1
	}
	return float64(len(input.Entries))
}
