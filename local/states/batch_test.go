package states

// Tests of batches of items.

import (
	"fmt"
	"testing"
)

func TestItemsAreBatched(t *testing.T) {
	for _, row := range []struct{ name, batcher, input, want string }{
		{"by number", `{"MaxItemsPerBatch":2}`, `[1,2,3]`, `[{"Items":[1,2]},{"Items":[3]}]`},
		{"by a path", `{"MaxItemsPerBatchPath":"$[0]"}`, `[1,2,3]`, `[{"Items":[1]},{"Items":[2]},{"Items":[3]}]`},
		{"by size", `{"MaxInputBytesPerBatch":17}`, `["aa","bb","cc","d"]`, `[{"Items":["aa"]},{"Items":["bb"]},{"Items":["cc"]},{"Items":["d"]}]`},
		{"by size, two fit", `{"MaxInputBytesPerBatch":21}`, `["aa","bb","cc","d"]`, `[{"Items":["aa","bb"]},{"Items":["cc","d"]}]`},
		{"by both", `{"MaxItemsPerBatch":3,"MaxInputBytesPerBatch":21}`, `["aa","bb",1,2,3,4]`, `[{"Items":["aa","bb"]},{"Items":[1,2,3]},{"Items":[4]}]`},
		{"with an input for all", `{"MaxItemsPerBatch":5,"BatchInput":{"n.$":"$[1]"}}`, `[1,2]`, `[{"BatchInput":{"n":2},"Items":[1,2]}]`},
		{"no items", `{"MaxItemsPerBatch":5}`, `[]`, `[]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				e, o := w.run(distributing(`"ItemBatcher":`+row.batcher+`,`, passOn), row.input)
				if o.output != row.want {
					t.Errorf("%+v", o)
				}
				items := len(mustParse(t, row.input).value.([]any))
				if _, got := w.counts(w.onlyRun(e)); items > 0 && got != fmt.Sprintf(`{"succeeded":%d,"resultsWritten":%d,"total":%d}`, items, items, items) {
					t.Error(got)
				}
			})
		})
	}
}

func mustParse(t *testing.T, text string) data {
	t.Helper()
	d, err := parseData(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnItemThatDoesNotFitIntoABatchFailsTheMapRun(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		const busy = `"I":{"Type":"Wait","Seconds":60,"End":true}`
		e, o := w.run(distributing(`"ItemBatcher":{"MaxInputBytesPerBatch":20},`, busy), `["a","much too long"]`)
		if o.error != errDataLimitExceeded {
			t.Errorf("%+v", o)
		}
		if executions, _ := w.counts(w.onlyRun(e)); executions != `{"pending":1,"aborted":1,"total":2}` {
			t.Error(executions)
		}
	})
}
