package publish

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	handler := &Handler{SNS: sns.NewFromConfig(cfg), TopicARN: env.String(contract.EnvTopicARN)}
	return handler.Handle
}
