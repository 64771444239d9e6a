// Package usagekeys makes the API keys by which API Gateway counts partners'
// requests, a key per partner and tier. They are names of buckets and no
// credentials: the authorizer says which one a request falls into.
package usagekeys

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// APIGateway is what a Ring needs of the API Gateway client. In IAM's terms it
// is POST and GET of /apikeys, POST of /usageplans/*/keys, DELETE of
// /apikeys/*.
type APIGateway interface {
	ImportApiKeys(context.Context, *apigateway.ImportApiKeysInput, ...func(*apigateway.Options)) (*apigateway.ImportApiKeysOutput, error)
	GetApiKeys(context.Context, *apigateway.GetApiKeysInput, ...func(*apigateway.Options)) (*apigateway.GetApiKeysOutput, error)
	DeleteApiKey(context.Context, *apigateway.DeleteApiKeyInput, ...func(*apigateway.Options)) (*apigateway.DeleteApiKeyOutput, error)
}

// Ring holds the keys of one directory.
type Ring struct {
	APIGateway APIGateway
	Prefix     string            // begins the names of its keys, and of no others
	Plans      map[string]string // ids of the usage plans, by tier
}

// Key is an API key in a usage plan. Name and value follow from the partner and
// the plan, so that whoever tries again finds what was made.
type Key struct {
	Name  string // <prefix><partner>/<plan>
	Value string
	Plan  string // id
}

// Key is the key of a partner in a tier, if there is such a tier; the key may
// have yet to be made.
func (r *Ring) Key(partner, tier string) (Key, bool) {
	plan, ok := r.Plans[tier]
	if !ok {
		return Key{}, false
	}
	name := r.Prefix + partner + "/" + plan
	return Key{Name: name, Value: value(name), Plan: plan}, true
}

// Tiers lists the tiers, in order.
func (r *Ring) Tiers() string { return strings.Join(slices.Sorted(maps.Keys(r.Plans)), ", ") }

// value is what API Gateway takes for a key's value: 20 to 128 letters and
// digits.
func value(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:20])
}
