package sqs_test

// This file tests limits, refusals and permissions.

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// queryCodes are the names that errors have in the query protocol, where they are others.
var queryCodes = map[string]string{
	"BatchEntryIdsNotDistinct":          "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"BatchRequestTooLong":               "AWS.SimpleQueueService.BatchRequestTooLong",
	"EmptyBatchRequest":                 "AWS.SimpleQueueService.EmptyBatchRequest",
	"InvalidBatchEntryId":               "AWS.SimpleQueueService.InvalidBatchEntryId",
	"InvalidParameterValueException":    "InvalidParameterValue",
	"MissingRequiredParameterException": "MissingParameter",
	"QueueDeletedRecently":              "AWS.SimpleQueueService.QueueDeletedRecently",
	"QueueDoesNotExist":                 "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":                   "QueueAlreadyExists",
	"TooManyEntriesInBatchRequest":      "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
}

// refusedAs holds an error to a code, in both protocols, which a text may follow:
// "MissingRequiredParameterException: The request". Without a code there is no error.
func refusedAs(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || want == "" {
		if (err == nil) != (want == "") {
			t.Errorf("error %v, want %q", err, want)
		}
		return
	}
	code, _, _ := strings.Cut(want, ":")
	if e := cloud.AsError(err); e.Code != code || e.QueryCode != cmp.Or(queryCodes[code], code) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v (%s), want %q", err, e.QueryCode, want)
	}
}

