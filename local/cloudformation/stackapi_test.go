package cloudformation

// This file creates stacks without change sets, and asks what else there is to ask.

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAStackThatCannotBeCreatedIsRolledBackDeletedOrKept(t *testing.T) {
	const broken = `{"Resources": {"A": {"Type": "Test::Thing"}, "B": {"Type": "Test::Thing", "Properties": {"Broken": true}, "DependsOn": "A"}}}`
	for _, row := range []struct {
		name   string
		in     sdk.CreateStackInput
		events []string // of the stack
	}{
		{"by default", sdk.CreateStackInput{}, []string{"ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [B]. Rollback requested by user.", "ROLLBACK_COMPLETE"}},
		{"with the stack", sdk.CreateStackInput{OnFailure: "DELETE"}, []string{"DELETE_IN_PROGRESS: The following resource(s) failed to create: [B]. Delete requested by user.", "DELETE_COMPLETE"}},
		{"as asked", sdk.CreateStackInput{OnFailure: "DO_NOTHING"}, []string{"CREATE_FAILED: The following resource(s) failed to create: [B]. "}},
		{"as asked otherwise", sdk.CreateStackInput{DisableRollback: aws.Bool(true)}, []string{"CREATE_FAILED: The following resource(s) failed to create: [B]. "}},
	} {
		t.Run(row.name, func(t *testing.T) {
			onReview(t, func(t *testing.T, r *review) {
				row.in.StackName, row.in.TemplateBody = aws.String("store"), aws.String(broken)
				made, err := r.CreateStack(t.Context(), &row.in)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				out, err := r.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: made.StackId})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, e := range slices.Backward(out.StackEvents) {
					if *e.LogicalResourceId == "store" {
						got = append(got, strings.TrimSuffix(fmt.Sprint(e.ResourceStatus, ": ", aws.ToString(e.ResourceStatusReason)), ": "))
					}
				}
				if want := append([]string{"CREATE_IN_PROGRESS: User Initiated"}, row.events...); !slices.Equal(got, want) {
					t.Errorf("got  %q\nwant %q", got, want)
				}
			})
		})
	}
}

func TestAStackThatWasNotCreatedIsMendedOrRolledBack(t *testing.T) {
	broken := store(`"Broken": true`, `"DelaySeconds": 1`)
	onReview(t, func(t *testing.T, r *review) {
		for _, mend := range []bool{true, false} {
			if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("store"), TemplateBody: &broken, DisableRollback: aws.Bool(true)}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			failing(t, r.update(t, store(``, ``)), "non-terminal [CREATE_FAILED] state")
			status := "ROLLBACK_COMPLETE"
			if mend {
				status = "UPDATE_COMPLETE"
				if err := r.update(t, store(``, `"DelaySeconds": 1`), keep); err != nil {
					t.Fatal(err)
				}
			} else if _, err := r.RollbackStack(t.Context(), &sdk.RollbackStackInput{StackName: aws.String("store")}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			r.is(t, status, "")
			deleted(t, r.Client, &sdk.DeleteStackInput{StackName: aws.String("store")})
		}
	})
}

func TestAStackThatIsCreatedAgainIsAnotherOne(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		template := store(`"Of": {"Ref": "AWS::StackId"}`, ``)
		r.open(t, template)
		first := described(t, r.Client, "store")
		deleted(t, r.Client, &sdk.DeleteStackInput{StackName: aws.String("store")})
		r.open(t, template)
		second := described(t, r.Client, "store")
		if *first.StackId == *second.StackId || *second.Outputs[1].OutputValue != "local queue-Q-1" {
			t.Errorf("the second stack is %+v", second)
		}
		if s := described(t, r.Client, *first.StackId); s.StackStatus != "DELETE_COMPLETE" {
			t.Errorf("the first stack is in %s", s.StackStatus)
		}
		failing(t, r.update(t, template), "No updates are to be performed.")
		if d := r.settle(t, changeOf("same", template)); !strings.Contains(aws.ToString(d.StatusReason), "didn't contain changes") {
			t.Errorf("a change set to the same template is %+v", d)
		}
		if err := r.update(t, store(``, `"FifoQueue": true`)); err != nil {
			t.Fatal(err)
		}
		if s := described(t, r.Client, "store"); *s.StackId != *second.StackId {
			t.Errorf("updated, it is another stack: %+v", s)
		}
	})
}

