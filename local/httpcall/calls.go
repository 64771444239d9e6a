// This file sends requests, with the tokens of OAuth clients.

package httpcall

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// Calls are made with the credentials of connections. An OAuth client's token is
// kept until it expires, or is refused.
type Calls struct {
	client *http.Client

	mu     sync.Mutex
	tokens map[string]held // by connection
}

// held is a token that a connection's credentials were given.
type held struct {
	Token
	secret string // the credentials
}

// NewCalls returns one without tokens.
func NewCalls() *Calls { return &Calls{client: Client(), tokens: map[string]held{}} }

// Client is how calls are made: as they are, without following redirects.
func Client() *http.Client {
	return &http.Client{
		Timeout:       timeout,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableCompression: true, ForceAttemptHTTP2: true, IdleConnTimeout: timeout},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// sender is who makes a call, as the endpoint is told.
type sender struct {
	agent string
	most  int // bytes of the answer
}

// An Event is the call of an API destination of EventBridge.
type Event struct {
	Connection    string // ARN
	Endpoint      string
	Method        string
	Header, Query map[string]string
	Body          []byte
}

// maxEventAnswer is what EventBridge asks an endpoint for, in bytes.
const maxEventAnswer = 1<<20 - 1

// Deliver makes the call of an event, with the credentials of its connection, whose
// parameters take the place of the event's own.
func (s *Calls) Deliver(ctx context.Context, credentials *Credentials, e Event) (*http.Response, error) {
	endpoint, err := address(e.Endpoint, "")
	if err != nil {
		return nil, err
	}
	c := &call{endpoint: endpoint, method: e.Method, connection: e.Connection, headers: map[string][]string{}, body: string(e.Body), hasBody: true}
	for name, value := range e.Header {
		c.headers[name] = []string{value}
	}
	for key, value := range e.Query {
		c.query.add(key, value)
	}
	if len(credentials.added().Body) > 0 {
		if c.body, err = jsonvalue.Decode(e.Body); err != nil {
			return nil, fmt.Errorf("add the connection's parameters to the body: %w", err)
		}
	}
	token, err := s.token(ctx, e.Connection, credentials)
	if err != nil {
		return nil, err
	}
	r, err := c.request(ctx, sender{"Amazon/EventBridge/ApiDestinations", maxEventAnswer}, credentials, token)
	if err != nil {
		return nil, err
	}
	return s.do(r, e.Connection)
}

// do sends a request. A token that is refused is not used again.
func (s *Calls) do(r *http.Request, connection string) (*http.Response, error) {
	response, err := s.client.Do(r)
	if err == nil && (response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusProxyAuthRequired) {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.tokens, connection)
	}
	return response, err
}

// token is the token of an OAuth client; others need none.
func (s *Calls) token(ctx context.Context, connection string, c *Credentials) (string, error) {
	if c.ClientID == "" {
		return "", nil
	}
	secret, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	h, ok := s.tokens[connection]
	s.mu.Unlock()
	if ok && h.secret == string(secret) && (h.Expires.IsZero() || time.Now().Before(h.Expires)) {
		return h.Value, nil
	}
	token, err := c.Token(ctx, s.client)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[connection] = held{token, string(secret)}
	return token.Value, nil
}
