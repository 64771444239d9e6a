package cloud_test

import (
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// permissive is an authorizer that knows no session policies.
type permissive struct{}

func (permissive) Authorize(cloud.Caller, string, string) error { return nil }
func (permissive) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{Role: role}, nil
}

// A session whose policy nobody would enforce does not begin.
func TestASessionPolicyIsEnforcedOrRefused(t *testing.T) {
	for name, authorizer := range map[string]cloud.Authorizer{"no authorizer": nil, "one without session policies": permissive{}} {
		c := cloud.New(cloud.Site{})
		c.Authorizer = authorizer
		if caller, err := c.AssumeWithin(cloud.Caller{}, "role", "session", ""); err != nil || caller.Role != "role" {
			t.Errorf("%s, and no policy: %+v, %v", name, caller, err)
		}
		if _, err := c.AssumeWithin(cloud.Caller{}, "role", "session", "{}"); (err == nil) != (authorizer == nil) {
			t.Errorf("%s, and a policy: %v", name, err)
		}
	}
}
