package cloudformation

// This file updates stacks, under a virtual clock.

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// store is a template with a thing, a queue, and a parameter.
func store(thing, queue string) string {
	return `{"Parameters": {"Colour": {"Type": "String", "Default": "red"}}, "Resources": {
		"T": {"Type": "Test::Thing", "Properties": {` + thing + `}},
		"Q": {"Type": "AWS::SQS::Queue", "Properties": {` + queue + `}}},
		"Outputs": {"Queue": {"Value": {"Ref": "Q"}, "Export": {"Name": "queue"}}, "Colour": {"Value": {"Ref": "Colour"}}}}`
}

// open creates the stack "store".
func (r *review) open(t *testing.T, template string) {
	t.Helper()
	if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("store"), TemplateBody: &template, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}}); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	r.is(t, "CREATE_COMPLETE", "")
}

// is tells whether the stack "store" is in a status, and why.
func (r *review) is(t *testing.T, status, reason string) {
	t.Helper()
	if s := described(t, r.Client, "store"); string(s.StackStatus) != status || aws.ToString(s.StackStatusReason) != reason {
		t.Errorf("the stack is in %s because %q, want %s because %q", s.StackStatus, aws.ToString(s.StackStatusReason), status, reason)
	}
}

// update updates the stack "store", to its end.
func (r *review) update(t *testing.T, template string, options ...func(*sdk.UpdateStackInput)) error {
	t.Helper()
	in := &sdk.UpdateStackInput{StackName: aws.String("store"), TemplateBody: &template}
	for _, option := range options {
		option(in)
	}
	_, err := r.UpdateStack(t.Context(), in)
	synctest.Wait()
	return err
}

func keep(in *sdk.UpdateStackInput) { in.DisableRollback = aws.Bool(true) }

// told are the events of the stack "store" since its n-th, each in one line.
func (r *review) events(t *testing.T, n int) (lines []string) {
	t.Helper()
	out, err := r.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: aws.String("store")})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(out.StackEvents)
	for _, e := range out.StackEvents[n:] {
		physical := aws.ToString(e.PhysicalResourceId)
		if strings.HasPrefix(physical, "arn:") {
			physical = ""
		}
		line := strings.Join(strings.Fields(fmt.Sprint(*e.LogicalResourceId, " ", e.ResourceStatus, " ", physical)), " ")
		if reason := aws.ToString(e.ResourceStatusReason); reason != "" {
			line += ": " + reason
		}
		lines = append(lines, line)
	}
	return lines
}

// created is how many events the creation of the stack "store" has.
const created = 6

func (r *review) told(t *testing.T, want ...string) {
	t.Helper()
	if got := r.events(t, created); !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

const (
	recreate  = ": Requested update requires the creation of a new physical resource; hence creating one."
	initiated = ": Resource creation Initiated"
)

func TestAnUpdateIsToldAsCloudFormationTellsIt(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, `"FifoQueue": false`))
		before := described(t, r.Client, "store")
		time.Sleep(time.Minute)
		if err := r.update(t, store(`"Name": "b"`, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		r.told(t, "store UPDATE_IN_PROGRESS: User Initiated",
			"Q UPDATE_IN_PROGRESS queue-Q-0"+recreate, "Q UPDATE_IN_PROGRESS queue-Q-1"+initiated, "Q UPDATE_COMPLETE queue-Q-1",
			"T UPDATE_IN_PROGRESS physical-T", "T UPDATE_COMPLETE physical-T",
			"store UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "Q DELETE_IN_PROGRESS queue-Q-0", "Q DELETE_COMPLETE queue-Q-0",
			"store UPDATE_COMPLETE")
		s := described(t, r.Client, "store")
		if *s.Outputs[1].OutputValue != "local queue-Q-1" || *s.Outputs[1].ExportName != "queue" || s.LastUpdatedTime.Sub(*before.CreationTime) < time.Minute ||
			!s.CreationTime.Equal(*before.CreationTime) || before.LastUpdatedTime != nil || *s.StackId != *before.StackId {
			t.Errorf("the stack is %+v", s)
		}
		resources, err := r.DescribeStackResources(t.Context(), &sdk.DescribeStackResourcesInput{StackName: aws.String("store"), LogicalResourceId: aws.String("Q")})
		if err != nil || *resources.StackResources[0].PhysicalResourceId != "queue-Q-1" || resources.StackResources[0].ResourceStatus != "UPDATE_COMPLETE" {
			t.Errorf("the queue is %+v, %v", resources, err)
		}
		if template, err := r.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: aws.String("store")}); err != nil || *template.TemplateBody != store(`"Name": "b"`, `"FifoQueue": true`) {
			t.Errorf("the template is %+v, %v", template, err)
		}
	})
}

