package invoices

import (
	"strings"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dates"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/money"
)

func from(values map[string]string) *environment.Reader {
	return &environment.Reader{Look: func(name string) (string, bool) { value, ok := values[name]; return value, ok }}
}

func TestThePolicyIsTheEnvironments(t *testing.T) {
	env := from(map[string]string{contract.EnvSymbols: `{"$": "CAD"}`, contract.EnvLimits: `{"EUR": "1000.00", "JPY": "5"}`, contract.EnvConfidence: "92.5",
		contract.EnvDecimalMark: contract.Comma, contract.EnvDateOrder: contract.MonthFirst, contract.EnvMetrics: "n", contract.EnvSystem: "s"})
	r, m := FromEnvironment(env), Metrics(env)
	if err := env.Err(); err != nil || r.Money.Symbols["$"] != "CAD" || r.Limits["EUR"].String() != "1000.00 EUR" || r.Limits["JPY"].String() != "5 JPY" ||
		r.MinConfidence != 92.5 || r.Money.Mark != money.Comma || r.Dates != dates.MonthFirst || m.Namespace != "n" || m.Dimensions[0].Value != "s" || m.Dimensions[0].Name != "System" {
		t.Errorf("%+v, %+v, %v", r, m, err)
	}
}

func TestAWrongEnvironmentIsReportedTogether(t *testing.T) {
	env := from(map[string]string{contract.EnvSymbols: `[]`, contract.EnvLimits: `{"EUR": "1,000"}`, contract.EnvConfidence: "high", contract.EnvDecimalMark: ";"})
	FromEnvironment(env)
	for _, part := range []string{"SYMBOLS is no JSON of", `LIMITS: "1,000" is no decimal number`, "CONFIDENCE: ", `DECIMAL_MARK: ";" is none of its values`, "DATE_ORDER is not set"} {
		if err := env.Err(); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %v", part, err)
		}
	}
}
