package cloudformation

// This file calls the service through the real SDK.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const shop = `{"Description": "A shop", "Parameters": {"Colour": {"Type": "String"}, "Password": {"Type": "String", "NoEcho": true}, "Size": {"Type": "Number", "Default": 3}}, "Resources": {
	"A": {"Type": "Test::Thing"},
	"B": {"Type": "Test::Thing", "DependsOn": "A"},
	"Kept": {"Type": "Test::Thing", "DeletionPolicy": "Retain"}},
	"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["A", "Arn"]}, "Export": {"Name": "shop-a"}}, "Colour": {"Description": "Of the door", "Value": {"Ref": "Colour"}}}}`

// failing is why a call failed.
func failing(t *testing.T, err error, want string) {
	t.Helper()
	refused, ok := errors.AsType[smithy.APIError](err)
	if !ok || refused.ErrorCode() != "ValidationError" || !strings.Contains(refused.ErrorMessage(), want) {
		t.Errorf("got %v, want a ValidationError with %q", err, want)
	}
}

func TestAStackIsToldFromItsCreationToItsEnd(t *testing.T) {
	g := newGround(t)
	client := g.root(t)
	if err := g.deploy(t, "shop", shop, Settings{}); err != nil {
		t.Fatal(err)
	}
	s := described(t, client, "shop")
	if s.StackStatus != "CREATE_COMPLETE" || *s.Description != "A shop" || *s.EnableTerminationProtection || s.CreationTime == nil || s.DeletionTime != nil {
		t.Errorf("created: %+v", s)
	}
	if len(s.Outputs) != 2 || *s.Outputs[0].OutputKey != "Arn" || *s.Outputs[0].OutputValue != "local arn-A" || *s.Outputs[1].OutputValue != "local blue" || *s.Outputs[1].Description != "Of the door" {
		t.Errorf("the outputs are %+v", s.Outputs)
	}
	parameters := ""
	for _, p := range s.Parameters {
		parameters += *p.ParameterKey + "=" + *p.ParameterValue + " "
	}
	if parameters != "Colour=blue Password=**** Size=3 " {
		t.Errorf("the parameters are %s", parameters)
	}
	template, err := client.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: aws.String("shop"), TemplateStage: types.TemplateStageProcessed})
	if err != nil || *template.TemplateBody != shop {
		t.Errorf("the template is %+v, %v", template, err)
	}

	end := deleted(t, client, &sdk.DeleteStackInput{StackName: aws.String("shop")})
	if end.StackStatus != "DELETE_COMPLETE" || end.DeletionTime == nil {
		t.Errorf("deleted: %+v", end)
	}
	_, err = client.DescribeStacks(t.Context(), &sdk.DescribeStacksInput{StackName: aws.String("shop")})
	failing(t, err, "Stack with id shop does not exist")
	all, err := client.DescribeStacks(t.Context(), &sdk.DescribeStacksInput{})
	if err != nil || len(all.Stacks) != 0 {
		t.Errorf("all stacks are %+v, %v", all, err)
	}
	listed, err := client.ListStacks(t.Context(), &sdk.ListStacksInput{StackStatusFilter: []types.StackStatus{types.StackStatusDeleteComplete}})
	if err != nil || len(listed.StackSummaries) != 1 || *listed.StackSummaries[0].StackId != *s.StackId {
		t.Errorf("the list is %+v, %v", listed, err)
	}
	if listed, err := client.ListStacks(t.Context(), &sdk.ListStacksInput{StackStatusFilter: []types.StackStatus{types.StackStatusCreateComplete}}); err != nil || len(listed.StackSummaries) != 0 {
		t.Errorf("the list of those that were created is %+v, %v", listed, err)
	}
	if _, err := client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: aws.String("shop")}); err != nil {
		t.Errorf("to delete it again: %v", err)
	}
}

