package b2b

// PartnerToken is the JSON of a partner's secret. The bearer token that the
// partner sends is "<partner>.<token>".
type PartnerToken struct {
	Partner string `json:"partner"`
	Token   string `json:"token"`

	// UsageKey is the value of the partner's API key. It names the throttle
	// bucket of the usage plan and is no secret.
	UsageKey string `json:"usageKey"`
}

// Limits of a posted transaction.
const (
	// MaxBodyBytes bounds the body of POST /transactions; a larger one is
	// answered with 413.
	MaxBodyBytes = MaxMessageBytes
)
