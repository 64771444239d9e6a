package deployment

// This file tells what there is in the account, by the public APIs.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/transfer"
)

// inventory is what there is, by kind and, of what a stack may retain, by
// physical id.
type inventory map[string][]string

func (a *account) inventory(t *testing.T) inventory {
	t.Helper()
	cfg := a.AWS()
	gateway, functions, identity := apigateway.NewFromConfig(cfg), lambda.NewFromConfig(cfg), iam.NewFromConfig(cfg)
	topics, stacks := sns.NewFromConfig(cfg), cloudformation.NewFromConfig(cfg)
	there := ec2types.Filter{Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "stopping", "stopped"}}
	i := inventory{
		"stacks":           listed(t, cloudformation.NewDescribeStacksPaginator(stacks, nil), "Stacks", "StackName"),
		"tables":           listed(t, dynamodb.NewListTablesPaginator(dynamodb.NewFromConfig(cfg), nil), "TableNames"),
		"buckets":          listed(t, s3.NewListBucketsPaginator(s3.NewFromConfig(cfg), nil), "Buckets", "Name"),
		"queues":           listed(t, sqs.NewListQueuesPaginator(sqs.NewFromConfig(cfg), nil), "QueueUrls"),
		"streams":          listed(t, kinesis.NewListStreamsPaginator(kinesis.NewFromConfig(cfg), nil), "StreamNames"),
		"topics":           listed(t, sns.NewListTopicsPaginator(topics, nil), "Topics", "TopicArn"),
		"subscriptions":    listed(t, sns.NewListSubscriptionsPaginator(topics, nil), "Subscriptions", "SubscriptionArn"),
		"secrets":          listed(t, secretsmanager.NewListSecretsPaginator(secretsmanager.NewFromConfig(cfg), nil), "SecretList", "ARN"),
		"functions":        listed(t, lambda.NewListFunctionsPaginator(functions, nil), "Functions", "FunctionName"),
		"state machines":   listed(t, sfn.NewListStateMachinesPaginator(sfn.NewFromConfig(cfg), nil), "StateMachines", "StateMachineArn"),
		"REST APIs":        listed(t, apigateway.NewGetRestApisPaginator(gateway, nil), "Items", "Id"),
		"API keys":         listed(t, apigateway.NewGetApiKeysPaginator(gateway, nil), "Items", "Id"),
		"usage plans":      listed(t, apigateway.NewGetUsagePlansPaginator(gateway, nil), "Items", "Id"),
		"SFTP servers":     listed(t, transfer.NewListServersPaginator(transfer.NewFromConfig(cfg), nil), "Servers", "Arn"),
		"alarms":           listed(t, cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(cfg), nil), "MetricAlarms", "AlarmName"),
		"schedules":        listed(t, scheduler.NewListSchedulesPaginator(scheduler.NewFromConfig(cfg), nil), "Schedules", "Name"),
		"jobs":             listed(t, glue.NewGetJobsPaginator(glue.NewFromConfig(cfg), nil), "Jobs", "Name"),
		"instances":        listed(t, ec2.NewDescribeInstancesPaginator(ec2.NewFromConfig(cfg), &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{there}}), "Reservations", "Instances", "InstanceId"),
		"roles":            listed(t, iam.NewListRolesPaginator(identity, nil), "Roles", "RoleName"),
		"managed policies": listed(t, iam.NewListPoliciesPaginator(identity, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal}), "Policies", "Arn"),
		"rules":            listed(t, &calls{account: a, service: "events", target: "AWSEvents.ListRules", token: "NextToken"}, "Rules", "Name"),
		"log groups":       listed(t, &calls{account: a, service: "logs", target: "Logs_20140328.DescribeLogGroups", token: "nextToken"}, "logGroups", "logGroupName"),
	}
	for _, names := range i {
		slices.Sort(names)
	}
	return i
}

// keeping is what is left of an inventory when all else is deleted.
func (i inventory) keeping(kept map[string]bool) inventory {
	left := inventory{}
	for kind, names := range i {
		left[kind] = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !kept[name] })
	}
	return left
}

func (i inventory) is(t *testing.T, want inventory) {
	t.Helper()
	for kind, names := range i {
		if !slices.Equal(names, want[kind]) {
			t.Errorf("of the %s there are %q\nwant %q", kind, names, want[kind])
		}
	}
}

// pages is a paginator of any API.
type pages[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (Page, error)
}

// listed are the values of a member of what all pages list.
func listed[Page, Options any](t *testing.T, list pages[Page, Options], path ...string) (values []string) {
	t.Helper()
	for list.HasMorePages() {
		page, err := list.NextPage(t.Context())
		if err != nil {
			t.Fatalf("list %s: %v", path, err)
		}
		text, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, members(t, text, path)...)
	}
	return values
}

// calls are the pages of a service whose client this module does not have.
type calls struct {
	*account
	service, target string
	token           string // its name, in and out
	next            string
	made            bool
}

func (c *calls) HasMorePages() bool { return !c.made || c.next != "" }

func (c *calls) NextPage(ctx context.Context, _ ...func(*struct{})) (page json.RawMessage, err error) {
	input := []byte("{}")
	if c.next != "" {
		if input, err = json.Marshal(map[string]string{c.token: c.next}); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Engine.URL(), bytes.NewReader(input))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Amz-Target", c.target)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	credentials, err := c.AWS().Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, fmt.Sprintf("%x", sha256.Sum256(input)), c.service, c.AWS().Region, time.Now()); err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if page, err = io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %w: %s", response.Status, err, page)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(page, &members); err != nil {
		return nil, err
	}
	c.made, c.next = true, ""
	if token, ok := members[c.token]; ok {
		err = json.Unmarshal(token, &c.next)
	}
	return page, err
}

// members are the texts at the end of a path through objects and lists of them.
func members(t *testing.T, text []byte, path []string) (found []string) {
	t.Helper()
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var walk func(value any, path []string)
	walk = func(value any, path []string) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				walk(element, path)
			}
		case map[string]any:
			walk(value[path[0]], path[1:])
		case string:
			found = append(found, value)
		}
	}
	walk(document, path)
	return found
}
