// This file knows the managed policies of AWS that templates name most.

package iam

// logging are the policies that allow only what the engine does not check:
// writing logs and traces, and network interfaces.
var logging = map[string]bool{
	"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole":          true,
	"arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole":      true,
	"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess":                          true,
	"arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs": true,
	"arn:aws:iam::aws:policy/service-role/AWSTransferLoggingAccess":             true,
	"arn:aws:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy":       true,
}

// byAWS holds what other policies of AWS allow, on any resource, of the
// services that the engine has.
var byAWS = map[string][]string{
	"arn:aws:iam::aws:policy/AdministratorAccess":                         {"*"},
	"arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess":                    {"dynamodb:*"},
	"arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess":                {"dynamodb:BatchGetItem", "dynamodb:Describe*", "dynamodb:List*", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect"},
	"arn:aws:iam::aws:policy/AmazonEC2FullAccess":                         {"ec2:*"},
	"arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess":                     {"ec2:Describe*"},
	"arn:aws:iam::aws:policy/AmazonEventBridgeFullAccess":                 {"events:*"},
	"arn:aws:iam::aws:policy/AmazonS3FullAccess":                          {"s3:*"},
	"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess":                      {"s3:Get*", "s3:List*", "s3:Describe*"},
	"arn:aws:iam::aws:policy/AmazonSNSFullAccess":                         {"sns:*"},
	"arn:aws:iam::aws:policy/AmazonSQSFullAccess":                         {"sqs:*"},
	"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore":                {"ssm:GetParameter", "ssm:GetParameters"},
	"arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess":                     {"ssm:Describe*", "ssm:Get*", "ssm:List*"},
	"arn:aws:iam::aws:policy/AWSStepFunctionsFullAccess":                  {"states:*"},
	"arn:aws:iam::aws:policy/SecretsManagerReadWrite":                     {"secretsmanager:*"},
	"arn:aws:iam::aws:policy/service-role/AWSLambdaRole":                  {"lambda:InvokeFunction"},
	"arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
}

// managedByAWS returns the policies of byAWS, compiled.
func managedByAWS() map[string]policy {
	policies := make(map[string]policy, len(byAWS))
	for arn, actions := range byAWS {
		policies[arn] = policy{{actions: lowered(actions), resources: compilePatterns([]string{"*"})}}
	}
	return policies
}
