package sqs

// This file answers questions about queues, and changes them.

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func (s *SQS) getQueueURL(_ context.Context, caller cloud.Caller, in struct{ QueueName, QueueOwnerAWSAccountId string }) (any, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	if err := s.cloud.Authorize(caller, "sqs:GetQueueUrl", s.cloud.ARN("sqs", in.QueueName)); err != nil {
		return nil, err
	}
	if in.QueueOwnerAWSAccountId != "" && in.QueueOwnerAWSAccountId != s.cloud.Account {
		return nil, noSuchQueue()
	}
	q, err := s.queue(in.QueueName)
	if err != nil {
		return nil, err
	}
	return struct{ QueueUrl string }{s.url(q)}, nil
}

func (s *SQS) listQueues(_ context.Context, caller cloud.Caller, in struct {
	QueueNamePrefix string
	MaxResults      int
	NextToken       string // the last name of the page before
}) (any, error) {
	if err := s.cloud.Authorize(caller, "sqs:ListQueues", s.cloud.ARN("sqs", "*")); err != nil {
		return nil, err
	}
	var output struct {
		QueueUrls []string `json:",omitempty"`
		NextToken string   `json:",omitempty"`
	}
	last := ""
	for _, q := range s.sorted() {
		if !strings.HasPrefix(q.name, in.QueueNamePrefix) || q.name <= in.NextToken {
			continue
		}
		if in.MaxResults > 0 && len(output.QueueUrls) == in.MaxResults {
			output.NextToken = last
			break
		}
		output.QueueUrls = append(output.QueueUrls, s.url(q))
		last = q.name
	}
	return output, nil
}

func (s *SQS) listDeadLetterSourceQueues(_ context.Context, _ cloud.Caller, q *queue, _ target) (any, error) {
	urls := []string{}
	for _, source := range s.sorted() {
		if source.redrivesTo(q) {
			urls = append(urls, s.url(source))
		}
	}
	return map[string][]string{"queueUrls": urls}, nil // the one member that SQS writes in lower case
}

type attributesInput struct {
	target
	AttributeNames []string
}

func (s *SQS) getQueueAttributes(_ context.Context, _ cloud.Caller, q *queue, in attributesInput) (any, error) {
	all := q.attributes()
	if slices.Contains(in.AttributeNames, "All") {
		return map[string]any{"Attributes": all}, nil
	}
	chosen := map[string]string{}
	for _, name := range in.AttributeNames {
		value, ok := all[name]
		if !ok && !slices.Contains(absentAttributes, name) {
			return nil, fail("InvalidAttributeName", "InvalidAttributeName", "Unknown Attribute %s.", name)
		}
		if ok {
			chosen[name] = value
		}
	}
	return map[string]any{"Attributes": chosen}, nil
}

// absentAttributes are those that a queue may not have.
var absentAttributes = []string{
	"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId",
	"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit",
}

func (q *queue) attributes() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	all := map[string]string{
		"QueueArn":                              q.arn,
		"ApproximateNumberOfMessages":           strconv.Itoa(q.counts[visible]),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(q.counts[inFlight]),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(q.counts[delayed]),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
		"VisibilityTimeout":                     seconds(q.settings.visibility),
		"MaximumMessageSize":                    strconv.Itoa(q.settings.maxBytes),
		"MessageRetentionPeriod":                seconds(q.settings.retention),
		"DelaySeconds":                          seconds(q.settings.delay),
		"ReceiveMessageWaitTimeSeconds":         seconds(q.settings.wait),
		"SqsManagedSseEnabled":                  "true",
	}
	if q.settings.redrive != nil {
		all["RedrivePolicy"] = q.settings.redrive.String()
	}
	if q.settings.allow != nil {
		all["RedriveAllowPolicy"] = q.settings.allow.String()
	}
	if q.settings.policy != "" {
		all["Policy"] = q.settings.policy
	}
	if q.settings.fifo {
		all["FifoQueue"] = "true"
		all["ContentBasedDeduplication"] = strconv.FormatBool(q.settings.contentBased)
		all["DeduplicationScope"] = q.settings.deduplicationScope
		all["FifoThroughputLimit"] = q.settings.throughputLimit
	}
	return all
}

type setAttributesInput struct {
	target
	Attributes map[string]string
}

func (s *SQS) setQueueAttributes(_ context.Context, _ cloud.Caller, q *queue, in setAttributesInput) (any, error) {
	q.mu.Lock()
	changed := q.settings
	q.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		if err := changed.set(name, in.Attributes[name]); err != nil {
			return nil, err
		}
	}
	if err := changed.check(); err != nil {
		return nil, err
	}
	return struct{}{}, s.change(q, changed)
}

// change gives a queue other settings.
func (s *SQS) change(q *queue, to settings) error {
	if err := s.checkRedrive(q.arn, to.redrive); err != nil {
		return err
	}
	q.become(to)
	return nil
}

func (s *SQS) purgeQueue(_ context.Context, _ cloud.Caller, q *queue, _ target) (any, error) {
	return struct{}{}, q.purge()
}
