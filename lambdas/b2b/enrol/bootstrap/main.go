// Command bootstrap runs the enrol function.
package main

import (
	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/enrol"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, _ *environment.Reader) any {
		handler := &enrol.Handler{
			S3:         s3.NewFromConfig(cfg),
			DynamoDB:   dynamodb.NewFromConfig(cfg),
			APIGateway: apigateway.NewFromConfig(cfg),
		}
		return cfn.LambdaWrap(handler.Handle)
	})
}
