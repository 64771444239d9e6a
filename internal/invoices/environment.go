package invoices

// This file has a function's policy from its environment.

import (
	"fmt"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dates"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/money"
)

// FromEnvironment is the reader that the construct configures.
func FromEnvironment(env *environment.Reader) Reader {
	r := Reader{
		Money:  money.Policy{Symbols: map[string]money.Currency{}},
		Limits: map[money.Currency]money.Amount{},
	}
	env.JSON(contract.EnvSymbols, &r.Money.Symbols)
	var limits map[money.Currency]string
	env.JSON(contract.EnvLimits, &limits)
	for code, value := range limits {
		limit, err := money.Exact(value, code)
		env.Fault(contract.EnvLimits, err)
		r.Limits[code] = limit
	}
	var err error
	if _, err = fmt.Sscan(env.String(contract.EnvConfidence), &r.MinConfidence); err != nil {
		env.Fault(contract.EnvConfidence, err)
	}
	marks := map[string]money.Mark{contract.Ask: money.Ask, contract.Point: money.Point, contract.Comma: money.Comma}
	r.Money.Mark = chosen(env, contract.EnvDecimalMark, marks)
	orders := map[string]dates.Order{contract.Ask: dates.Ask, contract.DayFirst: dates.DayFirst, contract.MonthFirst: dates.MonthFirst}
	r.Dates = chosen(env, contract.EnvDateOrder, orders)
	return r
}

func chosen[T any](env *environment.Reader, name string, from map[string]T) T {
	given := env.String(name)
	value, known := from[given]
	if given != "" && !known {
		env.Fault(name, fmt.Errorf("%q is none of its values", given))
	}
	return value
}

// Metrics is the emitter of a function, as the construct configures it.
func Metrics(env *environment.Reader) *metrics.Emitter {
	return &metrics.Emitter{
		Namespace:  env.String(contract.EnvMetrics),
		Dimensions: []metrics.Dimension{{Name: contract.DimensionSystem, Value: env.String(contract.EnvSystem)}},
		Out:        env.Out,
	}
}
