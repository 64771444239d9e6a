package apigateway

// The control plane of the account's settings.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// accountShape is the account as it is described, with AWS's default limits,
// which no request is held to.
type accountShape struct {
	APIKeyVersion     string        `json:"apiKeyVersion"`
	CloudWatchRoleARN string        `json:"cloudwatchRoleArn,omitempty"`
	Features          []string      `json:"features"`
	ThrottleSettings  accountLimits `json:"throttleSettings"`
}

type accountLimits struct {
	BurstLimit int          `json:"burstLimit"`
	RateLimit  cloud.Double `json:"rateLimit"`
}

func (g *APIGateway) account() accountShape {
	return accountShape{"4", g.logRole, []string{"UsagePlans"}, accountLimits{5000, 10000}}
}

type accountProperties struct{ CloudWatchRoleArn string }

// declareAccount gives the account the role that a template declares. As on AWS, it
// keeps it when the resource is deleted.
func (g *APIGateway) declareAccount(_ context.Context, r cfn.Resource, p accountProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.logRole = p.CloudWatchRoleArn
	id := r.PhysicalName(64)
	return cfn.Handle{Ref: id, Attributes: map[string]any{"Id": id}}, nil
}

func (c *Control) getAccount(_ context.Context, caller cloud.Caller, _ none) (accountShape, error) {
	if err := c.authorize(caller, "GET", "/account"); err != nil {
		return accountShape{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	return c.gateway.account(), nil
}

// updateAccount sets the role that would write logs, which is told only.
func (c *Control) updateAccount(_ context.Context, caller cloud.Caller, in struct {
	PatchOperations []patch `json:"patchOperations"`
}) (accountShape, error) {
	if err := c.authorize(caller, "PATCH", "/account"); err != nil {
		return accountShape{}, err
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	role := g.logRole
	err := document{of: "updateAccountInput", patches: patches{
		"replace /cloudwatchRoleArn": text(&role),
		"remove /cloudwatchRoleArn":  func(string) error { role = ""; return nil },
	}}.apply(in.PatchOperations)
	if err != nil {
		return accountShape{}, err
	}
	g.logRole = role
	return g.account(), nil
}
