package cloudformation

// This file looks at change sets of stacks that exist.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// change is a change set of the stack "store".
func changeOf(name, template string) *sdk.CreateChangeSetInput {
	return &sdk.CreateChangeSetInput{
		StackName: aws.String("store"), ChangeSetName: &name, ChangeSetType: types.ChangeSetTypeUpdate, TemplateBody: &template,
	}
}

func TestAChangeSetOfAnUpdateTellsItsChanges(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, `"FifoQueue": false`))
		in := changeOf("second", strings.Replace(store(`"Of": {"Ref": "Q"}, "Name": {"Ref": "Colour"}`, `"FifoQueue": true`), `"Q": {`, `"New": {"Type": "Test::Thing"}, "Q": {"UpdateReplacePolicy": "Retain", `, 1))
		in.Parameters = []types.Parameter{{ParameterKey: aws.String("Colour"), ParameterValue: aws.String("blue")}}
		d := r.settle(t, in)
		var lines []string
		for _, c := range d.Changes {
			rc := c.ResourceChange
			line := fmt.Sprint(rc.Action, " ", *rc.LogicalResourceId, " ", aws.ToString(rc.PhysicalResourceId), " ", rc.Replacement, " ", rc.PolicyAction, " ", rc.Scope)
			for _, detail := range rc.Details {
				line += fmt.Sprint("; ", aws.ToString(detail.Target.Name), " ", detail.Target.Attribute, " ", detail.Target.RequiresRecreation, " ", detail.Evaluation, " ", detail.ChangeSource, " ", aws.ToString(detail.CausingEntity))
			}
			lines = append(lines, line)
		}
		want := []string{
			"Add New    []",
			"Modify Q queue-Q-0 True ReplaceAndRetain [Properties UpdateReplacePolicy]; FifoQueue Properties Always Static DirectModification ;  UpdateReplacePolicy Never Static DirectModification ",
			"Modify T physical-T False  [Properties]; Name Properties Never Dynamic DirectModification ; Name Properties Never Static ParameterReference Colour; Of Properties Never Dynamic DirectModification ; Of Properties Never Static ResourceReference Q",
		}
		if !slices.Equal(lines, want) || d.Status != "CREATE_COMPLETE" {
			t.Errorf("got  %s\nwant %s", strings.Join(lines, "\n     "), strings.Join(want, "\n     "))
		}
		r.is(t, "CREATE_COMPLETE", "")
		if template, err := r.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: aws.String("store"), ChangeSetName: aws.String("second")}); err != nil || *template.TemplateBody != *in.TemplateBody {
			t.Errorf("its template is %+v, %v", template, err)
		}
		if _, err := r.ExecuteChangeSet(t.Context(), &sdk.ExecuteChangeSetInput{ChangeSetName: d.ChangeSetId}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.is(t, "UPDATE_COMPLETE", "")
		if s := described(t, r.Client, "store"); *s.ChangeSetId != *d.ChangeSetId || *s.Parameters[0].ParameterValue != "blue" || *s.Tags[0].Value != "a" {
			t.Errorf("the stack is %+v", s)
		}
		if err := r.update(t, store(``, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		if listed, err := r.ListStackResources(t.Context(), &sdk.ListStackResourcesInput{StackName: aws.String("store")}); err != nil || len(listed.StackResourceSummaries) != 2 {
			t.Errorf("without New there are %+v, %v", listed, err)
		}
		sets, err := r.ListChangeSets(t.Context(), &sdk.ListChangeSetsInput{StackName: aws.String("store")})
		if err != nil || len(sets.Summaries) != 0 {
			t.Errorf("the sets are %+v, %v", sets, err)
		}
		done, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{StackName: aws.String("store"), ChangeSetName: aws.String("second")})
		if err != nil || done.ExecutionStatus != "EXECUTE_COMPLETE" {
			t.Errorf("the set that was executed is %+v, %v", done, err)
		}
	})
}

func TestAChangeSetMayOnlyHaveOutputs(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, ``))
		d := r.settle(t, changeOf("outputs", strings.Replace(store(``, ``), `"Queue": {`, `"More": {"Value": "1"}, "Queue": {`, 1)))
		if d.Status != "CREATE_COMPLETE" || d.ExecutionStatus != "AVAILABLE" || len(d.Changes) != 0 {
			t.Errorf("the set is %+v", d)
		}
	})
}

