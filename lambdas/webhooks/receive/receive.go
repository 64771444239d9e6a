// Package receive answers POST /webhooks/{source}: it puts into the stream what
// is signed right, and answers when it is there.
package receive

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/document"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/signatures"
)

// Kinesis is what the handler needs of the Kinesis client. Its own retries are
// best turned off: the handler decides how long to go on.
type Kinesis interface {
	PutRecord(context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error)
}

// Secrets are those of sources: a *sourcesecrets.Keeper.
type Secrets interface {
	Secrets(ctx context.Context, source string) (signatures.Secrets, error)
}

// Handler receives the webhooks of one system.
type Handler struct {
	Sources contract.Sources
	Secrets Secrets
	Kinesis Kinesis
	Stream  string
	Metrics *metrics.Emitter
}

// Handle answers
//
//	202  it is in the stream
//	400  it is signed right and has no id: the sender has to change something
//	401  it is not signed right, not signed now, or of a source that there is not
//	413  it is signed right and too large
//	503  try again: the stream, or the source's secret, cannot be used now
//
// Nothing but a 202 has put a record into the stream, unless a 503's answer was
// lost. The error is always nil: API Gateway would turn one into a 502.
func (h *Handler) Handle(ctx context.Context, request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	name := request.PathParameters["source"]
	source, known := h.Sources[name]
	known = known && source.Scheme != contract.SchemeToken
	record, err := h.verify(ctx, name, known, source, request)
	if err == nil {
		err = h.put(ctx, record)
	}
	counter, metric := h.Metrics, contract.MetricReceived
	if known { // whatever else callers make up would be a metric each
		counter = h.Metrics.With(contract.DimensionSource, name)
	}
	response, refused := answer(err)
	if refused {
		metric = contract.MetricRefused
	}
	if err != nil {
		slog.WarnContext(ctx, "webhook not received", "known", known, "source", name, "status", response.StatusCode, "error", err.Error())
	}
	if err == nil || refused {
		if err := counter.Count(metrics.Value{Name: metric, Count: 1}); err != nil {
			slog.ErrorContext(ctx, "metric lost", "error", err.Error())
		}
	}
	return response, nil
}

// tooLarge is the error of a webhook that is signed right, and larger than its
// source's may be.
type tooLarge struct{ size, limit int }

func (e *tooLarge) Error() string {
	return fmt.Sprintf("The body has %d bytes: at most %d are taken.", e.size, e.limit)
}

// verify makes the record of a webhook that is signed right. A source that there
// is not costs the same work as one that there is.
func (h *Handler) verify(ctx context.Context, name string, known bool, source contract.Source, request events.APIGatewayProxyRequest) (contract.Record, error) {
	header := headers(request)
	body := []byte(request.Body)
	if request.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(request.Body); err != nil {
			return contract.Record{}, &signatures.Unsigned{Reason: "the body is not what API Gateway makes of one"}
		}
	}
	now := time.Now()
	if !known {
		nobody := signatures.Secrets{Current: strings.Repeat("nobody==", 8)}
		_ = h.check(signatures.Standard, nobody, header, body, now, new(string))
		return contract.Record{}, &signatures.Unsigned{Reason: "there is no such source"}
	}
	secrets, err := h.Secrets.Secrets(ctx, name)
	if err != nil {
		return contract.Record{}, err
	}
	record := contract.Record{Version: contract.RecordVersion, Source: name, ReceivedAt: now.UnixMilli(), Body: body}
	if err := h.check(signatures.Scheme(source.Scheme), secrets, header, body, now, &record.ID); err != nil {
		return contract.Record{}, err
	}
	if len(body) > source.Limit() {
		return contract.Record{}, &tooLarge{len(body), source.Limit()}
	}
	record.Key = contract.Key(name, orderKey(source.Key, header, body))
	if source.Scheme == string(signatures.GitHub) {
		record.Type = header.Get("X-Github-Event")
	}
	return record, nil
}

func (h *Handler) check(scheme signatures.Scheme, secrets signatures.Secrets, header http.Header, body []byte, now time.Time, id *string) error {
	keys, err := secrets.Keys(scheme)
	if err != nil {
		return fmt.Errorf("the secret cannot be used: %w", err)
	}
	*id, err = scheme.Verify(header, body, keys, now)
	return err
}

// orderKey is what stands at a place: a JSON pointer into the body, or a header.
func orderKey(place string, header http.Header, body []byte) string {
	if !strings.HasPrefix(place, "/") {
		return header.Get(place)
	}
	value, _ := document.Find(body, place)
	return value.String()
}

// headers are those of a request, each with all of its values.
func headers(request events.APIGatewayProxyRequest) http.Header {
	header := http.Header{}
	for name, values := range request.MultiValueHeaders {
		name = http.CanonicalHeaderKey(name)
		header[name] = append(header[name], values...)
	}
	return header
}

// put has the record in the stream when it returns.
func (h *Handler) put(ctx context.Context, record contract.Record) error {
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode webhook %s: %w", record.ID, err)
	}
	return patience.Retry(ctx, func() error {
		_, err := h.Kinesis.PutRecord(ctx, &kinesis.PutRecordInput{
			StreamName: aws.String(h.Stream), PartitionKey: aws.String(record.Key), Data: data,
		})
		if err != nil {
			return fmt.Errorf("put webhook %s of %s into the stream: %w", record.ID, record.Source, err)
		}
		return nil
	})
}

// answer says what is wrong to who can prove who it is. The others get what API
// Gateway says itself to who has no token.
func answer(err error) (response events.APIGatewayProxyResponse, refused bool) {
	unidentified, isUnidentified := errors.AsType[*signatures.Unidentified](err)
	_, isUnsigned := errors.AsType[*signatures.Unsigned](err)
	large, isLarge := errors.AsType[*tooLarge](err)
	switch {
	case err == nil:
		return respond(http.StatusAccepted, "Accepted"), false
	case isUnsigned:
		return respond(http.StatusUnauthorized, "Unauthorized"), true
	case isUnidentified:
		return respond(http.StatusBadRequest, "The webhook is "+unidentified.Error()+"."), true
	case isLarge:
		return respond(http.StatusRequestEntityTooLarge, large.Error()), true
	default:
		response = respond(http.StatusServiceUnavailable, "Try again in a moment.")
		response.Headers["Retry-After"] = "5"
		return response, false
	}
}

func respond(status int, message string) events.APIGatewayProxyResponse {
	body, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		panic(err) // texts always marshal
	}
	return events.APIGatewayProxyResponse{StatusCode: status, Headers: map[string]string{"Content-Type": "application/json"}, Body: string(body)}
}
