package sqs

// This file answers questions about queues, and changes them.

import (
	"context"
	"encoding/base64"
	"maps"
	"path"
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
	paging
}) (any, error) {
	if err := s.cloud.Authorize(caller, "sqs:ListQueues", s.cloud.ARN("sqs", "*")); err != nil {
		return nil, err
	}
	var matching []*queue
	for _, q := range s.sorted() {
		if strings.HasPrefix(q.name, in.QueueNamePrefix) {
			matching = append(matching, q)
		}
	}
	urls, next, err := s.page(matching, in.paging)
	return struct {
		QueueUrls []string `json:",omitempty" xml:"QueueUrl" flat:"Name"`
		NextToken string   `json:",omitempty"`
	}{urls, next}, err
}

// paging asks for a part of a list of queues.
type paging struct {
	MaxResults *int
	NextToken  string // the last name of the page before, in base64
}

// page returns the URLs of a part of the queues, which are in the order of their names.
func (s *SQS) page(queues []*queue, p paging) (urls []string, next string, err error) {
	most := maxListed
	if p.MaxResults != nil {
		if most = *p.MaxResults; most < 1 || most > maxListed {
			return nil, "", invalid("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and %d.", maxListed)
		}
	}
	after, err := base64.StdEncoding.DecodeString(p.NextToken)
	if err != nil {
		return nil, "", invalid("Invalid NextToken value.")
	}
	for _, q := range queues {
		if p.NextToken != "" && q.name <= string(after) {
			continue
		}
		if len(urls) == most {
			if p.MaxResults != nil {
				next = base64.StdEncoding.EncodeToString([]byte(path.Base(urls[most-1])))
			}
			break
		}
		urls = append(urls, s.url(q))
	}
	return urls, next, nil
}

// maxListed is how many queues a page has at most.
const maxListed = 1000

// sourceQueues has the one member that SQS writes in lower case.
type sourceQueues struct {
	QueueURLs []string `json:"queueUrls" xml:"QueueUrl" flat:"Name"`
	NextToken string   `json:",omitempty"`
}

func (s *SQS) listDeadLetterSourceQueues(_ context.Context, _ cloud.Caller, q *queue, in struct {
	target
	paging
}) (any, error) {
	var sources []*queue
	for _, source := range s.sorted() {
		if source.redrivesTo(q) {
			sources = append(sources, source)
		}
	}
	urls, next, err := s.page(sources, in.paging)
	return sourceQueues{append([]string{}, urls...), next}, err
}

type attributesInput struct {
	target
	AttributeNames []string `query:"AttributeName"`
}

func (s *SQS) getQueueAttributes(ctx context.Context, _ cloud.Caller, q *queue, in attributesInput) (any, error) {
	all, err := q.attributes(cloud.AsOfMoment(ctx))
	if err != nil {
		return nil, err
	}
	type output struct {
		Attributes map[string]string `json:",omitempty" xml:"Attribute" flat:"Name"`
	}
	if slices.Contains(in.AttributeNames, "All") {
		return output{all}, nil
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
	return output{chosen}, nil
}

// absentAttributes are those that a queue may not have.
var absentAttributes = []string{
	"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId",
	"KmsDataKeyReusePeriodSeconds", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit",
}

// attributes are a queue's as they are, with the messages that it had at a moment.
func (q *queue) attributes(then time.Time) (map[string]string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	counts, err := q.countsAt(then)
	if err != nil {
		return nil, err
	}
	all := q.settings.attributes()
	maps.Copy(all, map[string]string{
		"QueueArn":                              q.arn,
		"ApproximateNumberOfMessages":           strconv.Itoa(counts[visible]),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(counts[inFlight]),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(counts[delayed]),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
	})
	return all, nil
}

type setAttributesInput struct {
	target
	Attributes map[string]string `query:"Attribute"`
}

func (s *SQS) setQueueAttributes(_ context.Context, _ cloud.Caller, q *queue, in setAttributesInput) (any, error) {
	changed := q.current()
	if err := changed.setAll(in.Attributes); err != nil {
		return nil, err
	}
	return struct{}{}, s.change(q, changed)
}

// change gives a queue other settings.
func (s *SQS) change(q *queue, to settings) error {
	if err := s.checkRedrive(q.arn, to.redrive); err != nil {
		return err
	}
	if to.policy != q.current().policy {
		if err := s.publishPolicy(q, to.policy); err != nil {
			return err
		}
	}
	q.become(to)
	return nil
}

func (s *SQS) purgeQueue(_ context.Context, _ cloud.Caller, q *queue, _ target) (any, error) {
	return struct{}{}, q.purge()
}