// The CDK's CLI shows these, in the order of their milliseconds.
func TestEventsAreToldLatestFirst(t *testing.T) {
	g := newGround(t)
	client := g.root(t)
	if err := g.deploy(t, "shop", shop, Settings{}); err != nil {
		t.Fatal(err)
	}
	id := *deleted(t, client, &sdk.DeleteStackInput{StackName: aws.String("shop")}).StackId
	out, err := client.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(out.StackEvents)
	var told []string
	seen := map[string]bool{}
	for i, e := range out.StackEvents {
		told = append(told, fmt.Sprint(*e.LogicalResourceId, " ", e.ResourceStatus))
		if seen[*e.EventId] || *e.StackId != id || *e.StackName != "shop" || i > 0 && !e.Timestamp.After(*out.StackEvents[i-1].Timestamp) {
			t.Errorf("event %d is %+v", i, e)
		}
		seen[*e.EventId] = true
	}
	want := []string{
		"shop CREATE_IN_PROGRESS",
		"A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "B CREATE_IN_PROGRESS", "B CREATE_COMPLETE", "Kept CREATE_IN_PROGRESS", "Kept CREATE_COMPLETE",
		"shop CREATE_COMPLETE",
		"shop DELETE_IN_PROGRESS",
		"Kept DELETE_SKIPPED", "B DELETE_IN_PROGRESS", "B DELETE_COMPLETE", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE",
		"shop DELETE_COMPLETE",
	}
	if !slices.Equal(told, want) {
		t.Errorf("got  %q\nwant %q", told, want)
	}
	last := out.StackEvents[len(out.StackEvents)-1]
	if *last.PhysicalResourceId != id || *last.ResourceType != "AWS::CloudFormation::Stack" || *out.StackEvents[6].PhysicalResourceId != "physical-Kept" {
		t.Errorf("the last event is %+v", last)
	}
	_, err = client.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: aws.String("none")})
	failing(t, err, "Stack [none] does not exist")
}

func TestEventsAndResourcesComeInPages(t *testing.T) {
	const things = 120
	var resources []string
	for i := range things {
		resources = append(resources, fmt.Sprintf(`"T%03d": {"Type": "Test::Thing"}`, i))
	}
	g := newGround(t)
	if err := g.deploy(t, "many", `{"Resources": {`+strings.Join(resources, ",")+`}}`, Settings{}); err != nil {
		t.Fatal(err)
	}
	client := g.root(t)
	events, ids := 0, map[string]bool{}
	for pages := sdk.NewDescribeStackEventsPaginator(client, &sdk.DescribeStackEventsInput{StackName: aws.String("many")}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.StackEvents {
			ids[*e.EventId] = true
		}
		events += len(page.StackEvents)
	}
	if want := 2*things + 2; events != want || len(ids) != want {
		t.Errorf("%d events, %d of them different, want %d", events, len(ids), want)
	}
	listed := map[string]bool{}
	for pages := sdk.NewListStackResourcesPaginator(client, &sdk.ListStackResourcesInput{StackName: aws.String("many")}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(page.StackResourceSummaries) > maxPage {
			t.Errorf("a page of %d resources", len(page.StackResourceSummaries))
		}
		for _, r := range page.StackResourceSummaries {
			listed[*r.PhysicalResourceId] = r.ResourceStatus == types.ResourceStatusCreateComplete && r.LastUpdatedTimestamp != nil
		}
	}
	if len(listed) != things || !listed["physical-T000"] || !listed["physical-T119"] {
		t.Errorf("%d resources are listed", len(listed))
	}
	_, err := client.ListStackResources(t.Context(), &sdk.ListStackResourcesInput{StackName: aws.String("many"), NextToken: aws.String("x")})
	failing(t, err, "NextToken")
	_, err = client.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: aws.String("many"), NextToken: aws.String("0")})
	failing(t, err, "NextToken")
}

