package textract

// This file tells of a job's end: its topic, and the bucket that its result goes
// to.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// https://docs.aws.amazon.com/textract/latest/dg/async-notification-payload.html
type completion struct {
	JobId            string
	Status           string
	API              string
	JobTag           string `json:",omitempty"`
	Timestamp        int64  // milliseconds
	DocumentLocation struct{ S3ObjectName, S3Bucket string }
}

// attempts is how often a topic is told, if it cannot be at first.
const attempts = 5

// notify publishes a job's end.
func (t *Textract) notify(ctx context.Context, j *job) {
	channel := j.input.NotificationChannel
	if channel == nil {
		return
	}
	told := completion{JobId: j.id, API: "StartExpenseAnalysis", JobTag: j.input.JobTag, Timestamp: time.Now().UnixMilli()}
	if told.Status = j.status; told.Status == partialSuccess {
		told.Status = succeeded // the only other word that is documented is for failures
	}
	object := j.input.DocumentLocation.S3Object
	told.DocumentLocation.S3ObjectName, told.DocumentLocation.S3Bucket = object.Name, object.Bucket
	message, err := json.Marshal(told)
	if err != nil {
		panic(err) // strings and numbers only
	}
	in := map[string]string{"TopicArn": channel.SNSTopicArn, "Message": string(message)}
	for attempt := range attempts {
		err := t.cloud.Do(ctx, j.tell, "sns", "Publish", in, nil)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second << attempt):
		}
	}
}

// defaultPrefix is where results go in a bucket if nobody says otherwise.
const defaultPrefix = "textract_output"

func (o outputConfig) key(parts ...string) string {
	prefix := o.S3Prefix
	if prefix == "" {
		prefix = defaultPrefix
	}
	return path.Join(append([]string{prefix}, parts...)...)
}

// checkOutput writes what Textract writes to see whether it may.
func (t *Textract) checkOutput(ctx context.Context, j *job, o outputConfig) error {
	if err := t.put(ctx, j, o, o.key(".s3_access_check"), nil); err != nil {
		return cloud.Errorf(400, "InvalidS3ObjectException", "Unable to write to the bucket of OutputConfig: %v", err)
	}
	return nil
}

// save writes a job's result as objects with as many expenses as one call of
// GetExpenseAnalysis answers.
func (t *Textract) save(ctx context.Context, j *job, a analysis) error {
	o := j.input.OutputConfig
	if o == nil {
		return nil
	}
	status := succeeded
	if len(a.warnings) > 0 {
		status = partialSuccess
	}
	for n := 0; n == 0 || n*maxResults < len(a.expenses); n++ {
		page, err := resultPage(a.expenses, n*maxResults, maxResults)
		if err != nil {
			return err
		}
		page.JobStatus, page.StatusMessage, page.DocumentMetadata = status, a.reason, &documentMetadata{a.pages}
		page.Warnings, page.NextToken = a.warnings, ""
		body, err := json.Marshal(page)
		if err != nil {
			return fmt.Errorf("encode the result: %w", err)
		}
		if err := t.put(ctx, j, *o, o.key(j.id, fmt.Sprint(n+1)), body); err != nil {
			return cloud.Errorf(400, "InvalidS3ObjectException", "Unable to write to the bucket of OutputConfig: %v", err)
		}
	}
	return nil
}

func (t *Textract) put(ctx context.Context, j *job, o outputConfig, key string, body []byte) error {
	client := t.objects.As(j.caller, s3.Origin{SourceIP: principal, UserAgent: principal})
	_, err := client.Put(ctx, s3.PutInput{Bucket: o.S3Bucket, Key: key, Body: bytes.NewReader(body)})
	return err
}