func TestAChangeSetFailsForWhatCannotBeUpdated(t *testing.T) {
	for name, row := range map[string]struct{ template, want string }{
		"another type":                   {strings.Replace(store(``, ``), "Test::Thing", "AWS::SQS::Queue", 1), "Update of resource type is not permitted. The new template modifies resource type of the following resources: [T]"},
		"what the engine does not do":    {store(`"Odd": 1`, ``), "the template uses what the local engine does not do: T (Test::Thing): property Odd is not supported by the local engine"},
		"an attribute that there is not": {store(`"Of": {"Fn::GetAtt": ["Q", "Odd"]}`, ``), "T (Test::Thing): property Of Fn::GetAtt: attribute Odd of Q (AWS::SQS::Queue) is not supported by the local engine"},
	} {
		t.Run(name, func(t *testing.T) {
			onReview(t, func(t *testing.T, r *review) {
				r.open(t, store(``, ``))
				d := r.settle(t, changeOf("odd", row.template))
				if d.Status != "FAILED" || d.ExecutionStatus != "UNAVAILABLE" || *d.StatusReason != row.want {
					t.Errorf("the set is in %s because of %q", d.Status, aws.ToString(d.StatusReason))
				}
				events, err := r.DescribeEvents(t.Context(), &sdk.DescribeEventsInput{StackName: aws.String("store"), ChangeSetName: d.ChangeSetId, Filters: &types.EventFilter{FailedEvents: aws.Bool(true)}})
				if err != nil || len(events.OperationEvents) != 1 || *events.OperationEvents[0].ValidationStatusReason != row.want {
					t.Errorf("its events are %+v, %v", events, err)
				}
				r.is(t, "CREATE_COMPLETE", "")
			})
		})
	}
}

func TestAnUpdateMakesOlderChangeSetsObsolete(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, ``))
		d := r.settle(t, changeOf("old", store(`"Name": "b"`, ``)))
		if err := r.update(t, store(`"Name": "c"`, ``)); err != nil {
			t.Fatal(err)
		}
		_, err := r.ExecuteChangeSet(t.Context(), &sdk.ExecuteChangeSetInput{ChangeSetName: d.ChangeSetId})
		refused(t, err, "InvalidChangeSetStatus", "[OBSOLETE]")
	})
}

// What the CDK does with --no-rollback.
func TestAChangeSetOfAStackThatFailedIsExecutedWithoutARollback(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, ``))
		for i, row := range []struct {
			thing           string
			disable         bool
			refused, status string
		}{
			{`"Broken": true`, true, "", "UPDATE_FAILED"},
			{`"Name": "b"`, false, "This stack is currently in a non-terminal [UPDATE_FAILED] state.", "UPDATE_FAILED"},
			{`"Name": "b"`, true, "", "UPDATE_COMPLETE"},
		} {
			d := r.settle(t, changeOf(fmt.Sprint("set", i), store(row.thing, ``)))
			_, err := r.ExecuteChangeSet(t.Context(), &sdk.ExecuteChangeSetInput{ChangeSetName: d.ChangeSetId, DisableRollback: &row.disable})
			if row.refused != "" {
				failing(t, err, row.refused)
			} else if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if s := described(t, r.Client, "store"); string(s.StackStatus) != row.status || *s.DisableRollback != true {
				t.Errorf("the stack is %+v", s)
			}
		}
	})
}

func TestAChangeSetTellsValuesIfItIsAsked(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a", "Of": {"x": [1, true]}`, `"DelaySeconds": 1`))
		in := changeOf("second", store(`"Of": {"x": [1, false]}`, `"DelaySeconds": 2, "FifoQueue": "false"`))
		d := r.settle(t, in)
		tell := func(values bool) (lines []string) {
			t.Helper()
			out, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{ChangeSetName: d.ChangeSetId, IncludePropertyValues: &values})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range out.Changes {
				rc := c.ResourceChange
				lines = append(lines, fmt.Sprint(*rc.LogicalResourceId, " ", aws.ToString(rc.BeforeContext), " ", aws.ToString(rc.AfterContext)))
				for _, detail := range rc.Details {
					target := detail.Target
					lines = append(lines, fmt.Sprint(*target.Name, " ", target.AttributeChangeType, " ", aws.ToString(target.Path), " ", aws.ToString(target.BeforeValue), " ", aws.ToString(target.AfterValue)))
				}
			}
			return lines
		}
		if got, want := tell(true), []string{
			`Q {"Properties":{"DelaySeconds":1}} {"Properties":{"DelaySeconds":2,"FifoQueue":"false"}}`,
			"DelaySeconds Modify /Properties/DelaySeconds 1 2", "FifoQueue Add /Properties/FifoQueue  false",
			`T {"Properties":{"Name":"a","Of":{"x":[1,true]}}} {"Properties":{"Of":{"x":[1,false]}}}`,
			"Name Remove /Properties/Name a ", `Of Modify /Properties/Of {"x":[1,true]} {"x":[1,false]}`,
		}; !slices.Equal(got, want) {
			t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
		if got, want := tell(false), []string{"Q  ", "DelaySeconds    ", "FifoQueue    ", "T  ", "Name    ", "Of    "}; !slices.Equal(got, want) {
			t.Errorf("unasked, got %q", got)
		}
	})
}

