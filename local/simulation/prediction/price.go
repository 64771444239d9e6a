package prediction

// This file is the prices of us-east-1, November 2026, without the free tiers.

import "github.com/tradepost-dev/tradepost/local/cloud"

// What there are prices of.
const (
	standardTransitions = "Step Functions, state transitions"
	expressExecutions   = "Step Functions, Express executions"
	expressTime         = "Step Functions, GB-seconds of Express"
	invocations         = "Lambda, invocations"
	computeTime         = "Lambda, GB-seconds"
	writeUnits          = "DynamoDB, write units"
	readUnits           = "DynamoDB, read units"
	restRequests        = "API Gateway, requests"
	queueRequests       = "SQS, requests"
	objectsWritten      = "S3, requests that write or list"
	objectsRead         = "S3, requests that read"
	published           = "SNS, requests"
	customEvents        = "EventBridge, custom events"
	secretsRead         = "Secrets Manager, calls"
)

// prices are in USD for one.
var prices = map[string]float64{
	standardTransitions: 25e-6,        // https://aws.amazon.com/step-functions/pricing/
	expressExecutions:   1e-6,         //
	expressTime:         0.00001667,   //
	invocations:         0.20e-6,      // https://aws.amazon.com/lambda/pricing/
	computeTime:         0.0000133334, // arm64
	writeUnits:          0.625e-6,     // https://aws.amazon.com/dynamodb/pricing/on-demand/
	readUnits:           0.125e-6,     //
	restRequests:        3.50e-6,      // https://aws.amazon.com/api-gateway/pricing/
	queueRequests:       0.40e-6,      // https://aws.amazon.com/sqs/pricing/
	objectsWritten:      5e-6,         // https://aws.amazon.com/s3/pricing/
	objectsRead:         0.40e-6,      //
	published:           0.50e-6,      // https://aws.amazon.com/sns/pricing/
	customEvents:        1e-6,         // https://aws.amazon.com/eventbridge/pricing/
	secretsRead:         5e-6,         // https://aws.amazon.com/secrets-manager/pricing/
}

// requestPrice says what a call is charged as.
type requestPrice struct {
	service string
	actions []string // none: all others of the service
	of      string   // empty: it is free
	amount  func(cloud.Call) float64
}

var requestPrices = []requestPrice{
	{"sqs", nil, queueRequests, pieces},
	{"sns", nil, published, pieces},
	{"events", []string{"PutEvents"}, customEvents, entries},
	{"secretsmanager", nil, secretsRead, one},
	{"s3", []string{"GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "HeadBucket"}, objectsRead, one},
	{"s3", []string{
		"PutObject", "CopyObject", "ListObjects", "ListObjectsV2", "ListObjectVersions", "PutObjectTagging",
		"CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload",
	}, objectsWritten, one},
	{"s3", []string{"DeleteObject", "DeleteObjects", "AbortMultipartUpload"}, "", one},
}

// elsewhere are the services whose calls cost nothing by themselves, or are counted
// by a metric. Of logs nothing is counted.
var elsewhere = []string{"states", "lambda", "dynamodb", "execute-api", "logs", "sts", "ssm", "iam", "cognito-idp"}
