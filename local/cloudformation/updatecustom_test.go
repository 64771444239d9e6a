package cloudformation

// This file updates custom resources.

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// requests are what the function was asked, each in one line.
func (g *ground) requests() (lines []string) {
	for _, q := range g.asked {
		line := fmt.Sprintf("%s %s %v", q.RequestType, q.PhysicalResourceId, q.ResourceProperties["Times"])
		if q.OldResourceProperties != nil {
			line += fmt.Sprintf(" after %q", q.OldResourceProperties["Times"]) // a text, whatever it was
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func TestAFunctionUpdatesItsCustomResource(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.answer = func(q request) any {
			return success(q, map[string]any{"Text": map[string]any{"Long": q.ResourceProperties["Times"]}})
		}
		r.open(t, custom(`, "Times": 1`))
		if err := r.update(t, custom(`, "Times": 2`)); err != nil {
			t.Fatal(err)
		}
		if want := []string{"Create 1", "Update greeting-1 2 after \"1\""}; !reflect.DeepEqual(r.requests(), want) {
			t.Errorf("the function was asked %q, want %q", r.requests(), want)
		}
		if create, update := r.asked[0], r.asked[1]; update.StackId != create.StackId || update.RequestId == create.RequestId || update.ResourceType != "Custom::Greeting" {
			t.Errorf("the update is %+v", update)
		}
		if s := described(t, r.Client, "store"); *s.Outputs[1].OutputValue != "local 2" {
			t.Errorf("the outputs are %+v", s.Outputs)
		}
	})
}

func TestACustomResourceThatIsReplacedIsDeletedInTheEnd(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.answer = func(q request) any {
			a := success(q, map[string]any{"Text": map[string]any{"Long": "hello"}})
			a.PhysicalResourceId = fmt.Sprint("greeting-", q.ResourceProperties["Times"])
			return a
		}
		r.open(t, custom(`, "Times": 1`))
		if err := r.update(t, custom(`, "Times": 2`)); err != nil {
			t.Fatal(err)
		}
		if want := []string{"Create 1", "Update greeting-1 2 after \"1\"", "Delete greeting-1 1"}; !reflect.DeepEqual(r.requests(), want) {
			t.Errorf("the function was asked %q, want %q", r.requests(), want)
		}
		if events := strings.Join(r.events(t, 4), "\n"); events != `store UPDATE_IN_PROGRESS: User Initiated
Greeting UPDATE_IN_PROGRESS greeting-1
Greeting UPDATE_COMPLETE greeting-2
store UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
Greeting DELETE_IN_PROGRESS greeting-1
Greeting DELETE_COMPLETE greeting-1
store UPDATE_COMPLETE` {
			t.Errorf("the events are\n%s", events)
		}
	})
}

func TestACustomResourceGoesBackByItsFunction(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.answer = func(q request) any {
			a := success(q, map[string]any{"Text": map[string]any{"Long": "hello"}})
			if q.ResourceProperties["Times"] == "2" {
				a.Status, a.Reason = "FAILED", "no"
			}
			return a
		}
		r.open(t, custom(`, "Times": 1`))
		if err := r.update(t, custom(`, "Times": 2`)); err != nil {
			t.Fatal(err)
		}
		r.is(t, "UPDATE_ROLLBACK_COMPLETE", "")
		if want := []string{"Create 1", "Update greeting-1 2 after \"1\"", "Update greeting-1 1 after \"2\""}; !reflect.DeepEqual(r.requests(), want) {
			t.Errorf("the function was asked %q, want %q", r.requests(), want)
		}
		if events := strings.Join(r.events(t, 4), "\n"); !strings.Contains(events, "Greeting UPDATE_FAILED greeting-1: Greeting (Custom::Greeting): Received response status [FAILED] from custom resource. Message returned: no (RequestId: ") {
			t.Errorf("the events are\n%s", events)
		}
	})
}
