package cloudformation

// This file sends requests once more, and drops what is new when it is rolled back.

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestARequestWithATokenIsTakenOnce(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		name, one, two := aws.String("store"), aws.String("token-1"), aws.String("token-2")
		in := &sdk.CreateStackInput{StackName: name, TemplateBody: aws.String(store(``, ``)), ClientRequestToken: one}
		var ids []string
		for range 2 {
			made, err := r.CreateStack(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, *made.StackId)
			synctest.Wait()
		}
		in.ClientRequestToken = two
		if _, err := r.CreateStack(t.Context(), in); err == nil || ids[0] != ids[1] {
			t.Errorf("the same stack by another request: %v, and %s was made as %s", err, ids[0], ids[1])
		}
		update := &sdk.UpdateStackInput{StackName: name, TemplateBody: aws.String(store(`"Of": 1`, ``)), ClientRequestToken: one}
		_, err := r.UpdateStack(t.Context(), update)
		refused(t, err, "TokenAlreadyExistsException", "A client request token already exists.")
		update.ClientRequestToken = two
		for range 2 { // another request would find nothing to update
			if out, err := r.UpdateStack(t.Context(), update); err != nil || *out.StackId != ids[0] {
				t.Fatalf("updated %+v, %v", out, err)
			}
			synctest.Wait()
		}
		tokens := map[string]int{}
		out, err := r.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: name})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.StackEvents {
			tokens[aws.ToString(e.ClientRequestToken)]++
		}
		if tokens[""] != 0 || tokens["token-1"] == 0 || tokens["token-2"] == 0 {
			t.Errorf("events by their tokens: %v", tokens)
		}
		_, err = r.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: name, ClientRequestToken: two})
		refused(t, err, "TokenAlreadyExistsException", "")
		longest := strings.Repeat("a", 128)
		_, err = r.RollbackStack(t.Context(), &sdk.RollbackStackInput{StackName: name, ClientRequestToken: &longest})
		refused(t, err, "ValidationError", "is in UPDATE_COMPLETE state and can not be rolled back")
		for _, wrong := range []string{"-a", "a b", strings.Repeat("a", 129)} {
			_, err = r.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: name, ClientRequestToken: &wrong})
			refused(t, err, "ValidationError", "at 'clientRequestToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]*")
		}
		deleted(t, r.Client, &sdk.DeleteStackInput{StackName: name})
	})
}

// Whatever a request with a token begins, the token is taken then, and the same
// request is answered as if nothing were wrong with it.
func TestEveryActionTakesItsToken(t *testing.T) {
	name, token, broken := aws.String("shop"), aws.String("token-1"), aws.String(store(`"Broken": true`, ``))
	begin := func(t *testing.T, r *review) {
		if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: name, TemplateBody: aws.String(store(``, ``))}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	}
	update := func(t *testing.T, r *review, template *string, keep bool) {
		if _, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: name, TemplateBody: template, DisableRollback: &keep}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	}
	for action, row := range map[string]struct {
		before func(t *testing.T, r *review)
		call   func(t *testing.T, r *review) error
		want   types.StackStatus
	}{
		"DeleteStack": {func(t *testing.T, r *review) {
			begin(t, r)
			r.stuck["T"] = true
		}, func(t *testing.T, r *review) error {
			_, err := r.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: name, ClientRequestToken: token})
			return err
		}, "DELETE_FAILED"},
		"RollbackStack": {func(t *testing.T, r *review) {
			begin(t, r)
			update(t, r, broken, true)
		}, func(t *testing.T, r *review) error {
			_, err := r.RollbackStack(t.Context(), &sdk.RollbackStackInput{StackName: name, ClientRequestToken: token})
			return err
		}, "UPDATE_ROLLBACK_COMPLETE"},
		"ContinueUpdateRollback": {func(t *testing.T, r *review) {
			begin(t, r)
			r.unwilling["T"] = true
			update(t, r, aws.String(store(`"Name": "a"`, ``)), false)
			r.unwilling["T"] = false
		}, func(t *testing.T, r *review) error {
			_, err := r.ContinueUpdateRollback(t.Context(), &sdk.ContinueUpdateRollbackInput{StackName: name, ClientRequestToken: token})
			return err
		}, "UPDATE_ROLLBACK_COMPLETE"},
		"CancelUpdateStack": {func(t *testing.T, r *review) {
			begin(t, r)
			r.held = make(chan struct{})
			t.Cleanup(func() { close(r.held) })
			update(t, r, aws.String(store(`"Name": "a"`, ``)), false)
		}, func(t *testing.T, r *review) error {
			_, err := r.CancelUpdateStack(t.Context(), &sdk.CancelUpdateStackInput{StackName: name, ClientRequestToken: token})
			return err
		}, ""},
		"ExecuteChangeSet": {func(t *testing.T, r *review) {
			in := set(store(``, ``))
			in.Parameters = nil
			r.settle(t, in)
		}, func(t *testing.T, r *review) error {
			_, err := r.ExecuteChangeSet(t.Context(), &sdk.ExecuteChangeSetInput{StackName: name, ChangeSetName: aws.String("first"), ClientRequestToken: token})
			return err
		}, "CREATE_COMPLETE"},
	} {
		t.Run(action, func(t *testing.T) {
			onReview(t, func(t *testing.T, r *review) {
				row.before(t, r)
				for range 2 {
					if err := row.call(t, r); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
				}
				if s := described(t, r.Client, "shop"); row.want != "" && s.StackStatus != row.want {
					t.Errorf("the stack is in %s, want %s", s.StackStatus, row.want)
				}
				_, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: name, TemplateBody: aws.String(store(``, ``)), ClientRequestToken: token})
				refused(t, err, "TokenAlreadyExistsException", "")
				out, err := r.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: name})
				if err != nil || aws.ToString(out.StackEvents[0].ClientRequestToken) != *token {
					t.Errorf("the last event is %+v, %v", out.StackEvents[0], err)
				}
			})
		})
	}
}

