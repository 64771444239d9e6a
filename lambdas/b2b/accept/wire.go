package accept

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
		DynamoDB:          dynamodb.NewFromConfig(cfg),
		SQS:               sqs.NewFromConfig(cfg),
		TransactionsTable: env.String(contract.EnvTransactionsTable),
		QueueURL:          env.String(contract.EnvQueueURL),
		Metrics:           metrics.FromEnvironment(env),
	}
	return handler.Handle
}
