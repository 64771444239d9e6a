// The calls and the CloudFormation type of connections.

package events

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func (s *connections) operations() cloud.Operations {
	return cloud.Operations{
		"CreateConnection":      cloud.Handle(s.createByCall),
		"DeauthorizeConnection": cloud.Handle(s.deauthorizeByCall),
		"DeleteConnection":      cloud.Handle(s.deleteByCall),
		"DescribeConnection":    cloud.Handle(s.describeByCall),
		"ListConnections":       cloud.Handle(s.listByCall),
		"UpdateConnection":      cloud.Handle(s.updateByCall),
	}
}

type connectionInput struct {
	Name              string
	Description       *string
	AuthorizationType string
	AuthParameters    authParameters
	KmsKeyIdentifier  *string
}

func (in connectionInput) declaration() declaration {
	return declaration{in.Description, in.KmsKeyIdentifier, in.AuthorizationType, in.AuthParameters}
}

// changedConnection is the answer to what changes a connection.
type changedConnection struct {
	ConnectionArn, ConnectionState string
	CreationTime, LastModifiedTime cloud.Time
	LastAuthorizedTime             *cloud.Time `json:",omitempty"`
}

func (s *connections) changed(c *connection) changedConnection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.told()
}

// told is changed under the lock.
func (c *connection) told() changedConnection {
	return changedConnection{c.arn, c.state, cloud.Time(c.created), cloud.Time(c.modified), told(c.authorized)}
}

func (s *connections) createByCall(ctx context.Context, caller cloud.Caller, in connectionInput) (any, error) {
	if err := s.cloud.Authorize(caller, "events:CreateConnection", s.cloud.ARN("events", "connection/"+in.Name)); err != nil {
		return nil, err
	}
	c, err := s.create(ctx, in.Name, in.declaration())
	if err != nil {
		return nil, err
	}
	answer := s.changed(c)
	answer.LastAuthorizedTime = nil
	return answer, nil
}

func (s *connections) updateByCall(ctx context.Context, caller cloud.Caller, in connectionInput) (any, error) {
	c, err := s.find(caller, "UpdateConnection", in.Name)
	if err != nil {
		return nil, err
	}
	if err := s.update(ctx, c, in.declaration()); err != nil {
		return nil, err
	}
	return s.changed(c), nil
}

type connectionNamed struct{ Name string }

func (s *connections) deleteByCall(ctx context.Context, caller cloud.Caller, in connectionNamed) (any, error) {
	c, err := s.find(caller, "DeleteConnection", in.Name)
	if err != nil {
		return nil, err
	}
	if err := s.remove(ctx, c); err != nil {
		return nil, err
	}
	return s.changed(c), nil
}

func (s *connections) deauthorizeByCall(ctx context.Context, caller cloud.Caller, in connectionNamed) (any, error) {
	c, err := s.find(caller, "DeauthorizeConnection", in.Name)
	if err != nil {
		return nil, err
	}
	if err := s.revoke(ctx, c, deauthorized); err != nil {
		return nil, err
	}
	return s.changed(c), nil
}

type connectionDescription struct {
	changedConnection
	Name              string
	Description       string `json:",omitempty"`
	StateReason       string `json:",omitempty"`
	AuthorizationType string
	SecretArn         string `json:",omitempty"`
	KmsKeyIdentifier  string `json:",omitempty"`
	AuthParameters    authParameters
}

func (s *connections) describeByCall(_ context.Context, caller cloud.Caller, in connectionNamed) (any, error) {
	if err := checkName("name", in.Name); err != nil {
		return nil, err
	}
	c, err := s.find(caller, "DescribeConnection", in.Name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return connectionDescription{
		changedConnection: c.told(), Name: c.name, Description: c.description, StateReason: c.reason,
		AuthorizationType: c.kind, SecretArn: c.secret, KmsKeyIdentifier: c.key, AuthParameters: c.parameters,
	}, nil
}

type listConnectionsInput struct {
	page
	NamePrefix, ConnectionState string
}

type listedConnection struct {
	changedConnection
	Name, AuthorizationType string
	StateReason             string `json:",omitempty"`
}

type listConnectionsOutput struct {
	Connections []listedConnection
	NextToken   string `json:",omitempty"`
}

func (s *connections) listByCall(_ context.Context, caller cloud.Caller, in listConnectionsInput) (out listConnectionsOutput, err error) {
	if err := s.cloud.Authorize(caller, "events:ListConnections", "*"); err != nil {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []listedConnection
	for _, name := range slices.Sorted(maps.Keys(s.byName)) {
		c := s.byName[name]
		if strings.HasPrefix(name, in.NamePrefix) && (in.ConnectionState == "" || c.state == in.ConnectionState) {
			all = append(all, listedConnection{c.told(), name, c.kind, c.reason})
		}
	}
	out.Connections, out.NextToken, err = pageOf(in.page, all)
	return out, err
}

type connectionProperties struct {
	Name, AuthorizationType string
	Description             string
	KmsKeyIdentifier        string
	AuthParameters          authParameters
}

func (p connectionProperties) declaration() declaration {
	return declaration{&p.Description, &p.KmsKeyIdentifier, p.AuthorizationType, p.AuthParameters}
}

// declare makes a connection that a template declares.
func (s *connections) declare(ctx context.Context, res cfn.Resource, p connectionProperties) (cfn.Handle, error) {
	c, err := s.create(ctx, cmp.Or(p.Name, res.PhysicalName(64)), p.declaration())
	if err != nil {
		return cfn.Handle{}, err
	}
	return s.handle(c), nil
}

func (s *connections) redeclare(ctx context.Context, _ cfn.Resource, h cfn.Handle, _, after connectionProperties) (cfn.Handle, error) {
	s.mu.Lock()
	c := s.byName[h.Ref]
	s.mu.Unlock()
	if c == nil {
		return h, s.absent("UpdateConnection", h.Ref)
	}
	if err := s.update(ctx, c, after.declaration()); err != nil {
		return h, err
	}
	return s.handle(c), nil
}

func (s *connections) handle(c *connection) cfn.Handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cfn.Handle{
		Ref:        c.name,
		Attributes: map[string]any{"Arn": c.arn, "ArnForPolicy": c.arn[:strings.LastIndex(c.arn, "/")], "SecretArn": c.secret},
		Delete:     func(ctx context.Context) error { return s.remove(ctx, c) },
	}
}
