package sqs

// This file makes queues by the API, deletes them, and tags them.

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/fifo"
)

// forgetful is how long the name of a deleted queue is not free.
const forgetful = time.Minute

type createInput struct {
	QueueName  string
	Attributes map[string]string `query:"Attribute"`
	Tags       map[string]string `json:"tags" query:"Tag"`
}

// createQueueByCall answers with the queue that there is, if its attributes are
// those that are asked for.
func (s *SQS) createQueueByCall(_ context.Context, caller cloud.Caller, in createInput) (any, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	if err := s.cloud.Authorize(caller, "sqs:CreateQueue", s.cloud.ARN("sqs", in.QueueName)); err != nil {
		return nil, err
	}
	wanted, err := s.wanted(in)
	if err != nil {
		return nil, err
	}
	if existing, err := s.queue(in.QueueName); err == nil {
		if err := existing.differs(in.Attributes, wanted); err != nil {
			return nil, err
		}
		return struct{ QueueUrl string }{s.url(existing)}, nil
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	q, err := s.make(in.QueueName, wanted)
	if err != nil {
		return nil, err
	}
	q.setTags(in.Tags)
	return struct{ QueueUrl string }{s.url(q)}, nil
}

// wanted are the settings of a queue that is to be made.
func (s *SQS) wanted(in createInput) (settings, error) {
	isFIFO := false
	if value, ok := in.Attributes["FifoQueue"]; ok {
		var err error
		if isFIFO, err = strconv.ParseBool(value); err != nil || !isFIFO {
			return settings{}, fail("InvalidAttributeName", "InvalidAttributeName", "Unknown Attribute FifoQueue.")
		}
	}
	if err := checkName(in.QueueName, isFIFO); err != nil {
		return settings{}, err
	}
	wanted := defaultSettings(isFIFO)
	return wanted, wanted.setAll(in.Attributes)
}

func checkName(name string, isFIFO bool) error {
	stem, suffixed := strings.CutSuffix(name, fifo.Suffix)
	switch valid := validEntryID(stem) && len(name) <= 80; { // queue names and entry ids have the same rule
	case isFIFO && !(valid && suffixed):
		return invalid("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	case !isFIFO && (!valid || suffixed):
		return invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// make makes a queue that is not there.
func (s *SQS) make(name string, wanted settings) (*queue, error) {
	s.mu.RLock()
	recently := time.Since(s.deleted[name]) < forgetful
	s.mu.RUnlock()
	if recently {
		return nil, fail("QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently", "You must wait 60 seconds after deleting a queue before you can create another with the same name.")
	}
	return s.install(name, wanted)
}

// install makes a queue whose policy counts from now on.
func (s *SQS) install(name string, wanted settings) (*queue, error) {
	q := newQueue(name, s.cloud.ARN("sqs", name), wanted, s.queueByARN)
	q.past = cloud.Past[change]{Kept: s.cloud.Past, Size: change.size}
	if err := s.checkRedrive(q.arn, wanted.redrive); err != nil {
		return nil, err
	}
	if wanted.policy != "" {
		if err := s.publishPolicy(q, wanted.policy); err != nil {
			return nil, err
		}
	}
	if err := s.cloud.Keep(q.arn, q); err != nil {
		return nil, err
	}
	return q, s.add(q)
}

// remove takes a queue away with all that is in it. Receivers that wait are
// told that it is gone.
func (s *SQS) remove(q *queue) error {
	s.mu.Lock()
	if s.queues[q.name] != q {
		s.mu.Unlock()
		return nil
	}
	delete(s.queues, q.name)
	s.deleted[q.name] = time.Now()
	s.mu.Unlock()
	q.mu.Lock()
	q.deleted = true
	q.wake()
	q.mu.Unlock()
	if err := s.publishPolicy(q, ""); err != nil {
		return err
	}
	return s.cloud.Forget(q.arn)
}

func (s *SQS) deleteQueue(_ context.Context, _ cloud.Caller, q *queue, _ target) (any, error) {
	return struct{}{}, s.remove(q)
}

// publishPolicy tells the authorizer of a queue's policy; of none if it is empty.
func (s *SQS) publishPolicy(q *queue, policy string) error {
	var document json.RawMessage
	if policy != "" {
		document = json.RawMessage(policy)
	}
	if err := s.cloud.SetResourcePolicy(q.arn, "", document); err != nil {
		return invalidAttribute("Policy")
	}
	return nil
}

// differs refuses attributes that the queue has not. It is of the wanted type: that
// follows from its name.
func (q *queue) differs(asked map[string]string, wanted settings) error {
	current := q.current()
	has, want := current.attributes(), wanted.attributes()
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		if want[name] != has[name] {
			return fail("QueueNameExists", "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

const maxTags = 50

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("Too many tags added for the queue. Maximum allowed is %d.", maxTags)
	}
	for key, value := range tags {
		if tag := (cloud.Tag{Key: key, Value: value}); !tag.Fits() {
			return invalid("Tag keys must be between 1 and 128 characters in length, and tag values up to 256.")
		}
	}
	return nil
}

// setTags gives the queue its tags, which nobody changes any more.
func (q *queue) setTags(tags map[string]string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tags = tags
}

func (q *queue) tagged() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.tags
}

// retag changes the tags, unless the change fails. No other one comes in between.
func (q *queue) retag(change func(tags map[string]string) error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	tags := maps.Clone(q.tags)
	if tags == nil {
		tags = map[string]string{}
	}
	if err := change(tags); err != nil {
		return err
	}
	q.tags = tags
	return nil
}

type tagInput struct {
	target
	Tags map[string]string `query:"Tag"`
}

func (s *SQS) tagQueue(_ context.Context, _ cloud.Caller, q *queue, in tagInput) (any, error) {
	return struct{}{}, q.retag(func(tags map[string]string) error {
		maps.Copy(tags, in.Tags)
		return checkTags(tags)
	})
}

type untagInput struct {
	target
	TagKeys []string `query:"TagKey"`
}

func (s *SQS) untagQueue(_ context.Context, _ cloud.Caller, q *queue, in untagInput) (any, error) {
	return struct{}{}, q.retag(func(tags map[string]string) error {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		return nil
	})
}

func (s *SQS) listQueueTags(_ context.Context, _ cloud.Caller, q *queue, _ target) (any, error) {
	return struct {
		Tags map[string]string `json:",omitempty" xml:"Tag" flat:"Key"`
	}{q.tagged()}, nil
}
