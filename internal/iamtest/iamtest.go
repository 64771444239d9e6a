// Package iamtest gives handler tests an account's policies, so that versions,
// limits and errors are IAM's and not assumed: the SDK's own client, on the
// engine's IAM.
package iamtest

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/local/cloud"
	local "github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// Account is a client of an account of the test's own.
type Account struct {
	*iam.Client

	// Calls are the actions that were called, and Before is asked for an error of
	// a call that is about to be made, unless it is nil.
	Calls  []string
	Before func(action string) error

	mu sync.Mutex // for Calls
}

// New has no policies, roles, users or groups yet.
func New(t *testing.T) *Account {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "us-east-1"})
	t.Cleanup(c.Close)
	identity := local.New(c)
	c.Authorizer, c.Policies = identity, identity
	c.Register("iam", identity)
	a := &Account{}
	c.Fault = func(_ context.Context, call cloud.Call) error {
		a.mu.Lock()
		a.Calls = append(a.Calls, call.Action)
		a.mu.Unlock()
		if a.Before == nil {
			return nil
		}
		return a.Before(call.Action)
	}
	server := httptest.NewServer(wire.As(c, c.Administrator(), "iam", identity.Protocols()))
	t.Cleanup(server.Close)
	a.Client = iam.New(iam.Options{
		BaseEndpoint: aws.String(server.URL), Region: c.Region, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	return a
}

// ARN is that of a managed policy.
func ARN(policy string) string { return "arn:aws:iam::111122223333:policy/" + policy }
