package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

const (
	queueURL = "http://127.0.0.1/000000000000/told"
	topicARN = "arn:aws:sns:us-east-1:000000000000:news"
)

// batches are the ways to hand over the entries 0 to n-1 in one call. They tell the
// failed ones, and why each has.
var batches = map[string]func(ctx context.Context, cfg aws.Config, n int) (failed map[string]string, err error){
	"SendMessageBatch": func(ctx context.Context, cfg aws.Config, n int) (map[string]string, error) {
		in := &sqs.SendMessageBatchInput{QueueUrl: aws.String(queueURL)}
		for i := range n {
			in.Entries = append(in.Entries, sqstypes.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint("e", i)), MessageBody: aws.String(fmt.Sprint(i))})
		}
		out, err := sqs.NewFromConfig(cfg).SendMessageBatch(ctx, in)
		if err != nil {
			return nil, err
		}
		failed := map[string]string{}
		for _, f := range out.Failed {
			failed[(*f.Id)[1:]] = *f.Code
		}
		if len(out.Successful)+len(out.Failed) != n || slices.ContainsFunc(out.Successful, func(s sqstypes.SendMessageBatchResultEntry) bool { return aws.ToString(s.MessageId) == "" }) {
			return failed, fmt.Errorf("answered %v and %v", out.Successful, out.Failed)
		}
		return failed, nil
	},
	"PublishBatch": func(ctx context.Context, cfg aws.Config, n int) (map[string]string, error) {
		in := &sns.PublishBatchInput{TopicArn: aws.String(topicARN)}
		for i := range n {
			in.PublishBatchRequestEntries = append(in.PublishBatchRequestEntries, snstypes.PublishBatchRequestEntry{Id: aws.String(fmt.Sprint("e", i)), Message: aws.String(fmt.Sprint(i))})
		}
		out, err := sns.NewFromConfig(cfg).PublishBatch(ctx, in)
		if err != nil {
			return nil, err
		}
		failed := map[string]string{}
		for _, f := range out.Failed {
			failed[(*f.Id)[1:]] = *f.Code
		}
		if len(out.Successful)+len(out.Failed) != n || slices.ContainsFunc(out.Successful, func(s snstypes.PublishBatchResultEntry) bool { return aws.ToString(s.MessageId) == "" }) {
			return failed, fmt.Errorf("answered %v and %v", out.Successful, out.Failed)
		}
		return failed, nil
	},
	"PutEvents": func(ctx context.Context, cfg aws.Config, n int) (map[string]string, error) {
		in := &eventbridge.PutEventsInput{}
		for i := range n {
			in.Entries = append(in.Entries, ebtypes.PutEventsRequestEntry{Source: aws.String("shop"), DetailType: aws.String("Sold"), Detail: aws.String(fmt.Sprintf(`{"id": %d}`, i))})
		}
		out, err := eventbridge.NewFromConfig(cfg).PutEvents(ctx, in)
		if err != nil {
			return nil, err
		}
		failed := map[string]string{}
		for i, e := range out.Entries {
			if e.ErrorCode != nil {
				failed[fmt.Sprint(i)] = *e.ErrorCode
			}
			if (e.ErrorCode == nil) == (e.EventId == nil) {
				return failed, fmt.Errorf("entry %d is %+v", i, e)
			}
		}
		if len(out.Entries) != n || int(out.FailedEntryCount) != len(failed) {
			return failed, fmt.Errorf("answered %d entries, of which %d failed", len(out.Entries), out.FailedEntryCount)
		}
		return failed, nil
	},
	"PutRecords": func(ctx context.Context, cfg aws.Config, n int) (map[string]string, error) {
		in := &kinesis.PutRecordsInput{StreamName: aws.String("line")}
		for i := range n {
			in.Records = append(in.Records, kinesistypes.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte(fmt.Sprint(i))})
		}
		out, err := kinesis.NewFromConfig(cfg).PutRecords(ctx, in)
		if err != nil {
			return nil, err
		}
		failed := map[string]string{}
		for i, r := range out.Records {
			if r.ErrorCode != nil {
				failed[fmt.Sprint(i)] = *r.ErrorCode
			}
			if (r.ErrorCode == nil) == (r.SequenceNumber == nil) {
				return failed, fmt.Errorf("record %d is %+v", i, r)
			}
		}
		if len(out.Records) != n || int(*out.FailedRecordCount) != len(failed) {
			return failed, fmt.Errorf("answered %d records, of which %d failed", len(out.Records), *out.FailedRecordCount)
		}
		return failed, nil
	},
	"BatchWriteItem": func(ctx context.Context, cfg aws.Config, n int) (map[string]string, error) {
		in := &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{}}
		for i := range n {
			table := []string{"orders", "others"}[i%2]
			in.RequestItems[table] = append(in.RequestItems[table], types.WriteRequest{PutRequest: &types.PutRequest{Item: key(fmt.Sprint(i))}})
		}
		out, err := dynamodb.NewFromConfig(cfg).BatchWriteItem(ctx, in)
		if err != nil {
			return nil, err
		}
		failed := map[string]string{}
		for _, requests := range out.UnprocessedItems {
			for _, r := range requests {
				failed[idOf(r.PutRequest.Item)] = "unprocessed"
			}
		}
		return failed, nil
	},
}

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

func idOf(item map[string]types.AttributeValue) string {
	return item["id"].(*types.AttributeValueMemberS).Value
}