func TestARequestToRollBackIsTakenOnce(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		name := aws.String("store")
		if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: name, TemplateBody: aws.String(store(`"Broken": true`, ``)), DisableRollback: aws.Bool(true)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for range 2 {
			if _, err := r.RollbackStack(t.Context(), &sdk.RollbackStackInput{StackName: name, ClientRequestToken: aws.String("t")}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		r.is(t, "ROLLBACK_COMPLETE", "")
	})
}

// With RetainExceptOnCreate what an operation has created goes when it is undone,
// whatever its DeletionPolicy says.
func TestWhatIsNewIsNotRetainedWhenThatIsAskedFor(t *testing.T) {
	const sound = `{"Resources": {"Old": {"Type": "Test::Thing", "DeletionPolicy": "Retain"}}}`
	const broken = `{"Resources": {"Old": {"Type": "Test::Thing", "DeletionPolicy": "Retain"}, "New": {"Type": "Test::Thing", "DeletionPolicy": "Retain"},
		"Z": {"Type": "Test::Thing", "DependsOn": ["New", "Old"], "Properties": {"Broken": true}}}}`
	name, drop := aws.String("shop"), aws.Bool(true)
	fate := func(t *testing.T, r *review, id string) (last types.ResourceStatus) {
		out, err := r.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: name})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.StackEvents {
			if *e.LogicalResourceId == id {
				return e.ResourceStatus
			}
		}
		return ""
	}
	begin := func(t *testing.T, r *review) {
		if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: name, TemplateBody: aws.String(sound)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	}
	executed := func(t *testing.T, r *review, kind types.ChangeSetType, drop *bool) {
		in := set(broken)
		in.Parameters, in.ChangeSetType = nil, kind
		r.settle(t, in)
		r.execute(t, sdk.ExecuteChangeSetInput{RetainExceptOnCreate: drop})
	}
	for what, do := range map[string]func(t *testing.T, r *review, drop *bool) error{
		"a creation": func(t *testing.T, r *review, drop *bool) error {
			_, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: name, TemplateBody: aws.String(broken), RetainExceptOnCreate: drop})
			return err
		},
		"a set that creates": func(t *testing.T, r *review, drop *bool) error {
			executed(t, r, types.ChangeSetTypeCreate, drop)
			return nil
		},
		"an update": func(t *testing.T, r *review, drop *bool) error {
			begin(t, r)
			_, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: name, TemplateBody: aws.String(broken), RetainExceptOnCreate: drop})
			return err
		},
		"a set that updates": func(t *testing.T, r *review, drop *bool) error {
			begin(t, r)
			executed(t, r, types.ChangeSetTypeUpdate, drop)
			return nil
		},
		"a rollback that is asked for": func(t *testing.T, r *review, drop *bool) error {
			begin(t, r)
			if _, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: name, TemplateBody: aws.String(broken), DisableRollback: aws.Bool(true)}); err != nil {
				return err
			}
			synctest.Wait()
			_, err := r.RollbackStack(t.Context(), &sdk.RollbackStackInput{StackName: name, RetainExceptOnCreate: drop})
			return err
		},
	} {
		for _, drops := range []*bool{nil, drop} {
			t.Run(what, func(t *testing.T) {
				onReview(t, func(t *testing.T, r *review) {
					if err := do(t, r, drops); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
					want := types.ResourceStatusDeleteSkipped
					if drops != nil {
						want = types.ResourceStatusDeleteComplete
					}
					if got := fate(t, r, "New"); got != want {
						t.Errorf("the new one is in %s, want %s", got, want)
					}
					if got := fate(t, r, "Old"); strings.Contains(what, "update") && got != types.ResourceStatusCreateComplete {
						t.Errorf("the old one is in %s", got)
					}
				})
			})
		}
	}
}

