package cloudformation

// This file deletes stacks, and asks for it in vain.

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestAProtectedStackIsDeletedOnlyWhenItsProtectionIsOff(t *testing.T) {
	g := newGround(t)
	if err := g.deploy(t, "shop", shop, Settings{Protected: true}); err != nil {
		t.Fatal(err)
	}
	client := g.root(t)
	if !*described(t, client, "shop").EnableTerminationProtection {
		t.Error("the protection is not told")
	}
	_, err := client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("shop")})
	failing(t, err, "Stack [shop] cannot be deleted while TerminationProtection is enabled")
	if s := described(t, client, "shop"); s.StackStatus != "CREATE_COMPLETE" {
		t.Errorf("the stack is in %s", s.StackStatus)
	}
	out, err := client.UpdateTerminationProtection(t.Context(), &sdk.UpdateTerminationProtectionInput{StackName: aws.String("shop"), EnableTerminationProtection: aws.Bool(false)})
	if err != nil || *out.StackId != *described(t, client, "shop").StackId {
		t.Fatalf("%+v, %v", out, err)
	}
	if s := deleted(t, client, &sdk.DeleteStackInput{StackName: aws.String("shop")}); s.StackStatus != "DELETE_COMPLETE" {
		t.Errorf("the stack is in %s", s.StackStatus)
	}
	_, err = client.UpdateTerminationProtection(t.Context(), &sdk.UpdateTerminationProtectionInput{StackName: aws.String("shop"), EnableTerminationProtection: aws.Bool(true)})
	failing(t, err, "Stack [shop] does not exist")
}

func TestAStackIsNotProtectedWhileItIsBeingDeleted(t *testing.T) {
	g := newGround(t)
	g.held = make(chan struct{})
	if err := g.deploy(t, "shop", shop, Settings{}); err != nil {
		t.Fatal(err)
	}
	client := g.root(t)
	for range 2 { // the second call has nothing to do
		if _, err := client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("shop")}); err != nil {
			t.Fatal(err)
		}
	}
	s := described(t, client, "shop")
	_, err := client.UpdateTerminationProtection(t.Context(), &sdk.UpdateTerminationProtectionInput{StackName: aws.String("shop"), EnableTerminationProtection: aws.Bool(true)})
	failing(t, err, "is in DELETE_IN_PROGRESS")
	close(g.held)
	if end := deleted(t, client, &sdk.DeleteStackInput{StackName: s.StackId}); s.StackStatus != "DELETE_IN_PROGRESS" || end.StackStatus != "DELETE_COMPLETE" {
		t.Errorf("the stack was in %s and is in %s", s.StackStatus, end.StackStatus)
	}
	out, err := client.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: s.StackId})
	if err != nil {
		t.Fatal(err)
	}
	begun := 0
	for _, e := range out.StackEvents {
		if *e.LogicalResourceId == "shop" && e.ResourceStatus == types.ResourceStatusDeleteInProgress {
			begun++
		}
	}
	if begun != 1 {
		t.Errorf("it began to be deleted %d times", begun)
	}
}

func TestAStackIsNotDeletedByForce(t *testing.T) {
	g := newGround(t)
	if err := g.deploy(t, "shop", shop, Settings{}); err != nil {
		t.Fatal(err)
	}
	_, err := g.root(t).DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("shop"), DeletionMode: types.DeletionModeForceDeleteStack})
	failing(t, err, "the local engine deletes in DeletionMode STANDARD only, not FORCE_DELETE_STACK")
	_, err = g.root(t).DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("shop"), DeploymentConfig: &types.DeploymentConfig{Mode: types.DeploymentConfigModeExpress}})
	failing(t, err, "the local engine deploys in Mode STANDARD only, not EXPRESS")
}

func TestAStackThatCouldNotBeDeletedCanBeAgain(t *testing.T) {
	for _, row := range []struct {
		name  string
		again sdk.DeleteStackInput
		mend  bool
		want  types.StackStatus
	}{
		{"when it is mended", sdk.DeleteStackInput{}, true, "DELETE_COMPLETE"},
		{"without what is in the way", sdk.DeleteStackInput{RetainResources: []string{"B"}}, false, "DELETE_COMPLETE"},
		{"in vain", sdk.DeleteStackInput{}, false, "DELETE_FAILED"},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newGround(t)
			if err := g.deploy(t, "shop", shop, Settings{}); err != nil {
				t.Fatal(err)
			}
			client := g.root(t)
			g.stuck["B"] = true
			_, err := client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("shop"), RetainResources: []string{"B"}})
			failing(t, err, "resources can be retained only of a stack in DELETE_FAILED")
			s := deleted(t, client, &sdk.DeleteStackInput{StackName: aws.String("shop")})
			if s.StackStatus != "DELETE_FAILED" || *s.StackStatusReason != "The following resource(s) failed to delete: [B]. " {
				t.Fatalf("the stack is in %s: %s", s.StackStatus, *s.StackStatusReason)
			}
			g.stuck["B"] = !row.mend
			row.again.StackName = aws.String("shop")
			if s := deleted(t, client, &row.again); s.StackStatus != row.want {
				t.Errorf("the stack is in %s, want %s", s.StackStatus, row.want)
			}
		})
	}
}

