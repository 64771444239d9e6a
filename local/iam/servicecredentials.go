package iam

// This file is credentials of users for services that do not know access keys. No
// such service is in the engine: they are kept and told.

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxServiceCredentials is how many a user may have for one service.
const maxServiceCredentials = 2

// takesCredentials are the services whose credentials are a name and a password.
var takesCredentials = []string{"codecommit.amazonaws.com", "cassandra.amazonaws.com"}

type serviceCredential struct {
	id, service, name string
	created           time.Time
	off               bool
}

type serviceCredentialOutput struct {
	CreateDate                  cloud.Time
	ServiceName                 string
	ServiceUserName             string
	ServicePassword             string `json:",omitempty"` // of one that is new, or reset
	ServiceSpecificCredentialId string
	UserName                    string
	Status                      string
}

func (c serviceCredential) listed(user *entity) serviceCredentialOutput {
	return serviceCredentialOutput{
		CreateDate: cloud.Time(c.created), ServiceName: c.service, ServiceUserName: c.name, ServiceSpecificCredentialId: c.id, UserName: user.name, Status: statusOf(c.off),
	}
}

func checkCredentialService(name string) error {
	switch {
	case slices.Contains(takesCredentials, name):
		return nil
	case name == "bedrock.amazonaws.com":
		return cloud.Errorf(501, "NotImplemented", "the local engine has no credentials for %s", name)
	}
	return fault(404, "NoSuchEntity", "No such service %s is supported for Service Specific Credentials", name)
}

type serviceCredentialAnswer struct {
	ServiceSpecificCredential serviceCredentialOutput
}

func (s *IAM) createServiceCredential(_ context.Context, caller cloud.Caller, in struct{ UserName, ServiceName string }) (serviceCredentialAnswer, error) {
	var out serviceCredentialAnswer
	err := s.withUser(caller, "CreateServiceSpecificCredential", in.UserName, func(e *entity) error {
		if err := checkCredentialService(in.ServiceName); err != nil {
			return err
		}
		has := 0
		for _, c := range e.services {
			if c.service == in.ServiceName {
				has++
			}
		}
		if has >= maxServiceCredentials {
			return fault(409, "LimitExceeded", "Cannot exceed quota for ServiceSpecificCredentialsPerUser: %d", maxServiceCredentials)
		}
		c := serviceCredential{id: newID("ACCA"), service: in.ServiceName, name: e.freeServiceName(in.ServiceName, s.site.Account), created: time.Now()}
		e.services = append(e.services, c)
		out.ServiceSpecificCredential = c.listed(e)
		out.ServiceSpecificCredential.ServicePassword = newPassword()
		return nil
	})
	return out, err
}

// freeServiceName is what the user is called by a service; a second name has a number.
func (e *entity) freeServiceName(service, account string) string {
	for number := 0; ; number++ {
		name := e.name + "-at-" + account
		if number > 0 {
			name = e.name + "+" + itoa(number) + "-at-" + account
		}
		if !slices.ContainsFunc(e.services, func(c serviceCredential) bool { return c.service == service && c.name == name }) {
			return name
		}
	}
}

func newPassword() string { return rand.Text() + rand.Text()[:17] + "=" }

type listServiceCredentialsInput struct{ UserName, ServiceName string }

type listServiceCredentialsOutput struct {
	ServiceSpecificCredentials []serviceCredentialOutput
}

func (s *IAM) listServiceCredentials(_ context.Context, caller cloud.Caller, in listServiceCredentialsInput) (listServiceCredentialsOutput, error) {
	out := listServiceCredentialsOutput{[]serviceCredentialOutput{}}
	err := s.withUser(caller, "ListServiceSpecificCredentials", in.UserName, func(e *entity) error {
		if in.ServiceName != "" {
			if err := checkCredentialService(in.ServiceName); err != nil {
				return err
			}
		}
		for _, c := range e.services {
			if in.ServiceName == "" || in.ServiceName == c.service {
				out.ServiceSpecificCredentials = append(out.ServiceSpecificCredentials, c.listed(e))
			}
		}
		return nil
	})
	return out, err
}

type serviceCredentialName struct{ UserName, ServiceSpecificCredentialId string }

var credentialID = regexp.MustCompile(`^\w+$`)

// onServiceCredential runs do on the credential at a place in a user's list, under
// the lock, if the caller may do that.
func (s *IAM) onServiceCredential(caller cloud.Caller, action string, in serviceCredentialName, do func(e *entity, at int)) error {
	if !credentialID.MatchString(in.ServiceSpecificCredentialId) {
		return invalid("serviceSpecificCredentialId", in.ServiceSpecificCredentialId, `Member must satisfy regular expression pattern: [\w]+`)
	}
	return s.withUser(caller, action, in.UserName, func(e *entity) error {
		at := slices.IndexFunc(e.services, func(c serviceCredential) bool { return c.id == in.ServiceSpecificCredentialId })
		if at < 0 {
			return fault(404, "NoSuchEntity", "No such credential %s exists", in.ServiceSpecificCredentialId)
		}
		do(e, at)
		return nil
	})
}

type serviceCredentialStatus struct {
	serviceCredentialName
	Status string
}

func (s *IAM) updateServiceCredential(_ context.Context, caller cloud.Caller, in serviceCredentialStatus) (none, error) {
	if err := checkStatus(in.Status); err != nil {
		return none{}, err
	}
	return none{}, s.onServiceCredential(caller, "UpdateServiceSpecificCredential", in.serviceCredentialName, func(e *entity, at int) {
		e.services[at].off = in.Status == inactive
	})
}

func (s *IAM) resetServiceCredential(_ context.Context, caller cloud.Caller, in serviceCredentialName) (serviceCredentialAnswer, error) {
	var out serviceCredentialAnswer
	err := s.onServiceCredential(caller, "ResetServiceSpecificCredential", in, func(e *entity, at int) {
		out.ServiceSpecificCredential = e.services[at].listed(e)
		out.ServiceSpecificCredential.ServicePassword = newPassword()
	})
	return out, err
}

func (s *IAM) deleteServiceCredential(_ context.Context, caller cloud.Caller, in serviceCredentialName) (none, error) {
	return none{}, s.onServiceCredential(caller, "DeleteServiceSpecificCredential", in, func(e *entity, at int) {
		e.services = slices.Delete(e.services, at, at+1)
	})
}
