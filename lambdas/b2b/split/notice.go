// This file understands the three kinds of notices.

package split

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

// notice says that an object has been written.
type notice struct {
	id                   string // the same however often the notice comes
	bucket, key, version string
	failed               string // error code of a call that wrote nothing
}

// cloudTrailDetail is the detail of "AWS API Call via CloudTrail" for a call
// that writes an object. CloudTrail records calls that failed, too.
type cloudTrailDetail struct {
	ErrorCode         string `json:"errorCode"`
	RequestParameters struct {
		Bucket string `json:"bucketName"`
		Key    string `json:"key"`
	} `json:"requestParameters"`
	ResponseElements struct {
		Version string `json:"x-amz-version-id"`
	} `json:"responseElements"`
}

// transferDetail is the detail of the SFTP server's own events. Paths are
// /bucket/key, and none tells a version.
type transferDetail struct {
	FilePath    string `json:"file-path"`         // of an upload
	RenamedPath string `json:"renamed-file-path"` // the new one of a rename
	Partner     string `json:"username"`
	ClientIP    string `json:"client-ip"`
	Bytes       int64  `json:"bytes"`
	Code        string `json:"failure-code"`
	Message     string `json:"failure-message"`
}

// uploadFailed is the type of the event that tells of no file.
const uploadFailed = "SFTP Server File Upload Failed"

func (d transferDetail) object() (bucket, key string) {
	path := strings.TrimPrefix(cmp.Or(d.RenamedPath, d.FilePath), "/")
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func read(event events.EventBridgeEvent) (notice, error) {
	var n notice
	var err error
	switch event.DetailType {
	case contract.DetailTypeObjectCreated:
		var d contract.ObjectCreated
		err = json.Unmarshal(event.Detail, &d)
		n = notice{bucket: d.Bucket.Name, key: d.Object.Key, version: d.Object.Version}
	case "AWS API Call via CloudTrail":
		var d cloudTrailDetail
		err = json.Unmarshal(event.Detail, &d)
		n = notice{bucket: d.RequestParameters.Bucket, key: d.RequestParameters.Key, version: d.ResponseElements.Version, failed: d.ErrorCode}
	case "SFTP Server File Upload Completed", "SFTP Server File Rename Completed":
		var d transferDetail
		err = json.Unmarshal(event.Detail, &d)
		n.bucket, n.key = d.object()
	default:
		err = errors.New("unknown detail type")
	}
	n.id = event.ID
	if err == nil && (n.bucket == "" || n.key == "") {
		err = errors.New("no bucket or no key")
	}
	if err == nil && n.version == "" && n.id == "" {
		err = errors.New("neither a version nor an id")
	}
	if err != nil {
		return n, fmt.Errorf("read event %s of type %q: %w", event.ID, event.DetailType, err)
	}
	return n, nil
}

// file takes partner and path from the key. If the object is not a partner's
// finished file, ignored says why.
func (n notice) file() (partner, file, ignored string) {
	if n.failed != "" {
		return "", "", "the call failed: " + n.failed
	}
	return contract.InboxFile(n.key)
}

// tellOperator says that an upload failed. What came of it may be an object
// all the same, which S3 announces like any other.
func (h *Handler) tellOperator(ctx context.Context, event events.EventBridgeEvent) error {
	var d transferDetail
	if err := json.Unmarshal(event.Detail, &d); err != nil {
		return fmt.Errorf("read event %s of type %q: %w", event.ID, event.DetailType, err)
	}
	slog.WarnContext(ctx, "upload failed", "partner", d.Partner, "file", d.FilePath, "code", d.Code, "because", d.Message,
		"bytes", d.Bytes, "client", d.ClientIP)
	return h.Metrics.Count(metrics.Value{Name: contract.MetricUploadsFailed, Count: 1})
}
