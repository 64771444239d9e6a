package empty

import (
	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, _ *environment.Reader) any {
	handler := &Handler{S3: s3.NewFromConfig(cfg)}
	return cfn.LambdaWrap(handler.Handle)
}
