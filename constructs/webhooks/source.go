package webhooks

// This file says who sends webhooks, and how they are known.

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/document"
	"github.com/tradepost-dev/tradepost/internal/signatures"
)

// Scheme is how a source proves that a webhook is its own.
type Scheme string

const (
	// Standard is Standard Webhooks: the headers webhook-id, webhook-timestamp and
	// webhook-signature. The secret is base64, with or without whsec_ before it.
	Standard = Scheme(signatures.Standard)

	// GitHub signs the body: X-Hub-Signature-256. The id is X-GitHub-Delivery, the
	// type X-GitHub-Event, with the body's action behind it.
	GitHub = Scheme(signatures.GitHub)

	// Stripe signs the body and the time: Stripe-Signature. The id is the event's.
	Stripe = Scheme(signatures.Stripe)

	// Token signs nothing: the secret comes along in a header, as GitLab sends it.
	// Such webhooks go from API Gateway into the stream without a function between.
	Token = Scheme(contract.SchemeToken)
)

// Source is who sends webhooks, to POST /webhooks/<name>.
type Source struct {
	// Scheme is how the source proves that a webhook is its own. Required.
	Scheme Scheme `json:"scheme"`

	// Key is where the key stands by which order is kept: a JSON pointer into the
	// body ("/data/customer"), or a header ("X-Account"). Default: all webhooks of
	// the source are in one order, one at a time, as they are where the key is
	// missing.
	Key string `json:"key"`

	// Type is a JSON pointer to the event's type. Default: /type; with GitHub the
	// header, and /action; with Token the header TypeHeader.
	Type string `json:"type"`

	// MaxBody is how large a body may be, in bytes: up to 184,320, which with all
	// around it are the 256 KiB of an execution's input. A larger one is answered
	// with 413. Default: 131,072.
	MaxBody int `json:"maxBody"`

	// Redact are JSON pointers to what is not passed on: it becomes null before
	// anything is published. The failures have it still. Default: none.
	Redact []string `json:"redact"`

	// TokenHeader, IDHeader and TypeHeader are where a source of the scheme Token
	// has its secret, the webhook's id and its type. Default: X-Gitlab-Token,
	// Idempotency-Key and X-Gitlab-Event, as GitLab sends them.
	TokenHeader, IDHeader, TypeHeader string `json:"-"`
}

var (
	sourceName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	// plainPointer is what a mapping template can look up.
	plainPointer = regexp.MustCompile(`^(/[A-Za-z0-9_-]+)+$`)

	headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
)

// LoadSources reads sources from a JSON file: {"sources": {"acme": {"scheme":
// "standard", "key": "/data/account"}}}. The names of a Token's headers are
// tokenHeader, idHeader and typeHeader.
func LoadSources(file string) (map[string]Source, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	type written struct {
		Source
		TokenHeader string `json:"tokenHeader"`
		IDHeader    string `json:"idHeader"`
		TypeHeader  string `json:"typeHeader"`
	}
	var content struct {
		Sources map[string]written `json:"sources"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&content); err != nil {
		return nil, fmt.Errorf("read sources of %s: %w", file, err)
	}
	sources := make(map[string]Source, len(content.Sources))
	for name, source := range content.Sources {
		source.Source.TokenHeader, source.Source.IDHeader, source.Source.TypeHeader = source.TokenHeader, source.IDHeader, source.TypeHeader
		sources[name] = source.Source
	}
	return sources, nil
}

func (s Source) withDefaults() Source {
	if s.Scheme == Token {
		for _, header := range []struct {
			given     *string
			otherwise string
		}{{&s.TokenHeader, "X-Gitlab-Token"}, {&s.IDHeader, "Idempotency-Key"}, {&s.TypeHeader, "X-Gitlab-Event"}} {
			if *header.given == "" {
				*header.given = header.otherwise
			}
		}
	}
	return s
}

// configuration is what the functions know of the source.
func (s Source) configuration() contract.Source {
	return contract.Source{Scheme: string(s.Scheme), MaxBody: s.MaxBody, Key: s.Key, Type: s.Type, TokenHeader: s.TokenHeader, Redact: s.Redact}
}

// maxSources is the room for sources, of Lambda's 4 KiB for variables.
const maxSources = 3 << 10

// configure is the value of the variable that the functions have the sources in.
func configure(sources map[string]Source) string {
	all := make(contract.Sources, len(sources))
	for name, source := range sources {
		all[name] = source.withDefaults().configuration()
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return string(text)
}

func validateSources(faults *operation.Faults, sources map[string]Source) {
	faults.Require("Sources", len(sources) > 0)
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		if !sourceName.MatchString(name) {
			faults.Addf("Sources has %q: give names of 1 to 40 small letters, digits and -, the first one a letter", name)
		}
		sources[name].validate(faults, fmt.Sprintf("Sources[%q]", name))
	}
	if n := len(configure(sources)); n > maxSources {
		faults.Addf("Sources take %d bytes of the functions' variables: give up to %d, or declare a second system", n, maxSources)
	}
}

func (s Source) validate(faults *operation.Faults, prop string) {
	if schemes := []Scheme{Standard, GitHub, Stripe, Token}; !slices.Contains(schemes, s.Scheme) {
		faults.Addf("%s.Scheme is %q: give some of %q", prop, s.Scheme, schemes)
	}
	pointers := slices.Clone(s.Redact)
	if strings.HasPrefix(s.Key, "/") {
		pointers = append(pointers, s.Key)
	} else if s.Key != "" && !headerName.MatchString(s.Key) {
		faults.Addf("%s.Key is %q: give a JSON pointer such as /data/id, or a header", prop, s.Key)
	}
	if s.Scheme == Token && strings.HasPrefix(s.Key, "/") && !plainPointer.MatchString(s.Key) {
		faults.Addf("%s.Key is %q: a source of the scheme %q takes members of letters, digits, _ and -", prop, s.Key, Token)
	}
	if s.Type != "" {
		pointers = append(pointers, s.Type)
	}
	for _, pointer := range pointers {
		if err := document.CheckPointer(pointer); err != nil || pointer == "" {
			faults.Addf("%s has %q: give a JSON pointer such as /data/id", prop, pointer)
		}
	}
	if s.MaxBody < 0 || s.MaxBody > contract.MaxBodyBytes {
		faults.Addf("%s.MaxBody is %d: give up to %d", prop, s.MaxBody, contract.MaxBodyBytes)
	}
	for _, header := range []string{s.TokenHeader, s.IDHeader, s.TypeHeader} {
		if header != "" && (s.Scheme != Token || !headerName.MatchString(header)) {
			faults.Addf("%s has the header %q: give names of headers, to sources of the scheme %q", prop, header, Token)
		}
	}
}
