package secrets

// The API's operations, in the JSON shapes of Secrets Manager.

import (
	"bytes"
	"context"
	"maps"
	"slices"
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
	s.mu.Lock()
	defer s.mu.Unlock()
	value, err := sec.value(in.VersionId, in.VersionStage)
	if err == nil {
		sec.accessed[value.VersionId] = time.Now().UTC().Truncate(24 * time.Hour)
	}
	return value, err
}

// value returns the version with that id and label; either may be empty, and
// both empty mean AWSCURRENT.
func (sec *secret) value(id, stage string) (*secretValue, error) {
	if !sec.deletion.IsZero() {
		return nil, errDeleted
	}
	if id == "" && stage == "" {
		stage = current
	}
	if id == "" {
		labelled, ok := sec.stages[stage]
		if !ok {
			return nil, fault("ResourceNotFoundException",
				"Secrets Manager can't find the specified secret value for staging label: %s", stage)
		}
		id = labelled
	}
	v := sec.versions[id]
	if v == nil || v.empty() {
		return nil, fault("ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for VersionId: %s", id)
	}
	if stage != "" && sec.stages[stage] != id {
		return nil, fault("InvalidRequestException",
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

type describeSecretInput struct{ SecretId string }

type description struct {
	ARN                string
	Name               string
	Description        string         `json:",omitempty"`
	KmsKeyId           string         `json:",omitempty"`
	RotationEnabled    bool           `json:",omitempty"`
	RotationLambdaARN  string         `json:",omitempty"`
	RotationRules      *rotationRules `json:",omitempty"`
	LastRotatedDate    *cloud.Time    `json:",omitempty"`
	NextRotationDate   *cloud.Time    `json:",omitempty"`
	CreatedDate        cloud.Time
	DeletedDate        *cloud.Time `json:",omitempty"`
	LastAccessedDate   *cloud.Time `json:",omitempty"`
	LastChangedDate    cloud.Time
	Tags               []tag               `json:",omitzero"`                        // none, where there were some
	VersionIdsToStages map[string][]string `json:",omitempty"`                       // of DescribeSecret
	SecretVersions     map[string][]string `json:"SecretVersionsToStages,omitempty"` // the same, of ListSecrets
}

// describe leaves out versions without a label, as AWS does.
func (sec *secret) describe() *description {
	var rules *rotationRules
	if sec.rotation.function != "" {
		own := sec.rotation.rules // which a later request replaces
		rules = &own
	}
	return &description{
		RotationEnabled: sec.rotation.enabled, RotationLambdaARN: sec.rotation.function, RotationRules: rules,
		LastRotatedDate: unlessZero(sec.rotation.last), NextRotationDate: unlessZero(sec.rotation.next),
		ARN: sec.arn, Name: sec.name, Description: sec.description, KmsKeyId: sec.key, Tags: sec.listTags(),
		CreatedDate: cloud.Time(sec.created), LastChangedDate: cloud.Time(sec.changed),
		DeletedDate: unlessZero(sec.deletion), LastAccessedDate: unlessZero(sec.lastAccessed()),
	}
}

// lastAccessed is the day on which a value was read last.
func (sec *secret) lastAccessed() time.Time {
	var last time.Time
	for _, day := range sec.accessed {
		if day.After(last) {
			last = day
		}
	}
	return last
}

func unlessZero(t time.Time) *cloud.Time {
	if t.IsZero() {
		return nil
	}
	return (*cloud.Time)(&t)
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

type putSecretValueInput struct {
	SecretId string
	givenValue
	VersionStages []string
}

type putSecretValueOutput struct {
	ARN, Name, VersionId string
	VersionStages        []string
}

func (s *SecretsManager) putSecretValue(_ context.Context, caller cloud.Caller, in putSecretValueInput) (putSecretValueOutput, error) {
	var out putSecretValueOutput
	if in.SecretString == nil && in.SecretBinary == nil {
		return out, fault("InvalidParameterException", "You must provide either SecretString or SecretBinary.")
	}
	if err := in.check(); err != nil {
		return out, err
	}
	if in.VersionStages == nil {
		in.VersionStages = []string{current}
	}
	_, err := s.change(caller, "PutSecretValue", in.SecretId, func(sec *secret) error {
		id, err := sec.put(in.givenValue, in.VersionStages)
		out = putSecretValueOutput{ARN: sec.arn, Name: sec.name, VersionId: id, VersionStages: sec.labels(id)}
		return err
	})
	return out, err
}

// empty tells whether a version waits for its value.
func (v *version) empty() bool { return v.text == nil && v.binary == nil }

func (v *version) holds(text *string, binary []byte) bool {
	if (v.text == nil) != (text == nil) || (text != nil && *v.text != *text) {
		return false
	}
	return bytes.Equal(v.binary, binary)
}