func TestAnUpdateThatFailsIsRolledBack(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, `"FifoQueue": false`))
		before := described(t, r.Client, "store")
		if err := r.update(t, store(`"Name": "b", "Broken": true`, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		r.told(t, "store UPDATE_IN_PROGRESS: User Initiated",
			"Q UPDATE_IN_PROGRESS queue-Q-0"+recreate, "Q UPDATE_IN_PROGRESS queue-Q-1"+initiated, "Q UPDATE_COMPLETE queue-Q-1",
			"T UPDATE_IN_PROGRESS physical-T", "T UPDATE_FAILED physical-T: T (Test::Thing): it is broken",
			"store UPDATE_ROLLBACK_IN_PROGRESS: The following resource(s) failed to update: [T]. ",
			"Q UPDATE_IN_PROGRESS queue-Q-0", "Q UPDATE_COMPLETE queue-Q-0", "T UPDATE_IN_PROGRESS physical-T", "T UPDATE_COMPLETE physical-T",
			"store UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "Q DELETE_IN_PROGRESS queue-Q-1", "Q DELETE_COMPLETE queue-Q-1",
			"store UPDATE_ROLLBACK_COMPLETE")
		if s := described(t, r.Client, "store"); fmt.Sprint(*s.Outputs[1].OutputValue) != *before.Outputs[1].OutputValue {
			t.Errorf("the outputs are %+v", s.Outputs)
		}
		if template, err := r.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: aws.String("store")}); err != nil || *template.TemplateBody != store(`"Name": "a"`, `"FifoQueue": false`) {
			t.Errorf("the template is %+v, %v", template, err)
		}
		if err := r.update(t, store(`"Name": "c"`, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		r.is(t, "UPDATE_COMPLETE", "")
	})
}

func TestAnUpdateThatFailedAndWasKeptIsRolledBackOrMended(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, `"DelaySeconds": 1`))
		if err := r.update(t, store(`"Broken": true`, `"DelaySeconds": 2`), keep); err != nil {
			t.Fatal(err)
		}
		r.is(t, "UPDATE_FAILED", "The following resource(s) failed to update: [T]. ")
		failing(t, r.update(t, store(`"Name": "b"`, `"DelaySeconds": 2`)), "This stack is currently in a non-terminal [UPDATE_FAILED] state.")
		if _, err := r.RollbackStack(t.Context(), &sdk.RollbackStackInput{StackName: aws.String("store"), RetainExceptOnCreate: aws.Bool(true)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.is(t, "UPDATE_ROLLBACK_COMPLETE", "")
		_, err := r.RollbackStack(t.Context(), &sdk.RollbackStackInput{StackName: aws.String("store")})
		failing(t, err, "is in UPDATE_ROLLBACK_COMPLETE state")
		for _, thing := range []string{`"Broken": true`, `"Name": "b"`} {
			if err := r.update(t, store(thing, `"DelaySeconds": 2`), keep); err != nil {
				t.Fatal(err)
			}
		}
		r.is(t, "UPDATE_COMPLETE", "")
	})
}

func TestARollbackThatFailsIsContinued(t *testing.T) {
	for _, row := range []struct {
		name   string
		in     sdk.ContinueUpdateRollbackInput
		mended bool
	}{
		{"when what failed has been mended", sdk.ContinueUpdateRollbackInput{}, true},
		{"without what failed", sdk.ContinueUpdateRollbackInput{ResourcesToSkip: []string{"T"}}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			onReview(t, func(t *testing.T, r *review) {
				r.open(t, store(`"Name": "a"`, `"DelaySeconds": 1`))
				r.unwilling["T"] = true
				if err := r.update(t, store(`"Name": "b"`, `"DelaySeconds": 2`)); err != nil {
					t.Fatal(err)
				}
				r.is(t, "UPDATE_ROLLBACK_FAILED", "The following resource(s) failed to update: [T]. ")
				failing(t, r.update(t, store(`"Name": "c"`, `"DelaySeconds": 2`)), "is in UPDATE_ROLLBACK_FAILED state and can not be updated.")
				_, err := r.ContinueUpdateRollback(t.Context(), &sdk.ContinueUpdateRollbackInput{StackName: aws.String("store"), ResourcesToSkip: []string{"Q"}})
				failing(t, err, "Unable to skip resource Q")
				r.unwilling["T"] = !row.mended
				row.in.StackName = aws.String("store")
				if _, err := r.ContinueUpdateRollback(t.Context(), &row.in); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				r.is(t, "UPDATE_ROLLBACK_COMPLETE", "")
				_, err = r.ContinueUpdateRollback(t.Context(), &row.in)
				failing(t, err, "is in UPDATE_ROLLBACK_COMPLETE state")
			})
		})
	}
}

