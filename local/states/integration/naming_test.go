package integration

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// Recorded: how the two versions of the SDK word an error.
func TestErrorsOfServicesAreWorded(t *testing.T) {
	missing := cloud.Errorf(400, "MissingRequiredParameterException", "m")
	missing.QueryCode = "MissingParameter"
	const id = `[0-9a-f-]{36}`
	for _, row := range []struct {
		integration, name, cause string
		err                      error
	}{
		{"sqs:sendMessage", "SQS.AmazonSQSException", `m \(Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; Request ID: ` + id + `; Proxy: null\)`, missing},
		{"aws-sdk:sqs:sendMessage", "Sqs.SqsException", `m \(Service: Sqs, Status Code: 400, Request ID: ` + id + `\) \(SDK Attempt Count: 1\)`, missing},
		{"lambda:invoke", "States.Runtime", "the local engine does not serve the parameter Foo of Invoke", cloud.NotHonoured("Invoke", "Foo")},
		{"aws-sdk:sqs:getQueueUrl", "States.Runtime", "the local engine does not serve the parameter Foo of GetQueueUrl", cloud.NotHonoured("GetQueueUrl", "Foo")},
		{"apigateway:invoke", "ApiGateway.501", "m", cloud.Errorf(501, "NotImplemented", "m")},
		{"aws-sdk:s3:getObject", "S3.NoSuchKeyException",
			`m \(Service: S3, Status Code: 404, Request ID: ` + id + `, Extended Request ID: [A-Za-z0-9+/]{75}=\) \(SDK Attempt Count: 1\)`, cloud.Errorf(404, "NoSuchKey", "m")},
	} {
		f := Find(row.integration).naming.failure(row.err)
		if f.Name != row.name || !regexp.MustCompile("^"+row.cause+"$").MatchString(f.Cause) {
			t.Errorf("%s: %s: %s, want %s: %s", row.integration, f.Name, f.Cause, row.name, row.cause)
		}
	}
}

