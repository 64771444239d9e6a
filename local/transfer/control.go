// The API's operations that make, change and delete servers.

package transfer

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// asCall is the API's error of what a template may not say either.
func asCall(action string, err error) error { return cfn.AsCall(action, err, invalidRequest) }

func invalidRequest(format string, arguments ...any) error {
	return cloud.Errorf(400, "InvalidRequestException", format, arguments...)
}

func newID(prefix string) string {
	raw := make([]byte, 9)
	rand.Read(raw)
	return prefix + hex.EncodeToString(raw)[:17]
}

func (t *Transfer) changed() {
	if t.options.Changed != nil {
		t.options.Changed()
	}
}

func (t *Transfer) createServerByCall(_ context.Context, caller cloud.Caller, in serverProperties) (serverName, error) {
	if err := t.cloud.Authorize(caller, "transfer:CreateServer", "*"); err != nil {
		return serverName{}, err
	}
	if err := t.mayLogAs(caller, in.LoggingRole); err != nil {
		return serverName{}, err
	}
	if err := checkTags(in.Tags); err != nil {
		return serverName{}, err
	}
	id := newID("s-")
	if _, err := t.open(Endpoint{LogicalID: id, ServerID: id}, in, id, ""); err != nil {
		return serverName{}, asCall("CreateServer", err)
	}
	t.changed()
	return serverName{id}, nil
}

// mayLogAs asks whether the caller may give a server the role.
func (t *Transfer) mayLogAs(caller cloud.Caller, role string) error {
	if role == "" {
		return nil
	}
	return t.cloud.MayPass(caller, role, principal)
}

type updateServerInput struct {
	ServerId string

	EndpointDetails               *endpointDetails
	EndpointType                  *string
	IdentityProviderDetails       *identityProviderDetails
	IdentityProviderType          *string
	IpAddressType                 *string
	LoggingRole                   *string
	PostAuthenticationLoginBanner *string
	PreAuthenticationLoginBanner  *string
	ProtocolDetails               *protocolDetails
	Protocols                     []string
	S3StorageOptions              *s3StorageOptions
	SecurityPolicyName            *string
	StructuredLogDestinations     *[]string
}

// over are the properties with those that the request has instead.
func (in updateServerInput) over(p serverProperties) serverProperties {
	for _, setting := range []struct{ is, to *string }{
		{&p.EndpointType, in.EndpointType}, {&p.IdentityProviderType, in.IdentityProviderType}, {&p.IpAddressType, in.IpAddressType}, {&p.LoggingRole, in.LoggingRole},
		{&p.PostAuthenticationLoginBanner, in.PostAuthenticationLoginBanner}, {&p.PreAuthenticationLoginBanner, in.PreAuthenticationLoginBanner},
		{&p.SecurityPolicyName, in.SecurityPolicyName},
	} {
		if setting.to != nil {
			*setting.is = *setting.to
		}
	}
	if in.EndpointDetails != nil {
		p.EndpointDetails = in.EndpointDetails
	}
	if in.IdentityProviderDetails != nil {
		p.IdentityProviderDetails = in.IdentityProviderDetails
	}
	if p.IdentityProviderType == serviceManaged && in.IdentityProviderDetails == nil {
		p.IdentityProviderDetails = nil
	}
	if in.ProtocolDetails != nil {
		p.ProtocolDetails = *in.ProtocolDetails
	}
	if in.Protocols != nil {
		p.Protocols = in.Protocols
	}
	if in.S3StorageOptions != nil {
		p.S3StorageOptions = in.S3StorageOptions
	}
	if in.StructuredLogDestinations != nil {
		p.StructuredLogDestinations = *in.StructuredLogDestinations
	}
	return p
}

func (t *Transfer) updateServerByCall(_ context.Context, caller cloud.Caller, in updateServerInput) (serverName, error) {
	s, err := t.find(caller, "UpdateServer", in.ServerId)
	if err != nil {
		return serverName{}, err
	}
	if in.LoggingRole != nil {
		if err := t.mayLogAs(caller, *in.LoggingRole); err != nil {
			return serverName{}, err
		}
	}
	t.updates.Lock()
	defer t.updates.Unlock()
	return serverName{s.id}, asCall("UpdateServer", t.declare(s, in.over(s.declared.Load().serverProperties)))
}

func (t *Transfer) deleteServer(_ context.Context, caller cloud.Caller, in serverName) (struct{}, error) {
	s, err := t.find(caller, "DeleteServer", in.ServerId)
	if err != nil {
		return struct{}{}, err
	}
	t.close(s)
	t.changed()
	return struct{}{}, nil
}

