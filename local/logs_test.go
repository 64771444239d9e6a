package local_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tradepost-dev/tradepost/local"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

// loggingTemplate has a function whose role may log to the group that is declared,
// and one that may make its own.
var loggingTemplate = fmt.Sprintf(`{"Resources": {
	"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/shop", "RetentionInDays": 7}},
	"Declared": %s, "Worker": %s, "Own": %s, "Maker": %s, "Blind": %s, "Mute": %s}}`,
	loggingRole(`"logs:CreateLogStream", "logs:PutLogEvents"`, `{"Fn::GetAtt": ["Group", "Arn"]}`), loggingFunction("Declared", `, "LoggingConfig": {"LogGroup": {"Ref": "Group"}}`),
	loggingRole(`"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"`, `"*"`), loggingFunction("Own", `, "FunctionName": "maker"`),
	loggingRole(`"logs:CreateLogStream", "logs:PutLogEvents"`, `"*"`), loggingFunction("Blind", `, "FunctionName": "mute"`))

func loggingRole(actions, resource string) string {
	return `{"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}},
		"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": [` + actions + `], "Resource": ` + resource + `}}}]}}`
}

func loggingFunction(role, properties string) string {
	return `{"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "Code": {"S3Bucket": "assets", "S3Key": "worker"},
		"Role": {"Fn::GetAtt": ["` + role + `", "Arn"]}` + properties + `}}`
}

func TestAFunctionsLogIsReadByClientsOfCloudWatchLogs(t *testing.T) {
	engine := startTemplate(t, loggingTemplate, local.Options{})
	functions, logs := lambda.NewFromConfig(client(engine)), cloudwatchlogs.NewFromConfig(client(engine))
	invoke := func(name string) {
		t.Helper()
		// The table that the function wants is not there: it prints why.
		out, err := functions.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte(`{"Records": [{"body": "x"}]}`), LogType: types.LogTypeTail})
		if err != nil || out.FunctionError == nil {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	names, err := functions.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	worker := ""
	for _, f := range names.Functions {
		if strings.Contains(*f.FunctionName, "Worker") {
			worker = *f.FunctionName
		}
	}
	before := time.Now()
	invoke(worker)
	between := time.Now()
	invoke(worker)
	invoke("maker")
	invoke("mute")

	read := func(group string, in cloudwatchlogs.FilterLogEventsInput) (lines []string) {
		t.Helper()
		in.LogGroupName = &group
		out, err := logs.FilterLogEvents(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Events {
			if *e.Timestamp < before.UnixMilli() || *e.Timestamp > time.Now().UnixMilli() {
				t.Errorf("%q is of %v", *e.Message, time.UnixMilli(*e.Timestamp))
			}
			lines = append(lines, *e.Message)
		}
		return lines
	}
	starts := func(in cloudwatchlogs.FilterLogEventsInput) int {
		t.Helper()
		in.FilterPattern = aws.String(`"START RequestId"`)
		return len(read("/shop", in))
	}
	if n := starts(cloudwatchlogs.FilterLogEventsInput{}); n != 2 {
		t.Errorf("%d invocations", n)
	}
	if n := starts(cloudwatchlogs.FilterLogEventsInput{StartTime: aws.Int64(between.UnixMilli() + 1)}); n > 1 {
		t.Errorf("%d invocations since the second", n)
	}
	all := read("/shop", cloudwatchlogs.FilterLogEventsInput{})
	if !strings.HasPrefix(all[0], "START RequestId") || !strings.Contains(strings.Join(all, "\n"), "\noperation error DynamoDB: PutItem") || !strings.HasPrefix(all[len(all)-1], "REPORT RequestId") {
		t.Errorf("%q", all)
	}
	if found := read("/shop", cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String("REPORT Duration")}); len(found) != 2 {
		t.Errorf("%q", found)
	}
	if own := read("/aws/lambda/maker", cloudwatchlogs.FilterLogEventsInput{}); len(own) == 0 || !strings.HasPrefix(own[0], "START RequestId") {
		t.Errorf("in a group of the function's own: %q", own)
	}
	groups, err := logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil || len(groups.LogGroups) != 2 || *groups.LogGroups[1].RetentionInDays != 7 {
		t.Errorf("%+v, %v", groups, err)
	}
	text, err := os.ReadFile(engine.Endpoints().Logs + "/app-Mute.log")
	if err != nil || !strings.Contains(string(text), "On AWS nobody would see this: ") || !strings.Contains(string(text), "logs:CreateLogGroup") {
		t.Errorf("%s, %v", text, err)
	}
	streams, err := logs.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String("/shop")})
	if err != nil || len(streams.LogStreams) != 1 || *streams.LogStreams[0].FirstEventTimestamp < before.UnixMilli() {
		t.Errorf("%+v, %v", streams, err)
	}
}

// What one function logs is counted, and sent to another.
func TestFiltersHearOfWhatAFunctionLogs(t *testing.T) {
	var mu sync.Mutex
	var heard []string
	hearer := handler(func(_ context.Context, event map[string]any) (any, error) {
		data, err := base64.StdEncoding.DecodeString(event["awslogs"].(map[string]any)["data"].(string))
		if err != nil {
			return nil, err
		}
		reader, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		var sent struct {
			LogGroup  string
			LogEvents []struct{ Message string }
		}
		if err := json.NewDecoder(reader).Decode(&sent); err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, e := range sent.LogEvents {
			word, _, _ := strings.Cut(e.Message, " ")
			heard = append(heard, sent.LogGroup+" "+word)
		}
		return nil, nil
	})
	template := fmt.Sprintf(`{"Resources": {
		"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/shop"}},
		"Role": %s, "Worker": %s, "Hearer": %s,
		"Permission": {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "Hearer"}, "Action": "lambda:InvokeFunction", "Principal": "logs.amazonaws.com", "SourceArn": {"Fn::GetAtt": ["Group", "Arn"]}}},
		"Sent": {"Type": "AWS::Logs::SubscriptionFilter", "DependsOn": "Permission", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "REPORT", "DestinationArn": {"Fn::GetAtt": ["Hearer", "Arn"]}}},
		"Counted": {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "REPORT", "MetricTransformations": [{"MetricNamespace": "Shop", "MetricName": "Runs", "MetricValue": "1"}]}}}}`,
		loggingRole(`"logs:*"`, `"*"`), loggingFunction("Role", `, "FunctionName": "worker", "LoggingConfig": {"LogGroup": {"Ref": "Group"}}`), loggingFunction("Role", `, "FunctionName": "hearer"`))
	engine := startTemplate(t, template, local.Options{Handlers: map[string]locallambda.Handler{"app/Hearer": hearer}})
	if _, err := lambda.NewFromConfig(client(engine)).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("worker"), Payload: []byte(`{"Records": [{"body": "x"}]}`)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other function has heard of it", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Equal(heard, []string{"/shop REPORT"})
	})
	metrics := cloudwatch.NewFromConfig(client(engine))
	eventually(t, "the metric counts it", func() bool {
		out := must(metrics.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{Namespace: aws.String("Shop"), MetricName: aws.String("Runs"),
			StartTime: aws.Time(time.Now().Add(-10 * time.Minute)), EndTime: aws.Time(time.Now().Add(time.Minute)), Period: aws.Int32(3600), Statistics: []cwtypes.Statistic{cwtypes.StatisticSum}}))
		return len(out.Datapoints) == 1 && *out.Datapoints[0].Sum == 1
	})
}
