package cfn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// world is where resources are: what each of them was given last, by its
// physical name.
type world struct {
	*Created
	there map[string]string
	steps []string

	calls   int             // of creations and updates so far
	failing int             // which of them fails; none if it is 0
	half    bool            // whether what fails has done something all the same
	stuck   map[string]bool // what cannot be deleted, by physical name
}

// queue is a resource with a name, which cannot change, and a delay, which can.
type queue struct {
	QueueName         string
	FifoQueue         bool
	DelaySeconds      int
	VisibilityTimeout int // more than 100 has to be a new queue
	RedrivePolicy     any
	Tags              Ignored
}

func newWorld() *world { return &world{there: map[string]string{}, stuck: map[string]bool{}} }

func (w *world) types() map[string]Type {
	custom := Define(customResource, func(_ context.Context, r Resource, p map[string]any) (Handle, error) {
		return w.make(r, fmt.Sprint(r.LogicalID, "-", p["Id"]), p, w.fails())
	}, Update(func(_ context.Context, r Resource, h Handle, _, after map[string]any) (Handle, error) {
		if w.fails() {
			return h, errors.New("it is broken") // nobody hears of what the function has made
		}
		return w.make(r, fmt.Sprint(r.LogicalID, "-", after["Id"]), after, false)
	}))
	return map[string]Type{
		customResource: custom,
		"AWS::SQS::Queue": Define("AWS::SQS::Queue", func(_ context.Context, r Resource, p queue) (Handle, error) {
			name := p.QueueName
			if name == "" {
				name = r.PhysicalName(80)
			}
			return w.make(r, name, p, w.fails())
		}, Update(func(_ context.Context, r Resource, h Handle, before, after queue) (Handle, error) {
			if after.VisibilityTimeout > 100 {
				return h, ErrReplace
			}
			return w.make(r, h.Ref, after, w.fails())
		})),
		"AWS::SNS::Topic": Define("AWS::SNS::Topic", func(_ context.Context, r Resource, p map[string]any) (Handle, error) {
			return w.make(r, r.PhysicalName(80), p, w.fails())
		}),
	}
}

func (w *world) fails() bool {
	w.calls++
	return w.calls == w.failing
}

func (w *world) make(r Resource, name string, p any, fails bool) (Handle, error) {
	handle := Handle{Ref: name, Attributes: map[string]any{"Arn": "arn:" + name}, Delete: func(context.Context) error {
		if w.stuck[name] {
			return errors.New("it is in use")
		}
		delete(w.there, name)
		return nil
	}}
	if fails && !w.half {
		return Handle{}, errors.New("it is broken")
	}
	text, _ := json.Marshal(p)
	w.there[name] = string(text)
	if fails {
		return handle, errors.New("it is broken")
	}
	return handle, nil
}

