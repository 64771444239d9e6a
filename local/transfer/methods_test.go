// By which methods users prove who they are.

package transfer_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestUsersProveWhoTheyAreByTheServersMethods(t *testing.T) {
	rightPassword, wrongPassword := ssh.Password("right"), ssh.Password("wrong")
	for _, methods := range []struct {
		name string
		in   map[string]bool // by what the client does
		ask  map[string][]string
	}{
		{"PASSWORD", map[string]bool{"password": true}, map[string][]string{"key": nil, "password": {"acme:right"}, "key and password": {"acme:right"}, "key and wrong password": {"acme:wrong"}, "password with keys": {"keyed:right"}}},
		{"PUBLIC_KEY", map[string]bool{"key": true}, map[string][]string{"key": {"acme"}, "password": nil, "key and password": {"acme"}, "key and wrong password": {"acme"}, "password with keys": nil}},
		{"PUBLIC_KEY_OR_PASSWORD", map[string]bool{"key": true, "password": true}, map[string][]string{"key": {"acme"}, "password": {"acme:right"}, "key and password": {"acme"}, "key and wrong password": {"acme"}, "password with keys": {"keyed:right"}}},
		{"PUBLIC_KEY_AND_PASSWORD", map[string]bool{}, map[string][]string{"key": {"acme"}, "password": nil, "key and password": {"acme", "acme:right"}, "key and wrong password": {"acme", "acme:wrong"}, "password with keys": nil}},
	} {
		d := &directory{}
		w := newFunctionWorld(t, d, map[string]string{"Methods": methods.name})
		d.knows(map[string]any{"acme": partner(authorized(t, w.key)), "acme:right": partner(), "keyed:right": partner(authorized(t, w.key))})
		key := ssh.PublicKeys(signer(t, w.key))
		for _, row := range []struct {
			name, user string
			auth       []ssh.AuthMethod
			in         bool
		}{
			{"key", "acme", []ssh.AuthMethod{key}, methods.in["key"]},
			{"password", "acme", []ssh.AuthMethod{rightPassword}, methods.in["password"]},
			{"key and password", "acme", []ssh.AuthMethod{key, rightPassword}, true},
			{"key and wrong password", "acme", []ssh.AuthMethod{key, wrongPassword}, methods.in["key"]},
			{"password with keys", "keyed", []ssh.AuthMethod{rightPassword}, false},
		} {
			t.Run(methods.name+" "+row.name, func(t *testing.T) {
				d.questions()
				conn, err := w.dial(t, row.user, row.auth...)
				if (err == nil) != row.in {
					t.Errorf("got %v", err)
				}
				if err == nil {
					conn.Close()
				}
				if got := d.questions(); !slices.Equal(got, methods.ask[row.name]) {
					t.Errorf("the function was asked for %q, want %q", got, methods.ask[row.name])
				}
			})
		}
	}
}

// OpenSSH's client asks for a password by a program.
func TestOpenSSHLogsInWithAPassword(t *testing.T) {
	if _, err := exec.LookPath("sftp"); err != nil {
		t.Skip("OpenSSH's sftp is not installed")
	}
	for methods, in := range map[string]map[string]bool{
		"PASSWORD":                {"right": true, "wrong": false},
		"PUBLIC_KEY_OR_PASSWORD":  {"right": true, "wrong": false},
		"PUBLIC_KEY_AND_PASSWORD": {"right": true, "wrong": false},
		"PUBLIC_KEY":              {"right": false},
	} {
		d := &directory{}
		w := newFunctionWorld(t, d, map[string]string{"Methods": methods})
		answers := map[string]any{"acme:right": partner()}
		if methods == "PUBLIC_KEY_AND_PASSWORD" {
			answers["acme"] = partner(authorized(t, w.key))
		}
		d.knows(answers)
		for password, ok := range in {
			t.Run(methods+" "+password, func(t *testing.T) {
				ask := filepath.Join(t.TempDir(), "ask")
				if err := os.WriteFile(ask, []byte("#!/bin/sh\necho "+password+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
				t.Setenv("SSH_ASKPASS", ask)
				t.Setenv("SSH_ASKPASS_REQUIRE", "force")
				name := "/inbox/" + methods + password
				err := openSSHWith(t, w, "acme", []string{"-o", "BatchMode=no", "-o", "NumberOfPasswordPrompts=1"}, "put "+writeFile(t, "orders")+" "+name)
				if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "Connection closed") {
					t.Errorf("got %v", err)
				}
				if got, _ := w.object(t, "inbox/acme/"+methods+password); (got == "orders") != ok {
					t.Errorf("the object is %q", got)
				}
			})
		}
	}
}
