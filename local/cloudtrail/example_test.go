package cloudtrail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local"
)

// A trail that tells EventBridge of uploads, and a rule that queues them.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	template := filepath.Join(folder, "shop.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {
		"Landing": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "landing"}},
		"Records": {"Type": "AWS::S3::Bucket"},
		"Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": {"S3BucketName": {"Ref": "Records"}, "IsLogging": true,
			"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false, "DataResources": [
				{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::landing/"]}]}]}},
		"Queue": {"Type": "AWS::SQS::Queue"},
		"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}},
		"Uploads": {"Type": "AWS::Events::Rule", "Properties": {
			"EventPattern": {"detail-type": ["AWS API Call via CloudTrail"], "detail": {"eventName": ["PutObject"]}},
			"Targets": [{"Id": "Queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}},
		"Outputs": {"QueueURL": {"Value": {"Ref": "Queue"}}}}`), 0o600); err != nil {
		panic(err)
	}
	engine, err := local.Start(ctx, local.Options{Assembly: template})
	if err != nil {
		panic(err)
	}
	defer engine.Close()

	client := awss3.New(awss3.Options{
		BaseEndpoint: aws.String(engine.URL()), UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	put := awss3.PutObjectInput{Bucket: aws.String("landing"), Key: aws.String("orders.xml"), Body: strings.NewReader("<Orders/>")}
	if _, err := client.PutObject(ctx, &put); err != nil {
		panic(err)
	}
	queue := map[string]any{"QueueUrl": engine.Endpoints().Outputs["shop"]["QueueURL"], "WaitTimeSeconds": 20}
	var out struct{ Messages []struct{ Body string } }
	if err := engine.Cloud.Do(ctx, engine.Cloud.Administrator(), "sqs", "ReceiveMessage", queue, &out); err != nil {
		panic(err)
	}
	var event struct {
		Detail struct {
			EventName         string
			RequestParameters struct{ BucketName, Key string }
		}
	}
	for _, m := range out.Messages {
		err := json.Unmarshal([]byte(m.Body), &event)
		fmt.Println(event.Detail.EventName, event.Detail.RequestParameters, err)
	}
	// Output: PutObject {landing orders.xml} <nil>
}
