package lambda_test

// This file is mappings of queues with filters.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func filters(patterns ...string) string {
	var all []string
	for _, p := range patterns {
		text, _ := json.Marshal(p)
		all = append(all, fmt.Sprintf(`{"Pattern": %s}`, text))
	}
	return `, "FilterCriteria": {"Filters": [` + strings.Join(all, ",") + `]}`
}

// What no filter wants is deleted without the function having seen it.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
func TestAFunctionGetsTheMessagesThatItsFiltersWant(t *testing.T) {
	const apple, pear, text = `{"kind":"apple","weight":150}`, `{"kind":"pear","weight":90}`, `apple`
	for _, row := range []struct {
		name, mapping string
		want          []string
	}{
		{"no filter", "", []string{apple, pear, text}},
		{"an empty list", filters(), []string{apple, pear, text}},
		{"a member of the body", filters(`{"body": {"kind": ["apple"]}}`), []string{apple}},
		{"a number in the body", filters(`{"body": {"weight": [{"numeric": ["<", 100]}]}}`), []string{pear}},
		{"one of two", filters(`{"body": {"kind": ["apple"]}}`, `{"body": {"kind": ["pear"]}}`), []string{apple, pear}},
		{"a body that is text", filters(`{"body": ["apple"]}`), []string{text}},
		{"what is beside the body", filters(`{"messageAttributes": {"kind": {"stringValue": ["test"]}}}`), []string{apple, pear, text}},
		{"nothing", filters(`{"body": {"kind": [{"exists": false}], "weight": [{"exists": true}]}}`), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen notes[string]
				e := newEngine(t, worker(func(_ context.Context, in event) {
					for _, body := range in.bodies() {
						seen.add(body)
					}
				}))
				e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", row.mapping))
				e.post(t, apple, pear, text)
				sleep(time.Minute)
				got := slices.Sorted(slices.Values(seen.all())) // several are polled for at once
				if slices.Sort(row.want); !slices.Equal(got, row.want) || e.left(t, "jobs") != "0+0" {
					t.Errorf("the function has seen %q, want %q; the queue has %s", got, row.want, e.left(t, "jobs"))
				}
			})
		})
	}
}

// Only a mapping that waits says that there is no digest.
func TestADigestThatThereIsNotIsNullInAMappingWithAWindow(t *testing.T) {
	for mapping, want := range map[string]bool{"": false, `, "MaximumBatchingWindowInSeconds": 1`: true} {
		synctest.Test(t, func(t *testing.T) {
			var seen notes[string]
			e := newEngine(t, worker(func(_ context.Context, in json.RawMessage) { seen.add(string(in)) }))
			e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", mapping))
			in := map[string]any{"QueueUrl": "http://127.0.0.1/" + account + "/jobs", "MessageBody": "plain"}
			if err := e.Do(t.Context(), e.Administrator(), "sqs", "SendMessage", in, nil); err != nil {
				t.Fatal(err)
			}
			sleep(time.Minute)
			if got := seen.all(); len(got) != 1 || strings.Contains(got[0], `"md5OfMessageAttributes":null`) != want || strings.Contains(got[0], "md5OfMessageAttributes") != want {
				t.Errorf("%q: the function has seen %q", mapping, got)
			}
		})
	}
}
