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
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns the resource types: a server, its users, and its host keys.
func (t *Transfer) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Transfer::Server", t.createServer, cfn.Update(t.updateServer)),
		cfn.Define("AWS::Transfer::User", t.createUser, cfn.Update(t.updateUser)),
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
		return cfn.Invalidf("EndpointType", "must be PUBLIC or VPC, got %q", e)
	}
	if len(p.Protocols) > 0 && !slices.Equal(p.Protocols, []string{"SFTP"}) {
		return &cfn.Unsupported{Property: "Protocols", Reason: fmt.Sprintf("the local engine serves SFTP only, got %q", p.Protocols)}
	}
	if o := p.ProtocolDetails.SetStatOption; o != "" && o != "DEFAULT" && o != "ENABLE_NO_OP" {
		return cfn.Invalidf("ProtocolDetails.SetStatOption", "must be DEFAULT or ENABLE_NO_OP, got %q", o)
	}
	return nil
}

func (t *Transfer) createServer(_ context.Context, r cfn.Resource, p serverProperties) (cfn.Handle, error) {
	sum := sha256.Sum256([]byte(r.Key()))
	id := "s-" + hex.EncodeToString(sum[:])[:17]
	s, err := t.open(Endpoint{Stack: r.Stack, LogicalID: r.LogicalID, ServerID: id}, p, r.Key(), t.options.HostKeys)
	if err != nil {
		return cfn.Handle{}, err
	}
	arn := s.arn()
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"Arn": arn, "ServerId": s.id, "State": online}, Delete: func(context.Context) error {
		t.close(s)
		return nil
	}}, nil
}

// open makes a server that serves. Its name is for its port, and its host key is
// kept in the folder, if there is one.
func (t *Transfer) open(at Endpoint, p serverProperties, name, keyFolder string) (*server, error) {
	s := &server{id: at.ServerID, cloud: t.cloud, objects: t.options.Objects, endpoint: at, users: map[string]*user{}}
	if err := t.declare(s, p); err != nil {
		return nil, err
	}
	if err := s.listen(name, keyFolder); err != nil {
		s.closeLog()
		return nil, err
	}
	s.start()
	s.shut = t.cloud.Start(func(ctx context.Context) {
		s.serve(ctx)
		s.closeLog()
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.servers[s.id] = s
	return s, nil
}

// close ends a server, which may have ended already, and all connections to it.
func (t *Transfer) close(s *server) {
	s.shut()
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.servers, s.id)
}

// updateServer is about who connects from now on; connections go on as they are.
func (t *Transfer) updateServer(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after serverProperties) (cfn.Handle, error) {
	s, err := t.server(h.Ref)
	if err != nil {
		return h, err
	}
	t.updates.Lock()
	defer t.updates.Unlock()
	after.Tags = cloud.RedeclaredTags(s.declared.Load().Tags, before.Tags, after.Tags)
	return h, t.declare(s, after)
}

// declare makes a server what its properties say.
func (t *Transfer) declare(s *server, p serverProperties) error {
	if err := p.check(); err != nil {
		return err
	}
	d := &declaration{serverProperties: p.withDefaults(), provider: managed{s}}
	if details := p.IdentityProviderDetails; details != nil {
		d.provider = &function{cloud: t.cloud, arn: details.Function, server: s}
	}
	var err error
	if len(p.StructuredLogDestinations) > 0 && t.options.Logs != "" {
		d.log, err = s.openLog(t.options.Logs)
	}
	if err == nil {
		s.declared.Store(d)
	}
	return err
}

// server finds a server by its id or ARN.
func (t *Transfer) server(id string) (*server, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if s := t.servers[path.Base(id)]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("server %q does not exist", id)
}

// openLog returns the file that the server logs into, as functions do.
func (s *server) openLog(folder string) (*logFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log != nil {
		return s.log, nil
	}
	var err error
	name := s.endpoint.LogicalID
	if s.endpoint.Stack != "" {
		name = s.endpoint.Stack + "-" + name
	}
	s.log, err = openLog(filepath.Join(folder, name+".log"))
	return s.log, err
}

func (s *server) closeLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.close()
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
	s, err := t.server(p.ServerId)
	if err != nil {
		return cfn.Handle{}, err
	}
	key, err := ssh.ParsePrivateKey([]byte(p.HostKeyBody))
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("property HostKeyBody: %w", err)
	}
	s.importKey(key)
	sum := sha256.Sum256([]byte(r.Key()))
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
	Tags                  []cloud.Tag
}