func TestWhatAWSRefusesIsRefused(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", "")+","+queue("Other", ""))
	e.send(t, "other", "x")
	foreign := e.receive(t, "other", nil)[0].ReceiptHandle
	entries := func(n, size int) map[string]any {
		var list []map[string]string
		for i := range n {
			list = append(list, map[string]string{"Id": fmt.Sprint(i), "MessageBody": strings.Repeat("x", size)})
		}
		return map[string]any{"Entries": list}
	}
	attribute := func(name, dataType, value string) map[string]any {
		return map[string]any{"MessageBody": "x", "MessageAttributes": map[string]any{name: map[string]string{"DataType": dataType, "StringValue": value}}}
	}
	raw := func(name string, value map[string]any) map[string]any {
		return map[string]any{"MessageBody": "x", "MessageAttributes": map[string]any{name: value}}
	}
	attributes := func(n int) map[string]any {
		all := map[string]any{}
		for i := range n {
			all[fmt.Sprint(i)] = map[string]string{"DataType": "String", "StringValue": "x"}
		}
		return map[string]any{"MessageBody": "x", "MessageAttributes": all}
	}
	system := func(name string, value map[string]any) map[string]any {
		return map[string]any{"MessageBody": "x", "MessageSystemAttributes": map[string]any{name: value}}
	}
	tags := func(key, value string) map[string]any { return map[string]any{"Tags": map[string]string{key: value}} }
	list := func(member string, value any) map[string]any { return map[string]any{member: value} }
	grant := func(label string, accounts, actions []string) map[string]any {
		return map[string]any{"Label": label, "AWSAccountIds": accounts, "Actions": actions}
	}
	handle := func(text string) map[string]any {
		return map[string]any{"ReceiptHandle": base64.StdEncoding.EncodeToString([]byte(text))}
	}
	for _, test := range []struct {
		name, action string
		in           map[string]any
		code         string // empty: accepted
	}{
		{"a message of 1 MiB", "SendMessage", map[string]any{"MessageBody": strings.Repeat("x", 1<<20)}, ""},
		{"a byte more", "SendMessage", map[string]any{"MessageBody": strings.Repeat("x", 1<<20+1)}, "InvalidParameterValueException"},
		{"attributes count", "SendMessage", map[string]any{"MessageBody": strings.Repeat("x", 1<<20-10), "MessageAttributes": attribute("abc", "String", "de")["MessageAttributes"]}, "InvalidParameterValueException"},
		{"no body", "SendMessage", nil, "MissingRequiredParameterException: The request must contain the parameter MessageBody."},
		{"an empty body", "SendMessage", map[string]any{"MessageBody": ""}, "MissingRequiredParameterException"},
		{"a control character", "SendMessage", map[string]any{"MessageBody": "a\x00b"}, "InvalidMessageContents"},
		{"U+FFFE", "SendMessage", map[string]any{"MessageBody": "\ufffe"}, "InvalidMessageContents"},
		{"U+FFFD", "SendMessage", map[string]any{"MessageBody": "\ufffd"}, ""},
		{"U+FFFF", "SendMessage", map[string]any{"MessageBody": "\uffff"}, "InvalidMessageContents"},
		{"U+10000", "SendMessage", map[string]any{"MessageBody": "\U00010000"}, ""},
		{"white space and emoji", "SendMessage", map[string]any{"MessageBody": "\t\r\n😀"}, ""},
		{"a delay of 15 minutes", "SendMessage", map[string]any{"MessageBody": "x", "DelaySeconds": 900}, ""},
		{"a longer delay", "SendMessage", map[string]any{"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValueException"},
		{"a group on a standard queue", "SendMessage", map[string]any{"MessageBody": "x", "MessageGroupId": "tenant"}, ""},
		{"a deduplication id on a standard queue", "SendMessage", map[string]any{"MessageBody": "x", "MessageDeduplicationId": "d"}, "InvalidParameterValueException"},
		{"an attribute without a value", "SendMessage", attribute("a", "String", ""), "InvalidParameterValueException"},
		{"an attribute of an unknown type", "SendMessage", attribute("a", "Text", "x"), "InvalidParameterValueException"},
		{"a number that is none", "SendMessage", attribute("a", "Number", "x"), "InvalidParameterValueException"},
		{"a reserved attribute name", "SendMessage", attribute("AWS.x", "String", "x"), "InvalidParameterValueException"},
		{"an attribute name with two periods", "SendMessage", attribute("a..x", "String", "x"), "InvalidParameterValueException"},
		{"10 attributes", "SendMessage", attributes(10), ""},
		{"11 attributes", "SendMessage", attributes(11), "InvalidParameterValueException"},
		{"an attribute without a text", "SendMessage", raw("a", map[string]any{"DataType": "String"}), "InvalidParameterValueException"},
		{"an attribute without bytes", "SendMessage", raw("a", map[string]any{"DataType": "Binary"}), "InvalidParameterValueException"},
		{"an attribute with a control character", "SendMessage", attribute("a", "String", "a\x00b"), "InvalidParameterValueException"},
		{"an attribute's type of 256", "SendMessage", attribute("a", "String."+strings.Repeat("x", 249), "x"), ""},
		{"an attribute's type of 257", "SendMessage", attribute("a", "String."+strings.Repeat("x", 250), "x"), "InvalidParameterValueException"},
		{"an attribute name of 256", "SendMessage", attribute(strings.Repeat("x", 256), "String", "x"), ""},
		{"an attribute name of 257", "SendMessage", attribute(strings.Repeat("x", 257), "String", "x"), "InvalidParameterValueException"},
		{"an empty attribute name", "SendMessage", attribute("", "String", "x"), "InvalidParameterValueException"},
		{"an attribute name with each kind of character", "SendMessage", attribute("ä_1-b.C", "String", "x"), ""},
		{"an attribute name with a space", "SendMessage", attribute("a b", "String", "x"), "InvalidParameterValueException"},
		{"an attribute name that begins with a period", "SendMessage", attribute(".x", "String", "x"), "InvalidParameterValueException"},
		{"an attribute name that ends with a period", "SendMessage", attribute("x.", "String", "x"), "InvalidParameterValueException"},
		{"the other reserved attribute name", "SendMessage", attribute("Amazon.x", "String", "x"), "InvalidParameterValueException"},
		{"a trace header", "SendMessage", system("AWSTraceHeader", map[string]any{"DataType": "String", "StringValue": "Root=1"}), ""},
		{"another system attribute", "SendMessage", system("Other", map[string]any{"DataType": "String", "StringValue": "x"}), "InvalidParameterValueException"},
		{"a trace header of another type", "SendMessage", system("AWSTraceHeader", map[string]any{"DataType": "Number", "StringValue": "1"}), "InvalidParameterValueException"},
		{"a trace header without a value", "SendMessage", system("AWSTraceHeader", map[string]any{"DataType": "String"}), "InvalidParameterValueException"},
		{"no delay", "SendMessage", map[string]any{"MessageBody": "x", "DelaySeconds": 0}, ""},
		{"a delay into the past", "SendMessage", map[string]any{"MessageBody": "x", "DelaySeconds": -1}, "InvalidParameterValueException"},
		{"10 entries", "SendMessageBatch", entries(10, 1), ""},
		{"11 entries", "SendMessageBatch", entries(11, 1), "TooManyEntriesInBatchRequest"},
		{"no entries", "SendMessageBatch", entries(0, 1), "EmptyBatchRequest"},
		{"a batch of 1 MiB", "SendMessageBatch", entries(4, 1<<18), ""},
		{"a larger batch", "SendMessageBatch", entries(5, 1<<18), "BatchRequestTooLong"},
		{"an entry's id", "DeleteMessageBatch", map[string]any{"Entries": []map[string]string{{"Id": "a b", "ReceiptHandle": foreign}}}, "InvalidBatchEntryId"},
		{"11 messages", "ReceiveMessage", map[string]any{"MaxNumberOfMessages": 11}, "InvalidParameterValueException"},
		{"no messages", "ReceiveMessage", map[string]any{"MaxNumberOfMessages": 0}, "InvalidParameterValueException"},
		{"waiting 21 seconds", "ReceiveMessage", map[string]any{"WaitTimeSeconds": 21}, "InvalidParameterValueException"},
		{"hiding for more than 12 hours", "ReceiveMessage", map[string]any{"VisibilityTimeout": 43201}, "InvalidParameterValueException"},
		{"an entry's id of each kind of character", "ChangeMessageVisibilityBatch", map[string]any{"Entries": []map[string]any{{"Id": "azAZ09-_", "ReceiptHandle": "x"}}}, ""},
		{"an entry's id of 80", "ChangeMessageVisibilityBatch", map[string]any{"Entries": []map[string]any{{"Id": strings.Repeat("x", 80), "ReceiptHandle": "x"}}}, ""},
		{"an entry's id of 81", "ChangeMessageVisibilityBatch", map[string]any{"Entries": []map[string]any{{"Id": strings.Repeat("x", 81), "ReceiptHandle": "x"}}}, "InvalidBatchEntryId"},
		{"an empty entry's id", "ChangeMessageVisibilityBatch", map[string]any{"Entries": []map[string]any{{"Id": "", "ReceiptHandle": "x"}}}, "InvalidBatchEntryId"},
		{"an entry's id beyond Z", "ChangeMessageVisibilityBatch", map[string]any{"Entries": []map[string]any{{"Id": "[", "ReceiptHandle": "x"}}}, "InvalidBatchEntryId"},
		{"an entry's id beyond z", "ChangeMessageVisibilityBatch", map[string]any{"Entries": []map[string]any{{"Id": "{", "ReceiptHandle": "x"}}}, "InvalidBatchEntryId"},
		{"an entry's id beyond 9", "ChangeMessageVisibilityBatch", map[string]any{"Entries": []map[string]any{{"Id": ":", "ReceiptHandle": "x"}}}, "InvalidBatchEntryId"},
		{"hiding for 12 hours", "ReceiveMessage", map[string]any{"VisibilityTimeout": 43200}, ""},
		{"hiding into the past", "ReceiveMessage", map[string]any{"VisibilityTimeout": -1}, "InvalidParameterValueException"},
		{"waiting into the past", "ReceiveMessage", map[string]any{"WaitTimeSeconds": -1}, "InvalidParameterValueException"},
		{"a handle of too few parts", "DeleteMessage", handle("jobs/m"), "ReceiptHandleIsInvalid"},
		{"a handle of no receive", "DeleteMessage", handle("jobs/m/x"), "ReceiptHandleIsInvalid"},
		{"a handle of what was deleted", "DeleteMessage", handle("jobs/m/1"), ""},
		{"to change a visibility by no handle", "ChangeMessageVisibility", map[string]any{"VisibilityTimeout": 1}, "MissingRequiredParameterException"},
		{"to change a visibility to nothing", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": handle("jobs/m/1")["ReceiptHandle"]}, "MissingRequiredParameterException: The request must contain the parameter VisibilityTimeout."},
		{"to change a visibility into the past", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": handle("jobs/m/1")["ReceiptHandle"], "VisibilityTimeout": -1}, "InvalidParameterValueException"},
		{"the longest tag", "TagQueue", tags(strings.Repeat("ä", 128), strings.Repeat("ä", 256)), ""},
		{"a longer key", "TagQueue", tags(strings.Repeat("x", 129), ""), "InvalidParameterValueException"},
		{"a longer value", "TagQueue", tags("x", strings.Repeat("x", 257)), "InvalidParameterValueException"},
		{"an empty key", "TagQueue", tags("", "x"), "InvalidParameterValueException"},
		{"a permission without a label", "AddPermission", grant("", []string{"999999999999"}, []string{"SendMessage"}), "MissingRequiredParameterException: The request must contain the parameter Label."},
		{"a permission for nobody", "AddPermission", grant("l", nil, []string{"SendMessage"}), "MissingRequiredParameterException: The request must contain the parameter AWSAccountIds."},
		{"a permission to do nothing", "AddPermission", grant("l", []string{"999999999999"}, nil), "MissingRequiredParameterException: The request must contain the parameter Actions."},
		{"pages of no queue", "ListDeadLetterSourceQueues", list("MaxResults", 0), "InvalidParameterValueException"},
		{"pages of 1000 queues", "ListDeadLetterSourceQueues", list("MaxResults", 1000), ""},
		{"pages of 1001 queues", "ListDeadLetterSourceQueues", list("MaxResults", 1001), "InvalidParameterValueException"},
		{"a page after nothing", "ListDeadLetterSourceQueues", list("NextToken", "?"), "InvalidParameterValueException"},
		{"a queue of another account", "PurgeQueue", list("QueueUrl", "http://127.0.0.1:4566/999999999999/jobs"), "QueueDoesNotExist"},
		{"a queue's name for its address", "ListQueueTags", list("QueueUrl", "jobs"), ""},
		{"no queue", "PurgeQueue", list("QueueUrl", ""), "MissingRequiredParameterException: The request must contain the parameter QueueUrl."},
		{"another queue's handle", "DeleteMessage", map[string]any{"ReceiptHandle": foreign}, "ReceiptHandleIsInvalid"},
		{"not a handle", "DeleteMessage", map[string]any{"ReceiptHandle": "x"}, "ReceiptHandleIsInvalid"},
		{"no handle", "DeleteMessage", nil, "MissingRequiredParameterException: The request must contain the parameter ReceiptHandle."},
		{"an unknown attribute", "GetQueueAttributes", map[string]any{"AttributeNames": []string{"Colour"}}, "InvalidAttributeName"},
		{"attributes that are not set", "GetQueueAttributes", map[string]any{"AttributeNames": []string{"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"}}, ""},
		{"not to wait", "ReceiveMessage", map[string]any{"WaitTimeSeconds": 0}, ""},
		{"setting a bad value", "SetQueueAttributes", map[string]any{"Attributes": map[string]string{"VisibilityTimeout": "soon"}}, "InvalidAttributeValue"},
	} {
		t.Run(test.name, func(t *testing.T) {
			refusedAs(t, e.call("jobs", test.action, test.in, nil), test.code)
		})
	}
}

func TestAQueuesAddressIsAskedForByItsName(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	for _, test := range []struct {
		name string
		in   map[string]any
		code string
	}{
		{"no name", nil, "MissingRequiredParameterException: The request must contain the parameter QueueName."},
		{"no such queue", map[string]any{"QueueName": "none"}, "QueueDoesNotExist"},
		{"another account's", map[string]any{"QueueName": "jobs", "QueueOwnerAWSAccountId": "999999999999"}, "QueueDoesNotExist"},
		{"this account's", map[string]any{"QueueName": "jobs", "QueueOwnerAWSAccountId": "123456789012"}, ""},
	} {
		var out struct{ QueueUrl string }
		err := e.call("", "GetQueueUrl", test.in, &out)
		if refusedAs(t, err, test.code); err == nil && out.QueueUrl != url("jobs") {
			t.Errorf("%s: %q", test.name, out.QueueUrl)
		}
	}
}

func TestAQueueThatCannotBeIsRefusedWhenItIsLoaded(t *testing.T) {
	dead := func(properties string) string { return queue("Dead", properties) + "," }
	redrive := func(target, count string) string {
		return `, "RedrivePolicy": {"deadLetterTargetArn": ` + target + `, "maxReceiveCount": ` + count + `}`
	}
	const deadARN = `{"Fn::GetAtt": ["Dead", "Arn"]}`
	for _, test := range []struct{ name, resources, want string }{
		{"an unknown property", queue("Jobs", `, "Colour": "red"`), "property Colour is not supported"},
		{"a long timeout", queue("Jobs", `, "VisibilityTimeout": 43201`), "VisibilityTimeout"},
		{"a short retention", queue("Jobs", `, "MessageRetentionPeriod": 59`), "MessageRetentionPeriod"},
		{"messages beyond 1 MiB", queue("Jobs", `, "MaximumMessageSize": 1048577`), "MaximumMessageSize"},
		{"no such dead-letter queue", queue("Jobs", redrive(`"arn:aws:sqs:eu-central-1:123456789012:none"`, "3")), "Dead letter target does not exist"},
		{"no receives", dead("") + queue("Jobs", redrive(deadARN, "0")), "valid values are from 1 to 1000"},
		{"a dead-letter queue that admits nobody", dead(`, "RedriveAllowPolicy": {"redrivePermission": "denyAll"}`) + queue("Jobs", redrive(deadARN, "3")), "does not allow this source queue"},
		{"a dead-letter queue that admits others", dead(`, "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:eu-central-1:123456789012:others"]}`) + queue("Jobs", redrive(deadARN, "3")), "does not allow this source queue"},
		{"two of a name", queue("Jobs", "") + "," + queue("JOBS", ""), "already exists with the name jobs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := newEngine(t).create(test.resources); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	t.Run("a dead-letter queue that admits everybody", func(t *testing.T) {
		newEngine(t).mustCreate(t, dead(`, "RedriveAllowPolicy": {"redrivePermission": "allowAll"}`)+queue("Jobs", redrive(deadARN, "1000")))
	})
	t.Run("a dead-letter queue that admits this one", func(t *testing.T) {
		newEngine(t).mustCreate(t, dead(`, "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:eu-central-1:123456789012:jobs"]}`)+queue("Jobs", redrive(deadARN, "3")))
	})
}

func TestAServiceMaySendWhatAQueuePolicyAllows(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", "")+`,
		"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Jobs"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Jobs", "Arn"]},
			 "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-central-1:123456789012:rule/mine"}}}]}}}`)
	for rule, allowed := range map[string]bool{"mine": true, "other": false} {
		caller := e.ServiceCaller("events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/"+rule)
		err := e.Do(t.Context(), caller, "sqs", "SendMessage", map[string]string{"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs", "MessageBody": "x"}, nil)
		if (err == nil) != allowed || err != nil && cloud.AsError(err).Code != "AccessDeniedException" {
			t.Errorf("rule %s: %v", rule, err)
		}
	}
}

func TestQueuesAreListed(t *testing.T) {
	e := newEngine(t)
	created := e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}`)+","+queue("Jobs2", ""))
	if ref := created.Handles["Jobs"].Ref; ref != url("jobs") {
		t.Errorf("Ref is %s", ref)
	}
	var list struct {
		QueueUrls []string
		NextToken string
	}
	e.must(t, "", "ListQueues", map[string]any{"QueueNamePrefix": "jobs", "MaxResults": 1}, &list)
	if fmt.Sprint(list.QueueUrls) != "["+url("jobs")+"]" || list.NextToken == "" {
		t.Fatalf("first page %+v", list)
	}
	e.must(t, "", "ListQueues", map[string]any{"QueueNamePrefix": "jobs", "MaxResults": 1, "NextToken": list.NextToken}, &list)
	if fmt.Sprint(list.QueueUrls) != "["+url("jobs2")+"]" {
		t.Errorf("second page %+v", list)
	}
	var sources struct{ QueueUrls []string }
	e.must(t, "dead", "ListDeadLetterSourceQueues", nil, &sources)
	if fmt.Sprint(sources.QueueUrls) != "["+url("jobs")+"]" {
		t.Errorf("sources %v", sources.QueueUrls)
	}
}
