package secrets

// This file lists secrets and their versions.

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const maxPage = 100

// cut takes a page out of a list. The token is the place of its first item.
func cut[T any](list []T, token string, size, longest int) (page []T, next string, err error) {
	if size == 0 {
		size = longest
	}
	if size < 1 || size > longest {
		return nil, "", cloud.Errorf(400, "ValidationException", "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to %d", size, longest)
	}
	start := 0
	if token != "" {
		place, err := base64.RawURLEncoding.DecodeString(token)
		if err == nil {
			start, err = strconv.Atoi(string(place))
		}
		if err != nil || start < 0 || start > len(list) {
			return nil, "", fault("InvalidNextTokenException", "The NextToken value is invalid.")
		}
	}
	list = list[start:]
	if len(list) <= size {
		return list, "", nil
	}
	return list[:size], base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(start + size))), nil
}

type filter struct {
	Key    string
	Values []string
}

type listSecretsInput struct {
	Filters                []filter
	IncludePlannedDeletion bool
	MaxResults             int
	NextToken              string
	SortBy                 string
	SortOrder              string
}

type listSecretsOutput struct {
	SecretList []*description
	NextToken  string `json:",omitempty"`
}

func (s *SecretsManager) listSecrets(_ context.Context, caller cloud.Caller, in listSecretsInput) (listSecretsOutput, error) {
	out := listSecretsOutput{SecretList: []*description{}}
	if err := s.cloud.Authorize(caller, "secretsmanager:ListSecrets", "*"); err != nil {
		return out, err
	}
	if err := checkFilters(in.Filters); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := in.sorted(s.selected(in.Filters, in.IncludePlannedDeletion))
	if err != nil {
		return out, err
	}
	found, out.NextToken, err = cut(found, in.NextToken, in.MaxResults, maxPage)
	for _, sec := range found {
		entry := sec.describe()
		entry.SecretVersions = sec.labelled()
		out.SecretList = append(out.SecretList, entry)
	}
	return out, err
}

// sorted sorts by when secrets were created, as AWS does, if the request says
// nothing else.
func (in listSecretsInput) sorted(list []*secret) ([]*secret, error) {
	by := map[string]func(a, b *secret) int{
		"":                   func(a, b *secret) int { return a.created.Compare(b.created) },
		"created-date":       func(a, b *secret) int { return a.created.Compare(b.created) },
		"last-changed-date":  func(a, b *secret) int { return a.changed.Compare(b.changed) },
		"last-accessed-date": func(a, b *secret) int { return a.lastAccessed().Compare(b.lastAccessed()) },
		"name":               func(a, b *secret) int { return strings.Compare(a.name, b.name) },
	}[in.SortBy]
	if by == nil || !slices.Contains([]string{"", "asc", "desc"}, in.SortOrder) {
		return nil, cloud.Errorf(400, "ValidationException", "SortBy must be created-date, last-accessed-date, last-changed-date or name, and SortOrder asc or desc.")
	}
	slices.SortStableFunc(list, by)
	if in.SortOrder == "desc" {
		slices.Reverse(list)
	}
	return list, nil
}

// selected returns the secrets that stand all filters, by name.
func (s *SecretsManager) selected(filters []filter, deleted bool) []*secret {
	now := time.Now()
	var found []*secret
	for _, name := range slices.Sorted(maps.Keys(s.byName)) {
		sec := s.byName[name]
		if sec.gone(now) || !deleted && !sec.deletion.IsZero() {
			continue
		}
		if !slices.ContainsFunc(filters, func(f filter) bool { return !f.selects(sec) }) {
			found = append(found, sec)
		}
	}
	return found
}

var filterKeys = []string{"all", "description", "name", "tag-key", "tag-value"}

func checkFilters(filters []filter) error {
	for _, f := range filters {
		switch {
		case slices.Contains([]string{"owning-service", "primary-region"}, f.Key):
			return cloud.NotHonoured("ListSecrets", "Filters.Key "+f.Key)
		case !slices.Contains(filterKeys, f.Key):
			return cloud.Errorf(400, "ValidationException", "1 validation error detected: Value '%s' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: [all, name, tag-key, description, tag-value, primary-region, owning-service]", f.Key)
		case len(f.Values) == 0 || len(f.Values) > 10:
			return fault("InvalidParameterException", "Invalid filter values for key: %s", f.Key)
		}
	}
	return nil
}

// selects tells whether one of the values finds the secret; a value that starts
// with an exclamation mark finds all others.
func (f filter) selects(sec *secret) bool {
	return slices.ContainsFunc(f.Values, func(value string) bool {
		excluded, excludes := strings.CutPrefix(value, "!")
		return f.finds(sec, excluded) != excludes
	})
}

