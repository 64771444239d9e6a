// Connections: what HTTP endpoints are called with.

package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/httpcall"
)

// The states of connections.
const (
	authorized   = "AUTHORIZED"
	authorizing  = "AUTHORIZING"
	deauthorized = "DEAUTHORIZED"
	deleting     = "DELETING"
)

// The ways to authorize calls.
const (
	basicAuth  = "BASIC"
	apiKeyAuth = "API_KEY"
	oauthAuth  = "OAUTH_CLIENT_CREDENTIALS"
)

var authKinds = []string{basicAuth, oauthAuth, apiKeyAuth}

// connections are those of an EventBridge.
type connections struct {
	cloud *cloud.Cloud

	mu     sync.Mutex
	byName map[string]*connection
}

// connection is guarded by the lock. Its credentials are in its secret alone, but
// for what DescribeConnection tells of them.
type connection struct {
	name, arn, secret, description string
	kind, key                      string         // key: of KMS
	parameters                     authParameters // without what is secret
	state, reason                  string
	round                          int // of authorizing
	created, modified, authorized  time.Time
}

// Connection implements httpcall.Connections.
func (s *EventBridge) Connection(arn string) (httpcall.Connection, bool) {
	s.connections.mu.Lock()
	defer s.connections.mu.Unlock()
	for _, c := range s.connections.byName {
		if c.arn == arn {
			return httpcall.Connection{State: c.state, Secret: c.secret}, true
		}
	}
	return httpcall.Connection{}, false
}

// keeper is EventBridge as the owner of the secrets of connections: its
// service-linked role.
func (s *connections) keeper() cloud.Caller {
	const role = "AWSServiceRoleForAmazonEventBridgeApiDestinations"
	return cloud.Caller{ARN: fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/events", s.cloud.Account, role), Root: true}
}

// A declaration is what a connection is made or changed by.
type declaration struct {
	description, key *string // of KMS
	kind             string
	parameters       authParameters
}

// create makes a connection and its secret, and begins to authorize it.
func (s *connections) create(ctx context.Context, name string, d declaration) (*connection, error) {
	var v violations
	v.named(name, "name", 64)
	v.oneOf(d.kind, "authorizationType", authKinds...)
	if err := v.err(); err != nil {
		return nil, err
	}
	if err := d.parameters.check(d.kind); err != nil {
		return nil, err
	}
	now := time.Now()
	c := &connection{name: name, arn: s.cloud.ARN("events", "connection/"+name+"/"+cloud.UUID()), created: now}
	s.mu.Lock()
	if s.byName[name] != nil {
		s.mu.Unlock()
		return nil, cloud.Errorf(400, "ResourceAlreadyExistsException", "Connection %s already exists.", name)
	}
	s.byName[name] = c
	s.mu.Unlock()
	err := s.keep(ctx, c, "", d)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.byName, name)
	}
	return c, err
}

// keep puts credentials into a connection's secret, which it makes if there is
// none, and begins to authorize the connection.
func (s *connections) keep(ctx context.Context, c *connection, secret string, d declaration) error {
	credentials := d.parameters.credentials(d.kind)
	value, err := secretText(credentials)
	if err != nil {
		return err
	}
	if secret == "" {
		in := struct {
			Name, Description, SecretString string
			KmsKeyId                        *string `json:",omitempty"`
		}{"events!connection/" + c.name + "/" + cloud.UUID(), "Secret of the connection " + c.name + " of EventBridge", value, d.key}
		var made struct{ ARN string }
		err = s.cloud.Do(ctx, s.keeper(), "secretsmanager", "CreateSecret", in, &made)
		secret = made.ARN
	} else {
		in := struct {
			SecretId, SecretString string
			KmsKeyId               *string `json:",omitempty"`
		}{secret, value, d.key}
		err = s.cloud.Do(ctx, s.keeper(), "secretsmanager", "UpdateSecret", in, nil)
	}
	if err != nil {
		return fmt.Errorf("keep the credentials of connection %s: %w", c.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.description != nil {
		c.description = *d.description
	}
	if d.key != nil {
		c.key = *d.key
	}
	c.secret, c.kind, c.parameters, c.modified = secret, d.kind, d.parameters.open(d.kind), time.Now()
	s.authorize(c, credentials)
	return nil
}

func secretText(c httpcall.Credentials) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode credentials: %w", err)
	}
	return string(text), nil
}

