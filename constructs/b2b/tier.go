package b2b

// This file knows tiers: how often a partner may call.

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Tier is how often each of its partners may call the REST API. It is a usage
// plan, of which a region has 300; a partner goes from one to another without a
// deployment.
type Tier struct {
	// Name is what partners refer to: 1 to 31 characters a-z, 0-9 and "-", the
	// first one a letter. Required.
	Name string

	// RequestsPerSecond is the sustained rate of each partner. Required.
	RequestsPerSecond float64

	// Burst is how many requests of a partner may come at once. Default: twice
	// the rate.
	Burst int

	// DailyQuota is how many requests of a partner are answered per day.
	// Default: no limit.
	DailyQuota int
}

// DefaultTiers are those of an API for which no others are given: "standard"
// with 10 requests per second, "basic" with 5, at most 100,000 a day, and
// "premium" with 50.
func DefaultTiers() []Tier {
	return []Tier{
		{Name: contract.DefaultTier, RequestsPerSecond: 10},
		{Name: "basic", RequestsPerSecond: 5, DailyQuota: 100_000},
		{Name: "premium", RequestsPerSecond: 50},
	}
}

func tiersOf(given []Tier) []Tier {
	if len(given) == 0 {
		return DefaultTiers()
	}
	return given
}

func validateTiers(faults *operation.Faults, tiers []Tier) {
	if !slices.Contains(tierNames(tiers), contract.DefaultTier) {
		faults.Addf("Tiers has no %q, which is the tier of a partner that names none", contract.DefaultTier)
	}
	for i, tier := range tiers {
		if !contract.IsTier(tier.Name) {
			faults.Addf("Tiers[%d].Name is %q: give 1 to 31 characters a-z, 0-9 and -, the first one a letter", i, tier.Name)
		} else if slices.ContainsFunc(tiers[:i], func(other Tier) bool { return other.Name == tier.Name }) {
			faults.Addf("Tiers[%d].Name is %q, as another tier's", i, tier.Name)
		}
		if tier.RequestsPerSecond <= 0 {
			faults.Addf("Tiers[%d].RequestsPerSecond is %v: give a rate above 0", i, tier.RequestsPerSecond)
		}
		if tier.Burst < 0 || tier.DailyQuota < 0 {
			faults.Addf("Tiers[%d].Burst and DailyQuota cannot be negative", i)
		}
	}
}

// tierNames are in the tiers' order.
func tierNames(tiers []Tier) []string {
	var names []string
	for _, tier := range tiers {
		names = append(names, tier.Name)
	}
	return names
}

func (t Tier) burst() int {
	if t.Burst == 0 {
		return max(1, int(2*t.RequestsPerSecond))
	}
	return t.Burst
}

func (t Tier) quota() *awsapigateway.QuotaSettings {
	if t.DailyQuota == 0 {
		return nil
	}
	return &awsapigateway.QuotaSettings{Limit: jsii.Number(t.DailyQuota), Period: awsapigateway.Period_DAY}
}
