package coverage_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"reflect"
	"strings"
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

func TestThePictureShowsWhatWasTaken(t *testing.T) {
	m := pay(1, 0)
	m.States[1].Name, m.States[0].Arms[1].To = `Re"fused <b>`, `Re"fused <b>`
	m.Definition = `{"StartAt": "Pay", "States": {"Pay": {"Type": "Task", "Resource": "x", "Catch": [{"ErrorEquals": ["Declined"], "Next": "Re\"fused <b>"}], "End": true}, "Re\"fused <b>": {"Type": "Fail"}}}`
	picture, err := m.SVG()
	if err != nil {
		t.Fatal(err)
	}
	var root struct {
		Inner string `xml:",innerxml"`
	}
	if err := xml.Unmarshal(picture, &root); err != nil {
		t.Errorf("it is no XML: %v", err)
	}
	for _, want := range []string{
		`[data-state="Pay"] > .box { stroke: #bf8700`,
		`[data-state="Re\22 fused \3c b\3e "] > .box { stroke: #cf222e`,
		`.transition.catch[data-from="Pay"][data-to="Re\22 fused \3c b\3e "] > .line { stroke: #cf222e`,
	} {
		if !strings.Contains(string(picture), want) {
			t.Errorf("without %s", want)
		}
	}
	full := pay(1, 1)
	full.Definition = `{"StartAt": "Pay", "States": {"Pay": {"Type": "Task", "Resource": "x", "Catch": [{"ErrorEquals": ["Declined"], "Next": "Refused"}], "End": true}, "Refused": {"Type": "Fail"}}}`
	if picture, err := full.SVG(); err != nil || strings.Contains(string(picture), "stroke: #cf222e; stroke-width: 2") || !strings.Contains(string(picture), `[data-state="Pay"] > .box { stroke: #1a7f37`) {
		t.Errorf("%v, %s", err, picture)
	}
	if _, err := (coverage.Machine{Definition: "{}"}).SVG(); err == nil {
		t.Error("a definition without states is drawn")
	}
}