func checkTags(tags []cloud.Tag) error {
	for i, t := range tags {
		switch {
		case !t.Fits():
			return invalid("tags", t.Key, "Member must have a key of 1 to 128 and a value of at most 256 characters")
		case slices.ContainsFunc(tags[:i], func(other cloud.Tag) bool { return other.Key == t.Key }):
			return cloud.Errorf(400, "InvalidRequestException", "Duplicate tag keys are not allowed: %s", t.Key)
		}
	}
	if len(tags) > cloud.MaxTags {
		return cloud.Errorf(400, "InvalidRequestException", "A resource has at most %d tags", cloud.MaxTags)
	}
	return nil
}

func (t *Transfer) tagResource(_ context.Context, caller cloud.Caller, in struct {
	Arn  string
	Tags []cloud.Tag
}) (struct{}, error) {
	if err := checkTags(in.Tags); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, t.retag(caller, "TagResource", in.Arn, func(tags []cloud.Tag) []cloud.Tag { return cloud.WithTags(tags, in.Tags) })
}

func (t *Transfer) untagResource(_ context.Context, caller cloud.Caller, in struct {
	Arn     string
	TagKeys []string
}) (struct{}, error) {
	return struct{}{}, t.retag(caller, "UntagResource", in.Arn, func(tags []cloud.Tag) []cloud.Tag { return cloud.WithoutTags(tags, in.TagKeys) })
}

// retag changes the tags of a server or of a user.
func (t *Transfer) retag(caller cloud.Caller, action, arn string, change func([]cloud.Tag) []cloud.Tag) error {
	s, name, err := t.tagged(caller, action, arn)
	if err != nil {
		return err
	}
	if name != "" {
		return s.changeUser(name, func(u *user) error {
			u.declared.Tags = change(u.declared.Tags)
			return checkTags(u.declared.Tags)
		})
	}
	t.updates.Lock()
	defer t.updates.Unlock()
	d := *s.declared.Load()
	d.Tags = change(d.Tags)
	if err := checkTags(d.Tags); err != nil {
		return err
	}
	s.declared.Store(&d)
	return nil
}

// tagged finds what an ARN names: a server, or one of its users.
func (t *Transfer) tagged(caller cloud.Caller, action, arn string) (s *server, user string, err error) {
	resource, ok := strings.CutPrefix(arn, t.cloud.ARN("transfer", ""))
	parts := strings.Split(resource, "/")
	switch {
	case ok && len(parts) == 2 && parts[0] == "server":
	case ok && len(parts) == 3 && parts[0] == "user":
		user = parts[2]
	default:
		return nil, "", cloud.Errorf(400, "InvalidRequestException", "Unsupported or invalid ARN: %s", arn)
	}
	s, err = t.findFor(caller, action, parts[1], resource)
	return s, user, err
}

type listTagsInput struct {
	Arn        string
	MaxResults *int
	NextToken  string
}

type listTagsOutput struct {
	Arn       string
	Tags      []cloud.Tag
	NextToken string `json:",omitempty"`
}

func (t *Transfer) listTags(_ context.Context, caller cloud.Caller, in listTagsInput) (listTagsOutput, error) {
	out := listTagsOutput{Arn: in.Arn}
	s, name, err := t.tagged(caller, "ListTagsForResource", in.Arn)
	if err != nil {
		return out, err
	}
	tags := s.declared.Load().Tags
	if name != "" {
		u, err := s.user(name)
		if err != nil {
			return out, err
		}
		tags = u.declared.Tags
	}
	out.Tags, out.NextToken, err = cut(cloud.SortedTags(tags), in.MaxResults, in.NextToken, func(t cloud.Tag) string { return t.Key })
	return out, err
}

// cut takes a page out of a sorted list. The token is the key of the last item
// of the page before.
func cut[T any](list []T, size *int, token string, key func(T) string) (page []T, next string, err error) {
	longest := maxListed
	if size != nil {
		if longest = *size; longest < 1 || longest > maxListed {
			return nil, "", invalid("maxResults", "...", "Member must be between 1 and 1000")
		}
	}
	page = []T{}
	for _, item := range list {
		if key(item) <= token && token != "" {
			continue
		}
		if len(page) == longest {
			return page, key(page[longest-1]), nil
		}
		page = append(page, item)
	}
	return page, "", nil
}
