package cloudformation

// This file looks at what is left of operations by what comes after them.

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestAPolicyThatRetainsExceptOnCreateDoesNotRetainOfWhatWasNeverThere(t *testing.T) {
	const half = `{"Resources": {"Kept": {"Type": "Test::Thing", "DeletionPolicy": "RetainExceptOnCreate"}, "Z": {"Type": "Test::Thing", "DependsOn": "Kept", "Properties": {"Broken": true}}}}`
	for _, onFailure := range []types.OnFailure{types.OnFailureDelete, types.OnFailureRollback, types.OnFailureDoNothing} {
		onReview(t, func(t *testing.T, r *review) {
			made, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("store"), TemplateBody: aws.String(half), OnFailure: onFailure})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if onFailure == types.OnFailureDoNothing {
				if _, err := r.RollbackStack(t.Context(), &sdk.RollbackStackInput{StackName: made.StackId}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			out, err := r.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: made.StackId})
			if err != nil || !slices.ContainsFunc(out.StackEvents, func(e types.StackEvent) bool {
				return *e.LogicalResourceId == "Kept" && e.ResourceStatus == types.ResourceStatusDeleteComplete
			}) {
				t.Errorf("%s: it was not deleted, %v", onFailure, err)
			}
		})
	}
}

func TestAnExportStaysForAStackThatIsAboutToImportIt(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, ``))
		user := func(name string) *string {
			return aws.String(`{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Name": ` + name + `}}, "B": {"Type": "Test::Thing", "DependsOn": "A", "Properties": {"Name": ` + name + `}}}}`)
		}
		if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("user"), TemplateBody: user(`"a"`)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.held = make(chan struct{})
		if _, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: aws.String("user"), TemplateBody: user(`{"Fn::ImportValue": "queue"}`)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // A is being updated
		if _, err := r.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("store")}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.is(t, "CREATE_COMPLETE", "Export queue cannot be deleted as it is in use by user")
		close(r.held)
		synctest.Wait()
	})
}

func TestARollbackSkipsOnlyWhatItIsTold(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(`"Name": "a"`, `"DelaySeconds": 1`))
		r.unwilling["T"] = true
		if err := r.update(t, store(`"Name": "b"`, `"DelaySeconds": 2`)); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			skip   []string
			status string
		}{{nil, "UPDATE_ROLLBACK_FAILED"}, {[]string{"T"}, "UPDATE_ROLLBACK_COMPLETE"}} {
			in := &sdk.ContinueUpdateRollbackInput{StackName: aws.String("store"), ResourcesToSkip: row.skip}
			if _, err := r.ContinueUpdateRollback(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if s := described(t, r.Client, "store"); string(s.StackStatus) != row.status {
				t.Errorf("the stack is in %s, want %s", s.StackStatus, row.status)
			}
		}
	})
}

func TestADeletionTellsNothingOfAnUpdate(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.answer = func(q request) any { return success(q, map[string]any{"Text": map[string]any{"Long": "hello"}}) }
		r.open(t, custom(`, "Times": 1`))
		if err := r.update(t, custom(`, "Times": 2`)); err != nil {
			t.Fatal(err)
		}
		deleted(t, r.Client, &sdk.DeleteStackInput{StackName: aws.String("store")})
		if got := r.requests()[len(r.asked)-1]; !strings.HasPrefix(got, "Delete") || strings.Contains(got, "after") {
			t.Errorf("the last request is %s", got)
		}
	})
}
