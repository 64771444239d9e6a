package textract

// This file is the operation that starts a job.

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"reflect"
	"regexp"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type startInput struct {
	DocumentLocation    *documentLocation
	ClientRequestToken  string
	JobTag              string
	KMSKeyId            string // nothing is encrypted
	NotificationChannel *notificationChannel
	OutputConfig        *outputConfig
}

type documentLocation struct{ S3Object *s3Object }

type notificationChannel struct{ RoleArn, SNSTopicArn string }

type outputConfig struct{ S3Bucket, S3Prefix string }

type startOutput struct{ JobId string }

var (
	tokenPattern = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)
	tagPattern   = regexp.MustCompile(`^[a-zA-Z0-9_.\-:]{1,64}$`)
	keyPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]*$`)
	rolePattern  = regexp.MustCompile(`^arn:[a-z\d-]+:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)
	topicPattern = regexp.MustCompile(`^arn:[a-z\d-]+:sns:[\w-]+:\d{12}:.+$`)
)

func (in startInput) check() error {
	if in.DocumentLocation == nil || in.DocumentLocation.S3Object == nil {
		return invalidParameter("DocumentLocation needs an S3Object")
	}
	for _, member := range []struct {
		name, value string
		pattern     *regexp.Regexp
	}{
		{"ClientRequestToken", in.ClientRequestToken, tokenPattern},
		{"JobTag", in.JobTag, tagPattern},
		{"KMSKeyId", in.KMSKeyId, keyPattern},
	} {
		if member.value != "" && !member.pattern.MatchString(member.value) {
			return invalidParameter("%s must match %s", member.name, member.pattern)
		}
	}
	if len(in.KMSKeyId) > 2048 {
		return invalidParameter("KMSKeyId must have at most 2048 characters, got %d", len(in.KMSKeyId))
	}
	if channel := in.NotificationChannel; channel != nil {
		if !rolePattern.MatchString(channel.RoleArn) {
			return invalidParameter("NotificationChannel needs a RoleArn, got %q", channel.RoleArn)
		}
		if !topicPattern.MatchString(channel.SNSTopicArn) {
			return invalidParameter("NotificationChannel needs an SNSTopicArn, got %q", channel.SNSTopicArn)
		}
	}
	if output := in.OutputConfig; output != nil && (len(output.S3Bucket) < 3 || len(output.S3Prefix) > 255) {
		return invalidParameter("OutputConfig needs an S3Bucket, and an S3Prefix of at most 255 characters")
	}
	return in.DocumentLocation.S3Object.check()
}

func (t *Textract) startExpenseAnalysis(ctx context.Context, caller cloud.Caller, in startInput) (startOutput, error) {
	if err := t.authorize(caller, "StartExpenseAnalysis"); err != nil {
		return startOutput{}, err
	}
	if err := in.check(); err != nil {
		return startOutput{}, err
	}
	if id, err := t.startedBefore(in); id != "" || err != nil {
		return startOutput{id}, err
	}
	var id [32]byte
	_, _ = rand.Read(id[:]) // never fails
	j := &job{id: hex.EncodeToString(id[:]), input: in, caller: caller, status: inProgress, started: time.Now()}
	if err := t.prepare(ctx, j); err != nil {
		return startOutput{}, err
	}
	t.mu.Lock()
	// A request with the same token may have been faster.
	if first, err := t.withToken(in); first != "" || err != nil {
		t.mu.Unlock()
		return startOutput{first}, err
	}
	t.forget(j.started)
	t.add(j)
	t.mu.Unlock()
	t.cloud.Go(func(ctx context.Context) { t.run(ctx, j) })
	return startOutput{j.id}, nil
}

// startedBefore returns the job that the same request has started before.
func (t *Textract) startedBefore(in startInput) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(time.Now())
	return t.withToken(in)
}

func (t *Textract) withToken(in startInput) (string, error) {
	id := t.tokens[in.ClientRequestToken]
	if in.ClientRequestToken == "" || id == "" {
		return "", nil
	}
	if !reflect.DeepEqual(t.jobs[id].input, in) {
		return "", cloud.Errorf(400, "IdempotentParameterMismatchException",
			"The ClientRequestToken was used by job %s, which has other parameters", id)
	}
	return id, nil
}

// prepare takes on the roles of a job, and looks for its document and its topic.
func (t *Textract) prepare(ctx context.Context, j *job) error {
	if channel := j.input.NotificationChannel; channel != nil {
		if err := t.prepareTopic(ctx, j, *channel); err != nil {
			return err
		}
	}
	if output := j.input.OutputConfig; output != nil {
		if err := t.checkOutput(ctx, j, *output); err != nil {
			return err
		}
	}
	var err error
	j.content, err = t.fetch(ctx, j.caller, *j.input.DocumentLocation.S3Object)
	return err
}

// prepareTopic takes on the role that publishes. What could not be published
// when the job has ended is refused now: nobody would hear of it then.
func (t *Textract) prepareTopic(ctx context.Context, j *job, channel notificationChannel) error {
	if err := t.cloud.MayPass(j.caller, channel.RoleArn, principal); err != nil {
		return err
	}
	var err error
	j.tell, err = t.cloud.Assume(t.cloud.ServiceCaller(principal, t.cloud.ARN("textract", "job/"+j.id)), channel.RoleArn, "textract")
	if err != nil {
		return invalidParameter("the role of NotificationChannel cannot be assumed: %v", err)
	}
	topic := map[string]string{"TopicArn": channel.SNSTopicArn}
	if err := t.cloud.Do(ctx, t.cloud.Administrator(), "sns", "GetTopicAttributes", topic, nil); err != nil {
		return invalidParameter("the topic of NotificationChannel: %v", err)
	}
	if err := t.cloud.Authorize(j.tell, "sns:Publish", channel.SNSTopicArn); err != nil {
		return invalidParameter("the role of NotificationChannel may not publish: %v", err)
	}
	return nil
}
