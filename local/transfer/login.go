// How a connection is authenticated: the provider says who somebody is, and SSH
// that it is him.

package transfer

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/internal/chance"
)

// login authenticates one connection, on which attempts come one by one.
//
// An unknown user and a wrong key take the same way through here, and get the
// same answers: the provider is asked once, and then no key is his. Nothing more
// is done before a key has signed.
type login struct {
	ctx      context.Context
	server   *server
	declared *declaration // as the server was when the client connected
	session  string       // id
	sourceIP string

	known map[string]identified // by name; asked for a key
	key   ssh.PublicKey         // that has signed, or nil
}

type identified struct {
	user *user
	err  error
}

// admitted is who has logged in, in his role.
type admitted struct {
	user    *user
	session string
	caller  cloud.Caller
}

// admission is the key of what a connection's permissions carry.
type admission struct{}

func newLogin(ctx context.Context, s *server, sourceIP string) *login {
	return &login{ctx: ctx, server: s, declared: s.declared.Load(), session: newSessionID(), sourceIP: sourceIP, known: map[string]identified{}}
}

// newSessionID returns 16 hexadecimal digits, as Transfer Family's ids have.
func newSessionID() string {
	id := make([]byte, 8)
	rand.Read(id)
	return hex.EncodeToString(id)
}

// config offers the methods by which the server's users log in.
func (l *login) config() *ssh.ServerConfig {
	config := &ssh.ServerConfig{ServerVersion: "SSH-2.0-AWS_SFTP_1.1", AuthLogCallback: l.failed, Config: ssh.Config{Rand: chance.Apart()}}
	methods := l.declared.IdentityProviderDetails.methods()
	if methods != passwordOnly {
		config.PublicKeyCallback, config.VerifiedPublicKeyCallback = l.publicKey, l.signed
	}
	if methods == passwordOnly || methods == keyOrPassword {
		config.PasswordCallback = l.password
	}
	if banner := l.declared.PreAuthenticationLoginBanner; banner != "" {
		config.BannerCallback = func(ssh.ConnMetadata) string { return banner }
	}
	return config
}

// admittedBy tells who has logged in on a connection.
func admittedBy(conn *ssh.ServerConn) admitted {
	return conn.Permissions.ExtraData[admission{}].(admitted)
}

// publicKey tells whether a key is one of the user's. Clients offer several, and
// ask before they sign: the provider is asked for the first one only.
func (l *login) publicKey(conn ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	who, ok := l.known[conn.User()]
	if !ok {
		who.user, who.err = l.identify(attempt{user: conn.User(), sourceIP: l.sourceIP})
		l.known[conn.User()] = who
	}
	switch {
	case who.err != nil:
		return nil, who.err
	case !who.user.has(key):
		return nil, notHis(key)
	}
	return nil, nil
}

// signed lets in who has proven that the key is his, or asks him for
// a password too.
func (l *login) signed(conn ssh.ConnMetadata, key ssh.PublicKey, _ *ssh.Permissions, _ string) (*ssh.Permissions, error) {
	l.key = key
	if l.declared.IdentityProviderDetails.methods() == keyAndPassword {
		return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{PasswordCallback: l.password}}
	}
	return l.admit(l.known[conn.User()].user)
}

func (l *login) password(conn ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
	text := string(password)
	u, err := l.identify(attempt{user: conn.User(), password: &text, sourceIP: l.sourceIP})
	if err != nil {
		return nil, err
	}
	return l.admit(u)
}

func (l *login) identify(a attempt) (*user, error) {
	if !validUserName(a.user) {
		return nil, unrecognized
	}
	u, err := l.declared.provider.identify(l.ctx, a)
	if _, ok := errors.AsType[refusal](err); err != nil && !ok {
		l.log(logged{ActivityType: "ERROR", SourceIP: l.sourceIP, User: a.user, Message: err.Error()})
	}
	return u, err
}

// admit takes on the user's role, which the whole connection acts in.
func (l *login) admit(u *user) (*ssh.Permissions, error) {
	c := l.server.cloud
	name := fmt.Sprintf("%s.%s@%s", u.name, l.session, l.server.id)
	caller, err := c.AssumeWithin(c.ServiceCaller(principal, u.arn), u.role, name, u.policy)
	if err != nil {
		l.log(logged{ActivityType: "ERROR", SourceIP: l.sourceIP, User: u.name, Role: u.role, Message: err.Error()})
		return nil, err
	}
	return &ssh.Permissions{ExtraData: map[any]any{admission{}: admitted{user: u, session: l.session, caller: caller}}}, nil
}
