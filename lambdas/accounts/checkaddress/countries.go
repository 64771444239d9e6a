package checkaddress

// This file has the countries that are served, and how they write postal codes.
//
// Postal codes are as the countries' own posts document them (collected by the
// Universal Postal Union, "Postal addressing systems"); that of the United
// Kingdom is BS 7666's.

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/tidy"
)

// country is how a country writes addresses.
type country struct {
	// postalCode matches a code in capitals without blanks and hyphens, and has
	// a group for each part of it, which separator stands between.
	postalCode *regexp.Regexp
	separator  string
	example    string // of a postal code

	// regions are those that an address has to name, by their code. Nil where
	// it need not name any.
	regions map[string]region
}

// region is a state, province or territory.
type region struct {
	name string

	postalCodes *regexp.Regexp // what those of its places begin with
	borders     []string       // codes of the regions beside it
}

// has reports whether a postal code may be of a region. Some places near a
// border are served from the other side, so it may be of a region beside it: a
// code of far away is a mistake, one of next door need not be.
func has(regions map[string]region, key, postalCode string) bool {
	r := regions[key]
	return r.postalCodes.MatchString(postalCode) || slices.ContainsFunc(r.borders, func(beside string) bool {
		return regions[beside].postalCodes.MatchString(postalCode)
	})
}

var countries = map[string]country{
	"AT": {postalCode: code(`([1-9]\d{3})`), example: "1010"},
	"AU": {postalCode: code(`(\d{4})`), example: "2000", regions: australia},
	"BE": {postalCode: code(`([1-9]\d{3})`), example: "1000"},
	"CA": {postalCode: code(`([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])(\d[ABCEGHJ-NPRSTV-Z]\d)`), separator: " ", example: "K1A 0B1", regions: canada},
	"CH": {postalCode: code(`([1-9]\d{3})`), example: "8001"},
	"DE": {postalCode: code(`((?:0[1-9]|[1-9]\d)\d{3})`), example: "10115"},
	"ES": {postalCode: code(`((?:0[1-9]|[1-4]\d|5[0-2])\d{3})`), example: "28013"},
	"FR": {postalCode: code(`((?:0[1-9]|[1-8]\d|9[0-8])\d{3})`), example: "75001"},
	"GB": {postalCode: code(`(GIR|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d(?:\d|[ABEHMNPRV-Y])?|\d[A-HJKPS-UW]))(0AA|\d[ABD-HJLNP-UW-Z]{2})`), separator: " ", example: "SW1A 1AA"},
	"NL": {postalCode: code(`([1-9]\d{3})([A-RT-Z][A-Z]|S[BCE-RT-Z])`), separator: " ", example: "1012 JS"}, // SA, SD and SS are not given out
	"US": {postalCode: code(`(\d{5})(\d{4})?`), separator: "-", example: "90210 or 90210-1234", regions: unitedStates},
}

func code(pattern string) *regexp.Regexp { return regexp.MustCompile("^" + pattern + "$") }

// served names the countries.
func served() string { return strings.Join(slices.Sorted(maps.Keys(countries)), ", ") }

// box matches a post office box in the languages of the countries, which is no
// place to live in.
var box = regexp.MustCompile(`(?i)(^|[^\pL])(p\.? ?o\.? ?box|post office box|g\.? ?p\.? ?o\.? box|locked bag|private bag|postfach|bo[iî]te postale|b\.? ?p\.? ?\d|case postale|casella postale|postbus|apartado|apdo)([^\pL]|$)`)

// region is the code of a region that is given by its code or name, and where
// there are no codes the region as it is.
func (f *findings) region(c country, given string) string {
	if c.regions == nil {
		return given
	}
	for key, r := range c.regions {
		if strings.EqualFold(given, key) || strings.EqualFold(given, r.name) {
			return key
		}
	}
	if given == "" {
		f.add(contract.AddressMissing, "Give the address's region: %s.", strings.Join(slices.Sorted(maps.Keys(c.regions)), ", "))
	} else {
		f.add(contract.RegionUnknown, "The address's region is one of %s.", strings.Join(slices.Sorted(maps.Keys(c.regions)), ", "))
	}
	return given
}

// postalCode is a postal code as its country writes it.
func (f *findings) postalCode(c country, regionCode, sent string) string {
	text := strings.ToUpper(tidy.Text(sent))
	if text == "" {
		f.add(contract.AddressMissing, "Give the address's postalCode.")
		return ""
	}
	parts := c.postalCode.FindStringSubmatch(strings.NewReplacer(" ", "", "-", "").Replace(text))
	if parts == nil {
		f.add(contract.PostalCodeInvalid, "A postal code there looks like %s.", c.example)
		return text
	}
	written := strings.TrimSuffix(strings.Join(parts[1:], c.separator), c.separator)
	if _, known := c.regions[regionCode]; known && !has(c.regions, regionCode, written) {
		f.add(contract.PostalCodeMismatch, "The postal code is of another region than %s.", regionCode)
	}
	return written
}
