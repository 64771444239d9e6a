package authorize

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{Gate: directory.Gate{
		DynamoDB: dynamodb.NewFromConfig(cfg),
		Table:    env.String(contract.EnvDirectoryTable),
	}}
	return handler.Handle
}
