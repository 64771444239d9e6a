// What a server logs.

package transfer_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// logged returns the lines of the server's log by the user of their session,
// when all connections have ended.
func (w *world) logged(t *testing.T) map[string][]map[string]string {
	t.Helper()
	w.cloud.Close()
	raw, err := os.ReadFile(filepath.Join(w.logs, "Stack-Server.log"))
	if err != nil {
		t.Fatal(err)
	}
	lines, users := map[string][]map[string]string{}, map[string]string{}
	for text := range strings.Lines(string(raw)) {
		var line map[string]string
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		session := line["session-id"]
		if _, ok := users[session]; !ok {
			users[session] = line["user"]
		}
		lines[users[session]] = append(lines[users[session]], line)
	}
	return lines
}

func TestALogTellsOfLogins(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	right, wrong := signer(t, w.key), signer(t, newKey(t))
	known := with(partner(authorized(t, w.key)), "HomeDirectory", "/inbox")
	const other = "arn:aws:iam::111122223333:role/function"
	d.knows(map[string]any{
		"keyed": known, "other-key": known, "passworded:right": map[string]any{"Role": partnersRole, "HomeDirectory": "/landing/acme"},
		"keyless": partner(), "broken": errors.New("secret of the function"), "mute": "secret of the function",
		"untrusted": with(partner(authorized(t, w.key)), "Role", other),
	})
	rows := []struct {
		name, user string
		auth       ssh.AuthMethod
		want       []map[string]string
	}{
		{"a key", "keyed", ssh.PublicKeys(right), []map[string]string{
			{"activity-type": "CONNECTED", "user": "keyed", "role": partnersRole, "home-dir": "/", "client": "SSH-2.0-Go", "ciphers": "", "kex": "",
				"ssh-public-key": strings.TrimRight(strings.Fields(authorized(t, w.key))[1], "="), "ssh-public-key-type": "ssh-ed25519",
				"ssh-public-key-fingerprint": ssh.FingerprintSHA256(right.PublicKey())},
			{"activity-type": "DISCONNECTED"}}},
		{"a password", "passworded", ssh.Password("right"), []map[string]string{
			{"activity-type": "CONNECTED", "user": "passworded", "role": partnersRole, "home-dir": "/landing/acme", "client": "SSH-2.0-Go", "ciphers": "", "kex": ""},
			{"activity-type": "DISCONNECTED"}}},
		{"a wrong key", "other-key", ssh.PublicKeys(wrong), []map[string]string{
			{"activity-type": "AUTH_FAILURE", "user": "other-key", "method": "publickey", "message": "ED25519 " + ssh.FingerprintSHA256(wrong.PublicKey())}}},
		{"a wrong password", "passworded2", ssh.Password("wrong"), []map[string]string{
			{"activity-type": "AUTH_FAILURE", "user": "passworded2", "method": "password", "message": "The user is unrecognized"}}},
		{"an unknown user", "nobody", ssh.PublicKeys(right), []map[string]string{
			{"activity-type": "AUTH_FAILURE", "user": "nobody", "method": "publickey", "message": "The user is unrecognized"}}},
		{"two keys of an unknown user", "nobody2", ssh.PublicKeys(right, wrong), []map[string]string{
			{"activity-type": "AUTH_FAILURE", "user": "nobody2", "method": "publickey", "message": "The user is unrecognized"},
			{"activity-type": "AUTH_FAILURE", "user": "nobody2", "method": "publickey", "message": "The user is unrecognized"}}},
		{"a user without keys", "keyless", ssh.PublicKeys(right), []map[string]string{
			{"activity-type": "AUTH_FAILURE", "user": "keyless", "method": "publickey", "message": "No public keys found"}}},
		{"a function that fails", "broken", ssh.PublicKeys(right, wrong), []map[string]string{
			{"activity-type": "ERROR", "user": "broken", "message": "the identity provider's function failed: errorString"},
			{"activity-type": "AUTH_FAILURE", "user": "broken", "method": "publickey", "message": "the identity provider's function failed: errorString"},
			{"activity-type": "AUTH_FAILURE", "user": "broken", "method": "publickey", "message": "the identity provider's function failed: errorString"}}},
		{"a function that answers nonsense", "mute", ssh.PublicKeys(right), []map[string]string{
			{"activity-type": "ERROR", "user": "mute", "message": "read the answer of the identity provider's function: it is no JSON object"},
			{"activity-type": "AUTH_FAILURE", "user": "mute", "method": "publickey", "message": "read the answer of the identity provider's function: it is no JSON object"}}},
		{"a role that does not trust the service", "untrusted", ssh.PublicKeys(right), []map[string]string{
			{"activity-type": "ERROR", "user": "untrusted", "role": other, "message": "AccessDeniedException"},
			{"activity-type": "AUTH_FAILURE", "user": "untrusted", "method": "publickey", "message": "AccessDeniedException"}}},
	}
	for _, row := range rows {
		if conn, err := w.dial(t, row.user, row.auth); err == nil {
			conn.Close()
		}
	}
	lines := w.logged(t)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := lines[row.user]
			if len(got) != len(row.want) {
				t.Fatalf("logged %v", got)
			}
			for i, want := range row.want {
				checkLine(t, w, got[i], want)
			}
		})
	}
}

// checkLine wants the members of a line to start as they should.
func checkLine(t *testing.T, w *world, got, want map[string]string) {
	t.Helper()
	all := map[string]string{"resource-arn": "arn:aws:transfer:eu-central-1:111122223333:server/" + w.endpoint.ServerID, "source-ip": "127.0.0.1", "session-id": ""}
	maps.Copy(all, want)
	if all["activity-type"] == "DISCONNECTED" {
		delete(all, "source-ip")
	}
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(all))) {
		t.Errorf("the line is %v, want %v", got, all)
	}
	for name, value := range all {
		if got[name] == "" || !strings.HasPrefix(got[name], value) || strings.Contains(got[name], "secret") {
			t.Errorf("%s: %s is %q, want %q", all["activity-type"], name, got[name], value)
		}
	}
}

func TestAServerWithoutADestinationLogsNothing(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	w.sftp(t, "acme")
	if files, err := os.ReadDir(w.logs); err != nil || len(files) > 0 {
		t.Errorf("logs %v, %v", files, err)
	}
}
