package kinesis_test

// This file creates resources from templates.

import (
	"context"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAStreamAnswersRefAndItsArn(t *testing.T) {
	e := newEngine(t)
	created := e.mustCreate(t, `"Clicks": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": "2", "Tags": [{"Key": "k", "Value": "v"}]}}`)
	h := created.Handles["Clicks"]
	if !strings.HasPrefix(h.Ref, "app-Clicks-") || h.Attributes["Arn"] != "arn:aws:kinesis:eu-central-1:123456789012:stream/"+h.Ref {
		t.Errorf("handle %+v", h)
	}
}

func TestWhatAStreamCannotBeIsRefused(t *testing.T) {
	for _, test := range []struct{ name, resources, want string }{
		{"no shards", `"S": {"Type": "AWS::Kinesis::Stream", "Properties": {"StreamModeDetails": {"StreamMode": "PROVISIONED"}}}`, "ShardCount must be given"},
		{"shards on demand", stream("S", `, "ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}`), "ShardCount must not be given"},
		{"none at all", stream("S", `, "ShardCount": 0`), "ShardCount is 0"},
		{"an unknown mode", stream("S", `, "StreamModeDetails": {"StreamMode": "SOMETIMES"}`), "StreamModeDetails.StreamMode is"},
		{"a short retention", stream("S", `, "RetentionPeriodHours": 23`), "is too short"},
		{"a long retention", stream("S", `, "RetentionPeriodHours": 8761`), "is too long"},
		{"small records", stream("S", `, "MaxRecordSizeInKiB": 1023`), "from 1024 to 10240"},
		{"large records", stream("S", `, "MaxRecordSizeInKiB": 10241`), "from 1024 to 10240"},
		{"a key without encryption", stream("S", `, "StreamEncryption": {"EncryptionType": "NONE", "KeyId": "k"}`), "EncryptionType KMS and a KeyId"},
		{"metrics of shards", stream("S", `, "DesiredShardLevelMetrics": ["ALL"]`), "S (AWS::Kinesis::Stream): property DesiredShardLevelMetrics is not supported"},
		{"a name that cannot be", `"S": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "a b", "ShardCount": 1}}`, "'a b' at 'streamName'"},
		{"a name twice", stream("S", "") + `, "T": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s", "ShardCount": 1}}`, "already exists"},
		{"enhanced fan-out", stream("S", "") + `, "C": {"Type": "AWS::Kinesis::StreamConsumer", "Properties": {"ConsumerName": "c"}}`, "resource type AWS::Kinesis::StreamConsumer is not supported"},
		{"a policy of nothing", `"P": {"Type": "AWS::Kinesis::ResourcePolicy", "Properties": {"ResourceArn": "` + clicksARN + `", "ResourcePolicy": {}}}`, "P (AWS::Kinesis::ResourcePolicy): property ResourceArn"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := newEngine(t).create(test.resources); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestAResourcePolicyLetsSomebodyIn(t *testing.T) {
	e := newEngine(t)
	created := e.mustCreate(t, stream("Clicks", "")+`, "Policy": {"Type": "AWS::Kinesis::ResourcePolicy", "Properties": {
		"ResourceArn": {"Fn::GetAtt": ["Clicks", "Arn"]}, "ResourcePolicy": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "kinesis:PutRecord", "Resource": {"Fn::GetAtt": ["Clicks", "Arn"]}}]}}}`)
	guest := e.ServiceCaller("events.amazonaws.com", "")
	in := map[string]any{"StreamName": "clicks", "PartitionKey": "k", "Data": "eA=="}
	if err := e.Do(context.Background(), guest, "kinesis", "PutRecord", in, nil); err != nil {
		t.Error(err)
	}
	if err := created.Delete(context.Background(), cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	if err := e.Authorize(guest, "kinesis:PutRecord", clicksARN); err == nil {
		t.Error("the policy outlives its stack")
	}
}

// Neither the stream nor an iterator of it is of any use when its stack is gone,
// even if there is one of that name again.
func TestADeletedStreamIsGone(t *testing.T) {
	e := newEngine(t)
	created := e.mustCreate(t, stream("Clicks", ""))
	e.put(t, "k", "x")
	iterator := e.iterator(t, "TRIM_HORIZON", nil)
	if err := created.Delete(context.Background(), cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		err := e.Do(context.Background(), e.Administrator(), "kinesis", "GetRecords", map[string]any{"ShardIterator": iterator}, nil)
		if err == nil {
			return ""
		}
		return cloud.AsError(err).Code
	}
	if got := read(); got != "ResourceNotFoundException" {
		t.Errorf("an iterator of a deleted stream: %q", got)
	}
	e.mustCreate(t, stream("Clicks", ""))
	if got := read(); got != "InvalidArgumentException" {
		t.Errorf("an iterator of the stream before: %q", got)
	}
}
