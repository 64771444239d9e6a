package receive

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/signatures"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// edge is the handler with what is around it.
type edge struct {
	t       *testing.T
	puts    []*kinesis.PutRecordInput
	errs    []error // of the calls of Kinesis, the last one again and again
	asked   []string
	secrets error
	metrics bytes.Buffer
}

func (e *edge) PutRecord(_ context.Context, in *kinesis.PutRecordInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error) {
	e.puts = append(e.puts, in)
	if len(e.errs) == 0 {
		return &kinesis.PutRecordOutput{}, nil
	}
	return nil, e.errs[min(len(e.puts), len(e.errs))-1]
}

func (e *edge) Secrets(_ context.Context, source string) (signatures.Secrets, error) {
	e.asked = append(e.asked, source)
	return signatures.Secrets{Current: "whsec_" + strings.Repeat("A", 32), Previous: []string{secret}}, e.secrets
}

var sources = contract.Sources{
	"acme":   {Scheme: "standard", Key: "/data/account"},
	"hub":    {Scheme: "github", Key: "X-GitHub-Hook-Installation-Target-ID"},
	"pay":    {Scheme: "stripe", MaxBody: 100},
	"gitlab": {Scheme: "token", TokenHeader: "X-Gitlab-Token"},
}

func (e *edge) handle(request events.APIGatewayProxyRequest) events.APIGatewayProxyResponse {
	e.t.Helper()
	h := &Handler{
		Sources: sources, Secrets: e, Kinesis: e, Stream: "stream",
		Metrics: &metrics.Emitter{Namespace: "N", Dimensions: []metrics.Dimension{{Name: contract.DimensionSystem, Value: "s"}}, Out: &e.metrics},
	}
	ctx, cancel := context.WithTimeout(e.t.Context(), 10*time.Second)
	defer cancel()
	response, err := h.Handle(ctx, request)
	if err != nil || response.Headers["Content-Type"] != "application/json" || !json.Valid([]byte(response.Body)) {
		e.t.Errorf("answered %+v, %v", response, err)
	}
	return response
}

// signed is a request as API Gateway hands it over.
func signed(t *testing.T, source, id, body string) events.APIGatewayProxyRequest {
	t.Helper()
	scheme := signatures.Scheme(sources[source].Scheme)
	if scheme == "" || scheme == contract.SchemeToken {
		scheme = signatures.Standard
	}
	key, err := scheme.Key(secret)
	if err != nil {
		t.Fatal(err)
	}
	header, err := scheme.Sign(key, id, time.Now(), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	request := events.APIGatewayProxyRequest{PathParameters: map[string]string{"source": source}, Body: body, MultiValueHeaders: map[string][]string{}}
	for name, values := range header {
		request.MultiValueHeaders[strings.ToLower(name)] = values // as HTTP/2 senders write them
	}
	return request
}

func in(t *testing.T, test func(t *testing.T, e *edge)) {
	synctest.Test(t, func(t *testing.T) { test(t, &edge{t: t}) })
}

func TestWhatIsSignedRightIsInTheStreamByteForByte(t *testing.T) {
	for _, row := range []struct {
		source, body, key, kind string
		header                  [2]string
		base64                  bool
	}{
		{"acme", "{\"type\":\"a\",\"data\":{\"account\":\"42\"},\r\n \"text\":\"\u2028<&\xff\"}", "acme/42", "", [2]string{}, true},
		{"acme", "{\"data\":{\"account\":\"42\"},\r\n \"text\":\"\u2028<&\"} ", "acme/42", "", [2]string{}, false},
		{"acme", `{"data":{"account":42}}`, "acme/42", "", [2]string{}, true},
		{"acme", `{"data":{}}`, "acme", "", [2]string{}, false},
		{"acme", ``, "acme", "", [2]string{}, false},
		{"hub", `{"zen":"x"}`, "hub/77", "push", [2]string{"x-github-event", "push"}, false},
		{"pay", `{"id":"msg_1"}`, "pay", "", [2]string{}, false},
	} {
		in(t, func(t *testing.T, e *edge) {
			request := signed(t, row.source, "msg_1", row.body)
			request.MultiValueHeaders["X-GitHub-Hook-Installation-Target-ID"] = []string{"77"}
			request.MultiValueHeaders[row.header[0]] = []string{row.header[1]}
			if row.base64 {
				request.Body, request.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(row.body)), true
			}
			if got := e.handle(request); got.StatusCode != http.StatusAccepted || len(e.puts) != 1 {
				t.Fatalf("%s %s: %d, %d records", row.source, row.body, got.StatusCode, len(e.puts))
			}
			var record contract.Record
			if err := json.Unmarshal(e.puts[0].Data, &record); err != nil {
				t.Fatal(err)
			}
			want := contract.Record{Version: 1, Source: row.source, ID: "msg_1", Key: row.key, Type: row.kind, ReceivedAt: time.Now().UnixMilli(), Body: []byte(row.body)}
			if !reflect.DeepEqual(record, want) || *e.puts[0].PartitionKey != row.key || *e.puts[0].StreamName != "stream" {
				t.Errorf("got  %+v\nwant %+v", record, want)
			}
			if !strings.Contains(e.metrics.String(), `"Received":1`) || !strings.Contains(e.metrics.String(), fmt.Sprintf(`"Source":%q`, row.source)) {
				t.Errorf("counted %s", e.metrics.String())
			}
		})
	}
}

