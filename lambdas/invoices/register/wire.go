package register

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/invoices"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
		DynamoDB:      dynamodb.NewFromConfig(cfg),
		InvoicesTable: env.String(contract.EnvInvoicesTable),
		FilesTable:    env.String(contract.EnvFilesTable),
		Reader:        invoices.FromEnvironment(env),
	}
	return handler.Handle
}