func TestParametersOfParameterStoreAreToldWithWhatItHeld(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		holds := map[string]string{"/colour": "red", "/hush": "pass"}
		ready := r.options.Ready
		r.options.Ready = func(name string, template *cfn.Template, parameters map[string]string) (cfn.Stack, error) {
			s, err := ready(name, template, parameters)
			s.Dynamic = func(_, name string) (string, error) {
				if text, ok := holds[name]; ok {
					return text, nil
				}
				return "", errors.New("there is none")
			}
			return s, err
		}
		const template = `{"Parameters": {"Colour": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/colour"}, "Hush": {"Type": "AWS::SSM::Parameter::Value<String>", "NoEcho": true, "Default": "/hush"}, "Plain": {"Type": "String", "Default": "p"}},
			"Resources": {"T": {"Type": "Test::Thing", "Properties": {"Name": {"Ref": "Colour"}}}}}`
		told := func(of []types.Parameter) (all string) {
			for _, p := range of {
				all += fmt.Sprint(*p.ParameterKey, "=", *p.ParameterValue, ">", aws.ToString(p.ResolvedValue), " ")
			}
			return all
		}
		expect := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s: got %s, want %s", what, got, want)
			}
		}
		first := set(template)
		first.Parameters = nil
		expect("the first set", told(r.settle(t, first).Parameters), "Colour=/colour>red Hush=****>**** Plain=p> ")
		holds["/colour"] = "green" // which the set has not seen
		r.execute(t, sdk.ExecuteChangeSetInput{})
		expect("the stack", told(described(t, r.Client, "shop").Parameters), "Colour=/colour>red Hush=****>**** Plain=p> ")

		second := set(template)
		second.Parameters, second.ChangeSetName, second.ChangeSetType = nil, aws.String("second"), types.ChangeSetTypeUpdate
		d := r.settle(t, second)
		expect("the second set", told(d.Parameters), "Colour=/colour>green Hush=****>**** Plain=p> ")
		out, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{ChangeSetName: d.ChangeSetId, IncludePropertyValues: aws.Bool(true)})
		if err != nil || len(out.Changes) != 1 {
			t.Fatalf("got %+v, %v", out, err)
		}
		change := out.Changes[0].ResourceChange
		expect("before", *change.BeforeContext, `{"Properties":{"Name":"red"}}`)
		expect("after", *change.AfterContext, `{"Properties":{"Name":"green"}}`)
		expect("why", fmt.Sprint(len(change.Details), " ", change.Details[0].ChangeSource, " ", change.Details[0].Evaluation), "1 DirectModification Static")
	})
}

func TestAChangeSetWithValuesDoubtsWhatNobodyExports(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		in := set(`{"Resources": {"A": {"Type": "Test::Thing"}, "T": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::ImportValue": "nothing"}}}}}`)
		in.Parameters = nil
		d := r.settle(t, in)
		if d.StatusReason != nil {
			t.Errorf("unasked, it says %s", *d.StatusReason)
		}
		out, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{ChangeSetName: d.ChangeSetId, IncludePropertyValues: aws.Bool(true)})
		want := "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation failed for resource [T] because: No export named nothing"
		if err != nil || aws.ToString(out.StatusReason) != want || out.ExecutionStatus != types.ExecutionStatusAvailable {
			t.Errorf("got %s, %s, %v", aws.ToString(out.StatusReason), out.ExecutionStatus, err)
		}
	})
}
