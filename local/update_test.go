package local

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
	"github.com/tradepost-dev/tradepost/local/cloudformation"
)

// updated are the properties that CloudFormation changes in place, of each type
// that honours some: all that the type's Update does something about. Whoever lets
// a type honour another one adds it here when the Update honours it, too, and a
// test of the service changes it.
var updated = map[string]string{
	"AWS::ApiGateway::Account":              "CloudWatchRoleArn",
	"AWS::ApiGateway::ApiKey":               "CustomerId Description Enabled Tags",
	"AWS::ApiGateway::Authorizer":           "AuthType AuthorizerCredentials AuthorizerResultTtlInSeconds AuthorizerUri IdentitySource IdentityValidationExpression Name Type",
	"AWS::ApiGateway::Deployment":           "Description StageName",
	"AWS::ApiGateway::GatewayResponse":      "ResponseParameters ResponseTemplates StatusCode",
	"AWS::ApiGateway::Method":               "ApiKeyRequired AuthorizationType AuthorizerId Integration MethodResponses OperationName RequestModels RequestParameters RequestValidatorId",
	"AWS::ApiGateway::Model":                "Description Schema",
	"AWS::ApiGateway::RequestValidator":     "ValidateRequestBody ValidateRequestParameters",
	"AWS::ApiGateway::RestApi":              "ApiKeySourceType BinaryMediaTypes Body BodyS3Location Description DisableExecuteApiEndpoint EndpointConfiguration FailOnWarnings Mode Name Parameters Policy Tags",
	"AWS::ApiGateway::Stage":                "AccessLogSetting CacheClusterEnabled DeploymentId Description DocumentationVersion MethodSettings Tags TracingEnabled Variables",
	"AWS::ApiGateway::UsagePlan":            "ApiStages Description Quota Tags Throttle UsagePlanName",
	"AWS::CloudFormation::Stack":            "Parameters Tags TemplateURL",
	"AWS::CloudTrail::Trail":                "AdvancedEventSelectors EnableLogFileValidation EventSelectors IncludeGlobalServiceEvents IsLogging IsMultiRegionTrail S3BucketName S3KeyPrefix Tags",
	"AWS::CloudWatch::Alarm":                "ActionsEnabled AlarmActions AlarmDescription ComparisonOperator DatapointsToAlarm Dimensions EvaluationPeriods ExtendedStatistic InsufficientDataActions MetricName Metrics Namespace OKActions Period Statistic Tags Threshold TreatMissingData Unit",
	"AWS::CloudWatch::CompositeAlarm":       "ActionsEnabled AlarmActions AlarmDescription AlarmRule InsufficientDataActions OKActions Tags",
	"AWS::CloudWatch::Dashboard":            "DashboardBody Tags",
	"AWS::DynamoDB::GlobalTable":            "AttributeDefinitions BillingMode GlobalSecondaryIndexes Replicas SSESpecification StreamSpecification TimeToLiveSpecification WarmThroughput",
	"AWS::DynamoDB::Table":                  "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes LocalSecondaryIndexes OnDemandThroughput ProvisionedThroughput SSESpecification StreamSpecification TableClass Tags TimeToLiveSpecification WarmThroughput",
	"AWS::EC2::Instance":                    "DisableApiTermination EbsOptimized IamInstanceProfile InstanceType Monitoring SecurityGroupIds Tags",
	"AWS::EC2::LaunchTemplate":              "LaunchTemplateData",
	"AWS::ECR::Repository":                  "ImageScanningConfiguration ImageTagMutability LifecyclePolicy RepositoryPolicyText",
	"AWS::Events::ApiDestination":           "ConnectionArn Description HttpMethod InvocationEndpoint InvocationRateLimitPerSecond",
	"AWS::Events::Archive":                  "Description EventPattern RetentionDays",
	"AWS::Events::Connection":               "AuthParameters AuthorizationType Description KmsKeyIdentifier",
	"AWS::Events::EventBus":                 "Description Policy Tags",
	"AWS::Events::EventBusPolicy":           "Statement",
	"AWS::Events::Rule":                     "Description EventPattern RoleArn ScheduleExpression State Tags Targets",
	"AWS::Glue::Job":                        "AllocatedCapacity Command Connections DefaultArguments Description ExecutionClass ExecutionProperty GlueVersion JobMode JobRunQueuingEnabled LogUri MaxCapacity MaxRetries NonOverridableArguments NumberOfWorkers Role SecurityConfiguration Timeout WorkerType",
	"AWS::IAM::AccessKey":                   "Status",
	"AWS::IAM::Group":                       "ManagedPolicyArns Path Policies",
	"AWS::IAM::InstanceProfile":             "Roles",
	"AWS::IAM::ManagedPolicy":               "Groups PolicyDocument Roles Tags Users",
	"AWS::IAM::Policy":                      "Groups PolicyDocument PolicyName Roles Users",
	"AWS::IAM::Role":                        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration PermissionsBoundary Policies Tags",
	"AWS::IAM::ServiceLinkedRole":           "Description",
	"AWS::IAM::User":                        "Groups ManagedPolicyArns Path PermissionsBoundary Policies Tags",
	"AWS::IAM::UserToGroupAddition":         "GroupName Users",
	"AWS::Kinesis::ResourcePolicy":          "ResourcePolicy",
	"AWS::Kinesis::Stream":                  "MaxRecordSizeInKiB RetentionPeriodHours ShardCount StreamEncryption StreamModeDetails Tags",
	"AWS::Lambda::Alias":                    "Description FunctionVersion ProvisionedConcurrencyConfig RoutingConfig",
	"AWS::Lambda::EventInvokeConfig":        "DestinationConfig MaximumEventAgeInSeconds MaximumRetryAttempts",
	"AWS::Lambda::EventSourceMapping":       "BatchSize BisectBatchOnFunctionError DestinationConfig Enabled FilterCriteria FunctionName FunctionResponseTypes MaximumBatchingWindowInSeconds MaximumRecordAgeInSeconds MaximumRetryAttempts ParallelizationFactor ScalingConfig Tags",
	"AWS::Lambda::Function":                 "Architectures Code DeadLetterConfig Description Environment EphemeralStorage Handler LoggingConfig MemorySize RecursiveLoop ReservedConcurrentExecutions Role Runtime Tags Timeout TracingConfig",
	"AWS::Logs::LogGroup":                   "RetentionInDays Tags",
	"AWS::Logs::MetricFilter":               "FilterPattern MetricTransformations",
	"AWS::Logs::SubscriptionFilter":         "DestinationArn Distribution FilterPattern RoleArn",
	"AWS::S3::Bucket":                       "AccessControl BucketEncryption CorsConfiguration LifecycleConfiguration NotificationConfiguration ObjectLockConfiguration OwnershipControls PublicAccessBlockConfiguration Tags VersioningConfiguration WebsiteConfiguration",
	"AWS::S3::BucketPolicy":                 "PolicyDocument",
	"AWS::SNS::Subscription":                "DeliveryPolicy FilterPolicy FilterPolicyScope RawMessageDelivery RedrivePolicy Region",
	"AWS::SNS::Topic":                       "ContentBasedDeduplication DisplayName FifoThroughputScope KmsMasterKeyId SignatureVersion Subscription Tags TracingConfig",
	"AWS::SNS::TopicPolicy":                 "PolicyDocument Topics",
	"AWS::SQS::Queue":                       "ContentBasedDeduplication DeduplicationScope DelaySeconds FifoThroughputLimit KmsDataKeyReusePeriodSeconds KmsMasterKeyId MaximumMessageSize MessageRetentionPeriod ReceiveMessageWaitTimeSeconds RedriveAllowPolicy RedrivePolicy SqsManagedSseEnabled Tags VisibilityTimeout",
	"AWS::SQS::QueueInlinePolicy":           "PolicyDocument",
	"AWS::SQS::QueuePolicy":                 "PolicyDocument Queues",
	"AWS::SSM::Parameter":                   "AllowedPattern DataType Description Tags Tier Type Value",
	"AWS::Scheduler::Schedule":              "ActionAfterCompletion Description EndDate FlexibleTimeWindow GroupName KmsKeyArn ScheduleExpression ScheduleExpressionTimezone StartDate State Target",
	"AWS::Scheduler::ScheduleGroup":         "Tags",
	"AWS::SecretsManager::ResourcePolicy":   "ResourcePolicy",
	"AWS::SecretsManager::RotationSchedule": "RotateImmediatelyOnUpdate RotationLambdaARN RotationRules",
	"AWS::SecretsManager::Secret":           "Description GenerateSecretString KmsKeyId SecretString Tags",
	"AWS::Transfer::Server":                 "EndpointDetails EndpointType IdentityProviderDetails IpAddressType LoggingRole PostAuthenticationLoginBanner PreAuthenticationLoginBanner ProtocolDetails Protocols S3StorageOptions SecurityPolicyName StructuredLogDestinations Tags",
	"AWS::Transfer::User":                   "HomeDirectory HomeDirectoryMappings HomeDirectoryType Policy Role SshPublicKeys Tags",
	"Custom::S3BucketNotifications":         "BucketName NotificationConfiguration SkipDestinationValidation",

	"AWS::StepFunctions::Activity":          "Tags",
	"AWS::StepFunctions::StateMachine":      "Definition DefinitionS3Location DefinitionString DefinitionSubstitutions EncryptionConfiguration LoggingConfiguration RoleArn Tags TracingConfiguration",
	"AWS::StepFunctions::StateMachineAlias": "DeploymentPreference Description RoutingConfiguration",
}

func TestEveryPropertyThatChangesInPlaceIsUpdated(t *testing.T) {
	e := everyService(t)
	for _, name := range e.Types() {
		var mutable []string
		for _, property := range e.types[name].Properties() {
			if recreation, _ := schema.Of(name, property); recreation != schema.Always {
				mutable = append(mutable, property)
			}
		}
		if got := strings.Join(mutable, " "); got != updated[name] {
			t.Errorf("%s changes in place:\n%s\nand the table has:\n%s", name, got, updated[name])
		}
		if len(mutable) > 0 && !e.types[name].Updates() {
			t.Errorf("%s has no Update", name)
		}
	}
}

// What does something here does it with the rights of who deploys it.
func TestEveryTypeThatDoesSomethingAsksForRights(t *testing.T) {
	e := everyService(t)
	for _, name := range e.Types() {
		_, known := schema.Of(name)
		if known && len(e.types[name].Properties()) > 0 && !cloudformation.Asks(name) {
			t.Errorf("%s asks for no rights: add it to local/cloudformation/rightstable.go", name)
		}
	}
}
