// Who gets in, and what for.

package transfer_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestOnlyKnownKeysGetIn(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	right := ssh.PublicKeys(signer(t, w.key))
	for _, row := range []struct {
		name, user string
		auth       ssh.AuthMethod
		ok         bool
	}{
		{"right key", "acme", right, true},
		{"wrong key", "acme", ssh.PublicKeys(signer(t, newKey(t))), false},
		{"unknown user", "nobody", right, false},
		{"password", "acme", ssh.Password("secret"), false},
		{"keyboard", "acme", ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
			return make([]string, len(questions)), nil
		}), false},
		{"a role that does not trust the service", "mistrusted", right, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn, err := w.dial(t, row.user, row.auth)
			if (err == nil) != row.ok {
				t.Errorf("got %v", err)
			}
			if err == nil {
				conn.Close()
			} else if !strings.Contains(err.Error(), "unable to authenticate") {
				t.Errorf("refused by another fault: %v", err)
			}
		})
	}
}

func TestASessionIsForSFTPOnly(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	_, conn := w.sftp(t, "acme")
	session, err := conn.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Run("scp -t /inbox"); err == nil {
		t.Error("a command was run")
	}
	if err := session.RequestSubsystem("netconf"); err == nil {
		t.Error("another subsystem was served")
	}
	if _, err := conn.Dial("tcp", w.endpoint.Address); err == nil {
		t.Error("a connection was forwarded")
	}
}

func TestAConnectionHasTenSessions(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	_, conn := w.sftp(t, "acme") // the first
	for range 9 {
		if _, err := conn.NewSession(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.NewSession(); err == nil {
		t.Error("an eleventh session was opened")
	}
}
