package console

// This file shows what the stacks have.

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// stack is one with its resources.
type stack struct {
	types.StackSummary
	Resources []types.StackResourceSummary
}

func (c *console) assembly(r *http.Request) (view, error) {
	var stacks []stack
	for pages := cloudformation.NewListStacksPaginator(c.stacks, &cloudformation.ListStacksInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(r.Context())
		if err != nil {
			return view{}, err
		}
		for _, s := range page.StackSummaries {
			if s.StackStatus == types.StackStatusDeleteComplete {
				continue
			}
			one := stack{StackSummary: s}
			for pages := cloudformation.NewListStackResourcesPaginator(c.stacks, &cloudformation.ListStackResourcesInput{StackName: s.StackId}); pages.HasMorePages(); {
				page, err := pages.NextPage(r.Context())
				if err != nil {
					return view{}, err
				}
				one.Resources = append(one.Resources, page.StackResourceSummaries...)
			}
			stacks = append(stacks, one)
		}
	}
	return view{"Assembly", "assembly.html", stacks}, nil
}
