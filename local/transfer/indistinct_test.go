// What cannot be found out by trying to log in.

package transfer_test

import (
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// witness writes down what is asked of an authorizer.
type witness struct {
	cloud.SessionAuthorizer

	mu    sync.Mutex
	calls []string
}

func (w *witness) saw(call string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call)
}

func (w *witness) Authorize(caller cloud.Caller, action, resource string) error {
	w.saw(action + " of " + resource + " by " + caller.ARN)
	return w.SessionAuthorizer.Authorize(caller, action, resource)
}

func (w *witness) Assume(service cloud.Caller, role, session string) (cloud.Caller, error) {
	w.saw("assume " + role)
	return w.SessionAuthorizer.Assume(service, role, session)
}

func (w *witness) AssumeWithin(service cloud.Caller, role, session, policy string) (cloud.Caller, error) {
	w.saw("assume " + role)
	return w.SessionAuthorizer.AssumeWithin(service, role, session, policy)
}

// taken returns what was seen since the last call.
func (w *witness) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
}

// metered counts what a client receives.
type metered struct {
	net.Conn
	received atomic.Int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.received.Add(int64(n))
	return n, err
}

// refusedBytes logs in in vain, and returns how many bytes the server sent until
// it was said, and in which words the client has it.
func (w *world) refusedBytes(t *testing.T, user string, auth []ssh.AuthMethod) (received int64, words string) {
	t.Helper()
	conn, err := net.Dial("tcp", w.endpoint.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	meter := &metered{Conn: conn}
	_, _, _, err = ssh.NewClientConn(meter, w.endpoint.Address, &ssh.ClientConfig{User: user, Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err == nil {
		t.Fatalf("%s was let in", user)
	}
	return meter.received.Load(), err.Error()
}

// Whoever is refused sees the same, however he came to be: and the engine makes
// the same calls, in the same order.
func TestAnUnknownUserAndAWrongKeyCannotBeToldApart(t *testing.T) {
	for _, methods := range []string{"PASSWORD", "PUBLIC_KEY", "PUBLIC_KEY_OR_PASSWORD", "PUBLIC_KEY_AND_PASSWORD", "SERVICE_MANAGED"} {
		t.Run(methods, func(t *testing.T) {
			var w *world
			if methods == "SERVICE_MANAGED" {
				w = newWorld(t, "DEFAULT")
			} else {
				d := &directory{}
				w = newFunctionWorld(t, d, map[string]string{"Methods": methods})
				known := partner(authorized(t, w.key))
				d.knows(map[string]any{"acme": known, "acme:right": partner(), "fail": errors.New("broken"), "fail:wrong": errors.New("broken"), "hush": "acme", "hush:wrong": "acme",
					"bare": partner(), "bare:wrong": map[string]any{"Role": ""}})
			}
			w.seen.taken()
			wrong := make([]ssh.Signer, 8)
			for i := range wrong {
				wrong[i] = signer(t, newKey(t))
			}
			for name, auth := range map[string][]ssh.AuthMethod{
				"a key":          {ssh.PublicKeys(wrong[0])},
				"a password":     {ssh.Password("wrong")},
				"both":           {ssh.PublicKeys(wrong[:2]...), ssh.Password("wrong")},
				"too many keys":  {ssh.PublicKeys(wrong...)},
				"no way at all":  nil,
				"password first": {ssh.Password("wrong"), ssh.PublicKeys(wrong[0])},
			} {
				received, words := w.refusedBytes(t, "acme", auth)
				calls := w.seen.taken()
				if i := slices.IndexFunc(calls, func(c string) bool { return strings.HasPrefix(c, "assume") }); i >= 0 {
					t.Errorf("%s: a role was assumed for nothing: %s", name, calls[i])
				}
				for _, user := range []string{"none", "fail", "hush", "bare"} {
					r, said := w.refusedBytes(t, user, auth)
					if r != received || said != words {
						t.Errorf("%s of %s: %d bytes and %q, of acme %d and %q", name, user, r, said, received, words)
					}
					if got := w.seen.taken(); !slices.Equal(got, calls) {
						t.Errorf("%s of %s: calls %q, of acme %q", name, user, got, calls)
					}
				}
			}
		})
	}
}
