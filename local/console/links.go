package console

// This file has the pages: those that each page leads to, and where a resource is
// shown.

import (
	"maps"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// way is where every page leads to, a page with those below it.
type way struct{ Path, Title string }

// sections are the console's own.
var sections = []way{
	{"/", "Assembly"},
	{"/workflows", "Workflows"},
	{"/queues", "Queues"},
	{"/tables", "Tables"},
	{"/buckets", "Buckets"},
	{"/topics", "Topics"},
	{"/mails", "Mails"},
	{"/logs", "Logs"},
	{"/metrics", "Metrics"},
	{"/alarms", "Alarms"},
}

// current tells whether a page is a section's, as aria-current has it.
func current(section, path string) string {
	switch {
	case section == path:
		return "page"
	case section == "/" && strings.HasPrefix(path, "/stacks/"):
		return "true"
	case section != "/" && strings.HasPrefix(path, section+"/"):
		return "true"
	}
	return ""
}

// ExecutionPage is the address of an execution's page.
func ExecutionPage(arn string) string { return "/executions/" + url.PathEscape(arn) }

// shownAt is where the console shows a resource of a template, or empty.
func shownAt(kind, id string) string {
	if id == "" {
		return ""
	}
	switch kind {
	case "AWS::StepFunctions::StateMachine":
		return "/workflows/" + url.PathEscape(id)
	case "AWS::SQS::Queue":
		return queuePage(lastPart(id))
	case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable":
		return tablePage(id)
	case "AWS::S3::Bucket":
		return bucketPage(id)
	case "AWS::SNS::Topic":
		return topicPage(id)
	case "AWS::CloudFormation::Stack":
		return stackPage(id)
	case "AWS::Events::Rule":
		name := id[strings.LastIndexAny(id, "|/")+1:]
		return metric{types.Metric{Namespace: aws.String("AWS/Events"), MetricName: aws.String("TriggeredRules"), Dimensions: []types.Dimension{{Name: aws.String("RuleName"), Value: &name}}}}.At()
	case "AWS::ApiGateway::RestApi":
		return namespace{Name: "AWS/ApiGateway"}.At()
	case "AWS::Transfer::Server":
		return namespace{Name: "AWS/Transfer"}.At()
	case "AWS::Kinesis::Stream":
		return namespace{Name: "AWS/Kinesis"}.At()
	case "AWS::Scheduler::Schedule":
		return namespace{Name: "AWS/Scheduler"}.At()
	case "AWS::Logs::LogGroup":
		return groupPage(id)
	case "AWS::Lambda::Function":
		return "/functions/" + url.PathEscape(id)
	case "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm":
		return alarmPage(id)
	}
	return ""
}

// given is what a form or an address has, or nil for nothing.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// NextPage is the address of a list's next page, by a member that says where that
// begins; empty if there is none.
func NextPage(query url.Values, member, begin string) string {
	if begin == "" {
		return ""
	}
	next := maps.Clone(query)
	next.Del("done")
	next.Set(member, begin)
	return "?" + next.Encode()
}

// more is NextPage by AWS's token.
func more(query url.Values, token *string) string {
	return NextPage(query, "from", aws.ToString(token))
}
