package lambda

import "github.com/tradepost-dev/tradepost/local/cloud"

// serviceOf returns the service of an ARN: "sqs".
func serviceOf(arn string) string {
	parsed, _ := cloud.ParseARN(arn)
	return parsed.Service
}
