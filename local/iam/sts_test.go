package iam_test

import (
	"net/http/httptest"
	"testing"

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