func (t *Transfer) createUser(_ context.Context, _ cfn.Resource, p userProperties) (cfn.Handle, error) {
	s, err := t.server(p.ServerId)
	if err != nil {
		return cfn.Handle{}, err
	}
	u, err := s.newUser(p)
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := s.add(u); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: u.arn, Attributes: map[string]any{"Arn": u.arn, "ServerId": s.id, "UserName": u.name}, Delete: cfn.Removal(&s.mu, s.users, u.name)}, nil
}

// add makes a user known.
func (s *server) add(u *user) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[u.name] != nil {
		return cloud.Errorf(400, "ResourceExistsException", "User %s of server %s exists already", u.name, s.id)
	}
	s.users[u.name] = u
	return nil
}

// updateUser is about logins from now on: who is connected goes on as who he was.
// Tags and keys that calls have brought stay.
func (t *Transfer) updateUser(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after userProperties) (cfn.Handle, error) {
	s, err := t.server(after.ServerId)
	if err != nil {
		return h, err
	}
	return h, s.changeUser(after.UserName, func(u *user) error {
		declared := after
		declared.Tags = cloud.RedeclaredTags(u.declared.Tags, before.Tags, after.Tags)
		next, err := s.newUser(declared)
		if err != nil {
			return err
		}
		wanted := next.keys
		next.keys, next.imported = u.keys, u.imported
		next.dropKeys(func(k importedKey) bool {
			return before.declares(k.SshPublicKeyBody) && !after.declares(k.SshPublicKeyBody)
		})
		for i, body := range after.SshPublicKeys {
			if before.declares(body) || next.has(wanted[i]) {
				continue
			}
			if _, err := next.importKey(body); err != nil {
				return err
			}
		}
		*u = *next
		return nil
	})
}

// declares tells whether a public key stands in the properties.
func (p userProperties) declares(key string) bool {
	return slices.ContainsFunc(p.SshPublicKeys, func(body string) bool { return strings.TrimSpace(body) == strings.TrimSpace(key) })
}

func (s *server) newUser(p userProperties) (*user, error) {
	u := &user{arn: s.userARN(p.UserName), name: p.UserName, role: p.Role, declared: p}
	switch {
	case s.declared.Load().IdentityProviderDetails != nil:
		return nil, cloud.Errorf(400, "InvalidRequestException", "CreateUser is not supported for server %s: its identity provider is %s, not SERVICE_MANAGED", s.id, providerOfFunctions)
	case !validUserName(u.name):
		return nil, fmt.Errorf("property UserName must have 3 to 100 characters of a-z, A-Z, 0-9, _, @, . and -, begin with one of the first four kinds, and not be root, got %q", u.name)
	case u.role == "":
		return nil, fmt.Errorf("property Role is required")
	}
	var err error
	if u.keys, err = publicKeys("property SshPublicKeys", p.SshPublicKeys); err != nil {
		return nil, err
	}
	for _, body := range p.SshPublicKeys {
		u.imported = append(u.imported, newImportedKey(body))
	}
	settings := homeSettings{kind: p.HomeDirectoryType, directory: p.HomeDirectory, source: "HomeDirectoryMappings", entries: p.HomeDirectoryMappings}
	if u.home, err = newHome(settings, u.name); err != nil {
		return nil, err
	}
	if u.policy, err = sessionPolicy(p.Policy, u); err != nil {
		return nil, fmt.Errorf("property Policy: %w", err)
	}
	return u, nil
}
