package kinesis_test

// This file calls the service with the AWS SDK.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestTheSDKPutsAndReads(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", `, "ShardCount": 2`))
	client := newClient(t, e, e.Administrator())
	before := time.Now().Truncate(time.Millisecond)
	put, err := client.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("a"), Data: []byte{0, 1, 255}})
	if err != nil {
		t.Fatal(err)
	}
	at, err := client.GetShardIterator(t.Context(), &awskinesis.GetShardIteratorInput{StreamARN: aws.String(clicksARN), ShardId: put.ShardId,
		ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(before)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
	if err != nil || len(got.Records) != 1 {
		t.Fatalf("%v %+v", err, got)
	}
	r := got.Records[0]
	arrived := *r.ApproximateArrivalTimestamp
	if string(r.Data) != "\x00\x01\xff" || *r.PartitionKey != "a" || *r.SequenceNumber != *put.SequenceNumber || arrived.Before(before) || time.Since(arrived) > time.Minute {
		t.Errorf("record %+v", r)
	}
	if *got.MillisBehindLatest != 0 || aws.ToString(got.NextShardIterator) == "" {
		t.Errorf("%+v", got)
	}
}

func TestTheSDKDescribesAndLists(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", `, "ShardCount": 3, "RetentionPeriodHours": 48, "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}`)+
		","+stream("Orders", `, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "MaxRecordSizeInKiB": 2048`))
	client := newClient(t, e, e.Administrator())
	described, err := client.DescribeStream(t.Context(), &awskinesis.DescribeStreamInput{StreamName: aws.String("clicks"), Limit: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	d := described.StreamDescription
	if *d.StreamARN != clicksARN || d.StreamStatus != types.StreamStatusActive || *d.RetentionPeriodHours != 48 || !*d.HasMoreShards || len(d.Shards) != 2 ||
		d.StreamModeDetails.StreamMode != types.StreamModeProvisioned || d.EncryptionType != types.EncryptionTypeKms || *d.KeyId != "alias/aws/kinesis" || time.Since(*d.StreamCreationTimestamp) > time.Minute {
		t.Errorf("description %+v", d)
	}
	summary, err := client.DescribeStreamSummary(t.Context(), &awskinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
	if err != nil {
		t.Fatal(err)
	}
	s := summary.StreamDescriptionSummary
	if *s.OpenShardCount != 4 || s.StreamModeDetails.StreamMode != types.StreamModeOnDemand || *s.RetentionPeriodHours != 24 || s.EncryptionType != types.EncryptionTypeNone || *s.MaxRecordSizeInKiB != 2048 {
		t.Errorf("summary %+v", s)
	}
	listed, err := client.ListStreams(t.Context(), &awskinesis.ListStreamsInput{Limit: aws.Int32(1)})
	if err != nil || fmt.Sprint(listed.StreamNames) != "[clicks]" || !*listed.HasMoreStreams {
		t.Fatalf("%v %+v", err, listed)
	}
	listed, err = client.ListStreams(t.Context(), &awskinesis.ListStreamsInput{NextToken: listed.NextToken})
	if after, err := client.ListStreams(t.Context(), &awskinesis.ListStreamsInput{ExclusiveStartStreamName: aws.String("clicks")}); err != nil || fmt.Sprint(after.StreamNames) != "[orders]" {
		t.Errorf("%v %+v", err, after)
	}
	if err != nil || fmt.Sprint(listed.StreamNames) != "[orders]" || *listed.HasMoreStreams || *listed.StreamSummaries[0].StreamName != "orders" {
		t.Errorf("%v %+v", err, listed)
	}
}

// The shards share all hash keys without a gap, and pages of them have each once.
func TestTheSDKListsShardsInPages(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", `, "ShardCount": 7`))
	client := newClient(t, e, e.Administrator())
	next := new(big.Int)
	in := &awskinesis.ListShardsInput{StreamName: aws.String("clicks"), MaxResults: aws.Int32(3)}
	var ids []string
	for in != nil {
		out, err := client.ListShards(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range out.Shards {
			ids = append(ids, *s.ShardId)
			if *s.HashKeyRange.StartingHashKey != next.String() || s.SequenceNumberRange.EndingSequenceNumber != nil {
				t.Errorf("%s begins with %s, want %s", *s.ShardId, *s.HashKeyRange.StartingHashKey, next)
			}
			next.SetString(*s.HashKeyRange.EndingHashKey, 10)
			next.Add(next, big.NewInt(1))
		}
		in = nil
		if out.NextToken != nil {
			in = &awskinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(3)}
		}
	}
	if len(ids) != 7 || ids[6] != "shardId-000000000006" || next.String() != "340282366920938463463374607431768211456" {
		t.Errorf("shards %v up to %s", ids, next)
	}
	out, err := client.ListShards(t.Context(), &awskinesis.ListShardsInput{StreamName: aws.String("clicks"),
		ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAfterShardId, ShardId: aws.String(ids[4])}})
	if err != nil || len(out.Shards) != 2 {
		t.Errorf("%v %+v", err, out)
	}
}

// Only what a Fault throttles fails, each record by itself, and those around it do not.
func TestABatchTellsWhichOfItsRecordsFailed(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", ""))
	e.Fault = func(_ context.Context, call cloud.Call) error {
		var in struct{ StreamName, PartitionKey string }
		if err := json.Unmarshal(call.Input, &in); err != nil {
			t.Error(err)
		}
		if call.Service == "kinesis" && call.Action == "PutRecord" && in.StreamName == "clicks" && in.PartitionKey == "hot" {
			return cloud.Errorf(400, "ProvisionedThroughputExceededException", "Rate exceeded for shard shardId-000000000000 in stream clicks under account 123456789012.")
		}
		return nil
	}
	client := newClient(t, e, e.Administrator())
	out, err := client.PutRecords(t.Context(), &awskinesis.PutRecordsInput{StreamName: aws.String("clicks"), Records: []types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("a"), Data: []byte("1")}, {PartitionKey: aws.String("hot"), Data: []byte("2")}, {PartitionKey: aws.String("b"), Data: []byte("3")}}})
	if err != nil {
		t.Fatal(err)
	}
	if *out.FailedRecordCount != 1 || *out.Records[1].ErrorCode != "ProvisionedThroughputExceededException" || out.Records[1].SequenceNumber != nil || *out.Records[2].ShardId != "shardId-000000000000" {
		t.Errorf("%+v", out.Records)
	}
	if data, _ := e.read(t, e.iterator(t, "TRIM_HORIZON", nil)); fmt.Sprint(data) != "[1 3]" {
		t.Errorf("read %v", data)
	}
	_, err = client.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("hot"), Data: []byte("4")})
	if _, ok := errors.AsType[*types.ProvisionedThroughputExceededException](err); !ok {
		t.Errorf("error %v", err)
	}
	for metric, want := range map[string]float64{
		"PutRecords.TotalRecords": 3, "PutRecords.SuccessfulRecords": 2, "PutRecords.ThrottledRecords": 1, "PutRecords.FailedRecords": 0,
		"PutRecords.Success": 1, "PutRecords.Bytes": 4, "IncomingRecords": 2, "IncomingBytes": 4, "WriteProvisionedThroughputExceeded": 2, "PutRecord.Success": 0,
		"GetRecords.Records": 2, "GetRecords.Bytes": 4, "GetRecords.Success": 1,
	} {
		if got := e.meter.sum(metric); got != want {
			t.Errorf("%s: got %v, want %v", metric, got, want)
		}
	}
}

func TestTheSDKSeesTypedErrors(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", ""))
	client := newClient(t, e, e.Administrator())
	_, err := client.DescribeStream(t.Context(), &awskinesis.DescribeStreamInput{StreamName: aws.String("nobody")})
	if e, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok || *e.Message != "Stream nobody under account 123456789012 not found." {
		t.Errorf("error %v", err)
	}
	_, err = client.GetShardIterator(t.Context(), &awskinesis.GetShardIteratorInput{StreamName: aws.String("clicks"), ShardId: aws.String("shardId-000000000001"), ShardIteratorType: types.ShardIteratorTypeLatest})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("error %v", err)
	}
	_, err = client.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: aws.String("bm9uc2Vuc2U=")})
	if _, ok := errors.AsType[*types.InvalidArgumentException](err); !ok {
		t.Errorf("error %v", err)
	}
	_, err = client.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String(strings.Repeat("k", 257)), Data: []byte("x")})
	if _, ok := errors.AsType[*types.ValidationException](err); !ok {
		t.Errorf("error %v", err)
	}
	_, err = client.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("k"), Data: []byte("x"), DryRun: aws.Bool(true)})
	if _, ok := errors.AsType[*types.DryRunOperationException](err); !ok {
		t.Errorf("error %v", err)
	}
	if data, _ := e.read(t, e.iterator(t, "TRIM_HORIZON", nil)); data != nil {
		t.Errorf("a dry run put %v", data)
	}
	_, err = newClient(t, e, cloud.Caller{ARN: "arn:aws:iam::123456789012:role/nobody"}).PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("k"), Data: []byte("x")})
	if e, ok := errors.AsType[*types.AccessDeniedException](err); !ok || !strings.Contains(*e.Message, "kinesis:PutRecord on resource: "+clicksARN) {
		t.Errorf("error %v", err)
	}
}
