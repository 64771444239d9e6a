// A Lambda function says who gets in, and what for.

package transfer_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/lambda"
)

// functionTemplate has a server whose users a function knows, and one role for
// all of them that may do anything in the bucket.
const functionTemplate = `{
"Parameters": {"Methods": {"Type": "String"}, "Source": {"Type": "String", "Default": ""}, "Timeout": {"Type": "Number", "Default": 30}},
"Resources": {
	"Landing": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "landing",
		"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": true}}}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "partners",
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "transfer.amazonaws.com"},
			"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": "arn:aws:transfer:eu-central-1:111122223333:user/*"}}}]},
		"Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::landing", "arn:aws:s3:::landing/*"]}]}}]}},
	"FunctionRole": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "function",
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}}},
	"Authenticate": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "authenticate", "Runtime": "provided.al2023", "Architectures": ["arm64"], "Handler": "bootstrap",
		"Timeout": {"Ref": "Timeout"}, "Role": {"Fn::GetAtt": ["FunctionRole", "Arn"]}, "Code": {"S3Bucket": "assets", "S3Key": "authenticate.zip"}}},
	"Server": {"Type": "AWS::Transfer::Server", "Properties": {"Protocols": ["SFTP"], "IdentityProviderType": "AWS_LAMBDA",
		"StructuredLogDestinations": ["arn:aws:logs:eu-central-1:111122223333:log-group:sftp:*"],
		"IdentityProviderDetails": {"Function": {"Fn::GetAtt": ["Authenticate", "Arn"]}, "SftpAuthenticationMethods": {"Ref": "Methods"}}}},
	"Permission": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Authenticate"},
		"Principal": "transfer.amazonaws.com", "SourceArn": {"Fn::Sub": "${Server.Arn}${Source}"}}}
}}`

const partnersRole = "arn:aws:iam::111122223333:role/partners"

// loginEvent is what the function is asked.
type loginEvent struct {
	Username string  `json:"username"`
	Password *string `json:"password"`
	Protocol string  `json:"protocol"`
	ServerID string  `json:"serverId"`
	SourceIP string  `json:"sourceIp"`
}

// text is who wants in: "acme" by a key, "acme:secret" with a password.
func (e loginEvent) text() string {
	if e.Password == nil {
		return e.Username
	}
	return e.Username + ":" + *e.Password
}

// directory is the function: what it answers, by loginEvent.text.
type directory struct {
	mu      sync.Mutex
	answers map[string]any
	asked   []loginEvent
}

// knows replaces all answers.
func (d *directory) knows(answers map[string]any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers = answers
}

func (d *directory) authenticate(_ context.Context, e loginEvent) (any, error) {
	d.mu.Lock()
	d.asked = append(d.asked, e)
	answer := d.answers[e.text()]
	d.mu.Unlock()
	switch answer := answer.(type) {
	case nil:
		return map[string]any{}, nil
	case error:
		return nil, answer
	case func() any:
		return answer(), nil
	}
	return answer, nil
}

// questions returns who was asked for since the last call.
func (d *directory) questions() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, e := range d.asked {
		all = append(all, e.text())
	}
	d.asked = nil
	return all
}

// newFunctionWorld has a server that asks d.
func newFunctionWorld(t *testing.T, d *directory, parameters map[string]string) *world {
	t.Helper()
	w := makeWorld(t)
	w.handlers["Stack/Authenticate"] = lambda.HandlerOf(d.authenticate)
	if parameters["Methods"] == "" {
		parameters["Methods"] = "PUBLIC_KEY_OR_PASSWORD"
	}
	w.create(t, functionTemplate, parameters)
	return w
}

// partner is what a function answers for a user with keys: a logical home of
// an inbox and an outbox, and a policy that holds him to them.
func partner(keys ...string) map[string]any {
	details, err := json.Marshal([]map[string]string{
		{"Entry": "/inbox", "Target": "/landing/inbox/${transfer:UserName}"}, {"Entry": "/outbox", "Target": "/landing/outbox/${transfer:UserName}"},
		{"Entry": "/globex", "Target": "/landing/inbox/globex"},
	})
	if err != nil {
		panic(err)
	}
	answer := map[string]any{"Role": partnersRole, "HomeDirectoryType": "LOGICAL", "HomeDirectoryDetails": string(details), "Policy": ownFolders}
	if len(keys) > 0 {
		answer["PublicKeys"] = keys
	}
	return answer
}

