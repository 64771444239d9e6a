// This file makes the calls.

package httpcall

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

const (
	// timeout is how long a call may take, and maxAnswer how long a body may be.
	timeout   = 60 * time.Second
	maxAnswer = 256 << 10

	prefix = "Events.ConnectionResource."
)

// A Connection is what a call needs to know of a connection of EventBridge.
type Connection struct {
	State  string // "AUTHORIZED"
	Secret string // ARN of the secret with the Credentials
}

// Connections are EventBridge's.
type Connections interface {
	// Connection finds a connection by its ARN.
	Connection(arn string) (Connection, bool)
}

// Service makes the calls. It implements cloud.API as "http", with the action
// Invoke: the parameters of the task, and who asks in the member of that name.
type Service struct {
	cloud.Operations

	cloud       *cloud.Cloud
	connections Connections
	calls       *Calls
}

var _ cloud.API = (*Service)(nil)

// New returns a service that knows the connections.
func New(c *cloud.Cloud, connections Connections) *Service {
	s := &Service{cloud: c, connections: connections, calls: NewCalls()}
	s.Operations = cloud.Operations{"Invoke": cloud.Handle(s.invoke)}
	return s
}

// An Input is what Invoke takes.
type Input struct {
	Machine    string // ARN of the state machine
	Parameters *jsonvalue.Object
}

func (s *Service) invoke(ctx context.Context, caller cloud.Caller, in Input) (*jsonvalue.Object, error) {
	c, err := parse(in.Parameters)
	if err != nil {
		return nil, runtimeError(err)
	}
	credentials, err := s.credentials(ctx, caller, in.Machine, c)
	if err != nil {
		return nil, err
	}
	token, err := s.calls.token(ctx, c.connection, credentials)
	if err != nil {
		return nil, cloud.Errorf(400, prefix+"InvalidConnectionState", "The connection could not be authorized: %v", err)
	}
	by := sender{"Amazon|StepFunctions|HttpInvoke|" + s.cloud.Region, maxAnswer}
	r, err := c.request(ctx, by, credentials, token)
	if err == nil {
		err = c.traced(ctx, by, r)
	}
	if err != nil {
		return nil, runtimeError(err)
	}
	response, err := s.calls.do(r, c.connection)
	if err != nil {
		return nil, socketError(ctx, err)
	}
	defer response.Body.Close()
	defer tracing(ctx, response)()
	return answer(ctx, response)
}

func runtimeError(err error) error { return cloud.Errorf(400, "States.Runtime", "%v", err) }

func socketError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return cloud.Errorf(400, "States.Http.Socket", "%v", err)
}

// credentials asks for what the state machine's role needs, and reads the secret of
// the call's connection as that.
func (s *Service) credentials(ctx context.Context, caller cloud.Caller, machine string, c *call) (*Credentials, error) {
	keyed := caller.With("states:HTTPEndpoint", c.endpoint.String()).With("states:HTTPMethod", c.method)
	if err := s.cloud.Authorize(keyed, "states:InvokeHTTPEndpoint", machine); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "events:RetrieveConnectionCredentials", c.connection); err != nil {
		return nil, cloud.Errorf(400, prefix+"AccessDenied", "%s", cloud.AsError(err).Message)
	}
	connection, ok := s.connections.Connection(c.connection)
	switch {
	case !ok:
		return nil, cloud.Errorf(400, prefix+"ResourceNotFound", "The connection resource %s does not exist.", c.connection)
	case connection.State == "AUTHORIZING":
		return nil, cloud.Errorf(400, prefix+"AuthInProgress", "The connection resource is being authorized.")
	case connection.State != "AUTHORIZED":
		return nil, cloud.Errorf(400, prefix+"InvalidConnectionState", "The connection resource is in the state %s.", connection.State)
	}
	id := struct{ SecretId string }{connection.Secret}
	var secret struct{ SecretString string }
	err := s.cloud.Do(ctx, caller, "secretsmanager", "DescribeSecret", id, nil)
	if err == nil {
		err = s.cloud.Do(ctx, caller, "secretsmanager", "GetSecretValue", id, &secret)
	}
	if err != nil {
		return nil, cloud.Errorf(400, prefix+"AccessDenied", "No permissions to call DescribeSecret and/or GetSecretValue on the secret associated with the connection resource.")
	}
	credentials := &Credentials{}
	if err := json.Unmarshal([]byte(secret.SecretString), credentials); err != nil {
		return nil, cloud.Errorf(400, prefix+"InternalError", "The secret associated with the connection resource is not one of EventBridge.")
	}
	return credentials, nil
}

// answer is the task's result. A body that is too long is cut, and the result is
// still too long for a state.
func answer(ctx context.Context, r *http.Response) (*jsonvalue.Object, error) {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err != nil {
		return nil, socketError(ctx, err)
	}
	if contentType := r.Header.Get("Content-Type"); isBinary(contentType) {
		return nil, runtimeError(invalid("The response has the content type %s, which is not supported", contentType))
	}
	if !utf8.Valid(text) {
		return nil, runtimeError(invalid("The response is not text"))
	}
	var body any = string(text)
	if value, err := jsonvalue.Decode(text); err == nil {
		body = value
	}
	headers := map[string]any{}
	for name, values := range r.Header {
		if r.ProtoMajor > 1 {
			name = strings.ToLower(name)
		}
		list := make([]any, len(values))
		for i, value := range values {
			list[i] = value
		}
		headers[name] = list
	}
	statusText := strings.TrimSpace(strings.TrimLeft(r.Status, "0123456789"))
	if statusText == "" {
		statusText = http.StatusText(r.StatusCode)
	}
	return jsonvalue.NewObject(4).Set("Headers", jsonvalue.Of(headers)).Set("ResponseBody", body).
		Set("StatusCode", float64(r.StatusCode)).Set("StatusText", statusText), nil
}

// isBinary tells whether a body of a type is none that a task can have.
func isBinary(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	kind, _, _ := strings.Cut(media, "/")
	return err == nil && (media == "application/octet-stream" || kind == "image" || kind == "video" || kind == "audio")
}
