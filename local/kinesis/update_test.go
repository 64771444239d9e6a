package kinesis_test

// This file updates streams that have records.

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
)

func (e *engine) summary(t *testing.T) string {
	t.Helper()
	var out struct {
		StreamDescriptionSummary struct {
			RetentionPeriodHours, OpenShardCount, MaxRecordSizeInKiB int
			EncryptionType, KeyId                                    string
			StreamModeDetails                                        struct{ StreamMode string }
		}
	}
	e.do(t, "DescribeStreamSummary", map[string]any{"StreamName": "clicks"}, &out)
	return fmt.Sprint(out.StreamDescriptionSummary)
}

func TestAnUpdatedStreamKeepsItsRecords(t *testing.T) {
	e := newEngine(t)
	declared := func(properties string) string {
		return `{"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks", ` + properties + `}}`
	}
	stack, err := cfntest.Create(t, e.Site, slices.Collect(maps.Values(e.types)), `"Clicks": `+declared(`"ShardCount": 2`))
	if err != nil {
		t.Fatal(err)
	}
	e.put(t, "k", "kept")
	for _, row := range []struct{ properties, want string }{
		{`"ShardCount": 2, "RetentionPeriodHours": 48`, "{48 2 1024 NONE  {PROVISIONED}}"},
		{`"ShardCount": 2, "RetentionPeriodHours": 24, "MaxRecordSizeInKiB": 2048`, "{24 2 2048 NONE  {PROVISIONED}}"},
		{`"StreamModeDetails": {"StreamMode": "ON_DEMAND"}`, "{24 2 1024 NONE  {ON_DEMAND}}"},
		{`"ShardCount": 2, "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}`, "{24 2 1024 KMS alias/aws/kinesis {PROVISIONED}}"},
	} {
		stack.Put(t, "Clicks", declared(row.properties))
		if got := e.summary(t); got != row.want {
			t.Errorf("with %s it is %s, want %s", row.properties, got, row.want)
		}
	}
	if err := stack.Try(t, map[string]string{"Clicks": declared(`"ShardCount": 3`)}); err == nil || !strings.Contains(err.Error(), "property ShardCount: the local engine splits and merges no shards") {
		t.Errorf("another number of shards: %v", err)
	}
	large := map[string]any{"StreamName": "clicks", "PartitionKey": "k", "Data": base64.StdEncoding.EncodeToString(make([]byte, 3<<19))}
	if err := e.Do(t.Context(), e.Administrator(), "kinesis", "PutRecord", large, nil); err == nil {
		t.Error("a record is larger than the last update lets it be")
	}
	stack.Put(t, "Clicks", declared(`"ShardCount": 2, "MaxRecordSizeInKiB": 2048`))
	if err := e.Do(t.Context(), e.Administrator(), "kinesis", "PutRecord", large, nil); err != nil {
		t.Errorf("a record that an update lets in: %v", err)
	}
	shard, _ := e.put(t, "k", "new")
	got, _ := e.read(t, e.iterator(t, "TRIM_HORIZON", map[string]any{"ShardId": shard}))
	if len(got) != 3 || got[0] != "kept" || got[2] != "new" {
		t.Errorf("it has %d records", len(got))
	}
}

func TestAStreamsPolicyIsUpdated(t *testing.T) {
	e := newEngine(t)
	policy := func(action string) string {
		return `{"Type": "AWS::Kinesis::ResourcePolicy", "Properties": {"ResourceArn": {"Fn::GetAtt": ["Clicks", "Arn"]}, "ResourcePolicy": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "` + action + `", "Resource": {"Fn::GetAtt": ["Clicks", "Arn"]}}]}}}`
	}
	stack, err := cfntest.Create(t, e.Site, slices.Collect(maps.Values(e.types)), stream("Clicks", "")+`, "Policy": `+policy("kinesis:PutRecord"))
	if err != nil {
		t.Fatal(err)
	}
	put := func() error {
		return e.Do(t.Context(), e.ServiceCaller("events.amazonaws.com", ""), "kinesis", "PutRecord", map[string]any{"StreamName": "clicks", "PartitionKey": "k", "Data": "eA=="}, nil)
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	stack.Put(t, "Policy", policy("kinesis:GetRecords"))
	if put() == nil {
		t.Error("what the policy allowed before is allowed still")
	}
}