// Whoever guesses names of sources learns nothing: nor does an answer cost a
// record, or a metric per guess.
func TestWhatIsNotSignedRightIsRefusedAlikeAndCostsNoRecord(t *testing.T) {
	answers := map[string]string{}
	for name, change := range map[string]func(*events.APIGatewayProxyRequest){
		"another body":   func(r *events.APIGatewayProxyRequest) { r.Body += " " },
		"unknown source": func(r *events.APIGatewayProxyRequest) { r.PathParameters["source"] = "nobody" },
		"token source":   func(r *events.APIGatewayProxyRequest) { r.PathParameters["source"] = "gitlab" },
		"other source":   func(r *events.APIGatewayProxyRequest) { r.PathParameters["source"] = "hub" },
		"no source":      func(r *events.APIGatewayProxyRequest) { r.PathParameters = nil },
		"no header":      func(r *events.APIGatewayProxyRequest) { r.MultiValueHeaders = nil },
		"header twice": func(r *events.APIGatewayProxyRequest) {
			r.MultiValueHeaders["Webhook-Id"] = []string{"msg_2"}
		},
		"no base64":  func(r *events.APIGatewayProxyRequest) { r.IsBase64Encoded = true },
		"6 MB":       func(r *events.APIGatewayProxyRequest) { r.Body = strings.Repeat("x", 6<<20) },
		"an old one": func(*events.APIGatewayProxyRequest) { time.Sleep(signatures.Tolerance + time.Second) },
		"unknown, 6 MB": func(r *events.APIGatewayProxyRequest) {
			r.PathParameters["source"], r.Body = "nobody", strings.Repeat("x", 6<<20)
		},
	} {
		in(t, func(t *testing.T, e *edge) {
			request := signed(t, "acme", "msg_1", `{}`)
			change(&request)
			got := e.handle(request)
			answers[fmt.Sprint(got)] = name
			if got.StatusCode != http.StatusUnauthorized || len(e.puts) != 0 {
				t.Errorf("%s: %d, %d records", name, got.StatusCode, len(e.puts))
			}
			_, known := sources[request.PathParameters["source"]]
			if known = known && name != "token source"; known != strings.Contains(e.metrics.String(), `"Source"`) || !known && len(e.asked) > 0 || !strings.Contains(e.metrics.String(), `"Refused":1`) {
				t.Errorf("%s: asked for %q, counted %s", name, e.asked, e.metrics.String())
			}
		})
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %q", answers)
	}
}

func TestWhoHasSignedRightIsToldWhatToChange(t *testing.T) {
	for _, row := range []struct {
		source, id, body string
		status           int
		message          string
	}{
		{"pay", "", `{"object":"event"}`, 400, "without an id"},
		{"hub", "a b", `{}`, 400, "visible ASCII"},
		{"pay", "", `{"id":"evt_1","pad":"` + strings.Repeat("x", 80) + `"}`, 413, "103 bytes: at most 100"},
		{"acme", "msg_1", strings.Repeat("x", contract.DefaultMaxBody+1), 413, "at most 131072"},
	} {
		in(t, func(t *testing.T, e *edge) {
			got := e.handle(signed(t, row.source, row.id, row.body))
			if got.StatusCode != row.status || !strings.Contains(got.Body, row.message) || len(e.puts) != 0 || !strings.Contains(e.metrics.String(), `"Refused":1`) {
				t.Errorf("%.30s: %d %s, %d records", row.body, got.StatusCode, got.Body, len(e.puts))
			}
		})
	}
	in(t, func(t *testing.T, e *edge) {
		if got := e.handle(signed(t, "acme", "msg_1", strings.Repeat("x", contract.DefaultMaxBody))); got.StatusCode != 202 {
			t.Errorf("at the limit: %d", got.StatusCode)
		}
	})
}

func TestABusyStreamIsWaitedOutAndABrokenOneIsSaidToBeSo(t *testing.T) {
	busy, denied := &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException"}, &smithy.GenericAPIError{Code: "AccessDeniedException"}
	for _, row := range []struct {
		name    string
		errs    []error
		secrets error
		status  int
		puts    int // at least
	}{
		{"busy twice", []error{busy, busy, nil}, nil, 202, 3},
		{"busy for good", []error{busy}, nil, 503, 4},
		{"denied", []error{denied}, nil, 503, 1},
		{"no secrets", nil, errors.New("down"), 503, 0},
	} {
		in(t, func(t *testing.T, e *edge) {
			e.errs, e.secrets = row.errs, row.secrets
			begin := time.Now()
			got := e.handle(signed(t, "acme", "msg_1", `{}`))
			if got.StatusCode != row.status || len(e.puts) < row.puts || row.puts == 1 && len(e.puts) > 1 || time.Since(begin) > 10*time.Second {
				t.Errorf("%s: %d after %d records and %v", row.name, got.StatusCode, len(e.puts), time.Since(begin))
			}
			if failed := row.status == 503; failed != (got.Headers["Retry-After"] == "5") || failed != (e.metrics.Len() == 0) {
				t.Errorf("%s: %v, counted %s", row.name, got.Headers, e.metrics.String())
			}
		})
	}
}
