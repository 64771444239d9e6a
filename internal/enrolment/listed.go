package enrolment

// This file knows which attributes of a row a list says something about.

import (
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

// listed are those attributes. Tokens are none: a list says nothing of them.
var listed = []string{
	contract.AttrName, contract.AttrContactEmail, contract.AttrSSHKeys, contract.AttrAddressRanges,
	contract.AttrTier, contract.AttrValidUntil, contract.AttrStatus,
}

// PartnerOf is what of a row a list could say.
func PartnerOf(row directory.Row) partners.Partner {
	return partners.Partner{
		ID:            row.ID,
		Name:          row.Name,
		ContactEmail:  row.ContactEmail,
		SSHPublicKeys: slices.Clone(row.SSHKeys),
		AddressRanges: slices.Clone(row.AddressRanges),
		Tier:          row.Tier,
		ValidUntil:    row.ValidUntil,
		Status:        row.Status,
	}
}

// set makes a row say what a complete partner does, but for the attributes that
// are kept.
func set(row *directory.Row, p partners.Partner, kept ...string) {
	for attribute, assign := range map[string]func(){
		contract.AttrName:          func() { row.Name = p.Name },
		contract.AttrContactEmail:  func() { row.ContactEmail = p.ContactEmail },
		contract.AttrSSHKeys:       func() { row.SSHKeys = p.SSHPublicKeys },
		contract.AttrAddressRanges: func() { row.AddressRanges = p.AddressRanges },
		contract.AttrTier:          func() { row.Tier = p.Tier },
		contract.AttrValidUntil:    func() { row.ValidUntil = p.ValidUntil },
		contract.AttrStatus:        func() { row.Status = p.Status },
	} {
		if !slices.Contains(kept, attribute) {
			assign()
		}
	}
}

// differing are the listed attributes in which two rows differ.
func differing(a, b directory.Row) (names []string) {
	x, y := a.Item(), b.Item()
	for _, name := range listed {
		if !equal(x[name], y[name]) {
			names = append(names, name)
		}
	}
	return names
}

func equal(a, b types.AttributeValue) bool { return reflect.DeepEqual(a, b) }

// union is all that is in one of several lists, in order.
func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
