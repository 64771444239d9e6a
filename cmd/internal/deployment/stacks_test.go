package deployment

// This file asks CloudFormation for the resources of stacks.

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

const toolkit = "CDKToolkit"

// resource is one of a stack.
type resource struct{ stack, id string }

// resources are those of all stacks but the bootstrap's, nested ones included.
func (a *account) resources(t *testing.T) map[resource]types.StackResourceSummary {
	t.Helper()
	found := map[resource]types.StackResourceSummary{}
	for _, stack := range a.stacks(t) {
		for _, r := range a.resourcesOf(t, stack) {
			found[resource{stack, *r.LogicalResourceId}] = r
		}
	}
	return found
}

func (a *account) stacks(t *testing.T) []string {
	t.Helper()
	names := listed(t, cloudformation.NewDescribeStacksPaginator(cloudformation.NewFromConfig(a.AWS()), nil), "Stacks", "StackName")
	var others []string
	for _, name := range names {
		if name != toolkit {
			others = append(others, name)
		}
	}
	return others
}

func (a *account) resourcesOf(t *testing.T, stack string) (found []types.StackResourceSummary) {
	t.Helper()
	list := cloudformation.NewListStackResourcesPaginator(cloudformation.NewFromConfig(a.AWS()), &cloudformation.ListStackResourcesInput{StackName: &stack})
	for list.HasMorePages() {
		page, err := list.NextPage(t.Context())
		if err != nil {
			t.Fatalf("list the resources of %s: %v", stack, err)
		}
		found = append(found, page.StackResourceSummaries...)
	}
	return found
}

// physical is the physical id of a stack's resource of a type whose logical id
// begins so.
func (a *account) physical(t *testing.T, stack, resourceType, prefix string) (id string) {
	t.Helper()
	for _, r := range a.resourcesOf(t, stack) {
		if *r.ResourceType == resourceType && strings.HasPrefix(*r.LogicalResourceId, prefix) {
			return *r.PhysicalResourceId
		}
	}
	t.Fatalf("the stack %s has no %s %s", stack, resourceType, prefix)
	return ""
}

// retained are the physical ids of what stays when all stacks but the
// bootstrap's are deleted.
func (a *account) retained(t *testing.T) map[string]bool {
	t.Helper()
	ids := map[string]bool{toolkit: true}
	for _, r := range a.resourcesOf(t, toolkit) {
		ids[*r.PhysicalResourceId] = true
	}
	policies := map[resource]string{}
	for _, stack := range a.stacks(t) {
		got, err := cloudformation.NewFromConfig(a.AWS()).GetTemplate(t.Context(), &cloudformation.GetTemplateInput{StackName: &stack})
		if err != nil {
			t.Fatal(err)
		}
		var declared struct {
			Resources map[string]struct{ DeletionPolicy string }
		}
		if err := json.Unmarshal([]byte(aws.ToString(got.TemplateBody)), &declared); err != nil {
			t.Fatalf("the template of %s: %v", stack, err)
		}
		for id, r := range declared.Resources {
			policies[resource{stack, id}] = r.DeletionPolicy
		}
	}
	for which, r := range a.resources(t) {
		if strings.HasPrefix(policies[which], "Retain") {
			ids[*r.PhysicalResourceId] = true
		}
	}
	return ids
}
