// A bucket as a website: its configuration.

package s3

import (
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type website struct {
	RedirectAllRequestsTo *redirectAll   `xml:",omitempty"`
	IndexDocument         *indexDocument `xml:",omitempty"`
	ErrorDocument         *errorDocument `xml:",omitempty"`
	RoutingRules          *routingRules  `xml:",omitempty"`
}

type redirectAll struct {
	HostName string
	Protocol string `xml:",omitempty"`
}

type indexDocument struct{ Suffix string }

type errorDocument struct{ Key string }

type routingRules struct {
	RoutingRules []routingRule `xml:"RoutingRule"`
}

type routingRule struct {
	Condition *routingCondition `xml:",omitempty"`
	Redirect  redirect
}

type routingCondition struct {
	HttpErrorCodeReturnedEquals string `xml:",omitempty"`
	KeyPrefixEquals             string `xml:",omitempty"`
}

type redirect struct {
	HostName             string  `xml:",omitempty"`
	HttpRedirectCode     string  `xml:",omitempty"`
	Protocol             string  `xml:",omitempty"`
	ReplaceKeyPrefixWith *string `xml:",omitempty"`
	ReplaceKeyWith       *string `xml:",omitempty"`
}

func isProtocol(name string) bool { return slices.Contains([]string{"", "http", "https"}, name) }

func badProtocol() error {
	return cloud.Errorf(400, "InvalidRequest", "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.")
}

func (w *website) check(*S3, *bucket) error {
	switch {
	case w.RedirectAllRequestsTo != nil:
		if w.IndexDocument != nil || w.ErrorDocument != nil || w.RoutingRules != nil {
			return invalidArgument("RedirectAllRequestsTo", "not null", "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.")
		}
		if !isProtocol(w.RedirectAllRequestsTo.Protocol) {
			return badProtocol()
		}
		return nil
	case w.IndexDocument == nil:
		return invalidArgument("IndexDocument", "null", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty")
	case w.IndexDocument.Suffix == "" || strings.Contains(w.IndexDocument.Suffix, "/"):
		return invalidArgument("IndexDocument", w.IndexDocument.Suffix, "The IndexDocument Suffix is not well formed")
	case w.RoutingRules != nil:
		return checkRouting(w.RoutingRules.RoutingRules)
	}
	return nil
}

func checkRouting(rules []routingRule) error {
	if len(rules) == 0 {
		return malformedXML()
	}
	for _, rule := range rules {
		switch condition, redirect := rule.Condition, rule.Redirect; {
		case !isProtocol(redirect.Protocol):
			return badProtocol()
		case redirect.ReplaceKeyWith != nil && redirect.ReplaceKeyPrefixWith != nil:
			return cloud.Errorf(400, "InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
		case condition != nil && condition.KeyPrefixEquals == "" && condition.HttpErrorCodeReturnedEquals == "":
			return cloud.Errorf(400, "InvalidRequest", "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.")
		}
	}
	return nil
}
