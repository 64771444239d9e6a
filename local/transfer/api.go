// The API of Transfer Family: what servers there are, whether they serve, and
// what their identity provider says.

package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The states of a server, which the engine puts it into at once.
const (
	online  = "ONLINE"
	offline = "OFFLINE"
)

func (t *Transfer) operations() cloud.Operations {
	return cloud.Operations{
		"CreateServer":         cloud.Handle(t.createServerByCall),
		"CreateUser":           cloud.Handle(t.createUserByCall),
		"DeleteServer":         cloud.Handle(t.deleteServer),
		"DeleteSshPublicKey":   cloud.Handle(t.deleteSSHPublicKey),
		"DeleteUser":           cloud.Handle(t.deleteUser),
		"DescribeServer":       cloud.Handle(t.describeServer),
		"DescribeUser":         cloud.Handle(t.describeUser),
		"ImportSshPublicKey":   cloud.Handle(t.importSSHPublicKey),
		"ListServers":          cloud.Handle(t.listServers),
		"ListTagsForResource":  cloud.Handle(t.listTags),
		"ListUsers":            cloud.Handle(t.listUsers),
		"StartServer":          cloud.Handle(t.startServer),
		"StopServer":           cloud.Handle(t.stopServer),
		"TagResource":          cloud.Handle(t.tagResource),
		"TestIdentityProvider": cloud.Handle(t.testIdentityProvider),
		"UntagResource":        cloud.Handle(t.untagResource),
		"UpdateServer":         cloud.Handle(t.updateServerByCall),
		"UpdateUser":           cloud.Handle(t.updateUserByCall),
	}
}

type serverName struct{ ServerId string }

var serverID = regexp.MustCompile(`^s-[0-9a-f]{17}$`)

// find finds a server for a caller who may do that to it.
func (t *Transfer) find(caller cloud.Caller, action, id string) (*server, error) {
	return t.findFor(caller, action, id, "server/"+id)
}

// findFor is find for an action that is about something of the server.
func (t *Transfer) findFor(caller cloud.Caller, action, id, resource string) (*server, error) {
	if !serverID.MatchString(id) {
		return nil, invalid("serverId", id, "Member must satisfy regular expression pattern: ^s-([0-9a-f]{17})$")
	}
	if err := t.cloud.Authorize(caller, "transfer:"+action, t.cloud.ARN("transfer", resource)); err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := t.servers[id]
	if s == nil {
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "Unknown server")
	}
	return s, nil
}

func invalid(parameter, value, constraint string) error {
	return cloud.Errorf(400, "ValidationException", "1 validation error detected: Value '%.300s' at '%s' failed to satisfy constraint: %s", value, parameter, constraint)
}

type describedServer struct {
	Arn      string
	ServerId string
	State    string
	serverProperties
	HostKeyFingerprint string
	UserCount          int
}

func (t *Transfer) describeServer(_ context.Context, caller cloud.Caller, in serverName) (struct{ Server describedServer }, error) {
	var out struct{ Server describedServer }
	s, err := t.find(caller, "DescribeServer", in.ServerId)
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out.Server = describedServer{
		Arn: s.arn(), ServerId: s.id, State: s.state(), serverProperties: s.declared.Load().serverProperties,
		HostKeyFingerprint: ssh.FingerprintSHA256(s.toldKey().PublicKey()), UserCount: len(s.users),
	}
	return out, nil
}

type listServersInput struct {
	MaxResults *int
	NextToken  string // the last server's id of the page before
}

type listedServer struct {
	Arn                  string
	ServerId             string
	State                string
	Domain               string
	EndpointType         string
	IdentityProviderType string
	LoggingRole          string `json:",omitempty"`
	UserCount            int
}

type listServersOutput struct {
	Servers   []listedServer
	NextToken string `json:",omitempty"`
}

// maxListed is how many servers a page has at most, and by default.
const maxListed = 1000

func (t *Transfer) listServers(_ context.Context, caller cloud.Caller, in listServersInput) (listServersOutput, error) {
	var out listServersOutput
	if err := t.cloud.Authorize(caller, "transfer:ListServers", "*"); err != nil {
		return out, err
	}
	var servers []listedServer
	for _, s := range t.all() {
		servers = append(servers, s.listed())
	}
	var err error
	out.Servers, out.NextToken, err = cut(servers, in.MaxResults, in.NextToken, func(s listedServer) string { return s.ServerId })
	return out, err
}

