// Notifications: which of a bucket's changes go to which queue, topic or function.

package s3

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type notification struct {
	TopicConfigurations          []destination `xml:"TopicConfiguration"`
	QueueConfigurations          []destination `xml:"QueueConfiguration"`
	LambdaFunctionConfigurations []destination `xml:"CloudFunctionConfiguration"`
	EventBridgeConfiguration     *struct{}     `xml:",omitempty"`

	unchecked bool // the destinations
}

// destination has one of the three ARNs.
type destination struct {
	Id                string              `xml:",omitempty"`
	TopicArn          string              `xml:"Topic,omitempty"`
	QueueArn          string              `xml:"Queue,omitempty"`
	LambdaFunctionArn string              `xml:"CloudFunction,omitempty"`
	Events            []string            `xml:"Event"`
	Filter            *notificationFilter `xml:",omitempty"`
}

type notificationFilter struct {
	Key struct {
		FilterRules []filterRule `xml:"FilterRule"`
	} `xml:"S3Key"`
}

type filterRule struct{ Name, Value *string } // an empty value matches every key

// eventNames are the changes that can be asked for. Those which never happen here,
// since nothing is restored, replicated or moved to another class, can be too.
var eventNames = []string{
	"s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy", "s3:ObjectCreated:CompleteMultipartUpload",
	"s3:ObjectRemoved:*", "s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated",
	"s3:ObjectTagging:*", "s3:ObjectTagging:Put", "s3:ObjectTagging:Delete", "s3:ObjectAcl:Put",
	"s3:LifecycleExpiration:*", "s3:LifecycleExpiration:Delete", "s3:LifecycleExpiration:DeleteMarkerCreated",
	"s3:ObjectRestore:*", "s3:ObjectRestore:Post", "s3:ObjectRestore:Completed", "s3:ObjectRestore:Delete", "s3:ReducedRedundancyLostObject",
	"s3:Replication:*", "s3:Replication:OperationFailedReplication", "s3:Replication:OperationNotTracked",
	"s3:Replication:OperationMissedThreshold", "s3:Replication:OperationReplicatedAfterThreshold", "s3:LifecycleTransition", "s3:IntelligentTiering",
}

// all are the destinations.
func (n *notification) all() []destination {
	return slices.Concat(n.TopicConfigurations, n.QueueConfigurations, n.LambdaFunctionConfigurations)
}

// kinds are the lists with what their ARNs are called, and are of.
func (n *notification) kinds() []destinationKind {
	return []destinationKind{
		{n.TopicConfigurations, "Topic", "sns"}, {n.QueueConfigurations, "Queue", "sqs"}, {n.LambdaFunctionConfigurations, "CloudFunction", "lambda"},
	}
}

type destinationKind struct {
	destinations []destination
	member       string
	service      string
}

// arn is the destination's.
func (d destination) arn() string { return d.TopicArn + d.QueueArn + d.LambdaFunctionArn }

func (n *notification) check(s *S3, b *bucket) error {
	ids := map[string]bool{}
	for _, kind := range n.kinds() {
		for i := range kind.destinations {
			d := &kind.destinations[i]
			if err := d.check(kind); err != nil {
				return err
			}
			if d.Id == "" {
				d.Id = cloud.UUID()
			}
			if ids[d.Id] {
				return cloud.Errorf(400, "InvalidArgument", "Same ID used for multiple configurations. IDs must be unique")
			}
			ids[d.Id] = true
		}
	}
	all := n.all()
	for i, d := range all {
		for _, other := range all[:i] {
			if d.overlaps(other) {
				return cloud.Errorf(400, "InvalidArgument", "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.")
			}
		}
	}
	if n.unchecked {
		return nil
	}
	return s.reach(b, all)
}

func (d *destination) check(kind destinationKind) error {
	if arn, ok := cloud.ParseARN(d.arn()); !ok || arn.Service != kind.service {
		return invalidArgument(kind.member, d.arn(), "The ARN could not be parsed")
	}
	if len(d.Events) == 0 || count(d.TopicArn != "", d.QueueArn != "", d.LambdaFunctionArn != "") != 1 {
		return malformedXML()
	}
	for _, event := range d.Events {
		if !slices.Contains(eventNames, event) {
			return invalidArgument("Event", event, fmt.Sprintf("The event '%s' is not supported for notifications", event))
		}
	}
	if d.Filter == nil {
		return nil
	}
	for i := range d.Filter.Key.FilterRules {
		rule := &d.Filter.Key.FilterRules[i]
		if rule.Name == nil || rule.Value == nil {
			return malformedXML()
		}
		name := *rule.Name
		switch strings.ToLower(name) {
		case "prefix":
			name = "Prefix"
		case "suffix":
			name = "Suffix"
		default:
			return invalidArgument("FilterRule.Name", name, "filter rule name must be either prefix or suffix")
		}
		rule.Name = &name
		if slices.ContainsFunc(d.Filter.Key.FilterRules[:i], func(other filterRule) bool { return *other.Name == name }) {
			return invalidArgument("FilterRule.Name", name, "Cannot specify more than one "+strings.ToLower(name)+" rule in a filter.")
		}
	}
	return nil
}

