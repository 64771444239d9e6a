package simulation_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

func TestOnlyTheInputsOfTheOptionsAreHandedOver(t *testing.T) {
	for _, row := range []struct {
		inputs []string
		want   string
	}{{nil, "[a b c]"}, {[]string{"c", "a", "d"}, "[a c]"}, {[]string{}, "[]"}} {
		t.Run(row.want, func(t *testing.T) {
			kept := []string{}
			o := simulation.Options{Assembly: app(t), Functions: store(put), Inputs: row.inputs, Scenario: func(_ context.Context, w *simulation.World) error {
				for _, input := range []string{"a", "b", "c"} {
					if w.Keep(input) {
						kept = append(kept, input)
					}
				}
				return nil
			}}
			if r := simulation.Run(t, 1, o); r.Err != nil || fmt.Sprint(kept) != row.want {
				t.Errorf("%v were handed over: %v", kept, r.Err)
			}
		})
	}
}
