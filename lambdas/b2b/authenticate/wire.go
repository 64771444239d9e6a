package authenticate

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	var sessions contract.Sessions
	env.JSON(contract.EnvSessions, &sessions)
	return New(dynamodb.NewFromConfig(cfg), env.String(contract.EnvDirectoryTable), sessions).Handle
}
