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

	honoured []string // parameters
	form     bool     // whether its headers are the fields of a browser's form

	op *operation // of a route that is recorded; otherwise nil
}

// serve reads what all requests have in common.
func (s *S3) serve(r route) func(*wire.Exchange) error {
	honoured := r.parameters()
	return func(x *wire.Exchange) error {
		sourceIP, _, _ := net.SplitHostPort(x.Request.RemoteAddr)
		q := &request{
			Exchange: x, query: x.Request.URL.Query(),
			client: s.As(x.Caller, Origin{sourceIP, x.Request.UserAgent(), x.Request.Header.Get("X-Amzn-Trace-Id"), cloud.CausesOf(x.Request.Context(), x.Caller)}),
			bucket: x.Labels["Bucket"], key: x.Labels["Key"], route: r, honoured: honoured,
		}
		q.client.requestID = x.RequestID
		q.tellOrigin()
		err := q.check()
		if err == nil {
			err = q.perform()
		}
		q.describe(err)
		return err
	}
}

// perform serves the request, and records it if its route is.
func (q *request) perform() (err error) {
	if q.route.recorded {
		q.op = q.client.begin(q.route.action, q.bucket, q.key)
		q.op.readOnly = q.Request.Method == http.MethodGet
		if id := q.query.Get("versionId"); id != "" {
			q.op.request["versionId"] = id
		}
		defer q.op.end(&err)
	}
	return q.route.serve(q)
}

// describe tells in headers of the delete marker that a request has met.
func (q *request) describe(err error) {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return
	}
	marker, ok := e.Fields["DeleteMarker"].(metMarker)
	if !ok {
		return
	}
	cloud.Tell(q.Request.Context(), marker.cause)
	q.Writer.Header().Set("x-amz-delete-marker", "true")
	if e.Status == http.StatusMethodNotAllowed {
		about(e, "Method", q.Request.Method, "ResourceType", "DeleteMarker")
		q.Writer.Header().Set("Allow", http.MethodDelete)
	}
	q.setVersion(marker.id)
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
