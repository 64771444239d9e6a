// The API's operations on the users that a server knows itself, and on their keys.

package transfer

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxKeys is how many public keys a user may have.
const maxKeys = 50

// importedKey is a public key as it came.
type importedKey struct {
	DateImported     cloud.Time
	SshPublicKeyBody string
	SshPublicKeyId   string
}

func newImportedKey(body string) importedKey {
	return importedKey{cloud.Time(time.Now()), strings.TrimSpace(body), newID("key-")}
}

type nameOfUser struct{ ServerId, UserName string }

// user returns a user that the server knows.
func (s *server) user(name string) (*user, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if u := s.users[name]; u != nil {
		return u, nil
	}
	return nil, errUnknownUser
}

var errUnknownUser = cloud.Errorf(400, "ResourceNotFoundException", "Unknown user")

// changeUser puts a changed user in the place of one. Who is connected goes on as
// who he was.
func (s *server) changeUser(name string, do func(*user) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.users[name]
	if before == nil {
		return errUnknownUser
	}
	after := *before
	if err := do(&after); err != nil {
		return err
	}
	s.users[name] = &after
	return nil
}

// findUser finds a server for a caller who may do that to one of its users.
func (t *Transfer) findUser(caller cloud.Caller, action string, in nameOfUser) (*server, error) {
	if !userName.MatchString(in.UserName) {
		return nil, invalid("userName", in.UserName, `Member must satisfy regular expression pattern: ^[\w][\w@.-]{2,99}$`)
	}
	return t.findFor(caller, action, in.ServerId, "user/"+in.ServerId+"/"+in.UserName)
}

type createUserInput struct {
	nameOfUser
	Role                  string
	HomeDirectoryType     string
	HomeDirectory         string
	HomeDirectoryMappings []homeEntry
	Policy                string
	SshPublicKeyBody      string
	Tags                  []cloud.Tag
}

func (t *Transfer) createUserByCall(_ context.Context, caller cloud.Caller, in createUserInput) (nameOfUser, error) {
	s, err := t.find(caller, "CreateUser", in.ServerId)
	if err != nil {
		return nameOfUser{}, err
	}
	if in.Role == "" {
		return nameOfUser{}, invalid("role", "null", "Member must not be null")
	}
	if err := t.cloud.MayPass(caller, in.Role, principal); err != nil {
		return nameOfUser{}, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nameOfUser{}, err
	}
	p := userProperties{
		ServerId: s.id, UserName: in.UserName, Role: in.Role, HomeDirectoryType: in.HomeDirectoryType, HomeDirectory: in.HomeDirectory,
		HomeDirectoryMappings: in.HomeDirectoryMappings, Policy: in.Policy, Tags: in.Tags,
	}
	if in.SshPublicKeyBody != "" {
		if _, err := readKey(in.SshPublicKeyBody); err != nil {
			return nameOfUser{}, err
		}
		p.SshPublicKeys = []string{in.SshPublicKeyBody}
	}
	u, err := s.newUser(p)
	if err == nil {
		err = s.add(u)
	}
	return in.nameOfUser, asCall("CreateUser", err)
}

func readKey(body string) (ssh.PublicKey, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(body))
	if err != nil {
		return nil, cloud.Errorf(400, "InvalidRequestException", "Unsupported or invalid SSH public key format")
	}
	return key, nil
}

type updateUserInput struct {
	nameOfUser
	Role                  string
	HomeDirectoryType     string
	HomeDirectory         *string
	HomeDirectoryMappings []homeEntry
	Policy                *string
}

func (t *Transfer) updateUserByCall(_ context.Context, caller cloud.Caller, in updateUserInput) (nameOfUser, error) {
	s, err := t.findUser(caller, "UpdateUser", in.nameOfUser)
	if err != nil {
		return nameOfUser{}, err
	}
	if in.Role != "" {
		if err := t.cloud.MayPass(caller, in.Role, principal); err != nil {
			return nameOfUser{}, err
		}
	}
	err = s.changeUser(in.UserName, func(u *user) error {
		after, err := s.newUser(in.over(u.declared))
		if err == nil {
			after.keys, after.imported = u.keys, u.imported
			*u = *after
		}
		return err
	})
	return in.nameOfUser, asCall("UpdateUser", err)
}

// over are the properties with those that the request has instead.
func (in updateUserInput) over(p userProperties) userProperties {
	if in.Role != "" {
		p.Role = in.Role
	}
	if in.HomeDirectoryType != "" {
		p.HomeDirectoryType = in.HomeDirectoryType
	}
	if in.HomeDirectory != nil {
		p.HomeDirectory = *in.HomeDirectory
	}
	if in.HomeDirectoryMappings != nil {
		p.HomeDirectoryMappings = in.HomeDirectoryMappings
	}
	if in.Policy != nil {
		p.Policy = *in.Policy
	}
	return p
}