func TestWhatAStackCannotBeCreatedOfIsRefused(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		for want, change := range map[string]func(in *sdk.CreateStackInput){
			"Either Template URL or Template Body must be specified.":            func(in *sdk.CreateStackInput) { in.TemplateBody = nil },
			"T (Test::Thing): property Odd is not supported by the local engine": func(in *sdk.CreateStackInput) { in.TemplateBody = aws.String(store(`"Odd": 1`, ``)) },
			"You can specify either DisableRollback or OnFailure, but not both.": func(in *sdk.CreateStackInput) {
				in.DisableRollback, in.OnFailure = aws.Bool(true), types.OnFailureDelete
			},
			"OnFailure is ROLLBACK, DELETE or DO_NOTHING, not ODD": func(in *sdk.CreateStackInput) { in.OnFailure = "ODD" },
			"without TimeoutInMinutes":                             func(in *sdk.CreateStackInput) { in.TimeoutInMinutes = aws.Int32(5) },
			"Unresolved resource dependencies [Nobody, Nothing] in the Outputs block": func(in *sdk.CreateStackInput) {
				in.TemplateBody = aws.String(strings.Replace(store(``, ``), `"Outputs": {`, `"Outputs": {"X": {"Value": {"Fn::Sub": ["${Nobody} ${Nothing.Arn} ${Var} ${!Not}", {"Var": {"Ref": "AWS::Region"}}]}}, `, 1))
			},
			"rule R does not hold": func(in *sdk.CreateStackInput) {
				in.TemplateBody = aws.String(strings.Replace(store(``, ``), "{", `{"Rules": {"R": {"Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}}]}}, `, 1))
			},
			"Parameters: [Odd] do not exist in the template": func(in *sdk.CreateStackInput) {
				in.Parameters = []types.Parameter{{ParameterKey: aws.String("Odd"), ParameterValue: aws.String("1")}}
			},
			"Invalid input for parameter key Colour. Cannot specify usePreviousValue as true for": func(in *sdk.CreateStackInput) {
				in.Parameters = []types.Parameter{{ParameterKey: aws.String("Colour"), UsePreviousValue: aws.Bool(true)}}
			},
		} {
			in := &sdk.CreateStackInput{StackName: aws.String("store"), TemplateBody: aws.String(store(``, ``))}
			change(in)
			_, err := r.CreateStack(t.Context(), in)
			failing(t, err, want)
		}
		r.open(t, store(``, ``))
		_, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("store"), TemplateBody: aws.String(store(``, ``))})
		refused(t, err, "AlreadyExists", "Stack [store] already exists")
	})
}

