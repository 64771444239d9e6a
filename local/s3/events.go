// What becomes of objects, as EventBridge and the destinations of notifications
// are told of it.

package s3

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// happening is a change of an object.
type happening struct {
	name       string // in notifications: "ObjectCreated:Put"
	detailType string // on EventBridge
	reason     string // the API that did it, as EventBridge has it
	deletion   string // how it was deleted, if it was
	format     string // the version of a notification
	object     eventObject
}

type eventObject struct {
	Key       string `json:"key"`
	Size      *int64 `json:"size,omitempty"` // of created objects only
	ETag      string `json:"etag,omitempty"`
	VersionID string `json:"version-id,omitempty"`
	Sequencer string `json:"sequencer,omitempty"`
}

// The formats of notifications.
const (
	changesFormat  = "2.1"
	metadataFormat = "2.3"
)

// created tells of a new version; how is as in ObjectCreated:Put.
func (o *operation) created(b *bucket, v *version, how, reason string) {
	id := b.shownID(v)
	if id == nullVersion {
		id = "" // as in the answer
	}
	o.happened(b, happening{
		name: "ObjectCreated:" + how, detailType: "Object Created", reason: reason, format: changesFormat,
		object: eventObject{Key: v.key, Size: &v.size, ETag: v.etag, VersionID: id, Sequencer: v.sequencer},
	})
}

// deleted tells of a version that is gone, or of a new marker.
func (o *operation) deleted(b *bucket, v *version, marker bool) {
	o.cause = o.makes().Named(b.shownID(v))
	o.happened(b, deletion(o.client.s3, b, v, marker))
}

// deletion is that of a version for good, or the coming of a marker.
func deletion(s *S3, b *bucket, v *version, marker bool) happening {
	h := happening{
		name: "ObjectRemoved:Delete", detailType: "Object Deleted", reason: "DeleteObject", deletion: "Permanently Deleted", format: changesFormat,
		object: eventObject{Key: v.key, VersionID: b.shownID(v), Sequencer: v.sequencer},
	}
	if marker {
		h.name, h.deletion = "ObjectRemoved:DeleteMarkerCreated", "Delete Marker Created"
		h.object.ETag = "d41d8cd98f00b204e9800998ecf8427e" // of no bytes, as S3 sends it
	} else {
		h.object.Sequencer = s.sequence.next()
	}
	return h
}

// amended tells of a version that has something else beside its body.
func (o *operation) amended(b *bucket, v *version, name, detailType string) {
	o.happened(b, happening{
		name: name, detailType: detailType, format: metadataFormat,
		object: eventObject{Key: v.key, ETag: v.etag, VersionID: b.shownID(v)},
	})
}

func (o *operation) happened(b *bucket, h happening) {
	n := settingOf[notification](b, "notification")
	if n.EventBridgeConfiguration != nil {
		o.emit(b, h)
	}
	for _, d := range n.all() {
		if d.wants(h) {
			o.notify(b, d, h)
		}
	}
}

// eventDetail is the detail of S3's events on EventBridge.
type eventDetail struct {
	Version      string      `json:"version"`
	Bucket       eventBucket `json:"bucket"`
	Object       eventObject `json:"object"`
	RequestID    string      `json:"request-id"`
	Requester    string      `json:"requester"`
	SourceIP     string      `json:"source-ip-address"`
	Reason       string      `json:"reason,omitempty"`
	DeletionType string      `json:"deletion-type,omitempty"`
}

type eventBucket struct {
	Name string `json:"name"`
}

func (o *operation) emit(b *bucket, h happening) {
	c := o.client
	detail := eventDetail{
		Version: "0", Bucket: eventBucket{b.name}, Object: h.object, RequestID: o.id, Requester: c.s3.cloud.Account,
		SourceIP: c.origin.SourceIP, Reason: h.reason, DeletionType: h.deletion,
	}
	if c.caller.Service != "" {
		detail.Requester = c.caller.Service
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		panic(err) // strings and numbers only
	}
	c.s3.cloud.Emit(cloud.Event{
		Version:    "0",
		ID:         cloud.UUID(),
		DetailType: h.detailType,
		Source:     "aws.s3",
		Account:    c.s3.cloud.Account,
		Time:       time.Now().UTC().Truncate(time.Second),
		Region:     c.s3.cloud.Region,
		Resources:  []string{bucketARN(b.name)},
		Detail:     raw,
		Cause:      o.cause,
	})
}

// record is what a destination gets, one in a list.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
type record struct {
	EventVersion      string            `json:"eventVersion"`
	EventSource       string            `json:"eventSource"`
	AWSRegion         string            `json:"awsRegion"`
	EventTime         string            `json:"eventTime"`
	EventName         string            `json:"eventName"`
	UserIdentity      principal         `json:"userIdentity"`
	RequestParameters map[string]string `json:"requestParameters"`
	ResponseElements  map[string]string `json:"responseElements"`
	S3                recordOfS3        `json:"s3"`
}

type principal struct {
	PrincipalID string `json:"principalId"`
}

type recordOfS3 struct {
	SchemaVersion   string `json:"s3SchemaVersion"`
	ConfigurationID string `json:"configurationId"`
	Bucket          struct {
		Name          string    `json:"name"`
		OwnerIdentity principal `json:"ownerIdentity"`
		ARN           string    `json:"arn"`
	} `json:"bucket"`
	Object struct {
		Key       string `json:"key"`
		Size      *int64 `json:"size,omitempty"`
		ETag      string `json:"eTag,omitempty"`
		VersionID string `json:"versionId,omitempty"`
		Sequencer string `json:"sequencer,omitempty"`
	} `json:"object"`
}

// record is the happening as the destination gets it.
func (o *operation) record(b *bucket, configuration string, h happening) record {
	c := o.client
	r := record{
		EventVersion: h.format, EventSource: "aws:s3", AWSRegion: c.s3.cloud.Region, EventTime: timestamp(time.Now()), EventName: h.name,
		UserIdentity:      principal{"AWS:" + c.callerID()},
		RequestParameters: map[string]string{"sourceIPAddress": c.origin.SourceIP},
		ResponseElements:  map[string]string{"x-amz-request-id": o.id, "x-amz-id-2": newRequestID() + newRequestID()},
	}
	r.S3.SchemaVersion, r.S3.ConfigurationID = "1.0", configuration
	r.S3.Bucket.Name, r.S3.Bucket.ARN, r.S3.Bucket.OwnerIdentity = b.name, bucketARN(b.name), principal{c.s3.customerID()}
	object := &r.S3.Object
	object.Key, object.Size, object.ETag, object.VersionID, object.Sequencer = encodedKey(h.object.Key), h.object.Size, h.object.ETag, h.object.VersionID, h.object.Sequencer
	return r
}

// customerID stands for the account where its number is not shown.
func (s *S3) customerID() string {
	sum := sha256.Sum256([]byte("customer " + s.cloud.Account))
	return "A" + base32.StdEncoding.EncodeToString(sum[:])[:13]
}

func (c *Client) callerID() string {
	if c.caller.ID != "" {
		return c.caller.ID
	}
	return c.s3.cloud.Account
}

// encodedKey is a key as notifications have it: a blank is a plus sign.
func encodedKey(key string) string {
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}

// testEvent is what a new destination gets first.
func (s *S3) testEvent(b *bucket) string {
	raw, err := json.Marshal(map[string]string{
		"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": timestamp(time.Now()), "Bucket": b.name,
		"RequestId": newRequestID(), "HostId": newRequestID() + newRequestID(),
	})
	if err != nil {
		panic(fmt.Sprint("texts only: ", err))
	}
	return string(raw)
}
