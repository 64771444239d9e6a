package cloudformation

import (
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// noted authorizes everything, and notes what it was asked.
type noted struct{ asked []string }

func (n *noted) Authorize(caller cloud.Caller, action, resource string) error {
	if to := caller.Context["iam:PassedToService"]; to != "" {
		action += " to " + to
	}
	n.asked = append(n.asked, action+" "+resource)
	return nil
}

func (*noted) Assume(service cloud.Caller, _, _ string) (cloud.Caller, error) { return service, nil }

func TestADeedAsksForWhatAWSAsksFor(t *testing.T) {
	type p = map[string]any
	queue := cfn.Handle{Ref: "https://sqs.eu-west-1.amazonaws.com/111122223333/q", Attributes: p{"Arn": "arn:aws:sqs:eu-west-1:111122223333:q"}}
	generated := cfn.Resource{Stack: "store", LogicalID: "R"}.PhysicalName(64)
	for _, row := range []struct {
		typeName   string
		verb       cfn.Verb
		properties p
		handle     cfn.Handle
		want       string // without arn:aws:
	}{
		{"AWS::SQS::Queue", cfn.Create, p{}, cfn.Handle{}, "sqs:CreateQueue sqs:eu-west-1:111122223333:" + generated},
		{"AWS::SQS::Queue", cfn.Create, p{"QueueName": "q"}, cfn.Handle{}, "sqs:CreateQueue sqs:eu-west-1:111122223333:q"},
		{"AWS::SQS::Queue", cfn.Alter, p{}, queue, "sqs:SetQueueAttributes sqs:eu-west-1:111122223333:q"},
		{"AWS::SQS::Queue", cfn.Delete, p{}, queue, "sqs:DeleteQueue sqs:eu-west-1:111122223333:q"},
		{"AWS::SQS::QueuePolicy", cfn.Delete, p{"Queues": []any{queue.Ref, queue.Ref + "2"}}, cfn.Handle{}, "sqs:SetQueueAttributes sqs:eu-west-1:111122223333:q; sqs:SetQueueAttributes sqs:eu-west-1:111122223333:q2"},
		{"AWS::SNS::TopicPolicy", cfn.Create, p{"Topics": []any{"arn:aws:sns:eu-west-1:1:t"}}, cfn.Handle{}, "sns:SetTopicAttributes sns:eu-west-1:1:t"},
		{"AWS::S3::Bucket", cfn.Delete, p{}, cfn.Handle{Ref: "b"}, "s3:DeleteBucket s3:::b"},
		{"AWS::S3::Bucket", cfn.Alter, p{}, cfn.Handle{Ref: "b"}, ""},
		{"AWS::S3::BucketPolicy", cfn.Create, p{"Bucket": "b"}, cfn.Handle{}, "s3:PutBucketPolicy s3:::b"},
		{"AWS::IAM::Role", cfn.Create, p{"RoleName": "r", "Path": "/app/"}, cfn.Handle{}, "iam:CreateRole iam::111122223333:role/app/r"},
		{"AWS::IAM::Policy", cfn.Create, p{"Roles": []any{"r"}, "Users": []any{"u", "v"}}, cfn.Handle{}, "iam:PutRolePolicy iam::111122223333:role/r; iam:PutUserPolicy iam::111122223333:user/u; iam:PutUserPolicy iam::111122223333:user/v"},
		{"AWS::SSM::Parameter", cfn.Create, p{"Name": "/a/b"}, cfn.Handle{}, "ssm:PutParameter ssm:eu-west-1:111122223333:parameter/a/b"},
		{"AWS::SSM::Parameter", cfn.Delete, p{}, cfn.Handle{Ref: "/a/b"}, "ssm:DeleteParameter ssm:eu-west-1:111122223333:parameter/a/b"},
		{"AWS::EC2::Instance", cfn.Create, p{}, cfn.Handle{}, "ec2:RunInstances ec2:eu-west-1:111122223333:instance/*"},
		{"AWS::EC2::Instance", cfn.Delete, p{}, cfn.Handle{Ref: "i-1"}, "ec2:TerminateInstances ec2:eu-west-1:111122223333:instance/i-1"},
		{"AWS::ApiGateway::ApiKey", cfn.Create, p{}, cfn.Handle{}, "apigateway:POST apigateway:eu-west-1::/apikeys"},
		{"AWS::ApiGateway::ApiKey", cfn.Delete, p{}, cfn.Handle{Ref: "k"}, "apigateway:DELETE apigateway:eu-west-1::/apikeys/k"},
		{"AWS::ApiGateway::Method", cfn.Create, p{"RestApiId": "a", "ResourceId": "r", "HttpMethod": "GET", "Integration": p{"Credentials": "arn:aws:iam::1:role/r"}}, cfn.Handle{},
			"apigateway:PUT apigateway:eu-west-1::/restapis/a/resources/r/methods/GET; iam:PassRole to apigateway.amazonaws.com iam::1:role/r"},
		{"AWS::Lambda::Permission", cfn.Create, p{"FunctionName": "arn:aws:lambda:eu-west-1:1:function:f"}, cfn.Handle{}, "lambda:AddPermission lambda:eu-west-1:1:function:f"},
		{"AWS::Lambda::Alias", cfn.Delete, p{"FunctionName": "f"}, cfn.Handle{Ref: "x"}, "lambda:DeleteAlias lambda:eu-west-1:111122223333:function:f"},
		{"AWS::Events::Rule", cfn.Create, p{"Name": "r", "Targets": []any{p{"RoleArn": "arn:aws:iam::1:role/a"}, p{}, p{"RoleArn": "arn:aws:iam::1:role/b"}}}, cfn.Handle{},
			"events:PutRule events:eu-west-1:111122223333:rule/r; iam:PassRole to events.amazonaws.com iam::1:role/a; iam:PassRole to events.amazonaws.com iam::1:role/b"},
		{"AWS::Events::Rule", cfn.Delete, p{"Targets": []any{p{"RoleArn": "arn:aws:iam::1:role/a"}}}, cfn.Handle{Ref: "r"}, "events:DeleteRule events:eu-west-1:111122223333:rule/r"},
		{"AWS::Scheduler::Schedule", cfn.Create, p{"Name": "s"}, cfn.Handle{}, "scheduler:CreateSchedule scheduler:eu-west-1:111122223333:schedule/default/s"},
		{"Custom::Thing", cfn.Delete, p{"ServiceToken": function}, cfn.Handle{Ref: "x"}, "lambda:InvokeFunction lambda:eu-west-1:111122223333:function:f"},
		{"Test::Thing", cfn.Create, p{}, cfn.Handle{}, ""},
	} {
		n := &noted{}
		c := cloud.New(site)
		t.Cleanup(c.Close)
		c.Authorizer = n
		f := New(c, Options{})
		deed := cfn.Deed{Resource: cfn.Resource{Stack: "store", LogicalID: "R", Type: row.typeName}, Verb: row.verb, Properties: row.properties, Handle: row.handle}
		if err := f.mayDo(&stack{}, deed); err != nil {
			t.Fatal(err)
		}
		slices.Sort(n.asked)
		if got := strings.ReplaceAll(strings.Join(n.asked, "; "), "arn:aws:", ""); got != row.want {
			t.Errorf("%s, %d: asked for %s\nwant %s", row.typeName, row.verb, got, row.want)
		}
	}
}
