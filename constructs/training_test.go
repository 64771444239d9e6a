package constructs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/training"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// trainingProps are what has no default.
func trainingProps(o operation.Settings) training.Props {
	return training.Props{
		Name:      "churn",
		Transform: training.Transform{Script: "../examples/training/transform.py"},
		Train:     training.Train{Image: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7"},
		Gate:      training.Gate{Metric: "validation:auc", AtLeast: jsii.Number(0.8)},
		Operation: o,
	}
}

// trainingWith is the template of a system whose props a test changes.
func trainingWith(t *testing.T, name string, change func(awscdk.Stack, *training.Props)) *cdktest.Template {
	t.Helper()
	return synthOnce(t, "training "+name, func(stack awscdk.Stack) {
		props := trainingProps(operation.Settings{})
		change(stack, &props)
		training.New(stack, "Model", props)
	})
}

func TestTrainingKeepsItsStoresUnderTheirIds(t *testing.T) {
	template := synthSystem(t, "training")
	for path, want := range map[string]string{"Model/Data": "ModelDataBA4C4320", "Model/Work": "ModelWork81433349"} {
		bucket := template.At("AWS::S3::Bucket", path)
		template.Has(bucket, `{"VersioningConfiguration": {"Status": "Enabled"}}`)
		if bucket.LogicalID != want || bucket.DeletionPolicy != "Retain" {
			t.Errorf("%s is %s, and is kept: %s", path, bucket.LogicalID, bucket.DeletionPolicy)
		}
	}
	runs := template.At("AWS::DynamoDB::Table", "Model/Runs")
	template.Has(runs, `{"KeySchema": [{"AttributeName": "run", "KeyType": "HASH"}], "DeletionProtectionEnabled": true}`)
	if runs.LogicalID != "ModelRuns9C33CFDA" || runs.DeletionPolicy != "Retain" {
		t.Errorf("the table is %s, and is kept: %s", runs.LogicalID, runs.DeletionPolicy)
	}
}

func TestTrainedModelsAndPredictionsStayWhileWhatIsMadeAgainGoes(t *testing.T) {
	template := synthSystem(t, "training")
	template.Has(template.At("AWS::S3::Bucket", "Model/Work"), `{"LifecycleConfiguration": {"Rules": [
		{"Id": "transformed", "Prefix": "transformed/", "ExpirationInDays": 30, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Status": "Enabled"},
		{"Id": "manifests", "Prefix": "manifests/", "ExpirationInDays": 365, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Status": "Enabled"}]}}`)
}

func TestARunBeginsAtThreeEveryDayAndIsADeadLetterIfItCannot(t *testing.T) {
	template := synthSystem(t, "training")
	template.Has(template.OfType("AWS::Scheduler::Schedule")[0], `{"ScheduleExpression": "cron(0 3 * * ? *)", "ScheduleExpressionTimezone": "UTC", "State": "ENABLED",
		"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": "<Model/Workflow>", "Input": "{}", "RoleArn": "<Model/ScheduleRole.Arn>",
			"DeadLetterConfig": {"Arn": "<Model/DeadLetters.Arn>"}, "RetryPolicy": {"MaximumEventAgeInSeconds": 21600, "MaximumRetryAttempts": 185}}}`)
	changed := trainingWith(t, "schedule", func(_ awscdk.Stack, p *training.Props) {
		p.Schedule, p.TimeZone, p.Paused = "rate(12 hours)", "Europe/Berlin", true
	})
	changed.Has(changed.OfType("AWS::Scheduler::Schedule")[0], `{"ScheduleExpression": "rate(12 hours)", "ScheduleExpressionTimezone": "Europe/Berlin", "State": "DISABLED"}`)
}

func TestTheJobIsAPythonShellUnlessItHasWorkers(t *testing.T) {
	template := synthSystem(t, "training")
	template.Has(template.OfType("AWS::Glue::Job")[0], `{"Command": {"Name": "pythonshell", "PythonVersion": "3.9"}, "GlueVersion": "3.0", "MaxCapacity": 1,
		"ExecutionProperty": {"MaxConcurrentRuns": 1}, "MaxRetries": 0, "Timeout": 60, "Role": "<Model/JobRole.Arn>"}`)
	spark := trainingWith(t, "spark", func(_ awscdk.Stack, p *training.Props) {
		p.Transform.Workers, p.Transform.Timeout = 10, 2*time.Hour
		p.Transform.Arguments = map[string]string{"--label": "churned", "--enable-metrics": "false"}
	})
	job := spark.OfType("AWS::Glue::Job")[0]
	spark.Has(job, `{"Command": {"Name": "glueetl", "PythonVersion": "3"}, "GlueVersion": "5.0", "WorkerType": "G.1X", "NumberOfWorkers": 10, "Timeout": 120,
		"DefaultArguments": {"--label": "churned", "--enable-metrics": "false"}}`)
	if _, ok := job.Properties["MaxCapacity"]; ok {
		t.Error("a Spark job has a capacity beside its workers")
	}
}

func TestPropsOfTrainingReachTheStateMachines(t *testing.T) {
	template := trainingWith(t, "everything", func(_ awscdk.Stack, p *training.Props) {
		p.DataPrefix = "in/"
		p.Transform.Timeout = 30 * time.Minute
		p.Train.HyperParameters = map[string]string{"say": `"{% no %}" \ it`}
		p.Train.Metrics = map[string]string{"loss": `loss=(\d+)`, "acc": "acc=(.*)"}
		p.Train.InstanceType, p.Train.Volume, p.Train.Timeout = "ml.c5.xlarge", 50, 2*time.Hour
		p.Gate = training.Gate{Metric: "loss", AtMost: jsii.Number(0.25)}
		p.Serve = training.Serve{InstanceType: "ml.t2.medium", Instances: 3, Timeout: time.Hour}
	})
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Model/Workflow"), `{"DefinitionSubstitutions": {
		"Name": "churn", "DataPrefix": "in/", "TransformTimeoutSeconds": "5400",
		"HyperParameters": "{\\\"say\\\":\\\"\\\\\\\"{% no %}\\\\\\\" \\\\\\\\ it\\\"}",
		"MetricDefinitions": "[{\\\"Name\\\":\\\"acc\\\",\\\"Regex\\\":\\\"acc=(.*)\\\"},{\\\"Name\\\":\\\"loss\\\",\\\"Regex\\\":\\\"loss=(\\\\\\\\d+)\\\"}]",
		"TrainingInstanceType": "ml.c5.xlarge", "TrainingVolume": "50", "TrainingSeconds": "7200", "TrainingTimeoutSeconds": "10800",
		"Metric": "loss", "Gate": "<= 0.25", "EndpointInstanceType": "ml.t2.medium", "EndpointInstances": "3", "EndpointTimeoutSeconds": "4200",
		"EndpointMachineArn": "<Model/Endpoint>"}}`)
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Model/Endpoint"), `{"DefinitionSubstitutions": {"Name": "churn", "EndpointSeconds": "3600"}}`)
	template.Has(template.At("AWS::Lambda::Function", "Model/Predict"), `{"Environment": {"Variables": {"ENDPOINT_NAME": "churn", "WORK_BUCKET": "<Model/Work>"}}}`)
	template.Has(template.At("AWS::Lambda::Function", "Model/FindData"), `{"Environment": {"Variables": {"DATA_PREFIX": "in/", "DATA_BUCKET": "<Model/Data>", "WORK_BUCKET": "<Model/Work>", "RUNS_TABLE": "<Model/Runs>"}}}`)
}

// The name is one of SageMaker's, which takes 63 characters for that of a job.
func TestByDefaultNoOtherSystemHasTheEndpointsName(t *testing.T) {
	template := synthOnce(t, "training unnamed", func(stack awscdk.Stack) {
		props := trainingProps(operation.Settings{})
		props.Name = ""
		training.New(stack, "Model", props)
		training.New(stack, "Other", props)
	})
	name := func(system string) string {
		machine := template.At("AWS::StepFunctions::StateMachine", system+"/Endpoint")
		return template.Plain(machine.Properties).(map[string]any)["DefinitionSubstitutions"].(map[string]any)["Name"].(string)
	}
	if model, other := name("Model"), name("Other"); model == other || !strings.HasPrefix(model, "training-a0631f50-") || !strings.Contains(model, "AWS::StackId") {
		t.Errorf("names %s and %s", model, other)
	}
}

func TestEveryEndOfARunIsReportedOrADeadLetter(t *testing.T) {
	template := synthSystem(t, "training")
	rule := template.OfType("AWS::Events::Rule")[0]
	template.Has(rule, `{"EventPattern": {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"],
		"detail": {"stateMachineArn": ["<Model/Workflow>"], "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]}},
		"Targets": [{"Id": "Target0", "Arn": "<Model/Report.Arn>", "DeadLetterConfig": {"Arn": "<Model/DeadLetters.Arn>"},
			"RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}}]}`)
	template.Has(template.OfType("AWS::Lambda::EventInvokeConfig")[0], `{"FunctionName": "<Model/Report>", "DestinationConfig": {"OnFailure": {"Destination": "<Model/DeadLetters.Arn>"}}}`)
}

func TestTrainingUsesWhatATeamHasAlready(t *testing.T) {
	template := trainingWith(t, "existing", func(stack awscdk.Stack, p *training.Props) {
		p.Data = awss3.Bucket_FromBucketName(stack, jsii.String("Lake"), jsii.String("lake"))
		p.Notices = awssns.Topic_FromTopicArn(stack, jsii.String("News"), jsii.String("arn:aws:sns:eu-west-1:111122223333:news"))
		p.Code = map[training.Handler]awslambda.Code{}
		for _, handler := range []training.Handler{training.FindData, training.Predict, training.Report} {
			p.Code[handler] = awslambda.Code_FromAsset(jsii.String("testdata"), nil)
		}
	})
	if topics, buckets := template.OfType("AWS::SNS::Topic"), template.OfType("AWS::S3::Bucket"); len(topics) != 1 || len(buckets) != 2 {
		t.Errorf("%d topics, %d buckets", len(topics), len(buckets))
	}
	template.Has(template.At("AWS::Lambda::Function", "Model/FindData"), `{"Environment": {"Variables": {"DATA_BUCKET": "lake"}}}`)
	template.Has(template.At("AWS::Lambda::Function", "Model/Report"), `{"Environment": {"Variables": {"NOTICES_ARN": "arn:aws:sns:eu-west-1:111122223333:news"}}}`)
}

func TestSageMakersOwnContainerIsThatOfTheStacksRegion(t *testing.T) {
	template := trainingWith(t, "xgboost", func(stack awscdk.Stack, p *training.Props) { p.Train.Image = training.XGBoost(stack) })
	machine := template.At("AWS::StepFunctions::StateMachine", "Model/Workflow")
	template.Has(machine, `{"DefinitionSubstitutions": {"Image":
		"Fn::FindInMap[\"XGBoostRegistries\",\"\\u003cAWS::Region\\u003e\",\"Registry\"].dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/sagemaker-xgboost:1.7-1"}}`)
}

func TestTrainingGrantsDataPredictionsAndTheEndpointAndNothingElse(t *testing.T) {
	template := synthOnce(t, "training grants", func(stack awscdk.Stack) {
		props := trainingProps(operation.Settings{})
		model := training.New(stack, "Model", props)
		for id, grant := range map[string]func(awsiam.IGrantable) awsiam.Grant{"Source": model.GrantData, "Reader": model.GrantPredictions, "Site": model.GrantInvoke} {
			grant(awsiam.NewRole(stack, &id, &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}))
		}
	})
	var got []string
	for _, line := range permissions(template) {
		if role, _, _ := split3(line); role == "Source" || role == "Reader" || role == "Site" {
			got = append(got, line)
		}
	}
	want := `Reader s3:GetObject <Model/Work.Arn>/predictions/*
Reader s3:ListBucket <Model/Work.Arn>
Site sagemaker:InvokeEndpoint arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:endpoint/churn
Source s3:PutObject <Model/Data.Arn>/data/*`
	if lines := strings.Join(got, "\n"); lines != want {
		t.Errorf("got\n%s\nwant\n%s", lines, want)
	}
}

func TestEachAlarmOfTrainingIsAdjustedByItsOwnProp(t *testing.T) {
	template := trainingWith(t, "adjusted", func(_ awscdk.Stack, p *training.Props) {
		p.Alarms = training.Alarms{
			DeadLetters: operation.Alarm{Threshold: 11},
			Runs:        workflow.Alarms{Failed: operation.Alarm{Threshold: 12}},
			Endpoint:    workflow.Alarms{Failed: operation.Alarm{Threshold: 13}},
			Functions:   gofunction.Alarms{Errors: operation.Alarm{Threshold: 14}},
		}
	})
	for alarm, threshold := range map[string]string{"DeadLettersAlarm": "11", "Workflow/FailedAlarm": "12", "Endpoint/FailedAlarm": "13", "FindData/ErrorsAlarm": "14", "Predict/ErrorsAlarm": "14", "Report/ErrorsAlarm": "14"} {
		template.Has(template.At("AWS::CloudWatch::Alarm", "Model/"+alarm), `{"Threshold": `+threshold+`}`)
	}
}

func TestWrongTrainingPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		training.New(cdktest.NewStack(t), "Model", training.Props{
			Name: "-Churn", Schedule: "daily",
			Transform: training.Transform{Workers: 1, Arguments: map[string]string{"label": "x", "--data": "y"}, Timeout: 90 * time.Second},
			Train:     training.Train{Metrics: map[string]string{"a'b": "x"}, InstanceType: "m5.large", Volume: -1, Timeout: time.Second},
			Gate:      training.Gate{Metric: "it's"},
			Serve:     training.Serve{Instances: -1, InstanceType: "large", Timeout: 25 * time.Hour},
			Code:      map[training.Handler]awslambda.Code{"pack": awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
			Alarms:    training.Alarms{DeadLetters: operation.Alarm{Threshold: -1}, Runs: workflow.Alarms{Failed: operation.Alarm{Periods: -1}}},
		})
	})
	for _, part := range []string{
		"training.System Model", `Name is "-Churn": give 1 to 30 of a to z`, `Schedule is "daily": give an expression`, "Transform.Script is required",
		"Transform.Workers is 1: give 2 to 299", `Transform.Arguments has "label": give names such as --name`, "Transform.Arguments has --data: the system gives it itself",
		"Transform.Timeout is 1m30s: give a multiple of 1m0s", "Train.Image is required", `Train.Metrics has "a'b"`, `Train.InstanceType is "m5.large"`, "Train.Volume is -1: give 1 to 16384",
		"Train.Timeout is 1s: give 1m0s to 120h0m0s", `Gate.Metric is "it's"`, "give either Gate.AtLeast or Gate.AtMost", "Serve.Instances is -1: give 1 to 1000",
		`Serve.InstanceType is "large"`, "Serve.Timeout is 25h0m0s: give 1m0s to 24h0m0s", `Code has "pack"`, "Alarms.DeadLetters.Threshold is -1", "Alarms.Runs.Failed.Periods is -1",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}