func TestAnUpdateThatIsKeptReplacesNothing(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, `"FifoQueue": false`))
		if err := r.update(t, store(``, `"FifoQueue": true`), keep); err != nil {
			t.Fatal(err)
		}
		r.told(t, "store UPDATE_IN_PROGRESS: User Initiated", "Q UPDATE_FAILED queue-Q-0: Replacement type updates not supported on stack with disable-rollback.",
			"store UPDATE_FAILED: The following resource(s) failed to update: [Q]. ")
	})
}

func TestAnUpdateIsCancelled(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, `"DelaySeconds": 1`))
		cancel := func() error {
			_, err := r.CancelUpdateStack(t.Context(), &sdk.CancelUpdateStackInput{StackName: aws.String("store")})
			return err
		}
		failing(t, cancel(), "CancelUpdateStack cannot be called from current stack status")
		r.held = make(chan struct{})
		if err := r.update(t, store(`"Name": "b"`, `"DelaySeconds": 2`), keep); err != nil { // who cancels does not keep it
			t.Fatal(err)
		}
		r.is(t, "UPDATE_IN_PROGRESS", "User Initiated")
		failing(t, r.update(t, store(`"Name": "c"`, ``)), "is in UPDATE_IN_PROGRESS state and can not be updated.")
		_, err := r.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("store")})
		failing(t, err, "cannot be deleted while in status UPDATE_IN_PROGRESS")
		if err := cancel(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.is(t, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
		close(r.held)
		synctest.Wait()
		r.is(t, "UPDATE_ROLLBACK_COMPLETE", "")
	})
}

func TestAnUpdateThatChangesNothingIsRefused(t *testing.T) {
	template := store(`"Name": "a"`, `"DelaySeconds": 1`)
	for _, row := range []struct {
		name string
		in   func(in *sdk.UpdateStackInput)
	}{
		{"the same template", func(in *sdk.UpdateStackInput) {}},
		{"the previous template", func(in *sdk.UpdateStackInput) { in.TemplateBody, in.UsePreviousTemplate = nil, aws.Bool(true) }},
		{"spaces", func(in *sdk.UpdateStackInput) { in.TemplateBody = aws.String(*in.TemplateBody + " ") }},
		{"the same in other words", func(in *sdk.UpdateStackInput) {
			in.TemplateBody = aws.String(store(`"Name": {"Fn::Join": ["", ["a"]]}, "Broken": "false"`, `"DelaySeconds": "1"`))
			in.TemplateBody = aws.String(strings.Replace(*in.TemplateBody, `, "Broken": "false"`, "", 1))
		}},
		{"the parameter's previous value", func(in *sdk.UpdateStackInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("Colour"), UsePreviousValue: aws.Bool(true)}}
		}},
		{"the same tags", func(in *sdk.UpdateStackInput) {
			in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			onReview(t, func(t *testing.T, r *review) {
				r.open(t, template)
				failing(t, r.update(t, template, row.in), "No updates are to be performed.")
				r.told(t)
			})
		})
	}
}

func TestParametersAndTagsAreUpdated(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		template := store(`"Name": {"Ref": "Colour"}`, `"DelaySeconds": 1`)
		r.open(t, template)
		previous := func(in *sdk.UpdateStackInput) { in.TemplateBody, in.UsePreviousTemplate = nil, aws.Bool(true) }
		if err := r.update(t, "", previous, func(in *sdk.UpdateStackInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("Colour"), ParameterValue: aws.String("blue")}}
		}); err != nil {
			t.Fatal(err)
		}
		if s := described(t, r.Client, "store"); *s.Outputs[0].OutputValue != "local blue" || *s.Parameters[0].ParameterValue != "blue" || *s.Tags[0].Value != "a" {
			t.Errorf("the stack is %+v", s)
		}
		if err := r.update(t, "", previous, func(in *sdk.UpdateStackInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("Colour"), UsePreviousValue: aws.Bool(true)}}
			in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}
		}); err != nil {
			t.Fatal(err)
		}
		if s := described(t, r.Client, "store"); *s.Parameters[0].ParameterValue != "blue" || *s.Tags[0].Value != "b" {
			t.Errorf("the stack is %+v", s)
		}
	})
}

