package sqs

// This file holds what can be set on a queue, with SQS's defaults and limits.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/fifo"
)

const (
	maxBytes      = 1 << 20 // of a message, and of a batch
	maxVisibility = 12 * time.Hour
	maxDelay      = 15 * time.Minute
	maxWait       = 20 * time.Second
)

type settings struct {
	delay      time.Duration
	retention  time.Duration
	wait       time.Duration
	visibility time.Duration
	maxBytes   int
	redrive    *redrivePolicy // nil: messages are received for ever
	allow      *redriveAllowPolicy

	policy string // as given; the authorizer knows its meaning

	// How messages would be encrypted makes no difference here.
	key      string // of KMS; or empty
	keyReuse string // seconds
	ownKey   bool   // whether SQS has a key of its own for them

	fifo               bool // which cannot be changed
	contentBased       bool // deduplication ids are made of bodies
	deduplicationScope string
	throughputLimit    string
}

// Values of DeduplicationScope and FifoThroughputLimit. The limit itself is not
// imposed: nothing is throttled here.
const (
	perQueue      = "queue"
	perGroup      = "messageGroup"
	limitPerQueue = "perQueue"
	limitPerGroup = "perMessageGroupId"
)

type redrivePolicy struct {
	target          string // ARN of the dead-letter queue
	maxReceiveCount int
}

// redriveAllowPolicy is a dead-letter queue's word on who may use it.
type redriveAllowPolicy struct {
	permission string // allowAll, denyAll, byQueue
	sources    []string
}

func (p *redriveAllowPolicy) allows(source string) bool {
	switch {
	case p == nil, p.permission == "allowAll":
		return true
	case p.permission == "byQueue":
		return slices.Contains(p.sources, source)
	default:
		return false
	}
}

func defaultSettings(fifo bool) settings {
	s := settings{retention: 4 * 24 * time.Hour, visibility: 30 * time.Second, maxBytes: maxBytes, ownKey: true}
	if fifo {
		s.fifo, s.deduplicationScope, s.throughputLimit = true, perQueue, limitPerQueue
	}
	return s
}

// attributes are the settings in the API's notation.
func (s *settings) attributes() map[string]string {
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	all := map[string]string{
		"VisibilityTimeout":             seconds(s.visibility),
		"MaximumMessageSize":            strconv.Itoa(s.maxBytes),
		"MessageRetentionPeriod":        seconds(s.retention),
		"DelaySeconds":                  seconds(s.delay),
		"ReceiveMessageWaitTimeSeconds": seconds(s.wait),
		"SqsManagedSseEnabled":          strconv.FormatBool(s.ownKey),
	}
	if s.redrive != nil {
		all["RedrivePolicy"] = s.redrive.String()
	}
	if s.allow != nil {
		all["RedriveAllowPolicy"] = s.allow.String()
	}
	if s.policy != "" {
		all["Policy"] = s.policy
	}
	if s.key != "" {
		all["KmsMasterKeyId"], all["KmsDataKeyReusePeriodSeconds"] = s.key, cmp.Or(s.keyReuse, "300")
	}
	if s.fifo {
		all["FifoQueue"] = "true"
		all["ContentBasedDeduplication"] = strconv.FormatBool(s.contentBased)
		all["DeduplicationScope"] = s.deduplicationScope
		all["FifoThroughputLimit"] = s.throughputLimit
	}
	return all
}

// setAll changes attributes, which must go together.
func (s *settings) setAll(attributes map[string]string) error {
	if attributes["KmsMasterKeyId"] != "" && attributes["SqsManagedSseEnabled"] == "true" {
		return fail("InvalidAttributeName", "InvalidAttributeName",
			"You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := s.set(name, attributes[name]); err != nil {
			return err
		}
	}
	return s.check()
}