func TestAStackWhoseExportsAreUsedStays(t *testing.T) {
	g := newGround(t)
	if err := g.deploy(t, "shop", shop, Settings{}); err != nil {
		t.Fatal(err)
	}
	if err := g.deploy(t, "user", `{"Resources": {"U": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::ImportValue": "shop-a"}}}}}`, Settings{}); err != nil {
		t.Fatal(err)
	}
	client := g.root(t)
	s := deleted(t, client, &sdk.DeleteStackInput{StackName: aws.String("shop")})
	if s.StackStatus != "CREATE_COMPLETE" || *s.StackStatusReason != "Export shop-a cannot be deleted as it is in use by user" {
		t.Errorf("the stack is in %s: %s", s.StackStatus, aws.ToString(s.StackStatusReason))
	}
	for _, name := range []string{"user", "shop"} {
		if s := deleted(t, client, &sdk.DeleteStackInput{StackName: &name}); s.StackStatus != "DELETE_COMPLETE" {
			t.Errorf("%s is in %s", name, s.StackStatus)
		}
	}
	if err := g.deploy(t, "late", `{"Resources": {"U": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::ImportValue": "shop-a"}}}}}`, Settings{DisableRollback: true}); err == nil {
		t.Error("what a deleted stack exported can still be imported")
	}
}

func TestANestedStackHasTheProtectionOfItsRoot(t *testing.T) {
	g := newGround(t)
	if err := g.deploy(t, "shop", shop, Settings{Protected: true}); err != nil {
		t.Fatal(err)
	}
	client := g.root(t)
	root := *described(t, client, "shop").StackId
	if err := g.deploy(t, "inner", `{"Resources": {"I": {"Type": "Test::Thing"}}}`, Settings{Parent: root}); err != nil {
		t.Fatal(err)
	}
	s := described(t, client, "inner")
	if !*s.EnableTerminationProtection || *s.ParentId != root || *s.RootId != root {
		t.Errorf("the nested stack is %+v", s)
	}
	_, err := client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("inner")})
	failing(t, err, "TerminationProtection is enabled")
	_, err = client.UpdateTerminationProtection(t.Context(), &sdk.UpdateTerminationProtectionInput{StackName: aws.String("inner"), EnableTerminationProtection: aws.Bool(false)})
	failing(t, err, "nested")
	if err := g.Delete(t.Context(), *s.StackId); err != nil {
		t.Fatal(err)
	}
	if s := described(t, client, *s.StackId); s.StackStatus != "DELETE_COMPLETE" {
		t.Errorf("the nested stack is in %s", s.StackStatus)
	}
}

func TestAStackThatCannotBeCreatedIsRolledBack(t *testing.T) {
	const broken = `{"Resources": {
		"Named": {"Type": "Test::Thing", "DeletionPolicy": "RetainExceptOnCreate"}, "Stuck": {"Type": "Test::Thing"},
		"Last": {"Type": "Test::Thing", "Properties": {"Broken": true}, "DependsOn": ["Named", "Stuck"]}}}`
	for _, row := range []struct {
		name          string
		stuck         bool
		settings      Settings
		status, named string
	}{
		{"all of it", false, Settings{}, "ROLLBACK_COMPLETE", "DELETE_COMPLETE"},
		{"as far as it can be", true, Settings{}, "ROLLBACK_FAILED", "DELETE_COMPLETE"},
		{"unless that is not wanted", false, Settings{DisableRollback: true}, "CREATE_FAILED", "CREATE_COMPLETE"},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newGround(t)
			g.stuck["Stuck"] = row.stuck
			if err := g.deploy(t, "shop", broken, row.settings); err == nil || !strings.Contains(err.Error(), "Last (Test::Thing): it is broken") {
				t.Fatalf("got %v", err)
			}
			client := g.root(t)
			s := described(t, client, "shop")
			out, err := client.DescribeStackResources(t.Context(), &sdk.DescribeStackResourcesInput{StackName: aws.String("shop"), LogicalResourceId: aws.String("Named")})
			if err != nil || string(s.StackStatus) != row.status || string(out.StackResources[0].ResourceStatus) != row.named {
				t.Errorf("the stack is in %s, Named in %+v, %v", s.StackStatus, out, err)
			}
			g.stuck["Stuck"] = false
			if s := deleted(t, client, &sdk.DeleteStackInput{StackName: aws.String("shop")}); s.StackStatus != "DELETE_COMPLETE" {
				t.Errorf("the stack is in %s", s.StackStatus)
			}
		})
	}
}
