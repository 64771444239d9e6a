// Package httpcall makes the HTTP calls that state machines ask for by
// arn:aws:states:::http:invoke, with the credentials of a connection of
// EventBridge.
package httpcall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Credentials are what a connection authorizes calls with, as its secret in
// Secrets Manager holds them: a name and a password, an API key, or an OAuth
// client.
type Credentials struct {
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`

	APIKeyName  string `json:"api_key_name,omitempty"`
	APIKeyValue string `json:"api_key_value,omitempty"`

	ClientID              string      `json:"client_id,omitempty"`
	ClientSecret          string      `json:"client_secret,omitempty"`
	AuthorizationEndpoint string      `json:"authorization_endpoint,omitempty"`
	HTTPMethod            string      `json:"http_method,omitempty"`
	OAuth                 *Parameters `json:"oauth_http_parameters,omitempty"`

	Invocation *Parameters `json:"invocation_http_parameters,omitempty"`
}

// Parameters are added to requests.
type Parameters struct {
	Body   []Parameter `json:"body_parameters,omitempty"`
	Header []Parameter `json:"header_parameters,omitempty"`
	Query  []Parameter `json:"query_string_parameters,omitempty"`
}

// A Parameter is one of them.
type Parameter struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Secret bool   `json:"is_value_secret"`
}

// added are the parameters of every request, which may be none.
func (c *Credentials) added() Parameters {
	if c.Invocation == nil {
		return Parameters{}
	}
	return *c.Invocation
}

// authorize puts the credentials into the headers of a request; token is OAuth's.
func (c *Credentials) authorize(r *http.Request, token string) {
	switch {
	case c.APIKeyName != "":
		r.Header[c.APIKeyName] = []string{c.APIKeyValue}
	case c.ClientID != "":
		r.Header.Set("Authorization", "Bearer "+token)
	default:
		r.SetBasicAuth(c.Username, c.Password)
	}
}

// A Token is what an OAuth client is given to make calls with.
type Token struct {
	Value   string
	Expires time.Time // zero: it is not told
}

// maxToken is the most that is read of an answer with a token.
const maxToken = 64 << 10

// Token asks an OAuth client's authorization endpoint for a token.
func (c *Credentials) Token(ctx context.Context, client *http.Client) (Token, error) {
	r, err := c.tokenRequest(ctx)
	if err != nil {
		return Token{}, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return Token{}, fmt.Errorf("ask for a token: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxToken))
	if err != nil {
		return Token{}, fmt.Errorf("read the token: %w", err)
	}
	if answer.StatusCode/100 != 2 {
		return Token{}, fmt.Errorf("the authorization endpoint answers %s", answer.Status)
	}
	var given struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(text, &given); err != nil || given.AccessToken == "" {
		return Token{}, errors.New("the authorization endpoint's answer has no access_token")
	}
	token := Token{Value: given.AccessToken}
	if given.ExpiresIn > 0 {
		token.Expires = time.Now().Add(time.Duration(given.ExpiresIn) * time.Second)
	}
	return token, nil
}

func (c *Credentials) tokenRequest(ctx context.Context) (*http.Request, error) {
	var added Parameters
	if c.OAuth != nil {
		added = *c.OAuth
	}
	form := pairs{{"grant_type", "client_credentials"}}
	for _, p := range added.Body {
		form.set(p.Key, p.Value)
	}
	form.set("client_secret", c.ClientSecret)
	form.set("client_id", c.ClientID)
	var query pairs
	for _, p := range added.Query {
		query.set(p.Key, p.Value)
	}
	target, err := address(c.AuthorizationEndpoint, query.String())
	if err != nil {
		return nil, err
	}
	body := form.String()
	if strings.EqualFold(c.HTTPMethod, http.MethodGet) {
		body = ""
		if target, err = address(target.String(), form.String()); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, strings.ToUpper(c.HTTPMethod), target.String(), strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask for a token: %w", err)
	}
	r.Header.Set("Content-Type", formType)
	for _, p := range added.Header {
		r.Header[p.Key] = []string{p.Value}
	}
	return r, nil
}