func (w *world) stack(t *testing.T, template string) *Stack {
	t.Helper()
	parsed, err := Parse([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	return &Stack{Name: "app", Site: cloud.Site{Account: "111122223333", Region: "eu-west-1"}, Template: parsed, Tell: func(step Step) {
		text := fmt.Sprintf("%s %s %s", step.LogicalID, step.Status, strings.TrimPrefix(step.PhysicalID, "app-"))
		if step.Replaced {
			text += " (replaced)"
		}
		if step.Reason != "" {
			text += ": " + step.Reason
		}
		w.steps = append(w.steps, text)
	}}
}

// create makes the world have a stack.
func (w *world) create(t *testing.T, template string) {
	t.Helper()
	var err error
	if w.Created, err = w.stack(t, template).Create(t.Context(), w.types()); err != nil {
		t.Fatal(err)
	}
	w.steps, w.calls = nil, 0
}

// update is a whole update that succeeds.
func (w *world) update(t *testing.T, template string) {
	t.Helper()
	if err := errors.Join(w.Update(t.Context(), w.stack(t, template)), w.CleanUp(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// told tells whether exactly these steps were told since the last time.
func (w *world) told(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(w.steps, want) {
		t.Errorf("got  %q\nwant %q", w.steps, want)
	}
	w.steps = nil
}

func template(resources ...string) string {
	return `{"Resources": {` + strings.Join(resources, ", ") + `}}`
}

func queueOf(id, properties string, more ...string) string {
	return fmt.Sprintf(`%q: {"Type": "AWS::SQS::Queue", "Properties": {%s}%s}`, id, properties, strings.Join(more, ""))
}

// physical is the name that the engine gives to a resource.
func physical(id string, generation int) string {
	return Resource{Stack: "app", LogicalID: id, Generation: generation}.PhysicalName(80)
}

func short(id string, generation int) string {
	return strings.TrimPrefix(physical(id, generation), "app-")
}

func TestAnUpdateTouchesOnlyWhatDiffers(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", `"DelaySeconds": "5"`), queueOf("B", `"RedrivePolicy": {"Ref": "A"}`), queueOf("C", `"DelaySeconds": 1`, `, "Metadata": {"of": "one"}`)))
	w.update(t, template(queueOf("A", `"DelaySeconds": 5`), queueOf("B", `"RedrivePolicy": {"Fn::Join": ["", [{"Ref": "A"}]]}`, `, "DependsOn": "C"`), queueOf("C", `"DelaySeconds": 2`, `, "Metadata": {"of": "one"}`)))
	w.told(t, "C UPDATE_IN_PROGRESS "+short("C", 0), "C UPDATE_COMPLETE "+short("C", 0))
	if !strings.Contains(w.there[physical("C", 0)], `"DelaySeconds":2`) {
		t.Errorf("C is %s", w.there[physical("C", 0)])
	}
	calls := w.calls
	w.update(t, template(queueOf("A", `"DelaySeconds": 5`), queueOf("B", `"RedrivePolicy": {"Ref": "A"}`), queueOf("C", `"DelaySeconds": 2`, `, "Metadata": {"of": "two"}`)))
	w.told(t, "C UPDATE_IN_PROGRESS "+short("C", 0), "C UPDATE_COMPLETE "+short("C", 0))
	w.update(t, template(queueOf("A", `"DelaySeconds": 5, "Tags": [1]`), queueOf("B", `"RedrivePolicy": {"Ref": "A"}`), queueOf("C", `"DelaySeconds": 2`, `, "Metadata": {"of": "two"}`)))
	if w.told(t, "A UPDATE_IN_PROGRESS "+short("A", 0), "A UPDATE_COMPLETE "+short("A", 0)); w.calls != calls {
		t.Errorf("metadata and tags cost %d calls", w.calls-calls)
	}
}

func TestAResourceIsReplacedBeforeTheOldOneIsDeleted(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", `"FifoQueue": false`), queueOf("B", `"RedrivePolicy": {"Fn::GetAtt": ["A", "Arn"]}`)))
	w.update(t, template(queueOf("A", `"FifoQueue": true`), queueOf("B", `"RedrivePolicy": {"Fn::GetAtt": ["A", "Arn"]}`)))
	w.told(t,
		"A UPDATE_IN_PROGRESS "+short("A", 0)+": Requested update requires the creation of a new physical resource; hence creating one.",
		"A UPDATE_IN_PROGRESS "+short("A", 1)+": Resource creation Initiated", "A UPDATE_COMPLETE "+short("A", 1),
		"B UPDATE_IN_PROGRESS "+short("B", 0), "B UPDATE_COMPLETE "+short("B", 0),
		"A DELETE_IN_PROGRESS "+short("A", 0)+" (replaced)", "A DELETE_COMPLETE "+short("A", 0)+" (replaced)")
	if want := []string{physical("A", 1), physical("B", 0)}; !slices.Equal(slices.Sorted(maps.Keys(w.there)), slices.Sorted(slices.Values(want))) {
		t.Errorf("there are %v, want %v", w.there, want)
	}
	if b := w.there[physical("B", 0)]; !strings.Contains(b, "arn:"+physical("A", 1)) {
		t.Errorf("B is %s", b)
	}
	if err := w.Delete(t.Context(), Deletion{}); err != nil || len(w.there) > 0 {
		t.Errorf("after the stack there are %v, %v", w.there, err)
	}
}

func TestATypeMayAskToBeReplacedForSomeValues(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", `"VisibilityTimeout": 1`)))
	w.update(t, template(queueOf("A", `"VisibilityTimeout": 101`)))
	if w.Handles["A"].Ref != physical("A", 1) || len(w.there) != 1 {
		t.Errorf("A is %s of %v", w.Handles["A"].Ref, w.there)
	}
}

func TestWhatIsAddedAndRemovedKeepsItsOrderAndItsPolicies(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", ``), queueOf("B", ``, `, "DependsOn": "A"`), queueOf("Kept", ``, `, "DeletionPolicy": "Retain"`), queueOf("Old", `"FifoQueue": false`, `, "UpdateReplacePolicy": "Delete"`)))
	w.update(t, template(queueOf("Old", `"FifoQueue": true`, `, "UpdateReplacePolicy": "Retain"`), queueOf("Y", ``, `, "DependsOn": "Z"`), queueOf("Z", ``)))
	w.told(t,
		"Old UPDATE_IN_PROGRESS "+short("Old", 0)+": Requested update requires the creation of a new physical resource; hence creating one.",
		"Old UPDATE_IN_PROGRESS "+short("Old", 1)+": Resource creation Initiated", "Old UPDATE_COMPLETE "+short("Old", 1),
		"Z CREATE_IN_PROGRESS ", "Z CREATE_COMPLETE "+short("Z", 0), "Y CREATE_IN_PROGRESS ", "Y CREATE_COMPLETE "+short("Y", 0),
		"Old DELETE_SKIPPED "+short("Old", 0)+" (replaced)", "Kept DELETE_SKIPPED "+short("Kept", 0),
		"B DELETE_IN_PROGRESS "+short("B", 0), "B DELETE_COMPLETE "+short("B", 0), "A DELETE_IN_PROGRESS "+short("A", 0), "A DELETE_COMPLETE "+short("A", 0))
	w.update(t, template(queueOf("Kept", ``)))
	if w.Handles["Kept"].Ref != physical("Kept", 1) {
		t.Errorf("what was retained is taken again: %s", w.Handles["Kept"].Ref)
	}
}

func TestACustomResourceMayAnswerAnotherResource(t *testing.T) {
	custom := func(id, more string) string {
		return fmt.Sprintf(`"C": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "f", "Id": %q%s}}`, id, more)
	}
	w := newWorld()
	w.create(t, template(custom("one", ``), queueOf("U", `"RedrivePolicy": {"Ref": "C"}`)))
	w.update(t, template(custom("one", `, "More": 1`), queueOf("U", `"RedrivePolicy": {"Ref": "C"}`)))
	w.told(t, "C UPDATE_IN_PROGRESS C-one", "C UPDATE_COMPLETE C-one")
	w.update(t, template(custom("two", ``), queueOf("U", `"RedrivePolicy": {"Ref": "C"}`)))
	w.told(t, "C UPDATE_IN_PROGRESS C-one", "C UPDATE_COMPLETE C-two", "U UPDATE_IN_PROGRESS "+short("U", 0), "U UPDATE_COMPLETE "+short("U", 0),
		"C DELETE_IN_PROGRESS C-one (replaced)", "C DELETE_COMPLETE C-one (replaced)")
	err := w.Update(t.Context(), w.stack(t, template(strings.Replace(custom("two", ``), `"f"`, `"g"`, 1))))
	if cause := errors.Unwrap(err); cause == nil || cause.Error() != "Modifying service token is not allowed." {
		t.Errorf("another function: %v", err)
	}
}

func TestAnUpdateThatIsNotPossibleSaysWhy(t *testing.T) {
	topic := func(properties string) string {
		return `"T": {"Type": "AWS::SNS::Topic", "Properties": {` + properties + `}}`
	}
	for _, row := range []struct{ name, before, after, want string }{
		{"a custom name", queueOf("A", `"QueueName": "mine", "FifoQueue": false`), queueOf("A", `"QueueName": "mine", "FifoQueue": true`),
			"CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename mine and update the stack again."},
		{"a custom name, by the type's own wish", queueOf("A", `"QueueName": "mine"`), queueOf("A", `"QueueName": "mine", "VisibilityTimeout": 101`), "Rename mine and"},
		{"a type without an update", topic(`"DisplayName": "a"`), topic(`"DisplayName": "b"`), "T (AWS::SNS::Topic): the local engine does not update property DisplayName of a resource of this type"},
		{"a value of another type", queueOf("A", ``), queueOf("A", `"DelaySeconds": "long"`), "A (AWS::SQS::Queue): property DelaySeconds must be an integer, got string"},
		{"an attribute that there is not", queueOf("A", ``), queueOf("B", ``) + ", " + queueOf("A", `"RedrivePolicy": {"Fn::GetAtt": ["B", "Odd"]}`), "attribute Odd of B (AWS::SQS::Queue) is not supported by the local engine"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld()
			w.create(t, template(row.before))
			before := maps.Clone(w.there)
			err := w.Update(t.Context(), w.stack(t, template(row.after)))
			failure, ok := errors.AsType[*Failure](err)
			if !ok || !strings.Contains(failure.Cause.Error(), row.want) || !strings.HasPrefix(failure.Error(), "The following resource(s) failed to update: [") {
				t.Errorf("got %v because of %v, want %s", err, errors.Unwrap(err), row.want)
			}
			if last := w.steps[len(w.steps)-1]; !strings.Contains(last, "UPDATE_FAILED") || !strings.Contains(last, row.want) {
				t.Errorf("the last step is %s", last)
			}
			if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil || !maps.Equal(before, w.there) {
				t.Errorf("rolled back: %v, there are %v, were %v", err, w.there, before)
			}
		})
	}
}

func TestNothingIsReplacedWhereNothingIsRolledBack(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", ``)))
	to := w.stack(t, template(queueOf("A", `"FifoQueue": true`)))
	to.InPlace = true
	err := w.Update(t.Context(), to)
	if failure, ok := errors.AsType[*Failure](err); !ok || failure.Cause.Error() != "Replacement type updates not supported on stack with disable-rollback." {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil || w.calls != 0 {
		t.Errorf("rolled back: %v, after %d calls", err, w.calls)
	}
}

func TestAnotherNameIsAReplacementLikeAnyOther(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", `"QueueName": "mine"`)))
	w.update(t, template(queueOf("A", `"QueueName": "yours"`)))
	if _, ok := w.there["yours"]; !ok || len(w.there) != 1 {
		t.Errorf("there are %v", w.there)
	}
}

func TestAStackIsTheSameAgainInAnotherRun(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", `"FifoQueue": false`), queueOf("B", ``)))
	w.update(t, template(queueOf("A", `"FifoQueue": true`), queueOf("B", ``)))
	lineage := w.Lineage()
	if got := fmt.Sprint(lineage); got != "{map[A:2 B:1] map[A:1 B:0]}" {
		t.Fatalf("the lineage is %s", got)
	}
	again := newWorld()
	s := again.stack(t, template(queueOf("A", `"FifoQueue": true`), queueOf("B", ``)))
	s.Lineage = lineage
	var err error
	if again.Created, err = s.Create(t.Context(), again.types()); err != nil || !maps.Equal(again.there, w.there) {
		t.Errorf("there are %v, %v; were %v", again.there, err, w.there)
	}
	again.update(t, template(queueOf("A", `"FifoQueue": false`), queueOf("B", ``)))
	if got := again.Handles["A"].Ref; got != physical("A", 2) {
		t.Errorf("the next is %s", got)
	}
	if got := fmt.Sprint(lineage, w.Lineage()); got != "{map[A:2 B:1] map[A:1 B:0]} {map[A:2 B:1] map[A:1 B:0]}" {
		t.Errorf("the lineages have become %s", got)
	}
}

func TestOneStackIsLikeAnother(t *testing.T) {
	w := newWorld()
	stack := func(body string, tags ...Tag) *Stack {
		s := w.stack(t, body)
		s.Parameters, s.Tags = map[string]string{"P": "1"}, tags
		return s
	}
	one, two, key, other := template(queueOf("A", ``)), template(queueOf("B", ``)), Tag{"key", "value"}, Tag{"other", "value"}
	parameters := stack(one, key, other)
	parameters.Parameters = map[string]string{"P": "2"}
	for name, row := range map[string]struct {
		to   *Stack
		want bool
	}{
		"the same, in another order": {stack(one, other, key), true}, "another template": {stack(two, key, other), false},
		"other parameters": {parameters, false}, "fewer tags": {stack(one, key), false},
	} {
		if got := stack(one, key, other).Alike(row.to); got != row.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestAnUpdateGoesBackToWhatThereWas(t *testing.T) {
	w := newWorld()
	one, two := template(queueOf("A", ``)), template(queueOf("A", `"DelaySeconds": 1`))
	w.create(t, one)
	if w.GoesBackTo(w.stack(t, one)) {
		t.Error("a stack that is not updated goes back to what it is")
	}
	if err := w.Update(t.Context(), w.stack(t, two)); err != nil {
		t.Fatal(err)
	}
	if !w.GoesBackTo(w.stack(t, one)) || w.GoesBackTo(w.stack(t, two)) {
		t.Error("an update goes back to something else than what there was")
	}
	if err := w.CleanUp(t.Context()); err != nil || w.GoesBackTo(w.stack(t, one)) {
		t.Errorf("cleaned up, it goes back: %v", err)
	}
}

func TestWhatIsOfAnotherTypeIsNamed(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("C", ``), queueOf("B", ``), queueOf("A", ``), queueOf("Goes", ``)))
	topic := func(id string) string { return fmt.Sprintf(`%q: {"Type": "AWS::SNS::Topic"}`, id) }
	if got := w.OtherTypes(w.stack(t, template(topic("A"), queueOf("B", ``), topic("C"), topic("New")))); !slices.Equal(got, []string{"A", "C"}) {
		t.Errorf("got %q", got)
	}
}
