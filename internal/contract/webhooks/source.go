package webhooks

// This file has what the functions know of a source, beside its secret.

// Sources are those of a system, by name.
type Sources map[string]Source

// Source is one of them. What is left to its default takes no room.
type Source struct {
	// Scheme is one of internal/signatures, or SchemeToken.
	Scheme string `json:"scheme"`

	// MaxBody is how large a body may be, in bytes; 0 for DefaultMaxBody.
	MaxBody int `json:"maxBody,omitempty"`

	// Key is where the key stands by which order is kept: a JSON pointer into the
	// body (/data/customer), or a header (X-Account). Without one, or where there
	// is none, all of the source is in order.
	Key string `json:"key,omitempty"`

	// Type is a JSON pointer to the event's type; "" for that of the scheme.
	Type string `json:"type,omitempty"`

	// TokenHeader is where a source of SchemeToken has its secret.
	TokenHeader string `json:"tokenHeader,omitempty"`

	// Redact are JSON pointers to what is not passed on.
	Redact []string `json:"redact,omitempty"`
}

// SchemeToken is that of a source that signs nothing and sends its secret in a
// header.
const SchemeToken = "token"

// DefaultMaxBody is that of a source.
const DefaultMaxBody = 128 << 10

// Limit is how large a body may be, in bytes.
func (s Source) Limit() int {
	if s.MaxBody == 0 {
		return DefaultMaxBody
	}
	return s.MaxBody
}
