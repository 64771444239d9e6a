package main

// This file clears stacks of the engine's CloudFormation, over its protocol.

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudformation"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// ground is where stacks are deployed.
type ground struct {
	stacks    *cloudformation.CloudFormation
	undeleted int    // how often a Test::Thing cannot be deleted
	name      string // of the stack
	url       string
}

var site = cloud.Site{Account: "111122223333", Region: "eu-west-1"}

func newGround(t *testing.T) *ground {
	t.Helper()
	c := cloud.New(site)
	t.Cleanup(c.Close)
	g := &ground{stacks: cloudformation.New(c, cloudformation.Options{}), name: "Shop"}
	c.Register("cloudformation", g.stacks)
	server := httptest.NewServer(wire.As(c, c.Administrator(), "cloudformation", g.stacks.Protocols()))
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

// deploy creates a stack of which one resource may fail.
func (g *ground) deploy(t *testing.T, broken string, settings cloudformation.Settings) {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": {
		"Kept": {"Type": "Test::Thing", "DeletionPolicy": "Retain"},
		"Named": {"Type": "Test::Thing", "DeletionPolicy": "RetainExceptOnCreate"},
		"Thing": {"Type": "Test::Thing"},
		"Last": {"Type": "Test::Thing", "Properties": {"Broken": ` + broken + `}, "DependsOn": ["Kept", "Named", "Thing"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	stack := cfn.Stack{Name: g.name, Site: site, Template: template}
	if _, err = g.stacks.Create(t.Context(), stack, map[string]cfn.Type{"Test::Thing": cfn.Define("Test::Thing", g.createThing)}, settings); (err != nil) != (broken == "true") {
		t.Fatal(err)
	}
}

func (g *ground) createThing(_ context.Context, r cfn.Resource, p struct{ Broken bool }) (cfn.Handle, error) {
	if p.Broken {
		return cfn.Handle{}, errors.New("it is broken")
	}
	return cfn.Handle{Ref: "physical-" + r.LogicalID, Delete: func(context.Context) error {
		if g.undeleted > 0 {
			g.undeleted--
			return errors.New("it is in use")
		}
		return nil
	}}, nil
}

// clear runs the program.
func (g *ground) clear(t *testing.T) (stdout, stderr string, code int) {
	t.Helper()
	program := exec.CommandContext(t.Context(), os.Args[0], "clear", g.name)
	program.Env = append(os.Environ(), asProgram+"=1", "AWS_ENDPOINT_URL="+g.url, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
	var results, told bytes.Buffer
	program.Stdout, program.Stderr = &results, &told
	var exit *exec.ExitError
	if err := program.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return results.String(), told.String(), program.ProcessState.ExitCode()
}

func TestClearMakesRoomForAnotherFirstDeployment(t *testing.T) {
	for _, row := range []struct {
		name, was string
		undeleted int
		settings  cloudformation.Settings
	}{
		{"of a stack that was rolled back", "ROLLBACK_COMPLETE", 0, cloudformation.Settings{Protected: true}},
		{"of one that could not be rolled back", "ROLLBACK_FAILED", 1, cloudformation.Settings{Protected: true}},
		{"of one without protection", "ROLLBACK_COMPLETE", 0, cloudformation.Settings{}},
		{"of one that was not to be rolled back", "CREATE_FAILED", 0, cloudformation.Settings{Protected: true, DisableRollback: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newGround(t)
			g.undeleted = row.undeleted
			g.deploy(t, "true", row.settings)
			stdout, stderr, code := g.clear(t)
			if code != 0 || !strings.Contains(stderr, "deleting the stack Shop, which was in "+row.was) {
				t.Fatalf("code %d\n%s", code, stderr)
			}
			want := "Test::Thing physical-Kept\n"
			if row.settings.DisableRollback { // what a rollback would have deleted is retained by then
				want += "Test::Thing physical-Named\n"
			}
			if stdout != want {
				t.Errorf("left are %q, want %q", stdout, want)
			}
			g.deploy(t, "false", row.settings) // its name is free
		})
	}
}

func TestClearLeavesAloneWhatItIsNotFor(t *testing.T) {
	t.Run("a stack that was deployed", func(t *testing.T) {
		g := newGround(t)
		g.deploy(t, "false", cloudformation.Settings{Protected: true})
		before := g.describe(t)
		_, stderr, code := g.clear(t)
		if want := "the stack Shop stays as it is: it is in CREATE_COMPLETE, so it has been deployed; cdk destroy is for such stacks"; code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("code %d, want 1 and %q\n%s", code, want, stderr)
		}
		if after := g.describe(t); after != before || !strings.Contains(after, `"EnableTerminationProtection":true`) {
			t.Errorf("the stack was %s\nand is %s", before, after)
		}
	})
	t.Run("a stack within another", func(t *testing.T) {
		g := newGround(t)
		g.deploy(t, "false", cloudformation.Settings{})
		outer := cfn.Stack{Name: "Shop", Site: site}
		g.name = "Inner"
		g.deploy(t, "true", cloudformation.Settings{Parent: outer.ID()})
		if _, stderr, code := g.clear(t); code != 1 || !strings.Contains(stderr, "Inner is nested in another stack: clear that") {
			t.Errorf("code %d\n%s", code, stderr)
		}
	})
	t.Run("no stack", func(t *testing.T) {
		if _, stderr, code := newGround(t).clear(t); code != 0 || !strings.Contains(stderr, "there is no stack Shop") {
			t.Errorf("code %d\n%s", code, stderr)
		}
	})
	t.Run("a stack that cannot be deleted", func(t *testing.T) {
		g := newGround(t)
		g.undeleted = 3 // two things in the rollback, and then the one that is not retained
		g.deploy(t, "true", cloudformation.Settings{})
		if _, stderr, code := g.clear(t); code != 1 || !strings.Contains(stderr, "it is in DELETE_FAILED: The following resource(s) failed to delete: [Thing]") {
			t.Errorf("code %d\n%s", code, stderr)
		}
	})
}

func (g *ground) describe(t *testing.T) string {
	t.Helper()
	told, err := g.stacks.Call(t.Context(), cloud.Caller{Root: true}, "DescribeStacks", []byte(`{"StackName": "Shop"}`))
	if err != nil {
		t.Fatal(err)
	}
	return string(told)
}

func TestOnlyStacksThatWereNeverDeployedAreCleared(t *testing.T) {
	want := map[types.StackStatus]bool{"ROLLBACK_COMPLETE": true, "ROLLBACK_FAILED": true, "CREATE_FAILED": true, "REVIEW_IN_PROGRESS": true}
	for _, status := range types.StackStatus("").Values() {
		if err := neverDeployed(status); (err == nil) != want[status] {
			t.Errorf("%s: %v", status, err)
		}
	}
}
