// This file updates servers and users while somebody is connected.

package transfer_test

import (
	"encoding/json"
	"encoding/pem"
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
	"github.com/tradepost-dev/tradepost/local/cloud"
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

func TestATemplatesResourcesTellWhatTheyAreAndGo(t *testing.T) {
	w, s := updatable(t)
	key := newKey(t)
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(string(pem.EncodeToMemory(block)))
	if err != nil {
		t.Fatal(err)
	}
	own := w.endpoint.HostKey
	s.Put(t, "Key", `{"Type": "AWS::Transfer::HostKey", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "HostKeyBody": `+string(body)+`}}`)
	server := w.endpoint.ServerID
	arn := func(resource string) string { return w.cloud.ARN("transfer", resource) }
	told := s.Handles["Key"].Attributes
	id, _ := told["HostKeyId"].(string)
	for name, row := range map[string]struct{ got, want any }{
		"the server":         {s.Ref("Server"), arn("server/" + server)},
		"the server's ARN":   {s.Handles["Server"].Attributes["Arn"], arn("server/" + server)},
		"the user":           {s.Ref("Acme"), arn("user/" + server + "/acme")},
		"the user's ARN":     {s.Handles["Acme"].Attributes["Arn"], arn("user/" + server + "/acme")},
		"the user's server":  {s.Handles["Acme"].Attributes["ServerId"], server},
		"the user's name":    {s.Handles["Acme"].Attributes["UserName"], "acme"},
		"the key":            {s.Ref("Key"), arn("host-key/" + server + "/" + id)},
		"the key's ARN":      {told["Arn"], arn("host-key/" + server + "/" + id)},
		"the key's type":     {told["Type"], "ssh-ed25519"},
		"the key's print":    {told["HostKeyFingerprint"], ssh.FingerprintSHA256(signer(t, key).PublicKey())},
		"the key's id":       {len(id), len("hostkey-") + 17},
		"what clients trust": {w.servers.Endpoints()[0].HostKey, strings.TrimSpace(authorized(t, key))},
	} {
		if row.got != row.want {
			t.Errorf("%s is %v, want %v", name, row.got, row.want)
		}
	}
	s.Remove(t, "Key")
	if got := w.servers.Endpoints()[0].HostKey; got != own {
		t.Errorf("without the key clients trust %s, want %s", got, own)
	}
	s.Remove(t, "Acme")
	if _, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, w.key))); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
		t.Errorf("a user who is gone: %v", err)
	}
	s.Remove(t, "Server")
	if conn, err := net.Dial("tcp", w.endpoint.Address); err == nil {
		conn.Close()
		t.Error("a server that is gone listens")
	}
	if all := w.servers.Endpoints(); len(all) != 0 {
		t.Errorf("there are %v", all)
	}
}

func TestTagsAndKeysThatCallsHaveBroughtOutliveAnUpdate(t *testing.T) {
	w, s := updatable(t)
	w.cloud.Register("transfer", w.servers)
	ask := func(action string, in map[string]any, out any) {
		t.Helper()
		if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "transfer", action, in, out); err != nil {
			t.Fatal(err)
		}
	}
	tags := func(key string) string { return `"Tags": [{"Key": "` + key + `", "Value": "template"}]` }
	server := func(key string) string { return `{"Type": "AWS::Transfer::Server", "Properties": {` + tags(key) + `}}` }
	declared, called, later := authorized(t, w.key), newKey(t), newKey(t)
	who := map[string]any{"ServerId": w.endpoint.ServerID, "UserName": "acme"}
	describe := func() (keys []string, ids map[string]string, tags []cloud.Tag) {
		t.Helper()
		var out struct {
			User struct {
				SshPublicKeys []struct{ SshPublicKeyBody, SshPublicKeyId string }
				Tags          []cloud.Tag
			}
		}
		ask("DescribeUser", who, &out)
		ids = map[string]string{}
		for _, k := range out.User.SshPublicKeys {
			keys, ids[k.SshPublicKeyBody] = append(keys, k.SshPublicKeyBody), k.SshPublicKeyId
		}
		return keys, ids, own(out.User.Tags)
	}
	text := func(key string) string { return strings.TrimSpace(key) }
	s.Put(t, "Server", server("old"))
	s.Put(t, "Acme", acme(declared, "Role", `"HomeDirectory": "/landing/one", `+tags("old")))
	_, first, _ := describe()
	call := []cloud.Tag{{Key: "call", Value: "call"}}
	for _, arn := range []string{"server/" + w.endpoint.ServerID, "user/" + w.endpoint.ServerID + "/acme"} {
		ask("TagResource", map[string]any{"Arn": w.cloud.ARN("transfer", arn), "Tags": call}, nil)
	}
	ask("ImportSshPublicKey", map[string]any{"ServerId": w.endpoint.ServerID, "UserName": "acme", "SshPublicKeyBody": authorized(t, called)}, nil)

	s.Put(t, "Server", server("new"))
	var listed struct{ Tags []cloud.Tag }
	want := append(call, cloud.Tag{Key: "new", Value: "template"})
	ask("ListTagsForResource", map[string]any{"Arn": w.cloud.ARN("transfer", "server/"+w.endpoint.ServerID)}, &listed)
	if !slices.Equal(own(listed.Tags), want) {
		t.Errorf("the server's tags are %v, want %v", listed.Tags, want)
	}
	s.Put(t, "Acme", acme(declared, "Role", `"HomeDirectory": "/landing/two", `+tags("new")))
	keys, ids, userTags := describe()
	if !slices.Equal(keys, []string{text(declared), text(authorized(t, called))}) || !slices.Equal(userTags, want) {
		t.Errorf("the user has the keys %q and the tags %v", keys, userTags)
	}
	if ids[text(declared)] != first[text(declared)] {
		t.Error("a key that is declared as before has another id")
	}
	s.Put(t, "Acme", acme(authorized(t, later), "Role", `"HomeDirectory": "/landing/two"`))
	if keys, _, _ := describe(); !slices.Equal(keys, []string{text(authorized(t, called)), text(authorized(t, later))}) {
		t.Errorf("after the template's key was replaced the user has %q", keys)
	}
	conn, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, called)))
	if err != nil {
		t.Fatalf("the key that a call has brought: %v", err)
	}
	conn.Close()

	// What a call has taken away does not come again with an unchanged template.
	_, ids, _ = describe()
	ask("DeleteSshPublicKey", map[string]any{"ServerId": w.endpoint.ServerID, "UserName": "acme", "SshPublicKeyId": ids[text(authorized(t, later))]}, nil)
	s.Put(t, "Acme", acme(authorized(t, later), "Role", `"HomeDirectory": "/landing/one"`))
	if keys, _, _ := describe(); !slices.Equal(keys, []string{text(authorized(t, called))}) {
		t.Errorf("after a key was deleted by a call the user has %q", keys)
	}
}

// own are tags but for those of the stack.
func own(tags []cloud.Tag) []cloud.Tag {
	return slices.DeleteFunc(tags, func(tag cloud.Tag) bool { return strings.HasPrefix(tag.Key, "aws:") })
}
