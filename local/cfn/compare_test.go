package cfn

import (
	"reflect"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

func TestDifferencesArePathsAsFarAsTheyGo(t *testing.T) {
	list := func(elements ...any) map[string]any { return map[string]any{"L": elements} }
	for _, row := range []struct {
		name string
		a, b map[string]any
		want [][]string
	}{
		{"scalars that mean the same", map[string]any{"A": "30", "B": true}, map[string]any{"A": 30.0, "B": "true"}, nil},
		{"within an object", map[string]any{"A": map[string]any{"B": "1", "C": "2"}}, map[string]any{"A": map[string]any{"B": "1", "C": "3"}}, [][]string{{"A", "C"}}},
		{"what comes and goes", map[string]any{"A": "1"}, map[string]any{"B": "1"}, [][]string{{"A"}, {"B"}}},
		{"an element of a list", list("a", "b"), list("a", "c"), [][]string{{"L", "1"}}},
		{"a longer list", list("a"), list("a", "b"), [][]string{{"L"}}},
		{"an object for a scalar", map[string]any{"A": "1"}, map[string]any{"A": map[string]any{}}, [][]string{{"A"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := differences(row.a, row.b); !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestTheWorstOfSeveralChangesCounts(t *testing.T) {
	if got := recreation("AWS::SQS::Queue", [][]string{{"FifoQueue"}, {"DelaySeconds"}}); got != schema.Always {
		t.Errorf("got %s", got)
	}
	if got := recreation("AWS::SQS::Queue", [][]string{{"DelaySeconds"}, {"FifoQueue"}}); got != schema.Always {
		t.Errorf("the other way round, got %s", got)
	}
	if got := recreation("Custom::Thing", [][]string{{"ServiceToken"}}); got != schema.Never {
		t.Errorf("of a custom resource, got %s", got)
	}
}