func TestResourcesAreFoundByTheirIds(t *testing.T) {
	g := newGround(t)
	if err := g.deploy(t, "shop", shop, Settings{}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		in   sdk.DescribeStackResourcesInput
		want string
	}{
		{"of a stack", sdk.DescribeStackResourcesInput{StackName: aws.String("shop")}, "A B Kept"},
		{"by logical id", sdk.DescribeStackResourcesInput{StackName: aws.String("shop"), LogicalResourceId: aws.String("B")}, "B"},
		{"by physical id", sdk.DescribeStackResourcesInput{PhysicalResourceId: aws.String("physical-Kept")}, "A B Kept"},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, err := g.root(t).DescribeStackResources(t.Context(), &row.in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range out.StackResources {
				got = append(got, *r.LogicalResourceId)
				if *r.StackName != "shop" || *r.ResourceType != "Test::Thing" || r.Timestamp == nil {
					t.Errorf("%+v", r)
				}
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
	_, err := g.root(t).DescribeStackResources(t.Context(), &sdk.DescribeStackResourcesInput{PhysicalResourceId: aws.String("nobody")})
	failing(t, err, "does not exist")
}

// onlyTo allows a caller everything but one action, and remembers of what it was
// asked.
type onlyTo struct {
	cloud.Authorizer
	refuse, resource string
}

func (a *onlyTo) Authorize(caller cloud.Caller, action, resource string) error {
	if caller.Root || action != a.refuse {
		return nil
	}
	a.resource = resource
	return cloud.Errorf(403, "AccessDeniedException", "%s on %s", action, resource)
}

func TestEveryActionNeedsItsPermission(t *testing.T) {
	g := newGround(t)
	if err := g.deploy(t, "shop", shop, Settings{}); err != nil {
		t.Fatal(err)
	}
	id := *described(t, g.root(t), "shop").StackId
	name := aws.String("shop")
	for action, call := range map[string]func(c *sdk.Client) error{
		"DeleteStack": func(c *sdk.Client) error {
			_, err := c.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: name})
			return err
		},
		"DescribeStackEvents": func(c *sdk.Client) error {
			_, err := c.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: name})
			return err
		},
		"DescribeStackResources": func(c *sdk.Client) error {
			_, err := c.DescribeStackResources(t.Context(), &sdk.DescribeStackResourcesInput{StackName: name})
			return err
		},
		"DescribeStacks": func(c *sdk.Client) error {
			_, err := c.DescribeStacks(t.Context(), &sdk.DescribeStacksInput{StackName: name})
			return err
		},
		"GetTemplate": func(c *sdk.Client) error {
			_, err := c.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: name})
			return err
		},
		"ListStackResources": func(c *sdk.Client) error {
			_, err := c.ListStackResources(t.Context(), &sdk.ListStackResourcesInput{StackName: name})
			return err
		},
		"ListStacks": func(c *sdk.Client) error { _, err := c.ListStacks(t.Context(), &sdk.ListStacksInput{}); return err },
		"UpdateTerminationProtection": func(c *sdk.Client) error {
			_, err := c.UpdateTerminationProtection(t.Context(), &sdk.UpdateTerminationProtectionInput{StackName: name, EnableTerminationProtection: aws.Bool(true)})
			return err
		},
	} {
		t.Run(action, func(t *testing.T) {
			a := &onlyTo{refuse: "cloudformation:" + action}
			g.cloud.Authorizer = a
			err := call(g.client(t, cloud.Caller{ARN: "arn:aws:iam::111122223333:role/r"}))
			want := id
			if action == "ListStacks" {
				want = "*"
			}
			if refused, ok := errors.AsType[smithy.APIError](err); !ok || refused.ErrorCode() != "AccessDenied" || a.resource != want {
				t.Errorf("got %v for %s, want AccessDenied for %s", err, a.resource, want)
			}
		})
	}
	if s := described(t, g.root(t), "shop"); s.StackStatus != "CREATE_COMPLETE" || *s.EnableTerminationProtection {
		t.Errorf("what was refused was done: %+v", s)
	}
}
