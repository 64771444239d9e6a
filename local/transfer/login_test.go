// Who gets in, and what for.

package transfer_test

import (
	"encoding/json"
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

func TestUsersOfAServersOwnHaveSessionPolicies(t *testing.T) {
	w := makeWorld(t)
	policy, err := json.Marshal(strings.ReplaceAll(ownFolders, "inbox/${transfer:UserName}/", "${transfer:HomeFolder}/"))
	if err != nil {
		t.Fatal(err)
	}
	user := `"Reader": {"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "UserName": "reader",
		"Role": {"Fn::GetAtt": ["OperatorRole", "Arn"]}, "SshPublicKeys": [{"Ref": "Key"}], "HomeDirectory": "/landing/inbox/reader", "Policy": ` + string(policy) + `}},`
	w.create(t, strings.Replace(template, `"Operator": {`, user+`"Operator": {`, 1), map[string]string{"Key": authorized(t, w.key), "SetStat": "DEFAULT"})
	c, _ := w.sftp(t, "reader")
	if err := writeText(c, "orders.xml", writeNew, "<Orders/>"); err != nil {
		t.Errorf("his own folder: %v", err)
	}
	if err := writeText(c, "/landing/inbox/other/orders.xml", writeNew, "<Orders/>"); err == nil {
		t.Error("another's folder was written to, as the role may")
	}
}

func TestUsersOfTemplatesHaveNamesThatTransferFamilyTakes(t *testing.T) {
	for name, ok := range map[string]bool{"ann": true, "an": false, "root": false, "a b c": false, "": false} {
		w := makeWorld(t)
		err := w.tryCreate(t, `{"Resources": {"Server": {"Type": "AWS::Transfer::Server"},
			"User": {"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "UserName": "`+name+`", "Role": "arn:aws:iam::111122223333:role/r"}}}}`, nil)
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "property UserName") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