// arrived are the entries that took effect, wherever they were handed over to.
func arrived(ctx context.Context, w *simulation.World) (there []string, err error) {
	time.Sleep(time.Minute)
	queue := sqs.NewFromConfig(w.AWS())
	for {
		got, err := queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL), MaxNumberOfMessages: 10})
		if err != nil || len(got.Messages) == 0 {
			break
		}
		for _, m := range got.Messages {
			there = append(there, *m.Body)
		}
	}
	table := dynamodb.NewFromConfig(w.AWS())
	for _, name := range []string{"orders", "others"} {
		rows, err := table.Scan(ctx, &dynamodb.ScanInput{TableName: &name})
		if err != nil {
			return nil, err
		}
		for _, row := range rows.Items {
			there = append(there, idOf(row))
		}
	}
	stream := kinesis.NewFromConfig(w.AWS())
	at, err := stream.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("line"), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: kinesistypes.ShardIteratorTypeTrimHorizon})
	if err != nil {
		return nil, err
	}
	records, err := stream.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
	if err != nil {
		return nil, err
	}
	for _, r := range records.Records {
		there = append(there, string(r.Data))
	}
	return there, nil
}

func TestABatchFailsInPartAndItsAnswerSaysWhichEntriesFailed(t *testing.T) {
	codes := map[string][]string{ // of entries that took no effect, and of those that did all the same
		"SendMessageBatch": {"InternalError", "InternalError"}, "PublishBatch": {"InternalError", "InternalError"},
		"PutEvents": {"ThrottlingException", "InternalFailure"}, "PutRecords": {"ProvisionedThroughputExceededException", "InternalFailure"},
		"BatchWriteItem": {"unprocessed", ""},
	}
	for action, call := range batches {
		t.Run(action, func(t *testing.T) {
			undone, unsure := 0, 0
			for seed := range uint64(8) {
				const entries = 9
				var failed map[string]string
				r := within(t, seed, simulation.Rates{simulation.InPart: 1}, func(ctx context.Context, cfg aws.Config) (err error) {
					failed, err = call(ctx, cfg, entries)
					return err
				}, func(ctx context.Context, w *simulation.World) error {
					there, err := arrived(ctx, w)
					for i := range entries {
						entry := fmt.Sprint(i)
						took, code := slices.Contains(there, entry), failed[entry]
						switch {
						case took && code == "":
						case took && code == codes[action][1]:
							unsure++
						case !took && code == codes[action][0]:
							undone++
						default:
							err = errors.Join(err, fmt.Errorf("entry %d took effect: %v, and failed with %q", i, took, code))
						}
					}
					return err
				})
				if r.Err != nil || len(failed) == 0 || len(failed) == entries || len(r.Faults) != 1 {
					t.Errorf("seed %d: %v; %v failed, by %v", seed, r.Err, failed, r.Faults)
				}
			}
			if undone == 0 || (unsure == 0) != (codes[action][1] == "") {
				t.Errorf("%d failed entries took no effect, and %d did", undone, unsure)
			}
		})
	}
}

func TestABatchOfOneEntryMayFailAsAWholeButForDynamoDBs(t *testing.T) {
	for action, call := range batches {
		t.Run(action, func(t *testing.T) {
			undone := 0
			for seed := range uint64(8) {
				var failed map[string]string
				r := within(t, seed, simulation.Rates{simulation.InPart: 1}, func(ctx context.Context, cfg aws.Config) (err error) {
					failed, err = call(ctx, cfg, 1)
					return err
				}, func(ctx context.Context, w *simulation.World) error {
					there, err := arrived(ctx, w)
					if len(there) == 0 {
						undone++
					}
					return err
				})
				want := 1
				if action == "BatchWriteItem" {
					want = 0
				}
				if r.Err != nil || len(failed) != want || len(r.Faults) != want {
					t.Errorf("seed %d: %v; %v failed, by %v", seed, r.Err, failed, r.Faults)
				}
			}
			if action != "BatchWriteItem" && undone == 0 {
				t.Error("each failed entry took effect")
			}
		})
	}
}

func TestABatchThatReadsGivesBackTheKeysThatItHasNotRead(t *testing.T) {
	keys := map[string]types.KeysAndAttributes{}
	for _, table := range []string{"orders", "others"} {
		of := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
		for i := range 5 {
			of.Keys = append(of.Keys, key(fmt.Sprint(i)))
		}
		keys[table] = of
	}
	r := within(t, 1, simulation.Rates{simulation.InPart: 1}, func(ctx context.Context, cfg aws.Config) error {
		client := dynamodb.NewFromConfig(cfg)
		for table, of := range keys {
			for _, item := range of.Keys {
				if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
					return err
				}
			}
		}
		read, calls := map[string]bool{}, 0
		for left := keys; len(left) > 0; calls++ {
			out, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: left})
			if err != nil {
				return err
			}
			for table, items := range out.Responses {
				for _, item := range items {
					if id := table + idOf(item); read[id] {
						return fmt.Errorf("%s was read twice", id)
					} else {
						read[id] = true
					}
				}
			}
			left = out.UnprocessedKeys
			for table, of := range left {
				if !aws.ToBool(of.ConsistentRead) {
					return fmt.Errorf("what is left of %s is %+v", table, of)
				}
			}
		}
		if len(read) != 10 || calls < 2 {
			return fmt.Errorf("%d items were read in %d calls", len(read), calls)
		}
		return nil
	}, func(context.Context, *simulation.World) error { return nil })
	if r.Err != nil {
		t.Error(r.Err)
	}
}
