// An engine of IAM, S3 and Transfer Family, as the tests use it.

package transfer_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/transfer"
)

// template has a partner, who may write /inbox and read /outbox, and an
// operator, who may do anything under the bucket.
const template = `{
"Parameters": {"Key": {"Type": "String"}, "SetStat": {"Type": "String"}},
"Resources": {
	"Landing": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "landing", "VersioningConfiguration": {"Status": "Enabled"},
		"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": true}}}},
	"PartnerRole": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "transfer.amazonaws.com"}}]},
		"Policies": [{"PolicyName": "own-folders", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], "Resource": "arn:aws:s3:::landing/inbox/acme/*"},
			{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::landing/outbox/acme/*"},
			{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::landing", "Condition": {"StringLike": {"s3:prefix": ["inbox/acme/*", "outbox/acme/*"]}}}
		]}}]}},
	"OperatorRole": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "transfer.amazonaws.com"}}]},
		"Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}]}},
	"UntrustingRole": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}}},
	"Server": {"Type": "AWS::Transfer::Server", "Properties": {"Protocols": ["SFTP"], "IdentityProviderType": "SERVICE_MANAGED", "EndpointType": "PUBLIC",
		"SecurityPolicyName": "TransferSecurityPolicy-2025-03", "ProtocolDetails": {"SetStatOption": {"Ref": "SetStat"}}}},
	"Acme": {"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "UserName": "acme",
		"Role": {"Fn::GetAtt": ["PartnerRole", "Arn"]}, "SshPublicKeys": [{"Ref": "Key"}], "HomeDirectoryType": "LOGICAL", "HomeDirectoryMappings": [
			{"Entry": "/inbox", "Target": "/landing/inbox/${transfer:UserName}"}, {"Entry": "/outbox", "Target": "/landing/outbox/acme"}, {"Entry": "/globex", "Target": "/landing/inbox/globex"}]}},
	"Operator": {"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "UserName": "operator",
		"Role": {"Fn::GetAtt": ["OperatorRole", "Arn"]}, "SshPublicKeys": [{"Ref": "Key"}], "HomeDirectory": "/landing/files"}},
	"Mistrusted": {"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "UserName": "mistrusted",
		"Role": {"Fn::GetAtt": ["UntrustingRole", "Arn"]}, "SshPublicKeys": [{"Ref": "Key"}], "HomeDirectory": "/landing"}}
}}`

type world struct {
	cloud    *cloud.Cloud
	s3       *s3.Client // as the administrator
	seen     *witness
	servers  *transfer.Transfer
	handlers map[string]lambda.Handler
	logs     string // a folder
	types    map[string]cfn.Type
	endpoint transfer.Endpoint
	key      ed25519.PrivateKey

	mu     sync.Mutex
	events []cloud.Event
}

func (w *world) Emit(e cloud.Event) { w.mu.Lock(); defer w.mu.Unlock(); w.events = append(w.events, e) }

// told returns what EventBridge was told by S3: "Object Created inbox/acme/x PutObject".
func (w *world) told() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []string
	for _, e := range w.events {
		if e.Source != "aws.s3" {
			continue
		}
		var detail struct {
			Reason string
			Object struct{ Key string }
		}
		if err := json.Unmarshal(e.Detail, &detail); err != nil {
			panic(err)
		}
		lines = append(lines, e.DetailType+" "+detail.Object.Key+" "+detail.Reason)
	}
	return lines
}

func newWorld(t *testing.T, setStat string) *world {
	t.Helper()
	w := makeWorld(t)
	w.create(t, template, map[string]string{"Key": authorized(t, w.key), "SetStat": setStat})
	return w
}

// makeWorld makes the services, with functions that are handlers of this
// process, by "Stack/logicalID".
func makeWorld(t *testing.T) *world {
	t.Helper()
	w := &world{cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"}), key: newKey(t), handlers: map[string]lambda.Handler{}, logs: t.TempDir()}
	identity := iam.New(w.cloud)
	w.seen = &witness{SessionAuthorizer: identity}
	w.cloud.Authorizer, w.cloud.Policies, w.cloud.Bus = w.seen, identity, w
	objects := s3.New(w.cloud, s3.Options{Dir: t.TempDir()})
	w.s3 = objects.As(w.cloud.Administrator(), s3.Origin{})
	w.servers = transfer.New(w.cloud, transfer.Options{Objects: objects, Logs: w.logs})
	functions := lambda.New(w.cloud, lambda.Options{Handlers: w.handlers})
	w.cloud.Register("lambda", functions)
	w.types = map[string]cfn.Type{}
	for _, service := range []interface{ Types() []cfn.Type }{identity, objects, w.servers, functions} {
		for _, typ := range service.Types() {
			w.types[typ.Name] = typ
		}
	}
	t.Cleanup(w.cloud.Close)
	return w
}

// create makes what a template declares, whose first server is the world's.
func (w *world) create(t *testing.T, template string, parameters map[string]string) {
	t.Helper()
	if err := w.tryCreate(t, template, parameters); err != nil {
		t.Fatal(err)
	}
	w.endpoint = w.servers.Endpoints()[0]
}

func (w *world) tryCreate(t *testing.T, template string, parameters map[string]string) error {
	t.Helper()
	parsed, err := cfn.Parse([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	if faults := parsed.Check(w.types); len(faults) > 0 {
		t.Fatal(faults)
	}
	stack := cfn.Stack{Name: "Stack", Site: w.cloud.Site, Template: parsed, Parameters: parameters}
	_, err = stack.Create(t.Context(), w.types)
	return err
}

func newKey(t *testing.T) ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signer(t *testing.T, key ed25519.PrivateKey) ssh.Signer {
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func authorized(t *testing.T, key ed25519.PrivateKey) string {
	return string(ssh.MarshalAuthorizedKey(signer(t, key).PublicKey())) // with a line end, as files have
}

func (w *world) dial(t *testing.T, user string, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	t.Helper()
	host, _, _, _, err := ssh.ParseAuthorizedKey([]byte(w.endpoint.HostKey))
	if err != nil {
		t.Fatal(err)
	}
	return ssh.Dial("tcp", w.endpoint.Address, &ssh.ClientConfig{User: user, Auth: auth, HostKeyCallback: ssh.FixedHostKey(host), Timeout: 10 * time.Second})
}

// sftp opens a session of a user, by pkg/sftp.
func (w *world) sftp(t *testing.T, user string) (*sftp.Client, *ssh.Client) {
	t.Helper()
	conn, err := w.dial(t, user, ssh.PublicKeys(signer(t, w.key)))
	if err != nil {
		t.Fatal(err)
	}
	client, err := sftp.NewClient(conn, sftp.UseConcurrentWrites(true))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); conn.Close() })
	return client, conn
}

// object returns an object as it is in the bucket, "" if there is none.
func (w *world) object(t *testing.T, key string) (string, *s3.Object) {
	t.Helper()
	o, err := w.s3.Get(t.Context(), "landing", key, "")
	if err != nil {
		return "", nil
	}
	body, err := io.ReadAll(io.NewSectionReader(o.Body, 0, o.Size))
	if err != nil {
		t.Fatal(err)
	}
	return string(body), o
}

func (w *world) put(t *testing.T, key, body string) {
	t.Helper()
	if _, err := w.s3.Put(t.Context(), s3.PutInput{Bucket: "landing", Key: key, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

// keyFile writes the users' private key where OpenSSH can read it.
func (w *world) keyFile(t *testing.T) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(w.key, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
