// S3 as one caller sees it: who asks, what that is allowed, and what
// EventBridge and CloudTrail are told of it.

package s3

import (
	"crypto/rand"
	"maps"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Origin says where the requests of a Client come from.
type Origin struct {
	SourceIP  string         // shown in events and CloudTrail. Default: 127.0.0.1.
	UserAgent string         // shown in CloudTrail
	Trace     string         // of X-Ray, which notifications carry on
	Of        []*cloud.Cause // what the requests come of
}

// Client acts on S3 as one caller. Every method authorizes the caller first;
// its errors are *cloud.Error with S3's codes ("NoSuchKey", "AccessDenied").
// It is safe for concurrent use.
type Client struct {
	s3        *S3
	caller    cloud.Caller
	origin    Origin
	requestID string // of the one request that it serves, or empty
}

// As returns S3 as the caller sees it.
func (s *S3) As(caller cloud.Caller, o Origin) *Client {
	if o.SourceIP == "" {
		o.SourceIP = "127.0.0.1"
	}
	return &Client{s3: s, caller: withContext(caller, map[string]string{
		"s3:TlsVersion": "1.3", // loopback stands for TLS
		"aws:SourceIp":  o.SourceIP,
	}), origin: o}
}

// withContext returns the caller with further condition keys.
func withContext(caller cloud.Caller, keys map[string]string) cloud.Caller {
	merged := make(map[string]string, len(caller.Context)+len(keys))
	maps.Copy(merged, caller.Context)
	for key, value := range keys {
		if value != "" {
			merged[key] = value
		}
	}
	caller.Context = merged
	return caller
}

// newRequestID returns 16 characters, as S3's request ids have.
func newRequestID() string { return rand.Text()[:16] }

// conditions are condition keys that a request gives to policies. A key whose
// value is empty is absent.
type conditions map[string]string

// allow asks whether the caller may perform an action on a resource.
func (c *Client) allow(action, arn string, conditions conditions) error {
	caller := c.caller
	if len(conditions) > 0 {
		caller = withContext(caller, conditions)
	}
	err := c.s3.cloud.Authorize(caller, "s3:"+action, arn)
	if c.anonymous() {
		return c.allowEverybody(action, arn, err)
	}
	if err == nil {
		return nil
	}
	denied := *cloud.AsError(err)
	if denied.Code == "AccessDeniedException" {
		denied.Code, denied.Status = "AccessDenied", 403
	}
	return &denied
}

// absent is the error of an object that is not there: only a caller that may
// list the bucket is told so.
func (c *Client) absent(bucket, key string, err error) error {
	if denied := c.allow("ListBucket", bucketARN(bucket), conditions{"s3:prefix": key}); denied != nil {
		return denied
	}
	return err
}

// operation is one API call that CloudTrail is told about when it ends.
type operation struct {
	client   *Client
	name     string
	readOnly bool
	bucket   string
	key      string
	id       string         // of the request
	request  map[string]any // further requestParameters
	response map[string]any
	in, out  int64        // bytes of the body
	cause    *cloud.Cause // what it has made
}

// begin starts an operation on a bucket or, if key is not empty, an object.
func (c *Client) begin(name, bucket, key string) *operation {
	id := c.requestID
	if id == "" {
		id = newRequestID()
	}
	return &operation{client: c, name: name, bucket: bucket, key: key, id: id, request: map[string]any{}, response: map[string]any{}}
}

// end records the operation with the error that it returns, if any.
func (o *operation) end(err *error) {
	c := o.client
	o.request["bucketName"] = o.bucket
	o.request["Host"] = o.bucket + ".s3." + c.s3.cloud.Region + ".amazonaws.com"
	if o.key != "" {
		o.request["key"] = o.key
	}
	call := cloud.APICall{
		Caller:            c.caller,
		EventSource:       "s3.amazonaws.com",
		EventName:         o.name,
		ReadOnly:          o.readOnly,
		RequestParameters: o.request,
		Cause:             o.cause,
		Resources: []cloud.TrailResource{
			{Type: "AWS::S3::Object", ARN: objectARN(o.bucket, o.key)},
			{Type: "AWS::S3::Bucket", ARN: bucketARN(o.bucket)},
		},
		RequestID: o.id,
		SourceIP:  c.origin.SourceIP,
		UserAgent: c.origin.UserAgent,
		AdditionalEventData: map[string]any{
			"SignatureVersion":     "SigV4",
			"AuthenticationMethod": "AuthHeader",
			"bytesTransferredIn":   o.in,
			"bytesTransferredOut":  o.out,
		},
	}
	if len(o.response) > 0 {
		call.ResponseElements = o.response
	}
	if *err != nil {
		e := cloud.AsError(*err)
		call.ErrorCode, call.ErrorMessage, call.ResponseElements = e.Code, e.Message, nil
	}
	c.s3.cloud.Record(call)
}

// makes is the object that the operation makes, or does away with, whose version's id
// comes later.
func (o *operation) makes() *cloud.Cause {
	return o.client.s3.cloud.Happened(cloud.Cause{
		Type: "object", Resource: objectARN(o.bucket, o.key), Action: "s3:" + o.name, By: o.client.caller.ARN, Of: o.client.origin.Of,
	})
}

// wrote notes the version that the operation made, for CloudTrail and for causes.
func (o *operation) wrote(b *bucket, v *version) {
	o.cause = v.cause.Named(b.shownID(v))
	for name, value := range v.Seal.told() {
		o.response[name] = value
	}
	if id := b.shownID(v); id != "" {
		o.response["x-amz-version-id"] = id
	}
}
