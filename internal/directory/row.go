// Package directory reads the directory of trading partners: a row each in one
// table, which no change of partners ever replaces. Package enrolment writes it.
package directory

// This file is a partner's row.

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/netip"
	"slices"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Row is what the directory knows about a partner.
type Row struct {
	ID            string
	Name          string
	ContactEmail  string
	Status        contract.PartnerStatus
	ValidUntil    time.Time // zero: for ever
	SSHKeys       []string
	AddressRanges []string // none: any address
	Tier          string

	// Held are the attributes that an operator has set, in order: the list
	// leaves them alone.
	Held []string

	// TokenHash and PreviousTokenHash are those of the tokens that are valid;
	// nil for none. RotatedAt is when the newer one was made.
	TokenHash         []byte
	PreviousTokenHash []byte
	RotatedAt         time.Time

	// UsageKey is the value of the partner's API key, empty without an API.
	// Until a while after UsageKeySince, API Gateway may still ask for
	// PreviousUsageKey.
	UsageKey         string
	PreviousUsageKey string
	UsageKeySince    time.Time

	// Version counts the row's changes; 0 is a row that is not stored.
	Version int64
}

// Holds tells whether an operator has set an attribute.
func (r Row) Holds(attribute string) bool { return slices.Contains(r.Held, attribute) }

// A Refusal is why a partner is not let in. It is for the operator: outside,
// one refusal looks like any other.
type Refusal string

const (
	Welcome        Refusal = ""
	Unknown        Refusal = "there is no such partner"
	Disabled       Refusal = "the partner is disabled"
	Expired        Refusal = "the partner was valid until an earlier time"
	ForeignAddress Refusal = "the partner may not come from this address"
	NoKey          Refusal = "the partner has no SSH key"
	WrongToken     Refusal = "the token is none of the partner's"
)

// Refusal tells whether a partner may come from an address now, whoever else it
// can prove to be. The zero Row is Unknown.
func (r Row) Refusal(now time.Time, source string) Refusal {
	switch {
	case r.ID == "":
		return Unknown
	case r.Status != contract.PartnerEnabled && r.Status != contract.PartnerDraining:
		return Disabled
	case !r.ValidUntil.IsZero() && !now.Before(r.ValidUntil):
		return Expired
	case !r.covers(source):
		return ForeignAddress
	}
	return Welcome
}

// covers tells whether an address is in the partner's ranges. What is no
// address is in none, and so is every address in what is no range.
func (r Row) covers(source string) bool {
	if len(r.AddressRanges) == 0 {
		return true
	}
	address, err := netip.ParseAddr(source)
	if err != nil {
		return false
	}
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(r.AddressRanges, func(text string) bool {
		addresses, err := netip.ParsePrefix(text)
		return err == nil && addresses.Contains(address)
	})
}

// Knows tells whether a token is one of the partner's. It takes as long for
// either token, for any other, and for a partner that has none.
func (r Row) Knows(token string) bool {
	given := Hash(token)
	match := 0
	for _, known := range [][]byte{r.TokenHash, r.PreviousTokenHash} {
		compared := known
		if len(compared) != len(given) {
			compared = make([]byte, len(given)) // as long, and no token's hash
		}
		match |= subtle.ConstantTimeCompare(given, compared)
	}
	return match == 1
}

// Hash is what the directory stores of a token. A token is 256 random bits:
// nobody finds them by trying, however fast it goes, so a hash that is slow by
// design would cost each request a tenth of a second and protect nothing.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Bearer is what a partner sends in the Authorization header after "Bearer ".
func Bearer(partner, token string) string { return partner + "." + token }
