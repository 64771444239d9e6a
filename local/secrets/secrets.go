// Package secrets is Secrets Manager for the local engine: secrets with
// versions and staging labels, generated as CloudFormation declares them.
package secrets

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"

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
	created     time.Time
	changed     time.Time
	versions    map[string]*version
	stages      map[string]string // version ids by staging label
}

// version never changes once it is stored.
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
		"DescribeSecret":           cloud.Handle(s.describeSecret),
		"GetSecretValue":           cloud.Handle(s.getSecretValue),
		"ListSecrets":              cloud.Handle(s.listSecrets),
		"PutSecretValue":           cloud.Handle(s.putSecretValue),
		"UpdateSecretVersionStage": cloud.Handle(s.updateSecretVersionStage),
	}
	return s
}

// create adds a secret without a version.
func (s *SecretsManager) create(name, description string) (*secret, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName[name] != nil {
		return nil, cloud.Errorf(400, "ResourceExistsException", "The operation failed because the secret %s already exists.", name)
	}
	short := s.cloud.ARN("secretsmanager", "secret:"+name)
	now := time.Now()
	sec := &secret{
		service: s,
		arn:     short + suffix(short), name: name, description: description, created: now, changed: now,
		versions: map[string]*version{}, stages: map[string]string{},
	}
	s.byName[name], s.byARN[sec.arn], s.byARN[short] = sec, sec, sec
	return sec, nil
}

// suffix stands for the random end of an ARN. It is the same in every run, so
// that an ARN which a user wrote down keeps its meaning.
func suffix(arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return "-" + base32.StdEncoding.EncodeToString(sum[:])[:suffixLength-1]
}

func checkName(name string) error {
	const legal = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+=.@-"
	if name == "" || len(name) > 512 || strings.Trim(name, legal) != "" {
		return cloud.Errorf(400, "ValidationException",
			"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	return nil
}

// add stores a version and moves the labels to it. AWSPREVIOUS goes to the
// version that AWSCURRENT was taken from.
func (sec *secret) add(v *version, labels []string) {
	sec.versions[v.id] = v
	for _, label := range labels {
		sec.move(label, v.id)
	}
	sec.touch()
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
		return nil, cloud.Errorf(400, "InvalidParameterException", "You must provide a SecretId.")
	}
	s.mu.RLock()
	sec := s.byName[id]
	if strings.HasPrefix(id, "arn:") {
		sec = s.byARN[id]
	}
	s.mu.RUnlock()

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
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	return sec, nil
}
