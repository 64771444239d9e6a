package b2b

// This file reads trading partners: data, not code.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Partner is a trading partner. One entry gives it an SFTP user that can write
// its inbox and read its outbox, a token with a rate of its own for the REST
// API, and a record that enriches its transactions.
type Partner struct {
	// ID is the partner's user name, folder and key everywhere: 3 to 31
	// characters a-z, 0-9 and "-", the first one a letter. Required.
	ID string `json:"id"`

	// Name is for people. Default: the ID.
	Name string `json:"name"`

	// ContactEmail is stored with each of the partner's transactions. Required.
	ContactEmail string `json:"contactEmail"`

	// SSHPublicKeys let the partner in by SFTP: at most 10 lines as in
	// authorized_keys, without options. Default: no SFTP.
	SSHPublicKeys []string `json:"sshPublicKeys"`

	// RequestsPerSecond is the sustained rate of the partner's REST requests.
	// Default: 10.
	RequestsPerSecond float64 `json:"requestsPerSecond"`

	// Burst is how many requests may come at once. Default: twice the rate.
	Burst int `json:"burst"`

	// DailyQuota is how many requests are answered per day. Default: no limit.
	DailyQuota int `json:"dailyQuota"`
}

// LoadPartners reads a file of partners: {"partners": [{"id": ...}, ...]}. An
// unknown member is an error: it is a misspelled one. The error names
// everything that is wrong, and where.
func LoadPartners(file string) ([]Partner, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read partners: %w", err)
	}
	partners, err := ParsePartners(data)
	if err != nil {
		return nil, fmt.Errorf("partners file %s:\n%w", file, err)
	}
	return partners, nil
}

// ParsePartners is LoadPartners for the text of a file.
func ParsePartners(data []byte) ([]Partner, error) {
	var entries []json.RawMessage
	faults := decode(data, "the file", map[string]any{"partners": &entries})
	if len(entries) == 0 && len(faults) == 0 {
		faults = append(faults, errors.New(`partners: list at least one partner`))
	}
	partners := make([]Partner, len(entries))
	for i, entry := range entries {
		p := &partners[i]
		faults = append(faults, decode(entry, fmt.Sprintf("partners[%d]", i), map[string]any{
			"id":                &p.ID,
			"name":              &p.Name,
			"contactEmail":      &p.ContactEmail,
			"sshPublicKeys":     &p.SSHPublicKeys,
			"requestsPerSecond": &p.RequestsPerSecond,
			"burst":             &p.Burst,
			"dailyQuota":        &p.DailyQuota,
		})...)
	}
	faults = append(faults, validatePartners(partners)...)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return partners, nil
}

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

// partnerID is what fits everywhere: a Transfer user name has at least three
// characters, and the rest keeps folder names, token prefixes and paths free
// of anything that would have to be escaped.
var partnerID = regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}$`)

// validatePartners reports all that is wrong with partners, by index and id.
func validatePartners(partners []Partner) (faults []error) {
	first := make(map[string]int)
	for i, p := range partners {
		fault := func(format string, arguments ...any) {
			where := fmt.Sprintf("partners[%d] (%s)", i, p.ID)
			faults = append(faults, fmt.Errorf("%s: %w", where, fmt.Errorf(format, arguments...)))
		}
		if !partnerID.MatchString(p.ID) {
			fault("id is %q: give 3 to 31 characters a-z, 0-9 and -, the first one a letter", p.ID)
		} else if other, taken := first[p.ID]; taken {
			fault("id is taken by partners[%d]", other)
		} else {
			first[p.ID] = i
		}
		if address, err := mail.ParseAddress(p.ContactEmail); err != nil || address.Address != p.ContactEmail {
			fault("contactEmail is %q: give a plain address such as edi@example.com", p.ContactEmail)
		}
		if len(p.SSHPublicKeys) > 10 {
			fault("has %d sshPublicKeys: AWS Transfer Family takes 10 per user", len(p.SSHPublicKeys))
		}
		seen := make(map[string]bool)
		for k, line := range p.SSHPublicKeys {
			key, err := parseKey(line)
			if err == nil && seen[key] {
				err = errors.New("is given twice")
			}
			if err != nil {
				fault("sshPublicKeys[%d]: %w", k, err)
			}
			seen[key] = true
		}
		if p.RequestsPerSecond < 0 || p.Burst < 0 || p.DailyQuota < 0 {
			fault("requestsPerSecond, burst and dailyQuota cannot be negative")
		}
	}
	return faults
}

// keyTypes are those that AWS Transfer Family accepts.
var keyTypes = []string{ssh.KeyAlgoRSA, ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521}

// parseKey returns the key of a line in authorized_keys format, in a form that
// is equal for equal keys.
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
	return string(ssh.MarshalAuthorizedKey(key)), nil
}

func (p Partner) name() string {
	if p.Name == "" {
		return p.ID
	}
	return p.Name
}

func (p Partner) rate() float64 {
	if p.RequestsPerSecond == 0 {
		return 10
	}
	return p.RequestsPerSecond
}

func (p Partner) burst() int {
	if p.Burst == 0 {
		return max(1, int(2*p.rate()))
	}
	return p.Burst
}
