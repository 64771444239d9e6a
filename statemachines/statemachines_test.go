package statemachines

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

type machine struct {
	Comment        string
	QueryLanguage  string
	StartAt        string
	TimeoutSeconds int
	States         map[string]state
}

type state struct {
	Type           string
	Comment        string
	Resource       string
	TimeoutSeconds int
	Next           string
	Default        string
	End            bool
	Choices        []struct{ Next string }
	Retry          []struct {
		ErrorEquals     []string
		MaxAttempts     int
		MaxDelaySeconds int
		JitterStrategy  string
	}
	Catch []struct {
		ErrorEquals []string
		Next        string
	}
}

var machines = map[string]string{"transaction": Transaction, "settlement": Settlement}

func each(t *testing.T, test func(t *testing.T, source string, m machine)) {
	for name, source := range machines {
		t.Run(name, func(t *testing.T) {
			var m machine
			if err := json.Unmarshal([]byte(source), &m); err != nil {
				t.Fatal(err)
			}
			test(t, source, m)
		})
	}
}

func (s state) successors() []string {
	next := []string{s.Next, s.Default}
	for _, choice := range s.Choices {
		next = append(next, choice.Next)
	}
	for _, catch := range s.Catch {
		next = append(next, catch.Next)
	}
	return slices.DeleteFunc(next, func(name string) bool { return name == "" })
}

func TestEveryStateIsReachedAndLeadsOn(t *testing.T) {
	each(t, func(t *testing.T, _ string, m machine) {
		reached := map[string]bool{}
		var visit func(name string)
		visit = func(name string) {
			s, ok := m.States[name]
			if !ok {
				t.Errorf("state %q does not exist", name)
				return
			}
			if reached[name] {
				return
			}
			reached[name] = true
			next := s.successors()
			if terminal := s.Type == "Succeed" || s.Type == "Fail" || s.End; terminal != (s.Next == "" && s.Default == "") {
				t.Errorf("state %q of type %s has successors %q", name, s.Type, next)
			}
			for _, successor := range next {
				visit(successor)
			}
		}
		visit(m.StartAt)
		for name := range m.States {
			if !reached[name] {
				t.Errorf("state %q is never reached", name)
			}
		}
	})
}

func TestEveryMachineAndTaskEndsInTimeAndRetriesWithJitter(t *testing.T) {
	each(t, func(t *testing.T, _ string, m machine) {
		if m.TimeoutSeconds == 0 || m.Comment == "" || m.QueryLanguage != "JSONata" {
			t.Errorf("the machine needs TimeoutSeconds, a Comment and JSONata")
		}
		for name, s := range m.States {
			if s.Type != "Task" {
				continue
			}
			if s.TimeoutSeconds == 0 {
				t.Errorf("task %q has no TimeoutSeconds", name)
			}
			if len(s.Retry) == 0 {
				t.Errorf("task %q retries nothing", name)
			}
			for _, retry := range s.Retry {
				if retry.JitterStrategy != "FULL" || retry.MaxDelaySeconds == 0 {
					t.Errorf("task %q retries without jitter or MaxDelaySeconds", name)
				}
				if slices.Contains(retry.ErrorEquals, "States.ALL") && strings.Contains(s.Resource, "dynamodb") {
					t.Errorf("task %q is a write and retries States.ALL", name)
				}
			}
		}
	})
}

// A process that dies by accident costs no transaction, and one that dies of a
// transaction does not run it for ever.
func TestADeadProcessIsTriedAgainAFewTimes(t *testing.T) {
	var m machine
	if err := json.Unmarshal([]byte(Transaction), &m); err != nil {
		t.Fatal(err)
	}
	for _, retry := range m.States["Format transaction"].Retry {
		if slices.Contains(retry.ErrorEquals, "Runtime.ExitError") {
			if retry.MaxAttempts < 1 || retry.MaxAttempts > 3 {
				t.Errorf("%d more attempts", retry.MaxAttempts)
			}
			return
		}
	}
	t.Error("Runtime.ExitError is not retried")
}

// An execution that ends without recording an outcome is recorded by
// conclude; these tasks must not even get there for what they can catch.
func TestATransactionsFailuresLeadToARecordedOutcome(t *testing.T) {
	var m machine
	if err := json.Unmarshal([]byte(Transaction), &m); err != nil {
		t.Fatal(err)
	}
	for name, s := range m.States {
		if s.Type != "Task" || name == "Record outcome" || name == "Update status" {
			continue
		}
		last := s.Catch[len(s.Catch)-1]
		if !slices.Equal(last.ErrorEquals, []string{"States.ALL"}) || last.Next != "Record outcome" {
			t.Errorf("task %q does not end in catching States.ALL into Record outcome", name)
		}
	}
}

func TestPlaceholdersAreThoseTheConstructsFill(t *testing.T) {
	want := map[string][]string{
		"transaction": {"EnrichmentApiEndpoint", "EnrichmentStage", "FormatFunctionArn", "OutcomesTable", "TransactionsTable"},
		"settlement":  {"AcknowledgeFunctionArn", "TallyFunctionArn"},
	}
	for name, source := range machines {
		var got []string
		for _, match := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(source, -1) {
			got = append(got, match[1])
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want[name]) {
			t.Errorf("%s has placeholders %q, want %q", name, got, want[name])
		}
	}
}

func TestNamesAreThoseOfTheContract(t *testing.T) {
	for _, name := range []string{
		contract.ErrorTransactionTooLarge, contract.CodeTransactionTooLarge, contract.CodeDuplicate, contract.CodeContentConflict,
		contract.CodePartnerUnknown, contract.CodeWorkflowFailed, contract.StatusReceived, string(contract.SourceREST),
		string(contract.Stored), string(contract.Duplicate), string(contract.Rejected), string(contract.Failed),
		contract.AttrTransactionKey, contract.AttrPartnerDay, contract.AttrPartner, contract.AttrTransactionID, contract.AttrOutcomeKey, contract.AttrOrdinal, contract.AttrStatus,
		contract.AttrFields, contract.AttrContentHash, contract.AttrContact, contract.AttrStoredAt, contract.AttrOutcome, contract.AttrCode, contract.AttrMessage,
	} {
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(Transaction) {
			t.Errorf("transaction.asl.json does not mention %s", name)
		}
	}
	for _, status := range []contract.FileStatus{contract.FileSettled, contract.FileQuarantined, contract.FileOverdue} {
		if !strings.Contains(Settlement, `"`+string(status)+`"`) {
			t.Errorf("settlement.asl.json does not mention %s", status)
		}
	}
}
