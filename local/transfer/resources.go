// The CloudFormation resource types of Transfer Family.

package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns the resource types: a server, its users, and its host keys.
func (t *Transfer) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Transfer::Server", t.createServer),
		cfn.Define("AWS::Transfer::User", t.createUser),
		cfn.Define("AWS::Transfer::HostKey", t.createHostKey),
	}
}

func (p serverProperties) check() error {
	if err := p.checkProvider(); err != nil {
		return err
	}
	if p.Domain != "" && p.Domain != "S3" {
		return &cfn.Unsupported{Property: "Domain", Reason: fmt.Sprintf("the local engine serves S3 only, got %q", p.Domain)}
	}
	if e := p.EndpointType; e != "" && e != "PUBLIC" && e != "VPC" {
		return &cfn.Unsupported{Property: "EndpointType", Reason: fmt.Sprintf("must be PUBLIC or VPC, got %q", e)}
	}
	if len(p.Protocols) > 0 && !slices.Equal(p.Protocols, []string{"SFTP"}) {
		return &cfn.Unsupported{Property: "Protocols", Reason: fmt.Sprintf("the local engine serves SFTP only, got %q", p.Protocols)}
	}
	if o := p.ProtocolDetails.SetStatOption; o != "" && o != "DEFAULT" && o != "ENABLE_NO_OP" {
		return &cfn.Unsupported{Property: "ProtocolDetails.SetStatOption", Reason: fmt.Sprintf("must be DEFAULT or ENABLE_NO_OP, got %q", o)}
	}
	return nil
}

func (t *Transfer) createServer(_ context.Context, r cfn.Resource, p serverProperties) (cfn.Handle, error) {
	if err := p.check(); err != nil {
		return cfn.Handle{}, err
	}
	sum := sha256.Sum256([]byte(r.Stack + "/" + r.LogicalID))
	id := "s-" + hex.EncodeToString(sum[:])[:17]
	s := &server{
		id:            id,
		cloud:         t.cloud,
		objects:       t.options.Objects,
		banner:        p.PreAuthenticationLoginBanner,
		ignoreSetStat: p.ProtocolDetails.SetStatOption == "ENABLE_NO_OP",
		endpoint:      Endpoint{Stack: r.Stack, LogicalID: r.LogicalID, ServerID: id},
		properties:    p.withDefaults(),
		users:         map[string]*user{},
	}
	s.provider = managed{s}
	if d := p.IdentityProviderDetails; d != nil {
		s.provider = &function{cloud: t.cloud, arn: d.Function, server: s}
	}
	if err := t.openLog(s, p.StructuredLogDestinations); err != nil {
		return cfn.Handle{}, err
	}
	if err := s.listen(t.options.HostKeys); err != nil {
		s.log.close()
		return cfn.Handle{}, err
	}
	s.start()
	t.mu.Lock()
	t.servers[s.id] = s
	t.mu.Unlock()
	stop := t.cloud.Start(func(ctx context.Context) {
		s.serve(ctx)
		s.log.close()
	})
	arn := s.arn()
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"Arn": arn, "ServerId": s.id, "State": online}, Delete: func(context.Context) error {
		stop()
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.servers, s.id)
		return nil
	}}, nil
}

// openLog has the server log if it has a destination: into a file, as
// functions do.
func (t *Transfer) openLog(s *server, destinations []string) error {
	if len(destinations) == 0 || t.options.Logs == "" {
		return nil
	}
	var err error
	s.log, err = openLog(filepath.Join(t.options.Logs, s.endpoint.Stack+"-"+s.endpoint.LogicalID+".log"))
	return err
}

type hostKeyProperties struct {
	ServerId    string
	HostKeyBody string
	Description cfn.Ignored
	Tags        cfn.Ignored
}

// createHostKey gives a server another key. Transfer serves the oldest of each
// type; here the server's own makes way at once.
func (t *Transfer) createHostKey(_ context.Context, r cfn.Resource, p hostKeyProperties) (cfn.Handle, error) {
	t.mu.RLock()
	s := t.servers[path.Base(p.ServerId)]
	t.mu.RUnlock()
	if s == nil {
		return cfn.Handle{}, fmt.Errorf("server %q does not exist", p.ServerId)
	}
	key, err := ssh.ParsePrivateKey([]byte(p.HostKeyBody))
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("property HostKeyBody: %w", err)
	}
	s.importKey(key)
	sum := sha256.Sum256([]byte(r.Stack + "/" + r.LogicalID))
	id := "hostkey-" + hex.EncodeToString(sum[:])[:17]
	arn := t.cloud.ARN("transfer", "host-key/"+s.id+"/"+id)
	return cfn.Handle{Ref: arn, Attributes: map[string]any{
		"Arn": arn, "HostKeyId": id, "HostKeyFingerprint": ssh.FingerprintSHA256(key.PublicKey()), "Type": key.PublicKey().Type(),
	}, Delete: func(context.Context) error {
		s.dropKey(key)
		return nil
	}}, nil
}

type userProperties struct {
	ServerId              string
	UserName              string
	Role                  string
	SshPublicKeys         []string
	HomeDirectoryType     string
	HomeDirectory         string
	HomeDirectoryMappings []homeEntry
	Policy                string
	Tags                  cfn.Ignored
}

func (t *Transfer) createUser(_ context.Context, _ cfn.Resource, p userProperties) (cfn.Handle, error) {
	t.mu.RLock()
	s := t.servers[path.Base(p.ServerId)]
	t.mu.RUnlock()
	if s == nil {
		return cfn.Handle{}, fmt.Errorf("server %q does not exist", p.ServerId)
	}
	arn := s.userARN(p.UserName)
	u := &user{arn: arn, name: p.UserName, role: p.Role}
	switch {
	case s.properties.IdentityProviderDetails != nil:
		return cfn.Handle{}, cloud.Errorf(400, "InvalidRequestException", "CreateUser is not supported for server %s: its identity provider is %s, not SERVICE_MANAGED", s.id, providerOfFunctions)
	case !validUserName(u.name):
		return cfn.Handle{}, fmt.Errorf("property UserName must have 3 to 100 characters of a-z, A-Z, 0-9, _, @, . and -, begin with one of the first four kinds, and not be root, got %q", u.name)
	case u.role == "":
		return cfn.Handle{}, fmt.Errorf("property Role is required")
	}
	for i, text := range p.SshPublicKeys {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil {
			return cfn.Handle{}, fmt.Errorf("property SshPublicKeys[%d]: %w", i, err)
		}
		u.keys = append(u.keys, key)
	}
	var err error
	settings := homeSettings{kind: p.HomeDirectoryType, directory: p.HomeDirectory, source: "HomeDirectoryMappings", entries: p.HomeDirectoryMappings}
	if u.home, err = newHome(settings, u.name); err != nil {
		return cfn.Handle{}, err
	}
	if u.policy, err = sessionPolicy(p.Policy, u); err != nil {
		return cfn.Handle{}, fmt.Errorf("property Policy: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[u.name] != nil {
		return cfn.Handle{}, fmt.Errorf("user %s of server %s exists already", u.name, s.id)
	}
	s.users[u.name] = u
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"Arn": arn, "ServerId": s.id, "UserName": u.name}, Delete: cfn.Removal(&s.mu, s.users, u.name)}, nil
}