// set changes one attribute, in the API's notation: all values are strings.
func (s *settings) set(name, value string) error {
	switch name {
	case "DelaySeconds":
		return setSeconds(&s.delay, name, value, 0, maxDelay)
	case "MessageRetentionPeriod":
		return setSeconds(&s.retention, name, value, time.Minute, 14*24*time.Hour)
	case "ReceiveMessageWaitTimeSeconds":
		return setSeconds(&s.wait, name, value, 0, maxWait)
	case "VisibilityTimeout":
		return setSeconds(&s.visibility, name, value, 0, maxVisibility)
	case "MaximumMessageSize":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1024 || n > maxBytes {
			return invalidAttribute(name)
		}
		s.maxBytes = n
		return nil
	case "RedrivePolicy":
		return s.setRedrivePolicy(value)
	case "RedriveAllowPolicy":
		return s.setRedriveAllowPolicy(value)
	case "FifoQueue":
		if !s.fifo {
			return unknownAttribute(name)
		}
		if !strings.EqualFold(value, "true") {
			return fail("InvalidAttributeValue", "InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
		}
		return nil
	case "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit":
		return s.setFIFO(name, value)
	case "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled":
		return s.setEncryption(name, value)
	case "Policy":
		if value != "" && !json.Valid([]byte(value)) {
			return invalidAttribute(name)
		}
		s.policy = value
		return nil
	}
	return unknownAttribute(name)
}

func unknownAttribute(name string) error {
	return fail("InvalidAttributeName", "InvalidAttributeName", "Unknown Attribute %s.", name)
}

// setEncryption lets a queue have one kind of key at a time.
func (s *settings) setEncryption(name, value string) error {
	switch name {
	case "KmsMasterKeyId":
		s.key = value
		s.ownKey = s.ownKey && value == ""
	case "KmsDataKeyReusePeriodSeconds":
		var period time.Duration
		if err := setSeconds(&period, name, value, time.Minute, 24*time.Hour); err != nil {
			return err
		}
		s.keyReuse = value
	default:
		own, err := strconv.ParseBool(value)
		if err != nil {
			return invalidAttribute(name)
		}
		s.ownKey = own
		if own {
			s.key = ""
		}
	}
	return nil
}

// setFIFO changes an attribute that only a FIFO queue has.
func (s *settings) setFIFO(name, value string) error {
	switch {
	case s.fifo:
	case name == "ContentBasedDeduplication":
		return unknownAttribute(name)
	default:
		return fail("InvalidAttributeName", "InvalidAttributeName", "You can specify the %s only when FifoQueue is set to true.", name)
	}
	if name == "ContentBasedDeduplication" {
		value = strings.ToLower(value)
	}
	for _, attribute := range []struct {
		name   string
		values []string
		set    func()
	}{
		{"ContentBasedDeduplication", []string{"true", "false"}, func() { s.contentBased = value == "true" }},
		{"DeduplicationScope", []string{perQueue, perGroup}, func() { s.deduplicationScope = value }},
		{"FifoThroughputLimit", []string{limitPerQueue, limitPerGroup}, func() { s.throughputLimit = value }},
	} {
		if attribute.name == name && slices.Contains(attribute.values, value) {
			attribute.set()
			return nil
		}
	}
	return invalidAttribute(name)
}

// check tells whether the settings go together.
func (s *settings) check() error {
	if s.throughputLimit == limitPerGroup && s.deduplicationScope != perGroup {
		return fail("InvalidAttributeValue", "InvalidAttributeValue",
			"Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.")
	}
	return nil
}

func setSeconds(field *time.Duration, name, value string, least, most time.Duration) error {
	n, err := strconv.Atoi(value)
	if d := time.Duration(n) * time.Second; err != nil || d < least || d > most {
		return invalidAttribute(name)
	}
	*field = time.Duration(n) * time.Second
	return nil
}

func (s *settings) setRedrivePolicy(value string) error {
	if value == "" {
		s.redrive = nil
		return nil
	}
	var policy struct {
		DeadLetterTargetArn string      `json:"deadLetterTargetArn"`
		MaxReceiveCount     json.Number `json:"maxReceiveCount"` // AWS takes "5" and 5
	}
	if err := json.Unmarshal([]byte(value), &policy); err != nil {
		return invalid("Value %s for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map.", value)
	}
	n, err := strconv.Atoi(policy.MaxReceiveCount.String())
	if err != nil || n < 1 || n > 1000 {
		return invalid("Value %s for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount: %s, valid values are from 1 to 1000 both inclusive.", value, policy.MaxReceiveCount)
	}
	if policy.DeadLetterTargetArn == "" {
		return invalid("Value %s for parameter RedrivePolicy is invalid. Reason: Redrive policy does not contain mandatory attribute: deadLetterTargetArn.", value)
	}
	s.redrive = &redrivePolicy{target: policy.DeadLetterTargetArn, maxReceiveCount: n}
	return nil
}

func (p *redrivePolicy) String() string {
	text, err := json.Marshal(struct {
		DeadLetterTargetArn string `json:"deadLetterTargetArn"`
		MaxReceiveCount     int    `json:"maxReceiveCount"`
	}{p.target, p.maxReceiveCount})
	if err != nil {
		panic(err) // a string and a number
	}
	return string(text)
}

func (s *settings) setRedriveAllowPolicy(value string) error {
	if value == "" {
		s.allow = nil
		return nil
	}
	var policy struct {
		RedrivePermission string   `json:"redrivePermission"`
		SourceQueueArns   []string `json:"sourceQueueArns"`
	}
	err := json.Unmarshal([]byte(value), &policy)
	known := slices.Contains([]string{"allowAll", "denyAll", "byQueue"}, policy.RedrivePermission)
	byQueue := policy.RedrivePermission == "byQueue"
	if err != nil || !known || byQueue != (len(policy.SourceQueueArns) > 0) || len(policy.SourceQueueArns) > 10 {
		return invalid("Value %s for parameter RedriveAllowPolicy is invalid.", value)
	}
	s.allow = &redriveAllowPolicy{permission: policy.RedrivePermission, sources: policy.SourceQueueArns}
	return nil
}

func (p *redriveAllowPolicy) String() string {
	text, err := json.Marshal(struct {
		RedrivePermission string   `json:"redrivePermission"`
		SourceQueueArns   []string `json:"sourceQueueArns,omitempty"`
	}{p.permission, p.sources})
	if err != nil {
		panic(err) // strings
	}
	return string(text)
}

// checkRedrive tells whether a queue may use its dead-letter queue.
func (s *SQS) checkRedrive(source string, policy *redrivePolicy) error {
	if policy == nil {
		return nil
	}
	refuse := func(reason string) error {
		return invalid("Value %s for parameter RedrivePolicy is invalid. Reason: %s", policy, reason)
	}
	target := s.queueByARN(policy.target)
	if target == nil {
		return refuse("Dead letter target does not exist.")
	}
	if target.arn == source {
		return nil
	}
	if (target.history != nil) != fifo.Named(source) {
		return refuse("Dead-letter queue must be same type of queue as the source.")
	}
	target.mu.Lock()
	defer target.mu.Unlock()
	if !target.settings.allow.allows(source) {
		return refuse(fmt.Sprintf("The RedriveAllowPolicy of %s does not allow this source queue.", target.name))
	}
	return nil
}
