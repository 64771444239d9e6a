package cloud

import (
	"encoding/json"
	"time"
)

// Event is an event of EventBridge, in its JSON shape.
type Event struct {
	Version    string          `json:"version"` // "0"
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       time.Time       `json:"time"` // to the second
	Region     string          `json:"region"`
	ReplayName string          `json:"replay-name,omitempty"` // of an event that an archive brings again
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`

	Cause *Cause `json:"-"` // what the event tells of; optional
}

// APICall is what CloudTrail records of a call.
type APICall struct {
	Caller            Caller
	EventSource       string // "s3.amazonaws.com"
	EventName         string // "PutObject"
	ReadOnly          bool
	RequestParameters map[string]any
	ResponseElements  map[string]any
	Resources         []TrailResource
	ErrorCode         string // empty for a call that succeeded
	ErrorMessage      string
	Cause             *Cause // what the call has made; optional

	// What the service knows of the request itself; optional.
	RequestID           string
	SourceIP            string
	UserAgent           string
	AdditionalEventData map[string]any
}

// TrailResource is a resource that a recorded call touched.
type TrailResource struct {
	Type string `json:"type"` // "AWS::S3::Object"
	ARN  string `json:"ARN"`
}
