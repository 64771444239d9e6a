package partners

// This file reads lists.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Load is Parse for a file, which its errors name.
func Load(file string) ([]Partner, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read partners: %w", err)
	}
	list, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("partners file %s:\n%w", file, err)
	}
	return list, nil
}

// Parse reads the text of a list: {"partners": [{"id": ...}, ...]}. An unknown
// member is an error: it is a misspelled one. The error names everything that
// is wrong, and where.
func Parse(data []byte) ([]Partner, error) {
	var entries []json.RawMessage
	faults := decode(data, "the file", map[string]any{"partners": &entries})
	if len(entries) == 0 && len(faults) == 0 {
		faults = append(faults, errors.New(`partners: list at least one partner`))
	}
	partners := make([]Partner, len(entries))
	for i, entry := range entries {
		p := &partners[i]
		faults = append(faults, decode(entry, fmt.Sprintf("partners[%d]", i), map[string]any{
			"id":            &p.ID,
			"name":          &p.Name,
			"contactEmail":  &p.ContactEmail,
			"sshPublicKeys": &p.SSHPublicKeys,
			"addressRanges": &p.AddressRanges,
			"tier":          &p.Tier,
			"validUntil":    &p.ValidUntil,
			"status":        &p.Status,
		})...)
	}
	faults = append(faults, Validate(partners)...)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return partners, nil
}

// rates are members of lists from before there were tiers.
var rates = []string{"requestsPerSecond", "burst", "dailyQuota"}

// decode decodes a JSON object's members one by one, so that one that is wrong
// does not hide the others.
func decode(data []byte, where string, members map[string]any) (faults []error) {
	fault := func(format string, arguments ...any) {
		faults = append(faults, fmt.Errorf(where+": "+format, arguments...))
	}
	if err := json.Unmarshal(data, &map[string]json.RawMessage{}); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			fault("line %d: %w", 1+bytes.Count(data[:syntax.Offset], []byte("\n")), err)
		} else {
			fault("give a JSON object")
		}
		return faults
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.Token() // the opening brace
	given := make(map[string]bool)
	for decoder.More() {
		token, _ := decoder.Token()
		name, _ := token.(string)
		var value json.RawMessage
		decoder.Decode(&value)
		switch target, known := members[name]; {
		case !known && slices.Contains(rates, name):
			fault("%s: partners have no rate of their own any more: name a tier that has it, such as {\"tier\": \"standard\"}", name)
		case !known:
			fault("unknown member %q (known are %s)", name, strings.Join(slices.Sorted(maps.Keys(members)), ", "))
		case given[name]:
			fault("member %q is given twice", name)
		default:
			if err := json.Unmarshal(value, target); err != nil {
				fault("%s: %w", name, err)
			}
		}
		given[name] = true
	}
	return faults
}

// What a row of the directory has room for.
const (
	maxName   = 256 // characters
	maxKeys   = 10  // AWS Transfer Family's own limit for a user
	maxRanges = 50
)

// Validate reports all that is wrong with partners, by index and id.
func Validate(partners []Partner) (faults []error) {
	first := make(map[string]int)
	for i, p := range partners {
		fault := func(format string, arguments ...any) {
			where := fmt.Sprintf("partners[%d] (%s)", i, p.ID)
			faults = append(faults, fmt.Errorf("%s: %w", where, fmt.Errorf(format, arguments...)))
		}
		if !contract.IsPartner(p.ID) {
			fault("id is %q: give 3 to 31 characters a-z, 0-9 and -, the first one a letter", p.ID)
		} else if other, taken := first[p.ID]; taken {
			fault("id is taken by partners[%d]", other)
		} else {
			first[p.ID] = i
		}
		p.validate(fault)
	}
	return faults
}

func (p Partner) validate(fault func(format string, arguments ...any)) {
	if n := utf8.RuneCountInString(p.Name); n > maxName {
		fault("name has %d characters: give at most %d", n, maxName)
	}
	if address, err := mail.ParseAddress(p.ContactEmail); err != nil || address.Address != p.ContactEmail {
		fault("contactEmail is %q: give a plain address such as edi@example.com", p.ContactEmail)
	}
	if len(p.SSHPublicKeys) > maxKeys {
		fault("has %d sshPublicKeys: AWS Transfer Family takes %d per user", len(p.SSHPublicKeys), maxKeys)
	}
	different(fault, "sshPublicKeys", p.SSHPublicKeys, parseKey)
	if len(p.AddressRanges) > maxRanges {
		fault("has %d addressRanges: give at most %d", len(p.AddressRanges), maxRanges)
	}
	different(fault, "addressRanges", p.AddressRanges, parseRange)
	if p.Tier != "" && !contract.IsTier(p.Tier) {
		fault("tier is %q: give 1 to 31 characters a-z, 0-9 and -, the first one a letter", p.Tier)
	}
	if !p.ValidUntil.IsZero() && p.ValidUntil.Before(time.Unix(1, 0)) {
		fault("validUntil is %s: give a time after 1970, or leave it out", p.ValidUntil.Format(time.RFC3339))
	}
	if p.Status != "" && !p.Status.Known() {
		fault("status is %q: give ENABLED, DRAINING or DISABLED", p.Status)
	}
}

// different reports what of a list cannot be parsed or stands in it twice.
func different(fault func(string, ...any), member string, list []string, parse func(string) (string, error)) {
	seen := make(map[string]bool)
	for i, text := range list {
		form, err := parse(text)
		if err == nil && seen[form] {
			err = errors.New("is given twice")
		}
		if err != nil {
			fault("%s[%d]: %w", member, i, err)
		}
		seen[form] = true
	}
}

// parseRange returns a range of addresses in a form that is equal for equal
// ranges.
func parseRange(text string) (string, error) {
	addresses, err := netip.ParsePrefix(text)
	if err != nil || addresses.Addr().Is4In6() {
		return "", fmt.Errorf("%q is no range of addresses: give one as in 192.0.2.0/24 or 2001:db8::/32", text)
	}
	return addresses.Masked().String(), nil
}

// keyTypes are those that AWS Transfer Family accepts.
var keyTypes = []string{ssh.KeyAlgoRSA, ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521}

// parseKey returns the key of a line in authorized_keys format, without its
// comment: in a form that is equal for equal keys.
func parseKey(line string) (string, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	switch {
	case strings.Contains(line, "PRIVATE KEY"):
		return "", errors.New("is a private key: replace that key pair and give the new public key")
	case err != nil:
		return "", fmt.Errorf("is not a public key (%w): give a line as in authorized_keys", err)
	case len(options) > 0:
		return "", errors.New("has options: AWS Transfer Family takes only the key")
	case len(bytes.TrimSpace(rest)) > 0:
		return "", errors.New("has more than one line")
	case !slices.Contains(keyTypes, key.Type()):
		return "", fmt.Errorf("is of type %s: give one of %s", key.Type(), strings.Join(keyTypes, ", "))
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), nil
}
