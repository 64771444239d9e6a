// What EventBridge is told of: Transfer Family's own events.

package transfer

import (
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// session is one login, as events name it.
type session struct {
	cloud    *cloud.Cloud
	server   string // id
	user     string
	id       string
	clientIP string
	cause    *cloud.Cause // the session itself
}

// detail is the detail of Transfer Family's server events, from "Transfer
// Family events detail reference". Members that an event has no use for are
// absent.
type detail struct {
	StatusCode       string `json:"status-code"` // COMPLETED or FAILED
	FailureCode      string `json:"failure-code,omitempty"`
	FailureMessage   string `json:"failure-message,omitempty"`
	Protocol         string `json:"protocol"`
	Bytes            *int64 `json:"bytes,omitempty"` // that were transferred
	ClientIP         string `json:"client-ip"`
	StartTimestamp   string `json:"start-timestamp"`
	EndTimestamp     string `json:"end-timestamp"`
	ETag             string `json:"etag,omitempty"`
	FilePath         string `json:"file-path,omitempty"`
	OriginalFilePath string `json:"original-file-path,omitempty"`
	RenamedFilePath  string `json:"renamed-file-path,omitempty"`
	DirectoryPath    string `json:"directory-path,omitempty"`
	ServerID         string `json:"server-id"`
	Username         string `json:"username"`
	SessionID        string `json:"session-id"`
}

// tell emits the event of an operation ("File Upload") that has ended, and of what it has made. It has
// failed if there is an error, or if the detail has a failure code already.
func (s *session) tell(operation string, started time.Time, d detail, cause *cloud.Cause, err error) {
	outcome := "Completed"
	d.StatusCode = "COMPLETED"
	if err != nil && d.FailureCode == "" {
		d.FailureCode, d.FailureMessage = "UNKNOWN_ERROR", err.Error()
	}
	if d.FailureCode != "" {
		outcome, d.StatusCode = "Failed", "FAILED"
	}
	ended := time.Now().UTC()
	d.Protocol, d.ClientIP = "SFTP", s.clientIP
	d.StartTimestamp, d.EndTimestamp = started.UTC().Format(time.RFC3339Nano), ended.Format(time.RFC3339Nano)
	d.ServerID, d.Username, d.SessionID = s.server, s.user, s.id
	raw, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings and a number only
	}
	s.cloud.Emit(cloud.Event{
		Version:    "0",
		ID:         cloud.UUID(),
		DetailType: "SFTP Server " + operation + " " + outcome,
		Source:     "aws.transfer",
		Account:    s.cloud.Account,
		Time:       ended.Truncate(time.Second),
		Region:     s.cloud.Region,
		Resources:  []string{s.cloud.ARN("transfer", "server/"+s.server)},
		Detail:     raw,
		Cause:      cause,
	})
}
