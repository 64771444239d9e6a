package metrics

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestCountWritesOneLineOfTheEmbeddedMetricFormat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock stands at 2000-01-01
		var out strings.Builder
		e := &Emitter{Namespace: "Tradepost", Dimensions: []Dimension{{contract.DimensionPipeline, "acme-prod"}}, Out: &out}
		if err := e.Count(append(Totals(contract.Totals{Received: 9, Stored: 4, Duplicate: 3, Failed: 2}), Value{contract.MetricFilesSettled, 1})...); err != nil {
			t.Fatal(err)
		}
		const want = `{"Duplicate":3,"Failed":2,"FilesSettled":1,"Pipeline":"acme-prod","Rejected":0,"Stored":4,` +
			`"_aws":{"Timestamp":946684800000,"CloudWatchMetrics":[{"Namespace":"Tradepost","Dimensions":[["Pipeline"]],` +
			`"Metrics":[{"Name":"Stored","Unit":"Count"},{"Name":"Duplicate","Unit":"Count"},{"Name":"Rejected","Unit":"Count"},` +
			`{"Name":"Failed","Unit":"Count"},{"Name":"FilesSettled","Unit":"Count"}]}]}}` + "\n"
		if out.String() != want {
			t.Errorf("got  %swant %s", out.String(), want)
		}
	})
}

// What is counted of a part is counted of the whole, too.
func TestAFurtherDimensionIsCountedBesideTheOthers(t *testing.T) {
	var out strings.Builder
	whole := &Emitter{Namespace: "N", Dimensions: []Dimension{{"A", "a"}}, Out: &out}
	if err := errors.Join(whole.With("B", "b").Count(Value{"M", 1}), whole.With("B", "c").Count(Value{"M", 2})); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{`"B":"b","M":1,`, `"B":"c","M":2,`} {
		if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], `"Dimensions":[["A"],["A","B"]]`) || len(whole.Dimensions) != 1 {
			t.Errorf("got %s", lines[i])
		}
	}
}

// Received + Replayed = Stored + Duplicate + Rejected + Failed, over both.
func TestWhatIsSettledAgainAddsUp(t *testing.T) {
	first := contract.Totals{Received: 100, Stored: 50, Duplicate: 5, Rejected: 5, Failed: 40}
	second := contract.Totals{Received: 100, Stored: 80, Duplicate: 6, Rejected: 7, Failed: 7}
	sum := map[string]int{}
	for _, v := range append(Totals(first), Again(second, first)...) {
		sum[v.Name] += v.Count
	}
	want := map[string]int{"Stored": 80, "Duplicate": 6, "Rejected": 7, "Failed": 47, "Replayed": 40}
	if !maps.Equal(sum, want) || first.Received+sum["Replayed"] != sum["Stored"]+sum["Duplicate"]+sum["Rejected"]+sum["Failed"] {
		t.Errorf("got %v, want %v", sum, want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestALostMetricIsAnError(t *testing.T) {
	if err := (&Emitter{Out: full{}}).Count(Value{"Stored", 1}); err == nil {
		t.Error("no error")
	}
}
