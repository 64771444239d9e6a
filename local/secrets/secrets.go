// Package secrets is Secrets Manager for the local engine: secrets with
// versions and staging labels, generated as CloudFormation declares them.
package secrets

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
	pending  = "AWSPENDING"

	// maxVersions is how many versions of a secret are kept.
	maxVersions = 100

	// suffixLength counts the characters that AWS appends to a name to make
	// the ARN: a hyphen and six more.
	suffixLength = 7
)

// SecretsManager is the service. It implements cloud.API as "secretsmanager".
type SecretsManager struct {
	cloud.Operations

	cloud *cloud.Cloud

	mu     sync.RWMutex
	byName map[string]*secret
	byARN  map[string]*secret // under the full ARN and under the one without suffix
}

var _ cloud.API = (*SecretsManager)(nil)

// secret is guarded by the mutex of its service.
type secret struct {
	cloud.Changes
	service     *SecretsManager
	declared    string // a digest of what the template says of the value
	arn         string
	name        string
	description string
	key         string // of KMS, as it was given
	tags        map[string]string
	policy      string // of the resource, as it was given
	created     time.Time
	changed     time.Time
	deletion    time.Time // when it will be gone; zero for never
	versions    map[string]*version
	stages      map[string]string    // version ids by staging label
	accessed    map[string]time.Time // days, by version id
	rotation    rotation
}

// version never changes once it is stored, but for one without a value, which a
// rotation waits for.
type version struct {
	id      string
	created time.Time
	text    *string
	binary  []byte
}

// New returns a service without secrets.
func New(c *cloud.Cloud) *SecretsManager {
	s := &SecretsManager{cloud: c, byName: map[string]*secret{}, byARN: map[string]*secret{}}
	s.Operations = cloud.Operations{
		"BatchGetSecretValue":      cloud.Handle(s.batchGetSecretValue),
		"CancelRotateSecret":       cloud.Handle(s.cancelRotateSecret),
		"CreateSecret":             cloud.Handle(s.createByCall),
		"DeleteResourcePolicy":     cloud.Handle(s.deleteResourcePolicy),
		"DeleteSecret":             cloud.Handle(s.deleteSecret),
		"DescribeSecret":           cloud.Handle(s.describeSecret),
		"GetRandomPassword":        cloud.Handle(s.getRandomPassword),
		"GetResourcePolicy":        cloud.Handle(s.getResourcePolicy),
		"GetSecretValue":           cloud.Handle(s.getSecretValue),
		"ListSecretVersionIds":     cloud.Handle(s.listSecretVersionIds),
		"ListSecrets":              cloud.Handle(s.listSecrets),
		"PutResourcePolicy":        cloud.Handle(s.putResourcePolicy),
		"PutSecretValue":           cloud.Handle(s.putSecretValue),
		"RestoreSecret":            cloud.Handle(s.restoreSecret),
		"RotateSecret":             cloud.Handle(s.rotateSecret),
		"TagResource":              cloud.Handle(s.tagResource),
		"UntagResource":            cloud.Handle(s.untagResource),
		"UpdateSecret":             cloud.Handle(s.updateByCall),
		"UpdateSecretVersionStage": cloud.Handle(s.updateSecretVersionStage),
	}
	return s
}

// create adds a secret without a version.
func (s *SecretsManager) create(name, description string) (*secret, error) {
	return s.createAs(name, description, suffix(s.cloud.ARN("secretsmanager", "secret:"+name)))
}

// createAs is create with the end of the secret's ARN.
func (s *SecretsManager) createAs(name, description, end string) (*secret, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch old := s.lookup(name); {
	case old != nil && !old.deletion.IsZero():
		return nil, fault("InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")
	case old != nil:
		return nil, fault("ResourceExistsException", "The operation failed because the secret %s already exists.", name)
	}
	short := s.cloud.ARN("secretsmanager", "secret:"+name)
	now := time.Now()
	sec := &secret{
		service: s,
		arn:     short + end, name: name, description: description, created: now, changed: now,
		versions: map[string]*version{}, stages: map[string]string{}, accessed: map[string]time.Time{},
	}
	s.byName[name], s.byARN[sec.arn], s.byARN[short] = sec, sec, sec
	return sec, nil
}