func TestTemplatesAreToldOf(t *testing.T) {
	const template = `{"Description": "A door", "Parameters": {"Colour": {"Type": "String", "Default": "red", "Description": "Of the door", "AllowedValues": ["red", "blue"]}, "Key": {"Type": "String", "NoEcho": true}},
		"Resources": {"R": {"Type": "AWS::IAM::Role"}, "A": {"Type": "Test::Thing"}, "B": {"Type": "Test::Thing"}}}`
	onReview(t, func(t *testing.T, r *review) {
		summary, err := r.GetTemplateSummary(t.Context(), &sdk.GetTemplateSummaryInput{TemplateBody: aws.String(template)})
		if err != nil {
			t.Fatal(err)
		}
		colour, key := summary.Parameters[0], summary.Parameters[1]
		if *summary.Description != "A door" || *colour.DefaultValue != "red" || *colour.Description != "Of the door" || !slices.Equal(colour.ParameterConstraints.AllowedValues, []string{"red", "blue"}) || *colour.NoEcho || !*key.NoEcho || key.DefaultValue != nil {
			t.Errorf("the summary is %+v", summary)
		}
		if !slices.Equal(summary.ResourceTypes, []string{"AWS::IAM::Role", "Test::Thing"}) || summary.Capabilities[0] != "CAPABILITY_IAM" || *summary.CapabilitiesReason != "The following resource(s) require capabilities: [AWS::IAM::Role]" ||
			!slices.Equal(summary.ResourceIdentifierSummaries[0].ResourceIdentifiers, []string{"RoleName"}) ||
			!slices.Equal(summary.ResourceIdentifierSummaries[1].LogicalResourceIds, []string{"A", "B"}) {
			t.Errorf("the summary is %+v", summary)
		}
		valid, err := r.ValidateTemplate(t.Context(), &sdk.ValidateTemplateInput{TemplateBody: aws.String(template)})
		if err != nil || *valid.Description != "A door" || len(valid.Parameters) != 2 || valid.Capabilities[0] != "CAPABILITY_IAM" {
			t.Errorf("it is validated as %+v, %v", valid, err)
		}
		_, err = r.ValidateTemplate(t.Context(), &sdk.ValidateTemplateInput{TemplateBody: aws.String(`{"Resources": {"A": {"Type": "Test::Thing", "DependsOn": "B"}}}`)})
		failing(t, err, "Template format error: Unresolved resource dependencies [B] in the Resources block of the template")
		r.open(t, store(``, ``))
		of, err := r.GetTemplateSummary(t.Context(), &sdk.GetTemplateSummaryInput{StackName: aws.String("store")})
		if err != nil || !slices.Equal(of.ResourceTypes, []string{"AWS::SQS::Queue", "Test::Thing"}) {
			t.Errorf("the summary of the stack is %+v, %v", of, err)
		}
		_, err = r.GetTemplateSummary(t.Context(), &sdk.GetTemplateSummaryInput{StackName: aws.String("store"), TemplateBody: aws.String(template)})
		failing(t, err, "Only one of StackName, TemplateBody and TemplateURL")
	})
}

func TestResourcesExportsAndDriftAreToldOf(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, strings.Replace(store(``, ``), `"T": {`, `"T": {"Metadata": {"of": "one"}, `, 1))
		resource, err := r.DescribeStackResource(t.Context(), &sdk.DescribeStackResourceInput{StackName: aws.String("store"), LogicalResourceId: aws.String("T")})
		if err != nil || *resource.StackResourceDetail.PhysicalResourceId != "physical-T" || *resource.StackResourceDetail.Metadata != `{"of":"one"}` || resource.StackResourceDetail.ResourceStatus != "CREATE_COMPLETE" {
			t.Errorf("the resource is %+v, %v", resource, err)
		}
		_, err = r.DescribeStackResource(t.Context(), &sdk.DescribeStackResourceInput{StackName: aws.String("store"), LogicalResourceId: aws.String("Odd")})
		failing(t, err, "Resource Odd does not exist for stack store")
		_, err = r.ListImports(t.Context(), &sdk.ListImportsInput{ExportName: aws.String("queue")})
		failing(t, err, "Export 'queue' is not imported by any stack.")
		if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("user"), TemplateBody: aws.String(`{"Resources": {"U": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::ImportValue": "queue"}}}}}`)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		imports, err := r.ListImports(t.Context(), &sdk.ListImportsInput{ExportName: aws.String("queue")})
		if err != nil || !slices.Equal(imports.Imports, []string{"user"}) {
			t.Errorf("the importers are %+v, %v", imports, err)
		}
		exports, err := r.ListExports(t.Context(), &sdk.ListExportsInput{})
		if err != nil || len(exports.Exports) != 1 || *exports.Exports[0].Name != "queue" || *exports.Exports[0].Value != "local queue-Q-0" || !strings.Contains(*exports.Exports[0].ExportingStackId, ":stack/store/") {
			t.Errorf("the exports are %+v, %v", exports, err)
		}
		began, err := r.DetectStackDrift(t.Context(), &sdk.DetectStackDriftInput{StackName: aws.String("store")})
		if err != nil {
			t.Fatal(err)
		}
		status, err := r.DescribeStackDriftDetectionStatus(t.Context(), &sdk.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: began.StackDriftDetectionId})
		if err != nil || status.DetectionStatus != "DETECTION_COMPLETE" || status.StackDriftStatus != "IN_SYNC" || *status.StackId != *resource.StackResourceDetail.StackId {
			t.Errorf("the drift is %+v, %v", status, err)
		}
		_, err = r.DescribeStackDriftDetectionStatus(t.Context(), &sdk.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: aws.String("odd")})
		failing(t, err, "Drift detection [odd] does not exist")
		for filter, count := range map[types.StackResourceDriftStatus]int{types.StackResourceDriftStatusInSync: 2, types.StackResourceDriftStatusModified: 0} {
			drifts, err := r.DescribeStackResourceDrifts(t.Context(), &sdk.DescribeStackResourceDriftsInput{StackName: aws.String("store"), StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{filter}})
			if err != nil || len(drifts.StackResourceDrifts) != count {
				t.Errorf("%s: %+v, %v", filter, drifts, err)
			}
		}
	})
}