func (f filter) finds(sec *secret, value string) bool {
	begins := func(text string) bool { return strings.HasPrefix(text, value) }
	switch f.Key {
	case "name":
		return begins(sec.name)
	case "tag-key":
		return slices.ContainsFunc(slices.Collect(maps.Keys(sec.tags)), begins)
	case "tag-value":
		return slices.ContainsFunc(slices.Collect(maps.Values(sec.tags)), begins)
	case "description":
		return hasWords(sec.description, value)
	}
	text := sec.name + " " + sec.description
	for key, tag := range sec.tags {
		text += " " + key + " " + tag
	}
	return hasWords(text, value)
}

// hasWords tells whether a text has words that begin with each word of a value,
// in whatever case.
func hasWords(text, value string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" /-_+=.@", r) })
	for wanted := range strings.FieldsSeq(strings.ToLower(value)) {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, wanted) }) {
			return false
		}
	}
	return true
}

type listSecretVersionIdsInput struct {
	SecretId          string
	IncludeDeprecated bool
	MaxResults        int
	NextToken         string
}

type listedVersion struct {
	CreatedDate      cloud.Time
	KmsKeyIds        []string
	LastAccessedDate *cloud.Time `json:",omitempty"`
	VersionId        string
	VersionStages    []string `json:",omitempty"`
}

type listSecretVersionIdsOutput struct {
	named
	Versions  []listedVersion
	NextToken string `json:",omitempty"`
}

func (s *SecretsManager) listSecretVersionIds(_ context.Context, caller cloud.Caller, in listSecretVersionIdsInput) (listSecretVersionIdsOutput, error) {
	sec, err := s.find(caller, "ListSecretVersionIds", in.SecretId)
	if err != nil {
		return listSecretVersionIdsOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	key := "DefaultEncryptionKey"
	if sec.key != "" {
		key = sec.key
	}
	all := []listedVersion{}
	for _, v := range slices.SortedFunc(maps.Values(sec.versions), func(a, b *version) int { return a.created.Compare(b.created) }) {
		labels := sec.labels(v.id)
		if len(labels) > 0 || in.IncludeDeprecated {
			all = append(all, listedVersion{cloud.Time(v.created), []string{key}, unlessZero(sec.accessed[v.id]), v.id, labels})
		}
	}
	page, next, err := cut(all, in.NextToken, in.MaxResults, maxPage)
	return listSecretVersionIdsOutput{named{sec.arn, sec.name}, page, next}, err
}

const maxBatch = 20

type batchGetSecretValueInput struct {
	SecretIdList []string
	Filters      []filter
	MaxResults   int
	NextToken    string
}

type batchGetSecretValueOutput struct {
	SecretValues []*secretValue
	Errors       []batchError
	NextToken    string `json:",omitempty"`
}

type batchError struct{ SecretId, ErrorCode, Message string }

// batchGetSecretValue needs its own permission on "*" besides GetSecretValue
// on each secret, and ListSecrets for filters; what fails for one secret is
// reported for that one only.
func (s *SecretsManager) batchGetSecretValue(ctx context.Context, caller cloud.Caller, in batchGetSecretValueInput) (*batchGetSecretValueOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "secretsmanager:BatchGetSecretValue", "*"); err != nil {
		return nil, err
	}
	out := &batchGetSecretValueOutput{SecretValues: []*secretValue{}, Errors: []batchError{}}
	ids := in.SecretIdList
	if len(in.Filters) > 0 {
		if err := s.cloud.Authorize(caller, "secretsmanager:ListSecrets", "*"); err != nil {
			return nil, err
		}
		var err error
		if ids, out.NextToken, err = cut(s.names(in.Filters), in.NextToken, in.MaxResults, maxBatch); err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		value, err := s.getSecretValue(ctx, caller, getSecretValueInput{SecretId: id})
		if err != nil {
			failure := cloud.AsError(err)
			out.Errors = append(out.Errors, batchError{id, failure.Code, failure.Message})
			continue
		}
		out.SecretValues = append(out.SecretValues, value)
	}
	return out, nil
}

func (in batchGetSecretValueInput) check() error {
	switch {
	case len(in.SecretIdList) > 0 && len(in.Filters) > 0:
		return fault("InvalidParameterException", "Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	case len(in.SecretIdList) == 0 && len(in.Filters) == 0:
		return fault("InvalidParameterException", "Either 'SecretIdList' or 'Filters' must be provided.")
	case len(in.SecretIdList) > maxBatch:
		return cloud.Errorf(400, "ValidationException", "1 validation error detected: Value at 'secretIdList' failed to satisfy constraint: Member must have length less than or equal to %d", maxBatch)
	case len(in.SecretIdList) > 0 && (in.MaxResults != 0 || in.NextToken != ""):
		return fault("InvalidParameterException", "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	}
	return checkFilters(in.Filters)
}

// names are those of the secrets that stand all filters.
func (s *SecretsManager) names(filters []filter) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	for _, sec := range s.selected(filters, false) {
		names = append(names, sec.name)
	}
	return names
}
