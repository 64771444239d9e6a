// Package partners reads lists of trading partners: data, not code.
package partners

import (
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Partner is a trading partner as a list has it. A list holds no secret: a
// token is made when an operator asks for one.
type Partner struct {
	// ID is the partner's user name, folder and key everywhere: 3 to 31
	// characters a-z, 0-9 and "-", the first one a letter. Required.
	ID string `json:"id"`

	// Name is for people: at most 256 characters. Default: the ID.
	Name string `json:"name,omitempty"`

	// ContactEmail is stored with each of the partner's transactions. Required.
	ContactEmail string `json:"contactEmail"`

	// SSHPublicKeys let the partner in by SFTP: at most 10 lines as in
	// authorized_keys, without options. Default: no SFTP.
	SSHPublicKeys []string `json:"sshPublicKeys,omitempty"`

	// AddressRanges are the addresses that the partner may come from, by SFTP
	// and by REST: at most 50, as in 192.0.2.0/24. Default: any.
	AddressRanges []string `json:"addressRanges,omitempty"`

	// Tier names the usage plan that bounds the partner's REST requests.
	// Default: "standard".
	Tier string `json:"tier,omitempty"`

	// ValidUntil is when the partner ceases to be known, as in
	// 2027-01-31T00:00:00Z; fractions of a second do not count. Default: never.
	ValidUntil time.Time `json:"validUntil,omitzero"`

	// Status is ENABLED; DRAINING for a partner that sends nothing new and
	// sees what becomes of what it has sent; or DISABLED. Default: ENABLED.
	Status contract.PartnerStatus `json:"status,omitempty"`
}

// Complete is the partner with its defaults filled in, and with keys, ranges
// and times in the one form that the directory stores: equal partners are
// equal texts. The partner must be a valid one.
func (p Partner) Complete() Partner {
	if p.Name == "" {
		p.Name = p.ID
	}
	if p.Tier == "" {
		p.Tier = contract.DefaultTier
	}
	if p.Status == "" {
		p.Status = contract.PartnerEnabled
	}
	p.ValidUntil = p.ValidUntil.UTC().Truncate(time.Second)
	p.SSHPublicKeys = each(p.SSHPublicKeys, parseKey)
	p.AddressRanges = each(p.AddressRanges, parseRange)
	return p
}

func each(list []string, parse func(string) (string, error)) []string {
	forms := make([]string, 0, len(list))
	for _, text := range list {
		if form, err := parse(text); err == nil {
			forms = append(forms, form)
		}
	}
	return forms
}