func (t *Transfer) deleteUser(_ context.Context, caller cloud.Caller, in nameOfUser) (struct{}, error) {
	s, err := t.findUser(caller, "DeleteUser", in)
	if err != nil {
		return struct{}{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[in.UserName] == nil {
		return struct{}{}, errUnknownUser
	}
	delete(s.users, in.UserName)
	return struct{}{}, nil
}

type describedUser struct {
	Arn                   string
	HomeDirectory         string        `json:",omitempty"`
	HomeDirectoryMappings []mappingTold `json:",omitempty"`
	HomeDirectoryType     string
	Policy                string `json:",omitempty"`
	Role                  string
	SshPublicKeys         []importedKey
	Tags                  []cloud.Tag `json:",omitempty"`
	UserName              string
}

type mappingTold struct{ Entry, Target string }

type describeUserOutput struct {
	ServerId string
	User     describedUser
}

func (t *Transfer) describeUser(_ context.Context, caller cloud.Caller, in nameOfUser) (describeUserOutput, error) {
	var out describeUserOutput
	s, err := t.findUser(caller, "DescribeUser", in)
	if err != nil {
		return out, err
	}
	u, err := s.user(in.UserName)
	if err != nil {
		return out, err
	}
	out.ServerId = s.id
	out.User = describedUser{
		Arn: u.arn, HomeDirectory: u.declared.HomeDirectory, HomeDirectoryType: u.homeType(), Policy: u.declared.Policy, Role: u.role,
		SshPublicKeys: append([]importedKey{}, u.imported...), Tags: cloud.SortedTags(u.declared.Tags), UserName: u.name,
	}
	for _, e := range u.declared.HomeDirectoryMappings {
		out.User.HomeDirectoryMappings = append(out.User.HomeDirectoryMappings, mappingTold{e.Entry, e.Target})
	}
	return out, nil
}

func (u *user) homeType() string {
	if u.home.logical {
		return "LOGICAL"
	}
	return "PATH"
}

type listUsersInput struct {
	ServerId   string
	MaxResults *int
	NextToken  string
}

type listedUser struct {
	Arn               string
	HomeDirectory     string `json:",omitempty"`
	HomeDirectoryType string
	Role              string
	SshPublicKeyCount int
	UserName          string
}

type listUsersOutput struct {
	ServerId  string
	Users     []listedUser
	NextToken string `json:",omitempty"`
}

func (t *Transfer) listUsers(_ context.Context, caller cloud.Caller, in listUsersInput) (listUsersOutput, error) {
	out := listUsersOutput{ServerId: in.ServerId}
	s, err := t.find(caller, "ListUsers", in.ServerId)
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var users []listedUser
	for _, name := range slices.Sorted(maps.Keys(s.users)) {
		u := s.users[name]
		users = append(users, listedUser{u.arn, u.declared.HomeDirectory, u.homeType(), u.role, len(u.keys), u.name})
	}
	out.Users, out.NextToken, err = cut(users, in.MaxResults, in.NextToken, func(u listedUser) string { return u.UserName })
	return out, err
}

type importKeyInput struct {
	nameOfUser
	SshPublicKeyBody string
}

type keyName struct {
	nameOfUser
	SshPublicKeyId string
}

func (t *Transfer) importSSHPublicKey(_ context.Context, caller cloud.Caller, in importKeyInput) (keyName, error) {
	s, err := t.findUser(caller, "ImportSshPublicKey", in.nameOfUser)
	if err != nil {
		return keyName{}, err
	}
	out := keyName{nameOfUser: in.nameOfUser}
	err = s.changeUser(in.UserName, func(u *user) (err error) {
		out.SshPublicKeyId, err = u.importKey(in.SshPublicKeyBody)
		return err
	})
	return out, err
}

// importKey gives a user another public key, and returns its id.
func (u *user) importKey(body string) (id string, err error) {
	key, err := readKey(body)
	switch {
	case err != nil:
		return "", err
	case u.has(key):
		return "", cloud.Errorf(400, "ResourceExistsException", "The SSH public key of user %s exists already", u.name)
	case len(u.keys) >= maxKeys:
		return "", cloud.Errorf(400, "InvalidRequestException", "A user has at most %d SSH public keys", maxKeys)
	}
	imported := newImportedKey(body)
	u.keys = append(slices.Clone(u.keys), key)
	u.imported = append(slices.Clone(u.imported), imported)
	return imported.SshPublicKeyId, nil
}

// dropKeys takes keys away, and tells whether there were any.
func (u *user) dropKeys(unwanted func(importedKey) bool) bool {
	before := len(u.keys)
	var keys []ssh.PublicKey
	var imported []importedKey
	for i, k := range u.imported {
		if !unwanted(k) {
			keys, imported = append(keys, u.keys[i]), append(imported, k)
		}
	}
	u.keys, u.imported = keys, imported
	return len(keys) < before
}

func (t *Transfer) deleteSSHPublicKey(_ context.Context, caller cloud.Caller, in keyName) (struct{}, error) {
	s, err := t.findUser(caller, "DeleteSshPublicKey", in.nameOfUser)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.changeUser(in.UserName, func(u *user) error {
		if !u.dropKeys(func(k importedKey) bool { return k.SshPublicKeyId == in.SshPublicKeyId }) {
			return cloud.Errorf(400, "ResourceNotFoundException", "Unknown SSH public key")
		}
		return nil
	})
}