func TestErrorsOfServicesAreNamed(t *testing.T) {
	for _, row := range []struct {
		integration *Integration
		code        string
		status      int
		want        string
	}{
		{Find("dynamodb:putItem"), "ConditionalCheckFailedException", 400, "DynamoDB.ConditionalCheckFailedException"},
		{Find("dynamodb:putItem"), "ProvisionedThroughputExceededException", 400, "DynamoDB.ProvisionedThroughputExceededException"},
		{Find("dynamodb:putItem"), "ValidationException", 400, "DynamoDB.AmazonDynamoDBException"},
		{Find("dynamodb:putItem"), "AccessDeniedException", 400, "DynamoDB.AmazonDynamoDBException"},
		{Find("sns:publish"), "NotFound", 404, "SNS.NotFoundException"},
		{Find("sqs:sendMessage"), "MissingParameter", 400, "SQS.AmazonSQSException"},
		{Find("lambda:invoke"), "TooManyRequestsException", 429, "Lambda.TooManyRequestsException"},
		{Find("lambda:invoke"), "ServiceException", 500, "Lambda.ServiceException"},
		{Find("lambda:invoke"), "AccessDeniedException", 403, "Lambda.AWSLambdaException"},
		{Find("states:startExecution"), "StateMachineDoesNotExist", 400, "StepFunctions.StateMachineDoesNotExistException"},
		{Find("apigateway:invoke"), "ForbiddenException", 403, "ApiGateway.403"},
		{Find("aws-sdk:dynamodb:transactWriteItems"), "TransactionCanceledException", 400, "DynamoDb.TransactionCanceledException"},
		{Find("aws-sdk:dynamodb:putItem"), "ValidationException", 400, "DynamoDb.DynamoDbException"},
		{Find("aws-sdk:ec2:startInstances"), "IncorrectInstanceState", 400, "Ec2.Ec2Exception"},
		{Find("aws-sdk:ec2:startInstances"), "InvalidInstanceID.NotFound", 400, "Ec2.Ec2Exception"},
		{Find("aws-sdk:accessanalyzer:checkAccessNotGranted"), "ValidationException", 400, "AccessAnalyzer.ValidationException"},
		{Find("aws-sdk:iam:getPolicy"), "NoSuchEntityException", 404, "Iam.NoSuchEntityException"},
		{Find("aws-sdk:iam:getPolicy"), "AccessDeniedException", 403, "Iam.IamException"},
		{Find("aws-sdk:iam:getPolicy"), "ValidationError", 400, "Iam.IamException"},
		{Find("aws-sdk:s3:getObject"), "NoSuchKey", 404, "S3.NoSuchKeyException"},
		{Find("aws-sdk:s3:getObject"), "AccessDenied", 403, "S3.S3Exception"},
		{Find("aws-sdk:secretsmanager:createSecret"), "ValidationException", 400, "SecretsManager.SecretsManagerException"},
		{Find("aws-sdk:sfn:sendTaskSuccess"), "InvalidToken", 400, "Sfn.InvalidTokenException"},
		{Find("aws-sdk:sfn:startExecution"), "ValidationException", 400, "Sfn.ValidationException"},
		{Find("glue:startJobRun"), "ConcurrentRunsExceededException", 400, "Glue.ConcurrentRunsExceededException"},
		{Find("glue:startJobRun"), "ThrottlingException", 400, "Glue.AWSGlueException"},
		{Find("aws-sdk:glue:startJobRun"), "ThrottlingException", 400, "Glue.ThrottlingException"},
		{Find("glue:startJobRun"), "UnknownOperationException", 400, "Glue.AWSGlueException"},
		{Find("aws-sdk:s3:getObject"), "PreconditionFailed", 412, "S3.S3Exception"},
		{Find("aws-sdk:s3:getObject"), "NoSuchVersion", 404, "S3.S3Exception"},
		{Find("aws-sdk:sns:publish"), "KMSNotFound", 400, "Sns.KmsNotFoundException"},
		{Find("aws-sdk:sns:publish"), "ParameterValueInvalid", 400, "Sns.InvalidParameterValueException"},
		{Find("sns:publish"), "KMSNotFound", 400, "SNS.KMSNotFoundException"},
		{Find("aws-sdk:sqs:sendMessage"), "QueueDoesNotExist", 400, "Sqs.QueueDoesNotExistException"},
		{Find("aws-sdk:sqs:sendMessage"), "com.amazonaws.sqs#QueueDoesNotExist", 400, "Sqs.QueueDoesNotExistException"},
		{Find("aws-sdk:iam:getPolicy"), "NoSuchEntity", 404, "Iam.NoSuchEntityException"},
		{Find("aws-sdk:scheduler:createSchedule"), "ValidationException", 400, "Scheduler.ValidationException"},
		{Find("aws-sdk:cloudformation:describeStacks"), "ValidationError", 400, "CloudFormation.CloudFormationException"},
		{Find("aws-sdk:glue:startJobRun"), "ValidationException", 400, "Glue.ValidationException"},
		{Find("sagemaker:createTrainingJob"), "ResourceLimitExceeded", 400, "SageMaker.ResourceLimitExceededException"},
		{Find("sagemaker:createTrainingJob"), "ResourceInUse", 400, "SageMaker.ResourceInUseException"},
		{Find("sagemaker:createEndpoint"), "ValidationException", 400, "SageMaker.AmazonSageMakerException"},
		{Find("aws-sdk:sagemaker:describeEndpoint"), "ValidationException", 400, "SageMaker.SageMakerException"},
		{Find("aws-sdk:sagemakerruntime:invokeEndpoint"), "ModelError", 424, "SageMakerRuntime.ModelErrorException"},
		{Find("aws-sdk:scheduler:createSchedule"), "ConflictException", 409, "Scheduler.ConflictException"},
		{Find("aws-sdk:scheduler:createSchedule"), "ResourceNotFoundException", 404, "Scheduler.ResourceNotFoundException"},
	} {
		f := row.integration.naming.failure(cloud.Errorf(row.status, row.code, "message"))
		if f.Name != row.want {
			t.Errorf("%s %s: %s, want %s", row.integration.ResourceType, row.code, f.Name, row.want)
		}
	}
	if f := Find("sqs:sendMessage").naming.failure(fmt.Errorf("no such host")); f.Name != "SQS.SdkClientException" {
		t.Errorf("no answer: %s", f.Name)
	}
}

func TestTheSDKHasTheActionsOfItsModels(t *testing.T) {
	for id := range sdkServices() {
		if len(shapes.APIs()[id].Actions) == 0 {
			t.Errorf("%s has no model", id)
		}
	}
	for id := range shapes.APIs() {
		if _, known := sdkServices()[id]; !known {
			t.Errorf("the model of %s is of no use", id)
		}
	}
	for name, known := range map[string]bool{
		"sqs:sendMessage": true, "ec2:describeVpcs": true, "secretsmanager:GetSecretValue": true, // recorded: in either case
		"sqs:sendMesage": false, "sqs:": false, "sqs": false, "queues:sendMessage": false, "logs:putLogEvents": false, "cloudwatchlogs:putLogEvents": true,
	} {
		if found := Find("aws-sdk:" + name); (found != nil) != known {
			t.Errorf("%s: found %v", name, found)
		}
	}
}