// only authorizes nothing but some actions on resources.
type only []string

func (o only) Authorize(_ cloud.Caller, action, resource string) error {
	if slices.Contains(o, action+" "+resource) {
		return nil
	}
	return cloud.Errorf(403, "AccessDenied", "not %s on %s", action, resource)
}

func (o only) Assume(service cloud.Caller, _, _ string) (cloud.Caller, error) { return service, nil }

func TestAStackIsCreatedByARoleThatTheCallerMayPass(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		stack := cfn.Stack{Name: "store", Site: site}
		in := &sdk.CreateStackInput{StackName: aws.String("store"), TemplateBody: aws.String(store(``, ``)), RoleARN: aws.String("arn:aws:iam::111122223333:role/deployer")}
		allowed := only{"cloudformation:CreateStack arn:aws:cloudformation:eu-west-1:111122223333:stack/store/*"}
		r.cloud.Authorizer = allowed
		_, err := r.CreateStack(t.Context(), in)
		refused(t, err, "AccessDenied", "not iam:PassRole on arn:aws:iam::111122223333:role/deployer")
		r.cloud.Authorizer = append(allowed, "iam:PassRole "+*in.RoleARN, "cloudformation:DescribeStacks "+stack.ID())
		if _, err := r.CreateStack(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := described(t, r.Client, "store"); *s.RoleARN != *in.RoleARN {
			t.Errorf("the stack is %+v", s)
		}
	})
}

// acted notes who does what to resources, and refuses that to everybody but some
// roles, whose ARNs begin so.
type acted struct {
	allowed string
	asked   []string
}

func (a *acted) Authorize(caller cloud.Caller, action, resource string) error {
	if !strings.HasPrefix(action, "sqs:") {
		return nil
	}
	a.asked = append(a.asked, caller.ARN+" "+action)
	if a.allowed == "" || !strings.HasPrefix(caller.ARN, a.allowed) {
		return cloud.Errorf(403, "AccessDenied", "not %s", action)
	}
	return nil
}

func (*acted) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role}, nil
}

// The role that a stack was once given does everything that comes after.
func TestAStackKeepsItsRole(t *testing.T) {
	role, name := aws.String("arn:aws:iam::111122223333:role/deployer"), aws.String("shop")
	for how, begin := range map[string]func(t *testing.T, r *review){
		"by a call": func(t *testing.T, r *review) {
			if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: name, TemplateBody: aws.String(store(``, ``)), RoleARN: role}); err != nil {
				t.Fatal(err)
			}
		},
		"by a change set": func(t *testing.T, r *review) {
			in := set(store(``, ``))
			in.Parameters, in.RoleARN = nil, role
			r.settle(t, in)
			r.execute(t, sdk.ExecuteChangeSetInput{})
		},
	} {
		t.Run(how, func(t *testing.T) {
			onReview(t, func(t *testing.T, r *review) {
				a := &acted{allowed: *role}
				r.cloud.Authorizer = a
				begin(t, r)
				synctest.Wait()
				if _, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: name, TemplateBody: aws.String(store(``, `"DelaySeconds": 1`))}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				in := set(store(``, `"DelaySeconds": 2`))
				in.Parameters, in.ChangeSetType = nil, types.ChangeSetTypeUpdate
				r.settle(t, in)
				r.execute(t, sdk.ExecuteChangeSetInput{})
				if s := described(t, r.Client, "shop"); aws.ToString(s.RoleARN) != *role || s.StackStatus != types.StackStatusUpdateComplete {
					t.Errorf("the stack is %+v", s)
				}
				deleted(t, r.Client, &sdk.DeleteStackInput{StackName: name, RoleARN: aws.String(*role + "2")}) // another one
				want := []string{*role + " sqs:CreateQueue", *role + " sqs:SetQueueAttributes", *role + " sqs:SetQueueAttributes", *role + "2 sqs:DeleteQueue"}
				if !slices.Equal(a.asked, want) {
					t.Errorf("asked were %q", a.asked)
				}
			})
		})
	}
}

