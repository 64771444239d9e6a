// Package ssm is the Parameter Store of Systems Manager for the local engine:
// parameters with their versions, made by templates and by calls, those that AWS
// publishes, and secrets of Secrets Manager by reference.
package ssm

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// SSM is the service. It implements cloud.API as "ssm".
type SSM struct {
	cloud.Operations

	cloud *cloud.Cloud

	mu         sync.RWMutex
	parameters map[string]*parameter // by name
}

var _ cloud.API = (*SSM)(nil)

// parameter is guarded by the mutex of its service. It has a version at least.
type parameter struct {
	name, arn string
	tags      map[string]string
	versions  []*version // from the oldest
}

func (p *parameter) latest() *version { return p.versions[len(p.versions)-1] }

// version never changes once it is stored, but for its labels.
type version struct {
	number   int
	modified time.Time
	by       string // the ARN of who put it
	labels   []string
	declared
}

// declared is what whoever puts a parameter says of it.
type declared struct {
	value, typ, dataType, description, pattern, tier string

	key    string // of KMS, as it was given; of a SecureString
	sealed string // what stands for the value of a SecureString, unless it is asked for decrypted
}

// New returns a store without parameters but those of AWS.
func New(c *cloud.Cloud) *SSM {
	s := &SSM{cloud: c, parameters: map[string]*parameter{}}
	s.Operations = cloud.Operations{
		"AddTagsToResource":       cloud.Handle(s.addTags),
		"DeleteParameter":         cloud.Handle(s.deleteParameter),
		"DeleteParameters":        cloud.Handle(s.deleteParameters),
		"DescribeParameters":      cloud.Handle(s.describeParameters),
		"GetParameter":            cloud.Handle(s.getParameter),
		"GetParameterHistory":     cloud.Handle(s.getParameterHistory),
		"GetParameters":           cloud.Handle(s.getParameters),
		"GetParametersByPath":     cloud.Handle(s.getParametersByPath),
		"LabelParameterVersion":   cloud.Handle(s.labelParameterVersion),
		"ListTagsForResource":     cloud.Handle(s.listTags),
		"PutParameter":            cloud.Handle(s.putParameter),
		"RemoveTagsFromResource":  cloud.Handle(s.removeTags),
		"UnlabelParameterVersion": cloud.Handle(s.unlabelParameterVersion),
	}
	s.publish()
	return s
}

// create stores a parameter that does not exist yet.
func (s *SSM) create(name, by string, d declared, tags map[string]string) (*parameter, error) {
	if s.called(name) != nil {
		return nil, cloud.Errorf(400, "ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	}
	p := &parameter{name: name, arn: s.arn(name), tags: tags}
	p.versions = []*version{{number: 1, modified: time.Now(), by: by, declared: d}}
	s.parameters[name] = p
	s.tell(p, "Create")
	return p, nil
}

// maxVersions is how many versions of a parameter are kept.
const maxVersions = 100

// overwrite stores the next version of a parameter.
func (s *SSM) overwrite(p *parameter, by string, d declared) error {
	if len(p.versions) == maxVersions {
		if oldest := p.versions[0]; len(oldest.labels) > 0 {
			return cloud.Errorf(400, "ParameterMaxVersionLimitExceeded", "You attempted to create a new version of %s by calling the PutParameter API with the overwrite flag. Version %d, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.", p.name, oldest.number)
		}
		p.versions = p.versions[1:]
	}
	p.versions = append(p.versions, &version{number: p.latest().number + 1, modified: time.Now(), by: by, declared: d})
	s.tell(p, "Update")
	return nil
}

// remove forgets a parameter.
func (s *SSM) remove(p *parameter) {
	delete(s.parameters, p.name)
	s.tell(p, "Delete")
}

// tell emits the event of a change.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
func (s *SSM) tell(p *parameter, operation string) {
	detail, err := json.Marshal(struct {
		Operation   string `json:"operation"`
		Name        string `json:"name"`
		Type        string `json:"type"`
		Description string `json:"description,omitempty"`
	}{operation, p.name, p.latest().typ, p.latest().description})
	if err != nil {
		panic(err) // of texts
	}
	s.cloud.Emit(cloud.Event{Source: "aws.ssm", DetailType: "Parameter Store Change", Resources: []string{p.arn}, Detail: detail})
}

// arn returns the ARN of a name, in which a leading slash is not doubled. AWS's
// own parameters are of no account.
func (s *SSM) arn(name string) string {
	if strings.HasPrefix(name, public) {
		return cloud.Site{Region: s.cloud.Region}.ARN("ssm", "parameter"+name)
	}
	return s.cloud.ARN("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
}

// called returns the parameter of a name or an ARN, or nil. Names that differ by
// a leading slash have the same ARN, and are the same. The lock is held.
func (s *SSM) called(name string) *parameter {
	name = strings.TrimPrefix(name, s.arn(""))
	if p := s.parameters[name]; p != nil {
		return p
	}
	if bare, ok := strings.CutPrefix(name, "/"); ok {
		return s.parameters[bare]
	}
	return s.parameters["/"+name]
}

// split takes the selector from a reference: NAME:3 or NAME:LABEL.
func (s *SSM) split(reference string) (name, selector string) {
	arn, isARN := strings.CutPrefix(reference, s.arn(""))
	if !isARN {
		arn = reference
	}
	name, selector, _ = strings.Cut(arn, ":")
	return name, selector
}

// selected returns the version that a selector stands for, or nil.
func (p *parameter) selected(selector string) *version {
	if selector == "" {
		return p.latest()
	}
	for _, v := range p.versions {
		if selector == strconv.Itoa(v.number) || v.has(selector) {
			return v
		}
	}
	return nil
}
