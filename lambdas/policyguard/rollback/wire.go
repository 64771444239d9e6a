package rollback

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
		IAM:   iam.NewFromConfig(cfg),
		Cases: policyguard.Cases{DynamoDB: dynamodb.NewFromConfig(cfg), Table: env.String(contract.EnvCasesTable)},
	}
	return handler.Handle
}
