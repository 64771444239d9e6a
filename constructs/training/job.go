package training

// This file declares the ETL job, and what script and container may do.

import (
	"maps"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

// addJob declares the ETL job. It runs once at a time: the workflow waits while
// somebody runs it by hand.
func (s *System) addJob(props Props, settings operation.Settings) {
	transform := props.Transform
	script := awss3assets.NewAsset(s.Construct, jsii.String("Script"), &awss3assets.AssetProps{Path: &transform.Script})
	s.JobRole = awsiam.NewRole(s.Construct, jsii.String("JobRole"), &awsiam.RoleProps{
		AssumedBy: operation.Service(s.Construct, "glue", "*"),
	})
	operation.Allow(s.JobRole, []string{*script.Bucket().ArnForObjects(script.S3ObjectKey())}, "s3:GetObject")
	operation.Allow(s.JobRole, []string{*s.Data.BucketArn(), *s.Work.BucketArn()}, "s3:ListBucket")
	operation.AllowObjects(s.JobRole, s.Data, []string{props.DataPrefix + "*"}, "s3:GetObject")
	operation.AllowObjects(s.JobRole, s.Work, []string{contract.FolderManifests + "*"}, "s3:GetObject")
	operation.AllowObjects(s.JobRole, s.Work, []string{contract.FolderTransformed + "*"}, "s3:GetObject", "s3:PutObject", "s3:DeleteObject") // Spark moves what it writes
	operation.Allow(s.JobRole, []string{operation.ARN(s.Construct, "logs", "log-group:/aws-glue/*")}, "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
	allowMetrics(s.JobRole, "StringEquals", "Glue")

	arguments := map[string]string{"--enable-metrics": "true"}
	maps.Copy(arguments, transform.Arguments)
	job := &awsglue.CfnJobProps{
		Description:       jsii.String("Transforms the data of a run"),
		Role:              s.JobRole.RoleArn(),
		Command:           &awsglue.CfnJob_JobCommandProperty{Name: jsii.String("pythonshell"), PythonVersion: jsii.String("3.9"), ScriptLocation: script.S3ObjectUrl()},
		GlueVersion:       jsii.String("3.0"),
		MaxCapacity:       jsii.Number(1),
		DefaultArguments:  arguments,
		ExecutionProperty: &awsglue.CfnJob_ExecutionPropertyProperty{MaxConcurrentRuns: jsii.Number(1)},
		MaxRetries:        jsii.Number(0), // the next run tries again
		Timeout:           jsii.Number(transform.Timeout.Minutes()),
	}
	if transform.Workers > 0 {
		job.Command = &awsglue.CfnJob_JobCommandProperty{Name: jsii.String("glueetl"), PythonVersion: jsii.String("3"), ScriptLocation: script.S3ObjectUrl()}
		job.GlueVersion, job.MaxCapacity = jsii.String("5.0"), nil
		job.WorkerType, job.NumberOfWorkers = jsii.String("G.1X"), jsii.Number(transform.Workers)
	}
	s.Job = awsglue.NewCfnJob(s.Construct, jsii.String("Job"), job)
	s.secure(settings)
	operation.Suppress(s.JobRole, "AwsSolutions-IAM5", "Data and runs come and go; Glue makes its log groups itself; metrics have no resources, and the policy names the namespace.",
		`^Resource::\*$`, `^Resource::.*/(`+regexp.QuoteMeta(props.DataPrefix)+`|manifests/|transformed/)\*$`, `^Resource::.*:log-group:/aws-glue/\*$`)
}

// secure encrypts the job's logs by the team's key. What it writes is encrypted
// by its bucket.
func (s *System) secure(settings operation.Settings) {
	if settings.Key == nil {
		operation.Suppress(s.Job, "AwsSolutions-GL1", "Logs are encrypted by CloudWatch's own key: Operation.Key is the team's.")
		operation.Suppress(s.Job, "AwsSolutions-GL3", "The job has no bookmarks: the manifest says what is new.")
		return
	}
	configuration := awsglue.NewCfnSecurityConfiguration(s.Construct, jsii.String("Security"), &awsglue.CfnSecurityConfigurationProps{
		Name: jsii.String(s.Name),
		EncryptionConfiguration: &awsglue.CfnSecurityConfiguration_EncryptionConfigurationProperty{
			CloudWatchEncryption:   &awsglue.CfnSecurityConfiguration_CloudWatchEncryptionProperty{CloudWatchEncryptionMode: jsii.String("SSE-KMS"), KmsKeyArn: settings.Key.KeyArn()},
			JobBookmarksEncryption: &awsglue.CfnSecurityConfiguration_JobBookmarksEncryptionProperty{JobBookmarksEncryptionMode: jsii.String("CSE-KMS"), KmsKeyArn: settings.Key.KeyArn()},
			S3Encryptions:          []any{&awsglue.CfnSecurityConfiguration_S3EncryptionProperty{S3EncryptionMode: jsii.String("SSE-KMS"), KmsKeyArn: settings.Key.KeyArn()}},
		},
	})
	s.Job.SetSecurityConfiguration(configuration.Ref())
	operation.Allow(s.JobRole, []string{operation.ARN(s.Construct, "logs", "log-group:/aws-glue/*")}, "logs:AssociateKmsKey")
}

// addTrainingRole declares what the container may do, as a training job and
// behind the endpoint.
func (s *System) addTrainingRole(props Props) {
	s.TrainingRole = awsiam.NewRole(s.Construct, jsii.String("TrainingRole"), &awsiam.RoleProps{
		AssumedBy: operation.Service(s.Construct, "sagemaker", "*"),
	})
	operation.Allow(s.TrainingRole, []string{*s.Work.BucketArn()}, "s3:ListBucket")
	operation.AllowObjects(s.TrainingRole, s.Work, []string{contract.FolderTransformed + "*"}, "s3:GetObject")
	operation.AllowObjects(s.TrainingRole, s.Work, []string{contract.FolderModels + "*"}, "s3:GetObject", "s3:PutObject")
	operation.Allow(s.TrainingRole, []string{operation.ARN(s.Construct, "logs", "log-group:/aws/sagemaker/*")}, "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
	operation.Allow(s.TrainingRole, []string{"*"}, "ecr:GetAuthorizationToken")
	operation.Allow(s.TrainingRole, []string{s.repository(props.Train.Image)}, "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
	allowMetrics(s.TrainingRole, "StringLike", "*SageMaker*") // those of training and of serving have different ones
	operation.Suppress(s.TrainingRole, "AwsSolutions-IAM5", "Each run has folders of its own; SageMaker makes its log groups itself; metrics and ECR's token have no resources.",
		`^Resource::\*$`, `^Resource::.*/(transformed|models)/\*$`, `^Resource::.*:log-group:/aws/sagemaker/\*$`, `^Resource::arn:.*:ecr:.*:repository/\*$`)
}

// allowMetrics lets a role write metrics of a service's namespace.
func allowMetrics(role awsiam.Role, operator, namespace string) {
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("cloudwatch:PutMetricData"), Resources: jsii.Strings("*"),
		Conditions: &map[string]any{operator: map[string]any{"cloudwatch:namespace": namespace}},
	}))
}

// expire is a rule of a bucket's life cycle.
func expire(id, prefix string, days int) *awss3.LifecycleRule {
	return &awss3.LifecycleRule{
		Id: &id, Prefix: &prefix,
		Expiration: awscdk.Duration_Days(jsii.Number(days)), NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(1)),
	}
}
