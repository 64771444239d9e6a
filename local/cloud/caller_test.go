package cloud_test

import (
	"fmt"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// asked authorizes nothing, and says what it was asked.
type asked struct{ permissive }

func (asked) Authorize(caller cloud.Caller, action, resource string) error {
	return fmt.Errorf("%s %s %v", action, resource, caller.Context)
}

func TestToPassARoleIsAskedWithTheServiceThatGetsIt(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	c.Authorizer = asked{}
	caller := cloud.Caller{Context: map[string]string{"aws:SourceIp": "10.0.0.1"}}
	for _, row := range []struct {
		caller cloud.Caller
		want   string
	}{
		{caller, "iam:PassRole arn:role map[aws:SourceIp:10.0.0.1 iam:PassedToService:glue.amazonaws.com]"},
		{cloud.Caller{}, "iam:PassRole arn:role map[iam:PassedToService:glue.amazonaws.com]"},
	} {
		if err := c.MayPass(row.caller, "arn:role", "glue.amazonaws.com"); fmt.Sprint(err) != row.want {
			t.Errorf("asked %v, want %s", err, row.want)
		}
	}
	if len(caller.Context) != 1 {
		t.Errorf("the caller's own context has become %v", caller.Context)
	}
}