// authorize begins to ask for a token, which only OAuth needs. The lock is held.
func (s *connections) authorize(c *connection, credentials httpcall.Credentials) {
	c.state, c.reason, c.authorized = authorized, "", time.Now()
	c.round++
	if c.kind != oauthAuth {
		return
	}
	c.state = authorizing
	round := c.round
	s.cloud.Go(func(ctx context.Context) {
		_, err := credentials.Token(ctx, httpcall.Client())
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case c.round != round:
		case err != nil:
			c.state, c.reason = deauthorized, err.Error()
		default:
			c.state, c.authorized = authorized, time.Now()
		}
	})
}

// find finds a connection for an action on it, which the caller must be allowed.
func (s *connections) find(caller cloud.Caller, action, name string) (*connection, error) {
	s.mu.Lock()
	c := s.byName[name]
	s.mu.Unlock()
	resource := s.cloud.ARN("events", "connection/"+name)
	if c != nil {
		resource = c.arn
	}
	if err := s.cloud.Authorize(caller, "events:"+action, resource); err != nil {
		return nil, err
	}
	if c == nil {
		return nil, s.absent(action, name)
	}
	return c, nil
}

func (s *connections) absent(action, name string) error {
	verb := strings.ToLower(strings.TrimSuffix(action, "Connection"))
	return cloud.Errorf(400, "ResourceNotFoundException", "Failed to %s the connection(s). Connection '%s' does not exist.", verb, name)
}

// update gives a connection other parameters; what they do not say stays.
func (s *connections) update(ctx context.Context, c *connection, d declaration) error {
	s.mu.Lock()
	secret, kind := c.secret, c.kind
	s.mu.Unlock()
	d.kind = cmp.Or(d.kind, kind)
	if secret != "" && d.kind == kind {
		before, err := s.stored(ctx, c.name, secret)
		if err != nil {
			return err
		}
		d.parameters = d.parameters.over(parametersOf(before))
	}
	if err := d.parameters.check(d.kind); err != nil {
		return err
	}
	return s.keep(ctx, c, secret, d)
}

// stored is what the connection's secret holds.
func (s *connections) stored(ctx context.Context, name, secret string) (httpcall.Credentials, error) {
	var value struct{ SecretString string }
	var credentials httpcall.Credentials
	err := s.cloud.Do(ctx, s.keeper(), "secretsmanager", "GetSecretValue", struct{ SecretId string }{secret}, &value)
	if err == nil {
		err = json.Unmarshal([]byte(value.SecretString), &credentials)
	}
	if err != nil {
		return credentials, fmt.Errorf("read the credentials of connection %s: %w", name, err)
	}
	return credentials, nil
}

// remove deletes a connection and its secret.
func (s *connections) remove(ctx context.Context, c *connection) error {
	s.mu.Lock()
	if s.byName[c.name] == c {
		delete(s.byName, c.name)
	}
	s.mu.Unlock()
	return s.revoke(ctx, c, deleting)
}

// revoke deletes a connection's secret.
func (s *connections) revoke(ctx context.Context, c *connection, state string) error {
	s.mu.Lock()
	in := struct {
		SecretId                   string
		ForceDeleteWithoutRecovery bool
	}{c.secret, true}
	c.secret, c.parameters, c.state, c.modified = "", authParameters{}, state, time.Now()
	c.round++
	s.mu.Unlock()
	if in.SecretId == "" {
		return nil
	}
	if err := s.cloud.Do(ctx, s.keeper(), "secretsmanager", "DeleteSecret", in, nil); err != nil {
		return fmt.Errorf("delete the credentials of connection %s: %w", c.name, err)
	}
	return nil
}
