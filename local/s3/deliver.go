// Notifications on their way to queues, topics and functions.

package s3

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type (
	queueInput  struct{ QueueUrl, MessageBody string }
	topicInput  struct{ TopicArn, Subject, Message string }
	lambdaInput struct {
		FunctionName, InvocationType string
		Payload                      json.RawMessage `json:",omitempty"`
	}
)

// maxAttempts is how often a destination is told that cannot be at the moment.
const maxAttempts = 8

// notify tells a destination of a change, later. Who made the change does not
// wait for it.
func (o *operation) notify(b *bucket, d destination, h happening) {
	body, err := json.Marshal(map[string][]record{"Records": {o.record(b, d.Id, h)}})
	if err != nil {
		panic(err) // strings and numbers only
	}
	s, cause, origin := o.client.s3, o.cause, cloud.Origin{Trace: o.client.origin.Trace}
	s.cloud.Go(func(ctx context.Context) {
		ctx = cloud.Because(cloud.WithOrigin(ctx, origin), cause)
		_ = cloud.Retry(ctx, delay, func() error { return s.tell(ctx, b, d, string(body)) })
	})
}

// delay is how long it takes until a destination is told again.
func delay(attempts int) (time.Duration, bool) {
	return time.Duration(1<<(attempts-1)-1) * time.Second, attempts < maxAttempts
}

// tell gives a destination a message.
func (s *S3) tell(ctx context.Context, b *bucket, d destination, message string) error {
	switch {
	case d.QueueArn != "":
		return s.call(ctx, b, "sqs", "SendMessage", queueInput{cloud.QueueURL(d.QueueArn), message})
	case d.TopicArn != "":
		return s.call(ctx, b, "sns", "Publish", topicInput{d.TopicArn, "Amazon S3 Notification", message})
	}
	return s.call(ctx, b, "lambda", "Invoke", lambdaInput{d.LambdaFunctionArn, "Event", json.RawMessage(message)})
}

// call calls another service, as S3 on behalf of the bucket.
func (s *S3) call(ctx context.Context, b *bucket, service, action string, in any) error {
	return s.cloud.Do(ctx, s.cloud.ServiceCaller("s3.amazonaws.com", bucketARN(b.name)), service, action, in, nil)
}

// exists tells whether there is the queue or the topic.
func (s *S3) exists(ctx context.Context, d destination) bool {
	owner := s.cloud.Administrator()
	if d.QueueArn != "" {
		return s.cloud.Do(ctx, owner, "sqs", "GetQueueAttributes", map[string]string{"QueueUrl": cloud.QueueURL(d.QueueArn)}, nil) == nil
	}
	return s.cloud.Do(ctx, owner, "sns", "GetTopicAttributes", map[string]string{"TopicArn": d.TopicArn}, nil) == nil
}
