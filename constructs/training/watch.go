package training

// This file has what others may do with the system, and what can be seen of it.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// GrantData lets a grantee bring data.
func (s *System) GrantData(grantee awsiam.IGrantable) awsiam.Grant {
	return operation.AllowObjects(grantee, s.Data, []string{s.prefix + "*"}, "s3:PutObject")
}

// GrantPredictions lets a grantee list and read predictions.
func (s *System) GrantPredictions(grantee awsiam.IGrantable) awsiam.Grant {
	return operation.AllowObjects(grantee, s.Work, []string{"predictions/*"}, "s3:GetObject").
		Combine(operation.Allow(grantee, []string{*s.Work.BucketArn()}, "s3:ListBucket"))
}

// GrantInvoke lets a grantee ask the endpoint.
func (s *System) GrantInvoke(grantee awsiam.IGrantable) awsiam.Grant {
	return operation.Allow(grantee, []string{s.sageMaker("endpoint", s.Name)}, "sagemaker:InvokeEndpoint")
}

// MetricDeadLetters is how many runs could not be started, and how many ends of
// runs nobody was told of.
func (s *System) MetricDeadLetters(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricDeadLetters(s.DeadLetters, options)
}

func (s *System) addOverview() {
	s.Dashboard = awscloudwatch.NewDashboard(s.Construct, jsii.String("Dashboard"), nil)
	s.Dashboard.AddWidgets(
		operation.Graph("Runs", s.Workflow.MetricSucceeded(nil), s.Workflow.MetricFailed(nil), s.Workflow.MetricTimedOut(nil), s.Workflow.MetricAborted(nil)),
		operation.Graph("Changes of the endpoint", s.Endpoint.MetricSucceeded(nil), s.Endpoint.MetricFailed(nil), s.Endpoint.MetricTimedOut(nil)),
		operation.Graph("Dead letters", s.MetricDeadLetters(nil)),
		operation.Graph("Errors of functions", s.FindData.MetricErrors(nil), s.Predict.MetricErrors(nil), s.Report.MetricErrors(nil)),
	)
}
