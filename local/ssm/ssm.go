// Package ssm is the Parameter Store of Systems Manager for the local engine:
// parameters as CloudFormation declares them and as AWS publishes them, to be read.
package ssm

import (
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
	parameters map[string]parameter   // by name
	earlier    map[string][]parameter // versions that have been overwritten, from the oldest
}

var _ cloud.API = (*SSM)(nil)

// parameter is in the shape in which the API answers it.
type parameter struct {
	ARN              string
	DataType         string
	LastModifiedDate cloud.Time
	Name             string
	Type             string
	Value            string
	Version          int
}

// New returns a store without parameters but those of AWS.
func New(c *cloud.Cloud) *SSM {
	s := &SSM{cloud: c, parameters: map[string]parameter{}, earlier: map[string][]parameter{}}
	s.Operations = cloud.Operations{
		"GetParameter":        cloud.Handle(s.getParameter),
		"GetParameters":       cloud.Handle(s.getParameters),
		"GetParametersByPath": cloud.Handle(s.getParametersByPath),
	}
	s.publish()
	return s
}

// put stores a parameter that does not exist yet.
func (s *SSM) put(p parameter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.parameters[p.Name]; exists {
		return cloud.Errorf(400, "ParameterAlreadyExists", "The parameter %s already exists.", p.Name)
	}
	p.ARN, p.Version = s.arn(p.Name), 1
	p.LastModifiedDate = cloud.Time(time.Now())
	s.parameters[p.Name] = p
	return nil
}

// maxVersions is how many versions of a parameter are kept.
const maxVersions = 100

// overwrite stores the next version of a parameter.
func (s *SSM) overwrite(p parameter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, exists := s.parameters[p.Name]
	if !exists {
		return cloud.Errorf(400, "ParameterNotFound", "Parameter %s not found.", p.Name)
	}
	p.ARN, p.Version = old.ARN, old.Version+1
	p.LastModifiedDate = cloud.Time(time.Now())
	earlier := append(s.earlier[p.Name], old)
	s.earlier[p.Name] = earlier[max(0, len(earlier)-maxVersions+1):]
	s.parameters[p.Name] = p
	return nil
}

// arn returns the ARN of a name, in which a leading slash is not doubled. AWS's
// own parameters are of no account.
func (s *SSM) arn(name string) string {
	if strings.HasPrefix(name, public) {
		return cloud.Site{Region: s.cloud.Region}.ARN("ssm", "parameter"+name)
	}
	return s.cloud.ARN("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
}

// find returns the parameter that a name or an ARN stands for, with a version
// ("name:1") if need be, after asking whether the caller may read it.
func (s *SSM) find(caller cloud.Caller, action, reference string) (parameter, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	name, version := reference, ""
	if rest, isARN := strings.CutPrefix(reference, s.arn("")); isARN {
		name = rest
		if _, ok := s.parameters["/"+rest]; ok {
			name = "/" + rest
		}
	}
	name, version, _ = strings.Cut(name, ":")
	if err := s.cloud.Authorize(caller, "ssm:"+action, s.arn(name)); err != nil {
		return parameter{}, false, err
	}
	p, ok := s.parameters[name]
	if !ok || version == "" || version == strconv.Itoa(p.Version) {
		return p, ok, nil
	}
	for _, old := range s.earlier[name] {
		if version == strconv.Itoa(old.Version) {
			return old, true, nil
		}
	}
	return p, false, nil
}
