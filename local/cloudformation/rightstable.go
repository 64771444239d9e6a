package cloudformation

// This file has what creating, updating and deleting a resource of a type asks
// for: of the permissions that AWS's resource schemas list for each, the one that
// nobody gets around, whatever the properties.

import (
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

// right is a permission for each deed; an empty one is not asked for.
type right struct {
	create, update, delete string
	in                     string // what the resource is created in or as
	on                     string // what it is then
	own                    bool   // whether that is the resource itself
}

// passing is where a type has roles, which are given to a service.
type passing struct{ path, to string }

var passed = map[string]passing{
	"AWS::ApiGateway::Account":         {"CloudWatchRoleArn", "apigateway.amazonaws.com"},
	"AWS::ApiGateway::Authorizer":      {"AuthorizerCredentials", "apigateway.amazonaws.com"},
	"AWS::ApiGateway::Method":          {"Integration.Credentials", "apigateway.amazonaws.com"},
	"AWS::CloudTrail::Trail":           {"CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"},
	"AWS::Events::Rule":                {"Targets.RoleArn", "events.amazonaws.com"},
	"AWS::Glue::Job":                   {"Role", "glue.amazonaws.com"},
	"AWS::Lambda::Function":            {"Role", "lambda.amazonaws.com"},
	"AWS::Scheduler::Schedule":         {"Target.RoleArn", "scheduler.amazonaws.com"},
	"AWS::StepFunctions::StateMachine": {"RoleArn", "states.amazonaws.com"},
	"AWS::Transfer::Server":            {"LoggingRole", "transfer.amazonaws.com"},
	"AWS::Transfer::User":              {"Role", "transfer.amazonaws.com"},
}

// Asks tells whether resources of a type ask for rights.
func Asks(typeName string) bool { return len(rightsTo(typeName)) > 0 }

// rightsTo are those that a type asks for. A custom resource's function is called
// whatever is done.
func rightsTo(typeName string) []right {
	if strings.HasPrefix(typeName, "Custom::") {
		typeName = "AWS::CloudFormation::CustomResource"
	}
	return rights[typeName]
}

var rights = func() map[string][]right {
	all := map[string][]right{
		"AWS::CloudFormation::CustomResource": {at("${ServiceToken}", "lambda:InvokeFunction", "lambda:InvokeFunction", "lambda:InvokeFunction")},
		"AWS::IAM::Policy": {
			at("arn:aws:iam::${Account}:role/${Roles...}", "iam:PutRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"),
			at("arn:aws:iam::${Account}:user/${Users...}", "iam:PutUserPolicy", "iam:PutUserPolicy", "iam:DeleteUserPolicy"),
			at("arn:aws:iam::${Account}:group/${Groups...}", "iam:PutGroupPolicy", "iam:PutGroupPolicy", "iam:DeleteGroupPolicy"),
		},
	}
	regional := func(service, resource string) string {
		return "arn:aws:" + service + ":${Region}:${Account}:" + resource
	}
	for typeName, actions := range map[string]string{
		"CloudFormation::Stack": "cloudformation:CreateStack UpdateStack DeleteStack", "CloudTrail::Trail": "cloudtrail:CreateTrail UpdateTrail DeleteTrail",
		"CloudWatch::Alarm":          "cloudwatch:PutMetricAlarm PutMetricAlarm DeleteAlarms",
		"CloudWatch::CompositeAlarm": "cloudwatch:PutCompositeAlarm PutCompositeAlarm DeleteAlarms",
		"CloudWatch::Dashboard":      "cloudwatch:PutDashboard PutDashboard DeleteDashboards",
		"DynamoDB::GlobalTable":      "dynamodb:CreateTable UpdateTable DeleteTable", "Events::Rule": "events:PutRule PutRule DeleteRule", "Glue::Job": "glue:CreateJob UpdateJob DeleteJob",
		"Scheduler::Schedule": "scheduler:CreateSchedule UpdateSchedule DeleteSchedule",
		"DynamoDB::Table":     "dynamodb:CreateTable UpdateTable DeleteTable", "ECR::Repository": "ecr:CreateRepository - DeleteRepository",
		"EC2::Instance": "ec2:RunInstances ModifyInstanceAttribute TerminateInstances", "EC2::VPC": "ec2:CreateVpc ModifyVpcAttribute DeleteVpc",
		"EC2::Subnet": "ec2:CreateSubnet ModifySubnetAttribute DeleteSubnet", "EC2::SecurityGroup": "ec2:CreateSecurityGroup - DeleteSecurityGroup",
		"EC2::LaunchTemplate": "ec2:CreateLaunchTemplate CreateLaunchTemplateVersion DeleteLaunchTemplate", "EC2::KeyPair": "ec2:CreateKeyPair - DeleteKeyPair",
		"EC2::RouteTable": "ec2:CreateRouteTable - DeleteRouteTable", "EC2::InternetGateway": "ec2:CreateInternetGateway - DeleteInternetGateway",
		"EC2::NatGateway": "ec2:CreateNatGateway - DeleteNatGateway", "EC2::EIP": "ec2:AllocateAddress - ReleaseAddress",
		"EC2::NetworkAcl": "ec2:CreateNetworkAcl - DeleteNetworkAcl", "EC2::VPCEndpoint": "ec2:CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints",
		"EC2::FlowLog": "ec2:CreateFlowLogs - DeleteFlowLogs", "Events::EventBus": "events:CreateEventBus UpdateEventBus DeleteEventBus",
		"IAM::Group": "iam:CreateGroup UpdateGroup DeleteGroup", "IAM::InstanceProfile": "iam:CreateInstanceProfile AddRoleToInstanceProfile DeleteInstanceProfile",
		"IAM::ManagedPolicy": "iam:CreatePolicy CreatePolicyVersion DeletePolicy", "IAM::Role": "iam:CreateRole UpdateRole DeleteRole", "IAM::User": "iam:CreateUser UpdateUser DeleteUser",
		"KMS::Alias": "kms:CreateAlias UpdateAlias DeleteAlias", "KMS::Key": "kms:CreateKey PutKeyPolicy ScheduleKeyDeletion", "Kinesis::Stream": "kinesis:CreateStream - DeleteStream",
		"Lambda::EventSourceMapping": "lambda:CreateEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping",
		"Lambda::Function":           "lambda:CreateFunction UpdateFunctionConfiguration DeleteFunction", "Logs::LogGroup": "logs:CreateLogGroup PutRetentionPolicy DeleteLogGroup",
		"S3::Bucket": "s3:CreateBucket - DeleteBucket", "SNS::Topic": "sns:CreateTopic SetTopicAttributes DeleteTopic", "SQS::Queue": "sqs:CreateQueue SetQueueAttributes DeleteQueue",
		"SSM::Parameter": "ssm:PutParameter PutParameter DeleteParameter", "Scheduler::ScheduleGroup": "scheduler:CreateScheduleGroup - DeleteScheduleGroup",
		"SecretsManager::Secret":  "secretsmanager:CreateSecret UpdateSecret DeleteSecret",
		"StepFunctions::Activity": "states:CreateActivity - DeleteActivity", "StepFunctions::StateMachineAlias": "states:- UpdateStateMachineAlias DeleteStateMachineAlias",
		"StepFunctions::StateMachine": "states:CreateStateMachine UpdateStateMachine DeleteStateMachine", "Transfer::Server": "transfer:CreateServer UpdateServer DeleteServer",
	} {
		r := listed(arnOf("AWS::"+typeName), actions)
		r.own = true
		all["AWS::"+typeName] = []right{r}
	}
	for typeName, row := range map[string][2]string{
		"Events::ApiDestination":           {regional("events", "api-destination/${Name}"), "events:CreateApiDestination UpdateApiDestination DeleteApiDestination"},
		"Events::Archive":                  {regional("events", "archive/${ArchiveName}"), "events:CreateArchive UpdateArchive DeleteArchive"},
		"Events::Connection":               {regional("events", "connection/${Name}"), "events:CreateConnection UpdateConnection DeleteConnection"},
		"Events::EventBusPolicy":           {regional("events", "event-bus/${EventBusName}"), "events:PutPermission PutPermission RemovePermission"},
		"IAM::AccessKey":                   {"arn:aws:iam::${Account}:user/${UserName}", "iam:CreateAccessKey UpdateAccessKey DeleteAccessKey"},
		"SecretsManager::RotationSchedule": {"${SecretId}", "secretsmanager:RotateSecret RotateSecret CancelRotateSecret"},
		"IAM::ServiceLinkedRole":           {"arn:aws:iam::${Account}:role/aws-service-role/${AWSServiceName}/*", "iam:CreateServiceLinkedRole UpdateRole DeleteServiceLinkedRole"},
		"IAM::UserToGroupAddition":         {"arn:aws:iam::${Account}:group/${GroupName}", "iam:AddUserToGroup AddUserToGroup RemoveUserFromGroup"},
		"Kinesis::ResourcePolicy":          {"${ResourceArn}", "kinesis:PutResourcePolicy PutResourcePolicy DeleteResourcePolicy"},
		"Lambda::Alias":                    {regional("lambda", "function:${FunctionName}"), "lambda:CreateAlias UpdateAlias DeleteAlias"},
		"Lambda::EventInvokeConfig": {regional("lambda", "function:${FunctionName}"),
			"lambda:PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig"},
		"Lambda::Permission":       {regional("lambda", "function:${FunctionName}"), "lambda:AddPermission AddPermission RemovePermission"},
		"Lambda::Version":          {regional("lambda", "function:${FunctionName}"), "lambda:PublishVersion - DeleteFunction"},
		"Logs::LogStream":          {regional("logs", "log-group:${LogGroupName}:log-stream:*"), "logs:CreateLogStream - DeleteLogStream"},
		"Logs::MetricFilter":       {regional("logs", "log-group:${LogGroupName}:log-stream:"), "logs:PutMetricFilter PutMetricFilter DeleteMetricFilter"},
		"Logs::SubscriptionFilter": {regional("logs", "log-group:${LogGroupName}:log-stream:"), "logs:PutSubscriptionFilter PutSubscriptionFilter DeleteSubscriptionFilter"},
		"Logs::QueryDefinition":    {"*", "logs:PutQueryDefinition PutQueryDefinition DeleteQueryDefinition"}, "Logs::ResourcePolicy": {"*", "logs:PutResourcePolicy PutResourcePolicy DeleteResourcePolicy"},
		"S3::BucketPolicy": {"arn:aws:s3:::${Bucket}", "s3:PutBucketPolicy PutBucketPolicy DeleteBucketPolicy"}, "SNS::Subscription": {"${TopicArn}", "sns:Subscribe SetSubscriptionAttributes Unsubscribe"},
		"SNS::TopicPolicy": {"${Topics...}", "sns:SetTopicAttributes SetTopicAttributes -"}, "SQS::QueueInlinePolicy": {regional("sqs", "${Queue}"), "sqs:SetQueueAttributes SetQueueAttributes SetQueueAttributes"},
		"SQS::QueuePolicy":                   {regional("sqs", "${Queues...}"), "sqs:SetQueueAttributes SetQueueAttributes SetQueueAttributes"},
		"SecretsManager::ResourcePolicy":     {"${SecretId}", "secretsmanager:PutResourcePolicy PutResourcePolicy DeleteResourcePolicy"},
		"StepFunctions::StateMachineVersion": {"${StateMachineArn}", "states:PublishStateMachineVersion - DeleteStateMachineVersion"},
		"Transfer::HostKey":                  {regional("transfer", "server/${ServerId}"), "transfer:ImportHostKey UpdateHostKey DeleteHostKey"},
		"Transfer::User":                     {regional("transfer", "user/${ServerId}/${UserName}"), "transfer:CreateUser UpdateUser DeleteUser"},
	} {
		all["AWS::"+typeName] = []right{listed(row[0], row[1])}
	}
	addGateway(all)
	return all
}()

// addGateway adds what API Gateway asks for: a method of HTTP on a path.
func addGateway(all map[string][]right) {
	for typeName, path := range map[string]string{
		"ApiKey": "/apikeys", "Authorizer": "/restapis/${RestApiId}/authorizers", "Deployment": "/restapis/${RestApiId}/deployments", "Model": "/restapis/${RestApiId}/models",
		"RequestValidator": "/restapis/${RestApiId}/requestvalidators", "Resource": "/restapis/${RestApiId}/resources", "RestApi": "/restapis",
		"Stage": "/restapis/${RestApiId}/stages", "UsagePlan": "/usageplans", "UsagePlanKey": "/usageplans/${UsagePlanId}/keys",
	} {
		in := "arn:aws:apigateway:${Region}::" + path
		r := right{"apigateway:POST", "apigateway:PATCH", "apigateway:DELETE", in, in + "/${Ref}", false}
		all["AWS::ApiGateway::"+typeName] = []right{r}
	}
	const account = "arn:aws:apigateway:${Region}::/account"
	all["AWS::ApiGateway::Account"] = []right{at(account, "apigateway:PATCH", "apigateway:PATCH", "")}
	for typeName, path := range map[string]string{"GatewayResponse": "gatewayresponses/${ResponseType}", "Method": "resources/${ResourceId}/methods/${HttpMethod}"} {
		all["AWS::ApiGateway::"+typeName] = []right{at("arn:aws:apigateway:${Region}::/restapis/${RestApiId}/"+path, "apigateway:PUT", "apigateway:PUT", "apigateway:DELETE")}
	}
}

// arnOf is the ARN of what a type makes, where AWS's schemas lack it or name a
// variable otherwise than the property.
func arnOf(typeName string) string {
	own := map[string]string{
		"AWS::CloudFormation::Stack": "cloudformation:${Region}:${Account}:stack/${StackName}/*", "AWS::DynamoDB::GlobalTable": "dynamodb:${Region}:${Account}:table/${TableName}",
		"AWS::Events::Rule": "events:${Region}:${Account}:rule/${Name}", "AWS::Glue::Job": "glue:${Region}:${Account}:job/${Name}",
		"AWS::SSM::Parameter": "ssm:${Region}:${Account}:parameter/${NameWithoutLeadingSlash}", "AWS::Scheduler::Schedule": "scheduler:${Region}:${Account}:schedule/${GroupName}/${Name}",
		"AWS::Scheduler::ScheduleGroup": "scheduler:${Region}:${Account}:schedule-group/${Name}", "AWS::KMS::Alias": "kms:${Region}:${Account}:${AliasName}",
		"AWS::Kinesis::Stream": "kinesis:${Region}:${Account}:stream/${Name}", "AWS::Events::EventBus": "events:${Region}:${Account}:event-bus/${Name}",
		"AWS::IAM::ManagedPolicy": "iam::${Account}:policy/${ManagedPolicyNameWithPath}", "AWS::SecretsManager::Secret": "secretsmanager:${Region}:${Account}:secret:${Name}",
	}
	if pattern, ok := own[typeName]; ok {
		return "arn:aws:" + pattern
	}
	return schema.ARN(typeName)
}

func at(arn, create, update, del string) right { return right{create, update, del, arn, arn, false} }

// listed reads "service:Create Update Delete", with - for what is not asked for.
func listed(arn, actions string) right {
	service, rest, _ := strings.Cut(actions, ":")
	var three [3]string
	for i, action := range strings.Fields(rest) {
		if action != "-" {
			three[i] = service + ":" + action
		}
	}
	return at(arn, three[0], three[1], three[2])
}
