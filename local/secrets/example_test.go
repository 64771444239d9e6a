package secrets_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/secrets"
)

// A secret that a template has generated.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	store := secrets.New(c)
	c.Register("secretsmanager", store)
	types := map[string]cfn.Type{}
	for _, t := range store.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Token": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {"PasswordLength": 48}}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	created, err := stack.Create(ctx, types)
	if err != nil {
		panic(err)
	}
	var out struct{ SecretString string }
	err = c.Do(ctx, c.Administrator(), "secretsmanager", "GetSecretValue", map[string]string{"SecretId": created.Handles["Token"].Ref}, &out)
	fmt.Println(len(out.SecretString), "characters", err)
	// Output: 48 characters <nil>
}