// all returns the servers by id.
func (t *Transfer) all() []*server {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var servers []*server
	for _, s := range t.servers {
		servers = append(servers, s)
	}
	slices.SortFunc(servers, func(a, b *server) int { return strings.Compare(a.id, b.id) })
	return servers
}

func (s *server) listed() listedServer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := s.declared.Load()
	return listedServer{
		Arn: s.arn(), ServerId: s.id, State: s.state(), UserCount: len(s.users),
		Domain: p.Domain, EndpointType: p.EndpointType, IdentityProviderType: p.IdentityProviderType, LoggingRole: p.LoggingRole,
	}
}

func (t *Transfer) startServer(_ context.Context, caller cloud.Caller, in serverName) (struct{}, error) {
	s, err := t.find(caller, "StartServer", in.ServerId)
	if err != nil {
		return struct{}{}, err
	}
	s.start()
	return struct{}{}, nil
}

func (t *Transfer) stopServer(_ context.Context, caller cloud.Caller, in serverName) (struct{}, error) {
	s, err := t.find(caller, "StopServer", in.ServerId)
	if err != nil {
		return struct{}{}, err
	}
	s.stop()
	return struct{}{}, nil
}

type testInput struct {
	ServerId       string
	ServerProtocol string // SFTP, which is the default, FTP, FTPS or AS2
	SourceIp       string
	UserName       string
	UserPassword   *string
}

type testOutput struct {
	Response   string // of the function, as it is
	StatusCode int    // of the call of the function
	Message    string // why nobody would be let in; empty also if the function does not know him
	Url        string // of the call of the function
}

var sourceIP = regexp.MustCompile(`^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$`)

func (in testInput) check() error {
	switch {
	case !userName.MatchString(in.UserName):
		return invalid("userName", in.UserName, `Member must satisfy regular expression pattern: ^[\w][\w@.-]{2,99}$`)
	case in.SourceIp != "" && !sourceIP.MatchString(in.SourceIp):
		return invalid("sourceIp", in.SourceIp, `Member must satisfy regular expression pattern: ^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$`)
	case in.UserPassword != nil && len(*in.UserPassword) > 1024:
		return invalid("userPassword", "...", "Member must have length less than or equal to 1024")
	case !slices.Contains([]string{"", "SFTP", "FTP", "FTPS", "AS2"}, in.ServerProtocol):
		return invalid("serverProtocol", in.ServerProtocol, "Member must satisfy enum value set: [SFTP, FTP, FTPS, AS2]")
	}
	return nil
}

// testIdentityProvider asks a server's function as a login would, and tells what
// it answers.
func (t *Transfer) testIdentityProvider(ctx context.Context, caller cloud.Caller, in testInput) (testOutput, error) {
	if err := in.check(); err != nil {
		return testOutput{}, err
	}
	s, err := t.find(caller, "TestIdentityProvider", in.ServerId)
	if err != nil {
		return testOutput{}, err
	}
	f, ok := s.declared.Load().provider.(*function)
	if !ok {
		return testOutput{}, cloud.Errorf(400, "InvalidRequestException", "%s not configured for external auth", s.id)
	}
	out := testOutput{StatusCode: 200, Url: "https://lambda." + t.cloud.Region + ".amazonaws.com/2015-03-31/functions/" + f.arn + "/invocations"}
	a := attempt{user: in.UserName, password: in.UserPassword, protocol: in.ServerProtocol, sourceIP: in.SourceIp}
	raw, err := f.ask(ctx, a)
	if err != nil {
		out.StatusCode, out.Message = 500, err.Error()
		if refused, ok := errors.AsType[*cloud.Error](err); ok {
			out.StatusCode = refused.Status
		}
		return out, nil
	}
	out.Response = response(raw)
	_, err = f.read(raw, a)
	if unknown, ok := errors.AsType[refusal](err); err != nil && !(ok && unknown == unrecognized) {
		out.Message = err.Error()
	}
	return out, nil
}

// response is what a function answered, in one line.
func response(raw json.RawMessage) string {
	line, err := json.Marshal(raw)
	if err != nil {
		return string(raw)
	}
	return string(line)
}
