// S3's REST protocol: what all requests have in common.

package s3

import (
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// request is one HTTP request to S3.
type request struct {
	*wire.Exchange

	query       url.Values
	client      *Client
	route       route
	bucket, key string

	honoured, known []string // parameters: of the operation, and of any
}

// serve reads what all requests have in common. Known are the parameters that an
// operation has.
func (s *S3) serve(r route, known []string) func(*wire.Exchange) error {
	honoured := r.parameters()
	return func(x *wire.Exchange) error {
		sourceIP, _, _ := net.SplitHostPort(x.Request.RemoteAddr)
		q := &request{
			Exchange: x, query: x.Request.URL.Query(),
			client: s.As(x.Caller, Origin{sourceIP, x.Request.UserAgent(), x.Request.Header.Get("X-Amzn-Trace-Id")}),
			bucket: x.Labels["Bucket"], key: x.Labels["Key"], route: r, honoured: honoured, known: known,
		}
		q.client.requestID = x.RequestID
		q.tellOrigin()
		err := q.check()
		if err == nil {
			err = r.serve(q)
		}
		q.describe(err)
		return err
	}
}

// describe tells in headers of the delete marker that a request has met.
func (q *request) describe(err error) {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Fields["DeleteMarker"] != true {
		return
	}
	q.Writer.Header().Set("x-amz-delete-marker", "true")
	if e.Status == http.StatusMethodNotAllowed {
		about(e, "Method", q.Request.Method, "ResourceType", "DeleteMarker")
		q.Writer.Header().Set("Allow", http.MethodDelete)
	}
	id, _ := e.Fields["VersionId"].(markerID)
	q.setVersion(string(id))
}

// setWritten tells of the version that was written, unless it is the one that has
// no id of its own.
func (q *request) setWritten(id string) {
	if id != nullVersion {
		q.setVersion(id)
	}
}

func (q *request) setVersion(id string) {
	if id != "" {
		q.Writer.Header().Set("x-amz-version-id", id)
	}
}
