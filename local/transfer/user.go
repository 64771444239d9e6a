// Who a server's users are, by whichever provider knows them.

package transfer

import (
	"bytes"
	"context"
	"errors"
	"regexp"

	"golang.org/x/crypto/ssh"
)

// user is who a provider says that somebody is, and what he may do. It does not
// change: a session goes by it for as long as it lasts.
type user struct {
	arn    string
	name   string
	role   string
	policy string // the session's, with its variables filled in; may be empty
	keys   []ssh.PublicKey
	home   home
}

func (u *user) has(key ssh.PublicKey) bool {
	wire := key.Marshal()
	for _, k := range u.keys {
		if bytes.Equal(k.Marshal(), wire) {
			return true
		}
	}
	return false
}

// attempt is one way in which a client wants to log in.
type attempt struct {
	user     string
	password *string // nil for a key, which the server compares itself
	sourceIP string
}

// provider knows who may log in to a server. An error tells the server's log why
// nobody does; a client never sees it.
type provider interface {
	identify(ctx context.Context, a attempt) (*user, error)
}

var errUnknown = errors.New("the user is unrecognized")

// userName is what the names of users can be. Transfer Family lets in no name of
// one or two characters, nor root, whatever a provider says.
// https://docs.aws.amazon.com/transfer/latest/userguide/create-user.html
var userName = regexp.MustCompile(`^\w[\w@.-]{2,99}$`)

func validUserName(name string) bool { return userName.MatchString(name) && name != "root" }

// managed is a server's own list of users, who have keys only.
type managed struct{ server *server }

func (m managed) identify(_ context.Context, a attempt) (*user, error) {
	m.server.mu.RLock()
	defer m.server.mu.RUnlock()
	u := m.server.users[a.user]
	if u == nil {
		return nil, errUnknown
	}
	return u, nil
}
