package coverage_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/tradepost-dev/tradepost/local/states/coverage"
)

func pay(entered, taken int) coverage.Machine {
	return coverage.Machine{Name: "pay", States: []coverage.State{
		{Name: "Pay", Type: "Task", Entered: entered, Arms: []coverage.Arm{{Place: "End", Taken: entered}, {Place: "Catch[0]", When: "Declined", To: "Refused", Taken: taken}}},
		{Name: "Refused", Type: "Fail", Entered: taken, Arms: []coverage.Arm{}},
	}}
}

func TestExecutionsAddUp(t *testing.T) {
	var sum coverage.Machine
	first := pay(1, 0)
	sum.Add(first)
	sum.Add(pay(2, 1))
	if !reflect.DeepEqual(sum.States, pay(3, 1).States) || sum.Name != "pay" {
		t.Errorf("%+v", sum)
	}
	if !reflect.DeepEqual(first, pay(1, 0)) {
		t.Errorf("adding has changed what was added: %+v", first)
	}
	if c := sum.Counts(); c != (coverage.Counts{States: 2, Entered: 2, Arms: 2, Taken: 2}) {
		t.Errorf("%+v", c)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "coverage.json")
	want := []coverage.Machine{pay(1, 0)}
	if err := coverage.Write(file, want); err != nil {
		t.Fatal(err)
	}
	if got, err := coverage.Read(file); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func ExampleReport() {
	_ = coverage.Report(os.Stdout, []coverage.Machine{pay(1, 0)})
	// Output:
	// pay: 1 of 2 states, 1 of 2 arms
	//   Pay: Catch[0] (Declined) -> Refused never taken
	//   Refused: never entered
}
