package secrets

// The API's operations, in the JSON shapes of Secrets Manager.

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type getSecretValueInput struct{ SecretId, VersionId, VersionStage string }

type secretValue struct {
	ARN           string
	Name          string
	VersionId     string
	SecretString  *string `json:",omitempty"`
	SecretBinary  []byte  `json:",omitempty"`
	VersionStages []string
	CreatedDate   cloud.Time
}

func (s *SecretsManager) getSecretValue(_ context.Context, caller cloud.Caller, in getSecretValueInput) (*secretValue, error) {
	sec, err := s.find(caller, "GetSecretValue", in.SecretId)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return sec.value(in.VersionId, in.VersionStage)
}

// value returns the version with that id and label; either may be empty, and
// both empty mean AWSCURRENT.
func (sec *secret) value(id, stage string) (*secretValue, error) {
	if id == "" && stage == "" {
		stage = current
	}
	if id == "" {
		labelled, ok := sec.stages[stage]
		if !ok {
			return nil, cloud.Errorf(400, "ResourceNotFoundException",
				"Secrets Manager can't find the specified secret value for staging label: %s", stage)
		}
		id = labelled
	}
	v := sec.versions[id]
	if v == nil {
		return nil, cloud.Errorf(400, "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for VersionId: %s", id)
	}
	if stage != "" && sec.stages[stage] != id {
		return nil, cloud.Errorf(400, "InvalidRequestException",
			"You provided a VersionStage that is not associated to the provided VersionId.")
	}
	return &secretValue{
		ARN: sec.arn, Name: sec.name, VersionId: id, SecretString: v.text, SecretBinary: v.binary,
		VersionStages: sec.labels(id), CreatedDate: cloud.Time(v.created),
	}, nil
}

func (sec *secret) labels(id string) []string {
	var labels []string
	for _, label := range slices.Sorted(maps.Keys(sec.stages)) {
		if sec.stages[label] == id {
			labels = append(labels, label)
		}
	}
	return labels
}

type batchGetSecretValueInput struct{ SecretIdList []string }

type batchGetSecretValueOutput struct {
	SecretValues []*secretValue
	Errors       []batchError
}

type batchError struct{ SecretId, ErrorCode, Message string }