func TestWhatCannotBeUpdatedIsRefused(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		failing(t, r.update(t, store(``, ``)), "Stack [store] does not exist")
		r.open(t, store(`"Name": "a"`, `"DelaySeconds": 1`))
		failing(t, r.update(t, strings.Replace(store(``, ``), "Test::Thing", "AWS::SQS::Queue", 1)), "Update of resource type is not permitted. The new template modifies resource type of the following resources: [T]")
		failing(t, r.update(t, store(`"Odd": 1`, ``)), "T (Test::Thing): property Odd is not supported by the local engine")
		failing(t, r.update(t, store(`"Name": {"Ref": "Nobody"}`, ``)), "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template")
		failing(t, r.update(t, store(``, ``), func(in *sdk.UpdateStackInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("Other"), UsePreviousValue: aws.Bool(true)}}
		}), "Invalid input for parameter key Other. Cannot specify usePreviousValue as true for a parameter key not in the previous template")
		failing(t, r.update(t, store(``, ``), func(in *sdk.UpdateStackInput) { in.StackPolicyBody = aws.String("{}") }), "without stack policies")
		r.told(t)
	})
}

func TestWhatIsImportedStaysAsItIs(t *testing.T) {
	const user = `{"Resources": {"U": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::ImportValue": "queue"}}}}}`
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, `"DelaySeconds": 1`))
		if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("user"), TemplateBody: aws.String(user)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := r.update(t, store(``, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		r.is(t, "UPDATE_ROLLBACK_COMPLETE", "")
		if events := strings.Join(r.events(t, created), "\n"); !strings.Contains(events, "store UPDATE_ROLLBACK_IN_PROGRESS: Export queue cannot be updated as it is in use by user") {
			t.Errorf("the events are\n%s", events)
		}
		if err := r.update(t, strings.Replace(store(``, `"DelaySeconds": 1`), `, "Export": {"Name": "queue"}`, "", 1)); err != nil {
			t.Fatal(err)
		}
		if events := strings.Join(r.events(t, created), "\n"); !strings.Contains(events, "Export queue cannot be deleted as it is in use by user") {
			t.Errorf("the events are\n%s", events)
		}
		if err := r.update(t, store(``, `"DelaySeconds": 2`)); err != nil {
			t.Fatal(err)
		}
		r.is(t, "UPDATE_COMPLETE", "")
		for _, name := range []string{`"Broken": false, "Of": 1, `, `"Of": 2, `} { // it goes on to import it
			again := strings.Replace(user, `"Properties": {`, `"Properties": {`+name, 1)
			if _, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: aws.String("user"), TemplateBody: &again}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if err := r.update(t, store(``, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		r.is(t, "UPDATE_ROLLBACK_COMPLETE", "")
		none := strings.Replace(user, `{"Fn::ImportValue": "queue"}`, `"none"`, 1)
		if _, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: aws.String("user"), TemplateBody: &none}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := r.update(t, store(``, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		r.is(t, "UPDATE_COMPLETE", "") // nobody imports it any more
	})
}

func TestACleanUpThatFailsIsToldWithTheUpdate(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, `"FifoQueue": false`))
		r.stuck["Q"] = true
		if err := r.update(t, store(``, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		r.is(t, "UPDATE_COMPLETE", "Update successful. One or more resources could not be deleted.")
	})
}

func TestAWaiterWaitsForAnUpdate(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, ``))
		r.held = make(chan struct{})
		if err := r.update(t, store(`"Name": "b"`, ``)); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, func() { close(r.held) })
		if err := sdk.NewStackUpdateCompleteWaiter(r.Client).Wait(t.Context(), &sdk.DescribeStacksInput{StackName: aws.String("store")}, time.Hour); err != nil {
			t.Error(err)
		}
	})
}
