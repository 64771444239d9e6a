package b2b

// This file reads trading partners: data, not code.

import (
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

// Partner is a trading partner: who it is, by what keys and from where it comes
// in by SFTP, and how often it may call the REST API. Its members are those of
// a partners file, and of a row of the directory.
type Partner = partners.Partner

// LoadPartners reads a file of partners: {"partners": [{"id": ...}, ...]}. An
// unknown member is an error: it is a misspelled one. The error names
// everything that is wrong, and where.
func LoadPartners(file string) ([]Partner, error) { return partners.Load(file) }

// ParsePartners is LoadPartners for the text of a file.
func ParsePartners(data []byte) ([]Partner, error) { return partners.Parse(data) }

// validatePartners adds all that is wrong with partners, by index and id. Each
// has to be in one of the tiers.
func validatePartners(faults *operation.Faults, list []Partner, tiers []Tier) {
	faults.Add(partners.Validate(list)...)
	names := tierNames(tiers)
	for i, p := range list {
		if p.Tier != "" && !slices.Contains(names, p.Tier) {
			faults.Addf("partners[%d] (%s): tier is %q: give one of %s", i, p.ID, p.Tier, strings.Join(names, ", "))
		}
	}
}