// batchGetSecretValue needs its own permission on "*" besides GetSecretValue
// on each secret; what fails for one secret is reported for that one only.
func (s *SecretsManager) batchGetSecretValue(ctx context.Context, caller cloud.Caller, in batchGetSecretValueInput) (*batchGetSecretValueOutput, error) {
	if len(in.SecretIdList) == 0 || len(in.SecretIdList) > 20 {
		return nil, cloud.Errorf(400, "InvalidParameterException", "the local engine needs a SecretIdList of 1 to 20 secrets")
	}
	if err := s.cloud.Authorize(caller, "secretsmanager:BatchGetSecretValue", "*"); err != nil {
		return nil, err
	}
	out := &batchGetSecretValueOutput{SecretValues: []*secretValue{}, Errors: []batchError{}}
	for _, id := range in.SecretIdList {
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

type describeSecretInput struct{ SecretId string }

type description struct {
	ARN                string
	Name               string
	Description        string `json:",omitempty"`
	CreatedDate        cloud.Time
	LastChangedDate    cloud.Time
	VersionIdsToStages map[string][]string `json:",omitempty"`                       // of DescribeSecret
	SecretVersions     map[string][]string `json:"SecretVersionsToStages,omitempty"` // the same, of ListSecrets
}

// describe leaves out versions without a label, as AWS does.
func (sec *secret) describe() *description {
	return &description{
		ARN: sec.arn, Name: sec.name, Description: sec.description,
		CreatedDate: cloud.Time(sec.created), LastChangedDate: cloud.Time(sec.changed),
	}
}

func (sec *secret) labelled() map[string][]string {
	versions := map[string][]string{}
	for id := range sec.versions {
		if labels := sec.labels(id); len(labels) > 0 {
			versions[id] = labels
		}
	}
	return versions
}

func (s *SecretsManager) describeSecret(_ context.Context, caller cloud.Caller, in describeSecretInput) (*description, error) {
	sec, err := s.find(caller, "DescribeSecret", in.SecretId)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := sec.describe()
	out.VersionIdsToStages = sec.labelled()
	return out, nil
}

type listSecretsInput struct {
	Filters []struct {
		Key    string
		Values []string
	}
	MaxResults int
	NextToken  string
	SortOrder  string
}

type listSecretsOutput struct {
	SecretList []*description
	NextToken  string `json:",omitempty"`
}

// listSecrets lists by name. The token is the last name of the page before.
func (s *SecretsManager) listSecrets(_ context.Context, caller cloud.Caller, in listSecretsInput) (*listSecretsOutput, error) {
	if err := s.cloud.Authorize(caller, "secretsmanager:ListSecrets", "*"); err != nil {
		return nil, err
	}
	for _, filter := range in.Filters {
		if filter.Key != "name" {
			return nil, cloud.Errorf(400, "InvalidParameterException", "the local engine filters secrets by name only, not by %s", filter.Key)
		}
	}
	if in.MaxResults == 0 {
		in.MaxResults = 100
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := slices.Sorted(maps.Keys(s.byName))
	if in.SortOrder == "desc" {
		slices.Reverse(names)
	}
	if in.NextToken != "" {
		names = names[slices.Index(names, in.NextToken)+1:]
	}
	out := &listSecretsOutput{SecretList: []*description{}}
	for _, name := range names {
		if !in.selects(name) {
			continue
		}
		if len(out.SecretList) == in.MaxResults {
			out.NextToken = out.SecretList[in.MaxResults-1].Name
			break
		}
		entry := s.byName[name].describe()
		entry.SecretVersions = s.byName[name].labelled()
		out.SecretList = append(out.SecretList, entry)
	}
	return out, nil
}

// selects tells whether every filter has a value that begins the name; a
// value that starts with an exclamation mark excludes.
func (in listSecretsInput) selects(name string) bool {
	for _, filter := range in.Filters {
		if !slices.ContainsFunc(filter.Values, func(value string) bool {
			excluded, excludes := strings.CutPrefix(value, "!")
			return strings.HasPrefix(strings.ToLower(name), strings.ToLower(excluded)) != excludes
		}) {
			return false
		}
	}
	return true
}

type putSecretValueInput struct {
	SecretId           string
	ClientRequestToken string
	SecretString       *string
	SecretBinary       []byte
	VersionStages      []string
}

type putSecretValueOutput struct {
	ARN, Name, VersionId string
	VersionStages        []string
}

func (s *SecretsManager) putSecretValue(_ context.Context, caller cloud.Caller, in putSecretValueInput) (*putSecretValueOutput, error) {
	if (in.SecretString == nil) == (in.SecretBinary == nil) {
		return nil, cloud.Errorf(400, "InvalidParameterException", "You must provide either SecretString or SecretBinary.")
	}
	if in.VersionStages == nil {
		in.VersionStages = []string{current}
	}
	sec, err := s.find(caller, "PutSecretValue", in.SecretId)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := in.ClientRequestToken
	if id == "" {
		id = cloud.UUID()
	}
	before, repeated := sec.versions[id]
	if repeated && !before.holds(in.SecretString, in.SecretBinary) {
		return nil, cloud.Errorf(400, "ResourceExistsException",
			"You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", id, sec.arn)
	}
	if !repeated {
		sec.add(&version{id: id, created: time.Now(), text: in.SecretString, binary: in.SecretBinary}, in.VersionStages)
	}
	return &putSecretValueOutput{ARN: sec.arn, Name: sec.name, VersionId: id, VersionStages: sec.labels(id)}, nil
}

func (v *version) holds(text *string, binary []byte) bool {
	if (v.text == nil) != (text == nil) || (text != nil && *v.text != *text) {
		return false
	}
	return bytes.Equal(v.binary, binary)
}
