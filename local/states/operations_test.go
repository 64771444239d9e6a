package states

import "github.com/tradepost-dev/tradepost/local/cloud"

// operations returns the API, by action.
func operations() cloud.Operations { return New(cloud.New(cloud.Site{})).Operations }
