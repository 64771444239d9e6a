package dynamotest

// This file takes the client's requests to the service without a network,
// which a test under a virtual clock must not wait for.

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type transport struct{ cloud *cloud.Cloud }

// Do implements the SDK's HTTP client.
func (t transport) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	input, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	status := http.StatusOK
	body, err := t.cloud.Call(r.Context(), t.cloud.Administrator(), "dynamodb", action, input)
	if err != nil {
		failure := cloud.AsError(err)
		members := map[string]any{"__type": failure.Code, "message": failure.Message}
		maps.Copy(members, failure.Fields)
		status = failure.Status
		if body, err = json.Marshal(members); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:       io.NopCloser(bytes.NewReader(body)),
		Request:    r,
	}, nil
}
