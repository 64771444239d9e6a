// This file updates servers and users while somebody is connected.

package transfer_test

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
)

// updatable is a world whose stack can be updated: a server, and "acme" with
// rights to everything.
func updatable(t *testing.T) (*world, *cfntest.Stack) {
	t.Helper()
	w := makeWorld(t)
	s, err := cfntest.Create(t, w.cloud.Site, slices.Collect(maps.Values(w.types)), `
		"Landing": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "landing"}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "transfer.amazonaws.com"}}]},
			"Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}]}},
		"Idle": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "transfer.amazonaws.com"}}]}}},
		"Server": {"Type": "AWS::Transfer::Server"},
		"Acme": `+acme(authorized(t, w.key), "Role", `"HomeDirectory": "/landing/one"`))
	if err != nil {
		t.Fatal(err)
	}
	w.endpoint = w.servers.Endpoints()[0]
	return w, s
}

func acme(key, role, home string) string {
	return fmt.Sprintf(`{"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "UserName": "acme",
		"Role": {"Fn::GetAtt": [%q, "Arn"]}, "SshPublicKeys": [%q], %s}}`, role, strings.TrimSpace(key), home)
}

func TestAUserIsUpdatedForLoginsToCome(t *testing.T) {
	w, s := updatable(t)
	before, _ := w.sftp(t, "acme")
	write := func(c interface{ Mkdir(string) error }, name string) error { return c.Mkdir(name) }
	if err := write(before, "a"); err != nil {
		t.Fatal(err)
	}
	s.Put(t, "Acme", acme(authorized(t, w.key), "Role", `"HomeDirectoryType": "LOGICAL", "HomeDirectoryMappings": [{"Entry": "/", "Target": "/landing/two"}]`))
	after, _ := w.sftp(t, "acme")
	for name, c := range map[string]interface{ Mkdir(string) error }{"before": before, "after": after} {
		if err := write(c, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, key := range []string{"one/a/", "one/before/", "two/after/"} {
		if _, o := w.object(t, key); o == nil {
			t.Errorf("there is no %s", key)
		}
	}

	s.Put(t, "Acme", acme(authorized(t, w.key), "Role", `"HomeDirectory": "/landing/one", "Policy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:ListBucket\", \"Resource\": \"*\"}]}"`))
	confined, _ := w.sftp(t, "acme")
	if err := write(confined, "b"); err == nil {
		t.Error("a session policy that does not let him write does")
	}
	s.Put(t, "Acme", acme(authorized(t, w.key), "Idle", `"HomeDirectory": "/landing/one"`))
	idle, _ := w.sftp(t, "acme")
	if err := write(idle, "b"); err == nil {
		t.Error("a role that may do nothing writes")
	}
	if err := write(before, "c"); err != nil {
		t.Errorf("who connected as another role: %v", err)
	}

	other := newKey(t)
	s.Put(t, "Acme", acme(authorized(t, other), "Role", `"HomeDirectory": "/landing/one"`))
	if _, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, w.key))); err == nil {
		t.Error("the key that was replaced lets him in")
	}
	if err := write(before, "d"); err != nil {
		t.Errorf("who connected by the key that was replaced: %v", err)
	}
	conn, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, other)))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := s.Try(t, map[string]string{"Acme": acme("no key", "Role", `"HomeDirectory": "/landing"`)}); err == nil {
		t.Error("a key that is none was accepted")
	}
	if conn, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, other))); err != nil {
		t.Errorf("after what was refused: %v", err)
	} else {
		conn.Close()
	}
}

func TestAServerIsUpdatedUnderItsConnections(t *testing.T) {
	w, s := updatable(t)
	before, _ := w.sftp(t, "acme")
	banner := func() (text string) {
		host, _, _, _, err := ssh.ParseAuthorizedKey([]byte(w.endpoint.HostKey))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := ssh.Dial("tcp", w.endpoint.Address, &ssh.ClientConfig{User: "acme", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer(t, w.key))},
			HostKeyCallback: ssh.FixedHostKey(host), BannerCallback: func(message string) error { text = message; return nil }})
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		return text
	}
	server := func(properties string) string {
		return `{"Type": "AWS::Transfer::Server", "Properties": {` + properties + `}}`
	}
	s.Put(t, "Server", server(`"PreAuthenticationLoginBanner": "Partners only", "SecurityPolicyName": "TransferSecurityPolicy-2025-03", "ProtocolDetails": {"SetStatOption": "ENABLE_NO_OP"},
		"StructuredLogDestinations": ["arn:aws:logs:eu-central-1:111122223333:log-group:sftp:*"]`))
	if got := banner(); got != "Partners only" {
		t.Errorf("the banner is %q", got)
	}
	if now := w.servers.Endpoints()[0]; now != w.endpoint {
		t.Errorf("the server is %+v, was %+v", now, w.endpoint)
	}
	var described struct {
		Server struct {
			SecurityPolicyName, PreAuthenticationLoginBanner string
			ProtocolDetails                                  struct{ SetStatOption string }
			UserCount                                        int
		}
	}
	w.cloud.Register("transfer", w.servers)
	if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "transfer", "DescribeServer", map[string]any{"ServerId": w.endpoint.ServerID}, &described); err != nil {
		t.Fatal(err)
	}
	if d := described.Server; d.SecurityPolicyName != "TransferSecurityPolicy-2025-03" || d.ProtocolDetails.SetStatOption != "ENABLE_NO_OP" || d.UserCount != 1 {
		t.Errorf("the server is described as %+v", d)
	}
	lenient, _ := w.sftp(t, "acme")
	if err := lenient.Mkdir("dir"); err != nil {
		t.Fatal(err)
	}
	if lenient.Chmod("dir", 0o700) != nil || before.Chmod("dir", 0o700) == nil {
		t.Error("a mode can be set by whom it could not, or cannot by whom it can")
	}
	if err := before.Mkdir("more"); err != nil {
		t.Errorf("who was connected: %v", err)
	}
	logged, err := os.ReadFile(filepath.Join(w.logs, "app-Server.log"))
	if err != nil || !strings.Contains(string(logged), `"activity-type":"CONNECTED"`) {
		t.Errorf("the log is %s, %v", logged, err)
	}
	s.Put(t, "Server", server(``))
	if got := banner(); got != "" {
		t.Errorf("the banner is still %q", got)
	}
	if err := s.Try(t, map[string]string{"Server": server(`"Protocols": ["FTP"]`)}); err == nil {
		t.Error("FTP was accepted")
	}
	if conn, err := net.Dial("tcp", w.endpoint.Address); err != nil {
		t.Errorf("after what was refused: %v", err)
	} else {
		conn.Close()
	}
}