// affix is the value of a rule of the filter.
func (d destination) affix(name string) string {
	if d.Filter == nil {
		return ""
	}
	for _, rule := range d.Filter.Key.FilterRules {
		if *rule.Name == name {
			return *rule.Value
		}
	}
	return ""
}

// overlaps tells whether two destinations could both be told of one change.
func (d destination) overlaps(other destination) bool {
	prefix, prefix2, suffix, suffix2 := d.affix("Prefix"), other.affix("Prefix"), d.affix("Suffix"), other.affix("Suffix")
	return (strings.HasPrefix(prefix, prefix2) || strings.HasPrefix(prefix2, prefix)) &&
		(strings.HasSuffix(suffix, suffix2) || strings.HasSuffix(suffix2, suffix)) &&
		slices.ContainsFunc(d.Events, func(event string) bool {
			return slices.ContainsFunc(other.Events, func(event2 string) bool { return covers(event, event2) || covers(event2, event) })
		})
}

// covers tells whether an event that is asked for is another one, or all of a kind.
func covers(asked, event string) bool {
	kind, all := strings.CutSuffix(asked, "*")
	return asked == event || all && strings.HasPrefix(event, kind)
}

// wants tells whether the destination is told of a change.
func (d destination) wants(h happening) bool {
	return slices.ContainsFunc(d.Events, func(event string) bool { return covers(event, "s3:"+h.name) }) &&
		strings.HasPrefix(h.object.Key, d.affix("Prefix")) && strings.HasSuffix(h.object.Key, d.affix("Suffix"))
}

const skipHeader = "x-amz-skip-destination-validation"

func (q *request) putNotification(_ *bucket, d document) error {
	d.(*notification).unchecked = strings.EqualFold(q.Request.Header.Get(skipHeader), "true")
	return nil
}

// Notify sets who is told of the changes of a bucket, in the shape of the API's
// NotificationConfiguration. The destinations are tested, unless they are to be
// taken unchecked.
func (s *S3) Notify(name string, configuration Notification, unchecked bool) error {
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	configuration.unchecked = unchecked
	if err := configuration.check(s, b); err != nil {
		return err
	}
	b.set("notification", &configuration.notification)
	return nil
}

// Notification is who is told of the changes of a bucket.
type Notification struct{ notification }

// reach sees whether all destinations can be told, by telling them.
func (s *S3) reach(b *bucket, all []destination) error {
	refused := cloud.Errorf(400, "InvalidArgument", "Unable to validate the following destination configurations")
	for _, d := range all {
		if name, why := s.unreachable(b, d); why != "" {
			n := len(refused.Fields)/2 + 1
			about(refused, fmt.Sprint("ArgumentName", n), name, fmt.Sprint("ArgumentValue", n), why)
		}
	}
	if len(refused.Fields) > 0 {
		return refused
	}
	return nil
}

// unreachable tells why a destination cannot be told, and what it is called then.
func (s *S3) unreachable(b *bucket, d destination) (name, why string) {
	ctx := context.Background()
	kind := "queue"
	switch {
	case strings.HasSuffix(d.QueueArn, ".fifo"):
		return d.QueueArn, "FIFO SQS queues are not supported"
	case strings.HasSuffix(d.TopicArn, ".fifo"):
		return d.TopicArn, "FIFO SNS topics are not supported"
	case d.LambdaFunctionArn != "":
		if s.call(ctx, b, "lambda", "Invoke", lambdaInput{FunctionName: d.LambdaFunctionArn, InvocationType: "DryRun"}) != nil {
			return d.LambdaFunctionArn + ", null", fmt.Sprintf("Not authorized to invoke function [%s]", d.LambdaFunctionArn)
		}
		return "", ""
	case d.TopicArn != "":
		kind = "topic"
	}
	if !s.exists(ctx, d) {
		return d.arn(), fmt.Sprintf("The destination %s does not exist", kind)
	}
	if s.tell(ctx, b, d, s.testEvent(b)) != nil {
		return d.arn(), fmt.Sprintf("Permissions on the destination %s do not allow S3 to publish notifications from this bucket", kind)
	}
	return "", ""
}
