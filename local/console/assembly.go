package console

// This file shows which stacks there are.

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func (c *console) assembly(r *http.Request) (View, error) {
	stacks, err := c.existing(r.Context())
	return View{"Assembly", "assembly.html", stacks}, err
}

// existing are the stacks that are not deleted.
func (c *console) existing(ctx context.Context) (stacks []types.StackSummary, err error) {
	for pages := cloudformation.NewListStacksPaginator(c.stacks, &cloudformation.ListStacksInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.StackSummaries {
			if s.StackStatus != types.StackStatusDeleteComplete {
				stacks = append(stacks, s)
			}
		}
	}
	return stacks, nil
}