func TestTheNameOfAnExecutedChangeSetIsFree(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		in := set(`{"Resources": {"A": {"Type": "Test::Thing"}}}`)
		in.Parameters = nil
		made := r.settle(t, in)
		_, err := r.CreateChangeSet(t.Context(), in)
		refused(t, err, "AlreadyExistsException", "ChangeSet first already exists")
		r.execute(t, sdk.ExecuteChangeSetInput{})
		in.ChangeSetType, in.TemplateBody = types.ChangeSetTypeUpdate, aws.String(`{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Of": 1}}}}`)
		other := r.settle(t, in)
		named, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{StackName: in.StackName, ChangeSetName: in.ChangeSetName})
		if err != nil || *named.ChangeSetId != *other.ChangeSetId || *other.ChangeSetId == *made.ChangeSetId {
			t.Errorf("the name is of %+v, %v", named, err)
		}
		list, err := r.ListChangeSets(t.Context(), &sdk.ListChangeSetsInput{StackName: in.StackName})
		if err != nil || len(list.Summaries) != 1 || *list.Summaries[0].ChangeSetId != *other.ChangeSetId {
			t.Errorf("listed are %+v, %v", list.Summaries, err)
		}
	})
}

// A stack without a name would be the parent of all others.
func TestAChangeSetNeedsAStack(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		input := map[string]string{"StackName": "", "ChangeSetName": "first", "ChangeSetType": "CREATE", "TemplateBody": shop}
		err := r.cloud.Do(t.Context(), site.Administrator(), "cloudformation", "CreateChangeSet", input, nil)
		if err == nil || !strings.Contains(err.Error(), "at 'stackName' failed to satisfy constraint") {
			t.Errorf("got %v", err)
		}
		r.open(t, store(``, ``))
		if s := described(t, r.Client, "store"); s.ParentId != nil || s.RootId != nil {
			t.Errorf("the stack is nested in %s", *s.ParentId)
		}
		_, err = r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{ChangeSetName: aws.String("first")})
		refused(t, err, "ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN.")
	})
}

func TestAStackTellsWhenItWasToGo(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, ``))
		if s := described(t, r.Client, "store"); s.DeletionTime != nil || s.EnableTerminationProtection == nil || len(s.NotificationARNs) != 0 || s.RollbackConfiguration == nil {
			t.Errorf("the stack is told as %+v", s)
		}
		gone := deleted(t, r.Client, &sdk.DeleteStackInput{StackName: aws.String("store")})
		if gone.DeletionTime == nil || gone.EnableTerminationProtection != nil || gone.ChangeSetId != nil {
			t.Errorf("what is gone is told as %+v", gone)
		}
		if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: aws.String("store"), TemplateBody: aws.String(store(`"Broken": true`, ``))}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := described(t, r.Client, "store"); s.DeletionTime == nil {
			t.Errorf("what was rolled back is told as %+v", s)
		}
	})
}