// lookup returns the secret of a name or an ARN, or nil. The lock is held.
func (s *SecretsManager) lookup(id string) *secret {
	sec := s.byName[id]
	if strings.HasPrefix(id, "arn:") {
		sec = s.byARN[id]
	}
	if sec != nil && sec.gone(time.Now()) {
		s.drop(sec)
		return nil
	}
	return sec
}

// gone tells whether the days are over in which a deleted secret could be restored.
func (sec *secret) gone(now time.Time) bool {
	return !sec.deletion.IsZero() && !now.Before(sec.deletion)
}

// drop forgets a secret. The lock is held.
func (s *SecretsManager) drop(sec *secret) {
	sec.rest()
	delete(s.byName, sec.name)
	delete(s.byARN, sec.arn)
	delete(s.byARN, sec.arn[:len(sec.arn)-suffixLength])
}

// suffix stands for the random end of an ARN. It is the same in every run, so
// that an ARN which a user wrote down keeps its meaning.
func suffix(arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return "-" + base32.StdEncoding.EncodeToString(sum[:])[:suffixLength-1]
}

// fault is an error of Secrets Manager's model, in which messages are called
// Message; SDKs read them under that name.
func fault(code, format string, args ...any) *cloud.Error {
	e := cloud.Errorf(400, code, format, args...)
	e.Fields = map[string]any{"Message": e.Message}
	return e
}

func checkName(name string) error {
	const legal = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+=.@!-"
	if name == "" || len(name) > 512 || strings.Trim(name, legal) != "" {
		return cloud.Errorf(400, "ValidationException",
			"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	return nil
}

// add stores a version and moves the labels to it. AWSPREVIOUS goes to the
// version that AWSCURRENT was taken from.
func (sec *secret) add(v *version, labels []string) {
	if len(sec.versions) == 0 && !slices.Contains(labels, current) {
		labels = append(labels, current) // which a secret always has
	}
	sec.versions[v.id] = v
	for _, label := range labels {
		sec.move(label, v.id)
	}
	if slices.Contains(labels, current) && sec.stages[pending] == sec.stages[previous] {
		delete(sec.stages, pending) // it was not for the next one
	}
	sec.prune()
	sec.touch()
}

// prune drops the oldest of too many versions without a label.
func (sec *secret) prune() {
	for len(sec.versions) > maxVersions {
		var oldest *version
		for id, v := range sec.versions {
			if len(sec.labels(id)) == 0 && (oldest == nil || v.created.Before(oldest.created)) {
				oldest = v
			}
		}
		if oldest == nil {
			return
		}
		delete(sec.versions, oldest.id)
		delete(sec.accessed, oldest.id)
	}
}

// move puts a label on a version.
func (sec *secret) move(label, id string) {
	if before, ok := sec.stages[label]; ok && label == current && before != id {
		sec.stages[previous] = before
	}
	sec.stages[label] = id
}

func (sec *secret) touch() {
	sec.Changed()
	sec.changed = time.Now()
}

// find returns the secret that id names: by name, by ARN, or by the ARN
// without its suffix. The caller's permission is checked first, even for a
// secret that does not exist.
func (s *SecretsManager) find(caller cloud.Caller, action, id string) (*secret, error) {
	if id == "" {
		return nil, fault("InvalidParameterException", "You must provide a SecretId.")
	}
	if !strings.HasPrefix(id, "arn:") {
		if err := checkName(id); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	sec := s.lookup(id)
	s.mu.Unlock()

	resource := id
	if sec != nil {
		resource = sec.arn
	} else if !strings.HasPrefix(id, "arn:") {
		resource = s.cloud.ARN("secretsmanager", "secret:"+id)
	}
	if err := s.cloud.Authorize(caller, "secretsmanager:"+action, resource); err != nil {
		return nil, err
	}
	if sec == nil {
		return nil, fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	return sec, nil
}

var errDeleted = fault("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")

// change runs do on a secret that is not deleted, under the lock, if the caller
// may do that to it.
func (s *SecretsManager) change(caller cloud.Caller, action, id string, do func(*secret) error) (named, error) {
	sec, err := s.find(caller, action, id)
	if err != nil {
		return named{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !sec.deletion.IsZero() {
		return named{}, errDeleted
	}
	return named{sec.arn, sec.name}, do(sec)
}

// named is what answers say of a secret at least.
type named struct{ ARN, Name string }