func TestACallerWithoutARoleActsAsWhoItIs(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		a := &acted{}
		r.cloud.Authorizer = a
		in := set(store(``, ``))
		in.Parameters = nil
		r.settle(t, in)
		other := cloud.Caller{ARN: "arn:aws:iam::111122223333:user/other"}
		if err := r.cloud.Do(t.Context(), other, "cloudformation", "ExecuteChangeSet", map[string]string{"StackName": "shop", "ChangeSetName": "first"}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := described(t, r.Client, "shop"); s.StackStatus != types.StackStatusRollbackComplete || len(a.asked) != 1 || a.asked[0] != other.ARN+" sqs:CreateQueue" {
			t.Errorf("the stack is in %s, asked were %q", s.StackStatus, a.asked)
		}
	})
}

func TestAStackIsProtectedFromItsCreation(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		in := &sdk.CreateStackInput{StackName: aws.String("store"), TemplateBody: aws.String(store(``, ``)), EnableTerminationProtection: aws.Bool(true)}
		if _, err := r.CreateStack(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := described(t, r.Client, "store"); !*s.EnableTerminationProtection {
			t.Errorf("the stack is %+v", s)
		}
		_, err := r.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: in.StackName})
		failing(t, err, "cannot be deleted while TerminationProtection is enabled")
	})
}

func TestAnUpdateLeavesNoChangeSetThatIsOfBefore(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, ``))
		d := r.settle(t, changeOf("old", store(`"Name": "a"`, ``)))
		if err := r.update(t, store(`"Name": "b"`, ``)); err != nil {
			t.Fatal(err)
		}
		_, err := r.ExecuteChangeSet(t.Context(), &sdk.ExecuteChangeSetInput{ChangeSetName: d.ChangeSetId})
		refused(t, err, "InvalidChangeSetStatus", "in its current execution status of [OBSOLETE]")
	})
}

// What a failed update was about to import is free again.
func TestAnUpdateThatWasUndoneImportsNothing(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, ``))
		user := func(properties string) *string {
			return aws.String(`{"Resources": {"U": {"Type": "Test::Thing", "Properties": {` + properties + `}}}}`)
		}
		if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("user"), TemplateBody: user(``)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: aws.String("user"), TemplateBody: user(`"Name": {"Fn::ImportValue": "queue"}, "Broken": true`)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := described(t, r.Client, "user"); s.StackStatus != types.StackStatusUpdateRollbackComplete {
			t.Fatalf("the stack that imports is in %s", s.StackStatus)
		}
		if s := deleted(t, r.Client, &sdk.DeleteStackInput{StackName: aws.String("store")}); s.StackStatus != types.StackStatusDeleteComplete {
			t.Errorf("the stack that exports is in %s because %s", s.StackStatus, aws.ToString(s.StackStatusReason))
		}
	})
}

func TestAStackTellsWhatWasLastAskedOfIt(t *testing.T) {
	for _, row := range []struct{ from, to, reason, want string }{
		{"", "CREATE_IN_PROGRESS", "", "CREATE_STACK"},
		{"REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "User Initiated", "CREATE_STACK"},
		{"CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "User Initiated", "UPDATE_STACK"},
		{"CREATE_COMPLETE", "DELETE_IN_PROGRESS", "User Initiated", "DELETE_STACK"},
		{"CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "it is broken", ""},
		{"CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "it is broken", ""},
		{"UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated", ""}, // it was cancelled
		{"CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "User Initiated", "ROLLBACK"},
		{"UPDATE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated", "ROLLBACK"},
		{"UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated", "CONTINUE_ROLLBACK"},
		{"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "", ""},
	} {
		if got := begins(row.from, row.to, row.reason); got != row.want {
			t.Errorf("from %s to %s begins %q, want %q", row.from, row.to, got, row.want)
		}
	}
}
