// Command bootstrap runs the publish function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/publish"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		handler := &publish.Handler{SNS: sns.NewFromConfig(cfg), TopicARN: env.String(contract.EnvTopicARN)}
		return handler.Handle
	})
}
