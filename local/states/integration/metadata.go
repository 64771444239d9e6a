// This file is what the results of optimized integrations tell of the HTTP answer.

package integration

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// metadata is what a service's answers have as HTTP. The headers that differ
// from service to service are those of recorded executions.
type metadata struct {
	contentType string
	requestID   string // how the header is spelled. Default: x-amzn-RequestId

	// body is the answer as the service writes it. Default: as the engine does.
	body func(output json.RawMessage) []byte

	// headers are those that only this service sends; nil: there are none.
	headers func(output json.RawMessage, body []byte) map[string]string
}

// add adds SdkHttpMetadata and SdkResponseMetadata to a result that nobody else
// holds.
func (m *metadata) add(result any, output json.RawMessage) {
	answer, ok := result.(*jsonvalue.Object)
	if !ok {
		return
	}
	body := []byte(output)
	if m.body != nil {
		body = m.body(output)
	}
	id := cloud.UUID()
	headers := map[string]string{}
	if m.headers != nil {
		headers = m.headers(output, body)
	}
	if headers["Connection"] == "" { // which some services spell with a capital
		headers["connection"] = "keep-alive"
	}
	headers["Content-Length"], headers["Content-Type"] = strconv.Itoa(len(body)), m.contentType
	headers["Date"], headers[cmp.Or(m.requestID, "x-amzn-RequestId")] = time.Now().UTC().Format(http.TimeFormat), id
	single, all := jsonvalue.NewObject(len(headers)), jsonvalue.NewObject(len(headers))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		single.Set(name, headers[name])
		all.Set(name, []any{headers[name]})
	}
	call := jsonvalue.NewObject(3).Set("AllHttpHeaders", all).Set("HttpHeaders", single).Set("HttpStatusCode", float64(http.StatusOK))
	answer.Set("SdkHttpMetadata", call).Set("SdkResponseMetadata", jsonvalue.NewObject(1).Set("RequestId", id))
}

// Most services answer in JSON of one of two versions.
func json10() *metadata { return &metadata{contentType: "application/x-amz-json-1.0"} }
func json11() *metadata { return &metadata{contentType: "application/x-amz-json-1.1"} }

// ofDynamoDB is json10 with a checksum of the body. GetItem alone spells the
// request's id in lower case.
func ofDynamoDB(action string) *metadata {
	m := json10()
	m.headers = func(_ json.RawMessage, body []byte) map[string]string {
		sum := strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10)
		return map[string]string{"Connection": "keep-alive", "Server": "Server", "x-amz-crc32": sum}
	}
	if action == "GetItem" {
		m.requestID = "x-amzn-requestid"
	}
	return m
}

// ofStates is the answer to StartExecution, whose date is written with an exponent.
func ofStates() *metadata {
	m := json10()
	m.body = func(output json.RawMessage) []byte {
		var started struct {
			ExecutionArn string
			StartDate    float64
		}
		_ = json.Unmarshal(output, &started) // it is the engine's own
		date := strings.Replace(strconv.FormatFloat(started.StartDate, 'E', -1, 64), "E+0", "E", 1)
		return fmt.Appendf(nil, `{"executionArn":%q,"startDate":%s}`, started.ExecutionArn, date)
	}
	return m
}

// ofSNS is an answer in XML.
func ofSNS() *metadata {
	return &metadata{contentType: "text/xml", body: func(output json.RawMessage) []byte {
		var published struct{ MessageId, SequenceNumber string }
		_ = json.Unmarshal(output, &published) // it is the engine's own
		text := fmt.Sprintf("    <MessageId>%s</MessageId>\n", published.MessageId)
		if published.SequenceNumber != "" {
			text += fmt.Sprintf("    <SequenceNumber>%s</SequenceNumber>\n", published.SequenceNumber)
		}
		return fmt.Appendf(nil, "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <PublishResult>\n%s  </PublishResult>\n"+
			"  <ResponseMetadata>\n    <RequestId>%s</RequestId>\n  </ResponseMetadata>\n</PublishResponse>\n", text, cloud.UUID())
	}}
}

// ofLambda is the answer to an invocation: its body is the payload, and what else
// there is stands in headers.
func ofLambda() *metadata {
	m := &metadata{contentType: "application/json"}
	m.body = func(output json.RawMessage) []byte { return []byte(memberText(output, "Payload")) }
	m.headers = func(output json.RawMessage, _ []byte) map[string]string {
		headers := map[string]string{
			"Connection": "keep-alive", "x-amzn-Remapped-Content-Length": "0",
			"X-Amzn-Trace-Id": "Root=" + cloud.TraceID(cloud.UUID(), time.Now()) + ";Sampled=0", // of a call of its own
		}
		var told struct{ ExecutedVersion, LogResult string }
		_ = json.Unmarshal(output, &told) // it is the engine's own
		if told.ExecutedVersion != "" {
			headers["X-Amz-Executed-Version"] = told.ExecutedVersion
		}
		if told.LogResult != "" {
			headers["X-Amz-Log-Result"] = told.LogResult
		}
		return headers
	}
	return m
}
