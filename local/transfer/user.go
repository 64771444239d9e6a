// Who a server's users are, by whichever provider knows them.

package transfer

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"

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

	declared userProperties // of one whom the server knows itself
	imported []importedKey  // the keys, as they came
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

// publicKeys reads keys as authorized_keys has them; source is where they stand.
func publicKeys(source string, texts []string) ([]ssh.PublicKey, error) {
	var keys []ssh.PublicKey
	for i, text := range texts {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", source, i, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// attempt is one way in which a client wants to log in.
type attempt struct {
	user     string
	password *string // nil for a key, which the server compares itself
	protocol string  // default: SFTP
	sourceIP string
}

// provider knows who may log in to a server. An error tells the server's log why
// nobody does; a client never sees it.
type provider interface {
	identify(ctx context.Context, a attempt) (*user, error)
}

// refusal is why somebody is not let in while all works as it should.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	unrecognized = refusal("The user is unrecognized")
	withoutKeys  = refusal("No public keys found")
)

// notHis names a key as logs do: "RSA SHA256:...".
func notHis(key ssh.PublicKey) refusal {
	kind := strings.TrimPrefix(strings.TrimPrefix(key.Type(), "sk-"), "ssh-")
	kind, _, _ = strings.Cut(kind, "-")
	return refusal(strings.ToUpper(kind) + " " + ssh.FingerprintSHA256(key))
}

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
		return nil, unrecognized
	}
	return u, nil
}
