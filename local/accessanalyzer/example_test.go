package accessanalyzer_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/accessanalyzer"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Would this policy let anybody delete a bucket?
func Example() {
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	c.Register("access-analyzer", accessanalyzer.New(c))
	var out struct{ Result, Message string }
	err := c.Do(context.Background(), c.Administrator(), "access-analyzer", "CheckAccessNotGranted", map[string]any{
		"policyDocument": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Del*", "Resource": "*"}]}`,
		"policyType":     "IDENTITY_POLICY",
		"access":         []any{map[string]any{"actions": []string{"s3:DeleteBucket", "iam:*"}}},
	}, &out)
	fmt.Println(out.Result, err)
	fmt.Println(out.Message)
	// Output:
	// FAIL <nil>
	// The policy document grants access to perform one or more of the listed actions.
}
