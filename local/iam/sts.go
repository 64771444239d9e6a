package iam

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// STS is the one action of the AWS Security Token Service by which clients see
// who they are. It implements cloud.API.
type STS struct{ cloud.Operations }

// NewSTS returns the service.
func NewSTS(c *cloud.Cloud) *STS {
	return &STS{cloud.Operations{
		"GetCallerIdentity": cloud.Handle(func(_ context.Context, caller cloud.Caller, _ struct{}) (identity, error) {
			return identity{Arn: caller.ARN, UserId: caller.ARN, Account: c.Account}, nil
		}),
	}}
}

type identity struct{ Arn, UserId, Account string }

// Protocols implements wire.Speaker.
func (*STS) Protocols() wire.Protocols {
	return wire.Protocols{Query: &wire.Query{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}}
}
