package iam_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func TestTheSDKSeesWhoItIs(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	service := iam.NewSTS(iam.New(c))
	c.Register("sts", service)
	const arn = "arn:aws:sts::111122223333:assumed-role/worker/session"
	server := httptest.NewServer(wire.As(c, cloud.Caller{ARN: arn}, "sts", service.Protocols()))
	defer server.Close()
	client := sts.New(sts.Options{BaseEndpoint: &server.URL, Region: c.Region, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), RetryMaxAttempts: 1})
	got, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || aws.ToString(got.Arn) != arn || aws.ToString(got.Account) != "111122223333" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTheAccountIsItsOwnUser(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	c.Register("sts", iam.NewSTS(iam.New(c)))
	for _, row := range []struct {
		caller cloud.Caller
		want   string
	}{
		{c.Administrator(), "111122223333"},
		{cloud.Caller{ARN: "arn:aws:iam::111122223333:user/ada", ID: "AIDAX"}, "AIDAX"},
	} {
		var out struct{ Arn, UserId, Account string }
		if err := c.Do(t.Context(), row.caller, "sts", "GetCallerIdentity", struct{}{}, &out); err != nil || out.UserId != row.want || out.Arn != row.caller.ARN || out.Account != "111122223333" {
			t.Errorf("%s is %+v, %v", row.caller.ARN, out, err)
		}
	}
}

func TestASessionTokenIsOfUsersAndOfTheAccountAndLastsItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
		defer c.Close()
		c.Register("sts", iam.NewSTS(iam.New(c)))
		ada := cloud.Caller{ARN: "arn:aws:iam::111122223333:user/ada", ID: "AIDAX"}
		for _, row := range []struct {
			name    string
			caller  cloud.Caller
			seconds any
			want    string // an error, or how long it lasts
		}{
			{"a user", ada, nil, "12h0m0s"},
			{"a user, for longest", ada, 129600, "36h0m0s"},
			{"a user, for longer", ada, 129601, "ValidationError: 1 validation error detected: Value '129601' at 'durationSeconds'"},
			{"a user, for shortest", ada, 900, "15m0s"},
			{"a user, for shorter", ada, 899, "ValidationError: 1 validation error detected: Value '899' at 'durationSeconds'"},
			{"the account", c.Administrator(), nil, "1h0m0s"},
			{"the account, for less", c.Administrator(), 900, "15m0s"},
			{"a role", cloud.Caller{ARN: "x", Role: "arn:aws:iam::111122223333:role/r"}, nil, "AccessDeniedException"},
			{"a service", c.ServiceCaller("events.amazonaws.com", ""), nil, "AccessDeniedException"},
		} {
			var out struct {
				Credentials struct{ Expiration cloud.Time }
			}
			err := c.Do(t.Context(), row.caller, "sts", "GetSessionToken", map[string]any{"DurationSeconds": row.seconds}, &out)
			got := time.Until(time.Time(out.Credentials.Expiration)).String()
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, row.want) {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
		}
	})
}
