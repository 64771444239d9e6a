// This file knows the managed policies of AWS that templates name most.

package iam

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"time"
)

// ofAWS is what the ARNs of AWS's own policies start with.
const ofAWS = "arn:aws:iam::aws:policy/"

// writeLogs is what a service needs to have logs.
var writeLogs = []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}

// byAWS holds what policies of AWS allow, on any resource, of the services that
// the engine has.
var byAWS = map[string][]string{
	"AdministratorAccess":                               {"*"},
	"AWSCloudFormationReadOnlyAccess":                   {"cloudformation:Describe*", "cloudformation:EstimateTemplateCost", "cloudformation:Get*", "cloudformation:List*", "cloudformation:ValidateTemplate", "cloudformation:BatchDescribe*", "cloudformation:Detect*"},
	"AmazonAPIGatewayAdministrator":                     {"apigateway:*"},
	"AmazonAPIGatewayInvokeFullAccess":                  {"execute-api:Invoke", "execute-api:ManageConnections"},
	"AmazonDynamoDBFullAccess":                          {"dynamodb:*"},
	"AmazonDynamoDBReadOnlyAccess":                      {"dynamodb:BatchGetItem", "dynamodb:Describe*", "dynamodb:List*", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect"},
	"AmazonEC2FullAccess":                               {"ec2:*"},
	"AmazonEC2ReadOnlyAccess":                           {"ec2:Describe*"},
	"AmazonEventBridgeFullAccess":                       {"events:*"},
	"AmazonEventBridgeReadOnlyAccess":                   {"events:Describe*", "events:List*", "events:TestEventPattern"},
	"AmazonKinesisFullAccess":                           {"kinesis:*"},
	"AmazonKinesisReadOnlyAccess":                       {"kinesis:Get*", "kinesis:List*", "kinesis:Describe*"},
	"AmazonSQSReadOnlyAccess":                           {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueues", "sqs:ListMessageMoveTasks", "sqs:ListQueueTags"},
	"AmazonSNSReadOnlyAccess":                           {"sns:GetTopicAttributes", "sns:List*", "sns:CheckIfPhoneNumberIsOptedOut", "sns:GetEndpointAttributes", "sns:GetDataProtectionPolicy", "sns:GetPlatformApplicationAttributes", "sns:GetSMSAttributes", "sns:GetSMSSandboxAccountStatus", "sns:GetSubscriptionAttributes"},
	"AmazonSSMFullAccess":                               {"cloudwatch:PutMetricData", "ds:CreateComputer", "ds:DescribeDirectories", "ec2:DescribeInstanceStatus", "logs:*", "ssm:*", "ec2messages:*"},
	"AmazonTextractFullAccess":                          {"textract:*"},
	"AmazonS3FullAccess":                                {"s3:*"},
	"AmazonS3ReadOnlyAccess":                            {"s3:Get*", "s3:List*", "s3:Describe*"},
	"AmazonSNSFullAccess":                               {"sns:*"},
	"AmazonSQSFullAccess":                               {"sqs:*"},
	"AmazonSSMManagedInstanceCore":                      {"ssm:GetParameter", "ssm:GetParameters"},
	"AmazonSSMReadOnlyAccess":                           {"ssm:Describe*", "ssm:Get*", "ssm:List*"},
	"AWSStepFunctionsFullAccess":                        {"states:*"},
	"AWSLambdaExecute":                                  {"logs:*", "s3:GetObject", "s3:PutObject"},
	"CloudWatchLogsFullAccess":                          {"logs:*", "cloudwatch:GenerateQuery"},
	"CloudWatchLogsReadOnlyAccess":                      {"logs:Describe*", "logs:Get*", "logs:List*", "logs:StartQuery", "logs:StopQuery", "logs:TestMetricFilter", "logs:FilterLogEvents", "logs:StartLiveTail", "logs:StopLiveTail", "cloudwatch:GenerateQuery"},
	"AWSXRayDaemonWriteAccess":                          {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"},
	"IAMAccessAnalyzerFullAccess":                       {"access-analyzer:*"},
	"IAMFullAccess":                                     {"iam:*"},
	"IAMReadOnlyAccess":                                 {"iam:Get*", "iam:List*"},
	"ReadOnlyAccess":                                    readOnly(),
	"SecretsManagerReadWrite":                           {"secretsmanager:*"},
	"service-role/AWSLambdaRole":                        {"lambda:InvokeFunction"},
	"service-role/AWSTransferLoggingAccess":             writeLogs,
	"service-role/AmazonAPIGatewayPushToCloudWatchLogs": writeLogs,
	"service-role/AWSLambdaBasicExecutionRole":          writeLogs,
	"service-role/AWSLambdaVPCAccessExecutionRole":      writeLogs,
	"service-role/AWSLambdaSQSQueueExecutionRole":       append([]string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, writeLogs...),
	"service-role/AWSLambdaKinesisExecutionRole":        append([]string{"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard"}, writeLogs...),
	"service-role/AWSLambdaDynamoDBExecutionRole":       append([]string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}, writeLogs...),
	"CloudWatchLambdaInsightsExecutionRolePolicy":       writeLogs,
}

// readOnly is what ReadOnlyAccess allows: to look, but at no secret.
func readOnly() (actions []string) {
	for service, verbs := range map[string]string{
		"access-analyzer": "Get* List*", "apigateway": "GET", "cloudformation": "BatchDescribe* Describe* Detect* EstimateTemplateCost Get* List* ValidateTemplate",
		"cloudtrail": "Describe* Get* List* LookupEvents", "cloudwatch": "Describe* Get* List*", "dynamodb": "BatchGet* Describe* Get* List* PartiQLSelect Query Scan",
		"ec2": "Describe* Get*", "ecr": "BatchCheck* BatchGet* Describe* Get* List*", "events": "Describe* List* TestEventPattern",
		"glue": "BatchGet* Get* List*", "iam": "Get* List*", "kinesis": "Describe* Get* List*", "kms": "Describe* Get* List*", "lambda": "Get* List*",
		"logs": "Describe* FilterLogEvents Get* List*", "s3": "Get* List*", "sagemaker": "Describe* List*", "scheduler": "Get* List*",
		"secretsmanager": "Describe* GetResourcePolicy List*", "sns": "Get* List*", "sqs": "Get* List*", "ssm": "Describe* Get* List*",
		"states": "Describe* GetExecutionHistory List*", "sts": "GetAccessKeyInfo GetCallerIdentity GetSessionToken", "textract": "Get* List*", "transfer": "Describe* List*",
	} {
		for verb := range strings.FieldsSeq(verbs) {
			actions = append(actions, service+":"+verb)
		}
	}
	slices.Sort(actions)
	return actions
}

// managedByAWS returns the policies of byAWS.
func managedByAWS() map[string]*managedPolicy {
	policies := make(map[string]*managedPolicy, len(byAWS))
	for resource, actions := range byAWS {
		document, err := json.Marshal(map[string]any{"Version": version2012, "Statement": []any{
			map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"},
		}})
		if err != nil {
			panic(err) // of texts
		}
		compiled, err := compileIdentity(string(document))
		if err != nil {
			panic("iam: " + resource + ": " + err.Error())
		}
		folder, name := path.Split(resource)
		at := time.Date(2015, 2, 6, 18, 40, 0, 0, time.UTC)
		p := newPolicy(ofAWS+resource, name, "/"+folder, compiled, at)
		p.id = "ANPA" + strings.ToUpper(name)
		policies[p.arn] = p
	}
	return policies
}