const ownFolders = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::landing/inbox/${transfer:UserName}/*"},
	{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::landing/*/${transfer:UserName}/*"},
	{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::landing", "Condition": {"StringLike": {"s3:prefix": ["inbox/${transfer:UserName}/*", "outbox/${transfer:UserName}/*"]}}}]}`

// with is an answer with a member set, or without it if the value is nil.
func with(answer map[string]any, name string, value any) map[string]any {
	if answer[name] = value; value == nil {
		delete(answer, name)
	}
	return answer
}

func TestAFunctionSaysWhoAUserIs(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	d.knows(map[string]any{"acme": partner(authorized(t, newKey(t)), authorized(t, w.key))})
	for name, c := range clients() {
		t.Run(name, func(t *testing.T) {
			w.put(t, "outbox/acme/reply.json", "{}")
			local := writeFile(t, "<Orders/>")
			if err := c.upload(t, w, "acme", local, "/inbox/orders.xml"); err != nil {
				t.Fatal(err)
			}
			if got, _ := w.object(t, "inbox/acme/orders.xml"); got != "<Orders/>" {
				t.Errorf("the object is %q", got)
			}
			if err := c.download(t, w, "acme", "/outbox/reply.json", local); err != nil {
				t.Fatal(err)
			}
			// The role may, the session may not.
			if err := c.upload(t, w, "acme", local, "/globex/orders.xml"); err == nil || !strings.Contains(strings.ToLower(err.Error()), "permission denied") {
				t.Errorf("another partner's inbox: %v", err)
			}
			if err := c.upload(t, w, "acme", local, "/outbox/reply.json"); err == nil || !strings.Contains(strings.ToLower(err.Error()), "permission denied") {
				t.Errorf("his own outbox: %v", err)
			}
		})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.asked {
		if want := (loginEvent{Username: "acme", Protocol: "SFTP", ServerID: w.endpoint.ServerID, SourceIP: "127.0.0.1"}); e != want {
			t.Errorf("asked %+v, want %+v", e, want)
		}
	}
}

func TestAFunctionIsAskedOncePerConnection(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	d.knows(map[string]any{"acme": partner(authorized(t, w.key))})
	keys := ssh.PublicKeys(signer(t, newKey(t)), signer(t, newKey(t)), signer(t, w.key))
	conn, err := w.dial(t, "acme", keys)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if got := d.questions(); !slices.Equal(got, []string{"acme"}) {
		t.Errorf("three keys, and the function was asked for %q", got)
	}
	if _, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, newKey(t)), signer(t, newKey(t)))); err == nil {
		t.Error("wrong keys were let in")
	}
	if got := d.questions(); !slices.Equal(got, []string{"acme"}) {
		t.Errorf("two wrong keys, and the function was asked for %q", got)
	}
}

func TestWhatAFunctionAnswersLetsInOrNot(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	key := authorized(t, w.key)
	path := func() map[string]any { return map[string]any{"Role": partnersRole, "PublicKeys": []string{key}} }
	for _, row := range []struct {
		name   string
		answer any
		in     bool
	}{
		{"a logical home", partner(key), true},
		{"a home by default", path(), true},
		{"a path", with(with(path(), "HomeDirectoryType", "PATH"), "HomeDirectory", "/landing/inbox"), true},
		{"a POSIX profile, which is EFS's", with(path(), "PosixProfile", map[string]any{"Uid": 1, "Gid": 1}), true},
		{"a member of which nobody knows", with(path(), "Nickname", "Ac"), true},
		{"members that are null", with(path(), "Policy", json.RawMessage("null")), true},
		{"an empty policy", with(path(), "Policy", ""), true},

		{"nothing", map[string]any{}, false},
		{"null", json.RawMessage("null"), false},
		{"a text", "acme", false},
		{"a list", []string{"acme"}, false},
		{"no role", with(path(), "Role", nil), false},
		{"an empty role", with(path(), "Role", ""), false},
		{"a role in another letter case", with(with(path(), "Role", nil), "role", partnersRole), false},
		{"a number for a role", with(path(), "Role", 7), false},
		{"a role that is not there", with(path(), "Role", partnersRole+"2"), false},
		{"a role that trusts another service", with(path(), "Role", "arn:aws:iam::111122223333:role/function"), false},
		{"no keys", with(path(), "PublicKeys", nil), false},
		{"an empty list of keys", with(path(), "PublicKeys", []string{}), false},
		{"another's key", with(path(), "PublicKeys", []string{authorized(t, newKey(t))}), false},
		{"a text for the keys", with(path(), "PublicKeys", key), false},
		{"a key that is none", with(path(), "PublicKeys", []string{"ssh-ed25519 AAAA"}), false},
		{"a home of an unknown kind", with(path(), "HomeDirectoryType", "logical"), false},
		{"a logical home without folders", with(path(), "HomeDirectoryType", "LOGICAL"), false},
		{"folders that are no text", with(with(path(), "HomeDirectoryType", "LOGICAL"), "HomeDirectoryDetails", []map[string]string{{"Entry": "/", "Target": "/landing"}}), false},
		{"folders that are no list", with(with(path(), "HomeDirectoryType", "LOGICAL"), "HomeDirectoryDetails", `{"Entry": "/", "Target": "/landing"}`), false},
		{"a relative folder", with(with(path(), "HomeDirectoryType", "LOGICAL"), "HomeDirectoryDetails", `[{"Entry": "inbox", "Target": "/landing"}]`), false},
		{"a relative home", with(path(), "HomeDirectory", "landing"), false},
		{"an object for a policy", with(path(), "Policy", map[string]any{}), false},
		{"a policy that is no JSON", with(path(), "Policy", "allow"), false},
		{"a policy that is none", with(path(), "Policy", "{}"), false},
		{"a policy of 2,049 characters", with(path(), "Policy", ownFolders+strings.Repeat(" ", 2049-len(ownFolders))), false},
		{"a policy of 2,048 characters", with(path(), "Policy", ownFolders+strings.Repeat(" ", 2048-len(ownFolders))), true},
		{"an error", errors.New("secret"), false},
		{"a panic", func() any { panic("secret") }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			d.knows(map[string]any{"acme": row.answer})
			conn, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, w.key)))
			if (err == nil) != row.in {
				t.Errorf("got %v", err)
			}
			if err == nil {
				conn.Close()
			} else if !strings.Contains(err.Error(), "unable to authenticate") || strings.Contains(err.Error(), "secret") {
				t.Errorf("refused in the words %v", err)
			}
		})
	}
}

func TestAFunctionThatTakesTooLongLetsNobodyIn(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{"Timeout": "1"})
	late := make(chan struct{})
	t.Cleanup(func() { close(late) })
	d.knows(map[string]any{"acme": func() any { <-late; return partner(authorized(t, w.key)) }})
	if _, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, w.key))); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
		t.Errorf("got %v", err)
	}
}

func TestAFunctionHasToAllowItsServer(t *testing.T) {
	for source, in := range map[string]bool{"": true, "*": true, "0": false} {
		t.Run(source, func(t *testing.T) {
			d := &directory{}
			w := newFunctionWorld(t, d, map[string]string{"Source": source})
			d.knows(map[string]any{"acme": partner(authorized(t, w.key))})
			conn, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, w.key)))
			if (err == nil) != in || !in && len(d.questions()) > 0 {
				t.Errorf("got %v", err)
			}
			if err == nil {
				conn.Close()
			}
		})
	}
}

// A session goes by what was answered when it began, and by the answer to what
// let it in.
func TestASessionIsWhatItsLoginWas(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	byKey, byPassword := partner(authorized(t, w.key)), map[string]any{"Role": partnersRole, "HomeDirectory": "/landing/by-password"}
	d.knows(map[string]any{"acme": byKey})
	c, _ := w.sftp(t, "acme")
	d.knows(nil)
	if _, err := c.ReadDir("/inbox"); err != nil && !strings.Contains(err.Error(), "not exist") {
		t.Errorf("after the user was removed: %v", err)
	}
	if err := writeText(c, "/inbox/late.xml", writeNew, "late"); err != nil {
		t.Errorf("after the user was removed: %v", err)
	}
	d.knows(map[string]any{"acme": byKey, "acme:right": byPassword})
	conn, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, newKey(t))), ssh.Password("right"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if got, err := client.Getwd(); err != nil || got != "/landing/by-password" {
		t.Errorf("the home is %s, %v", got, err)
	}
}

func TestNamesThatTransferFamilyBlocksAreNotAskedFor(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	for _, name := range []string{"", "ab", "root", "-dash", "a b c", "acmé", "a/b", strings.Repeat("a", 101)} {
		d.knows(map[string]any{name: partner(authorized(t, w.key))})
		if _, err := w.dial(t, name, ssh.PublicKeys(signer(t, w.key))); err == nil {
			t.Errorf("%q was let in", name)
		}
	}
	if got := d.questions(); len(got) > 0 {
		t.Errorf("the function was asked for %q", got)
	}
	for _, name := range []string{"abc", "a@b.c", "A-_9", strings.Repeat("a", 100)} {
		d.knows(map[string]any{name: with(partner(authorized(t, w.key)), "Policy", nil)})
		conn, err := w.dial(t, name, ssh.PublicKeys(signer(t, w.key)))
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		conn.Close()
	}
}

// A variable beside a text could make a policy of what is none.
func TestAPolicyIsOneBeforeItsVariablesAreFilledIn(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	policy := func(value string) map[string]any {
		return with(partner(authorized(t, w.key)), "Policy", `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"NumericEquals": {"s3:max-keys": `+value+`}}}}`)
	}
	d.knows(map[string]any{"100": policy(`${transfer:UserName}`), "200": policy(`"${transfer:UserName}"`)})
	if _, err := w.dial(t, "100", ssh.PublicKeys(signer(t, w.key))); err == nil {
		t.Error("a policy that is no JSON was filled in")
	}
	conn, err := w.dial(t, "200", ssh.PublicKeys(signer(t, w.key)))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
