package local_test

// This file stops and starts engines on one state folder.

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/local"
)

// keptTemplate has a resource of each kind that has state or an address.
const keptTemplate = `{
"Resources": {
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
	"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
	"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "files", "VersioningConfiguration": {"Status": "Enabled"}}},
	"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "token", "GenerateSecretString": {"PasswordLength": 40}}},
	"Server": {"Type": "AWS::Transfer::Server", "Properties": {"Protocols": ["SFTP"]}},
	"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}},
	"Method": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
		"HttpMethod": "GET", "AuthorizationType": "NONE", "Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"}}}},
	"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Method", "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"}}
}}`

// kept is an engine with a state folder, and clients of it.
type kept struct {
	*local.Engine
	notices []string
	queue   string // URL
	sqs     *sqs.Client
	tables  *dynamodb.Client
	objects *s3.Client
	secrets *secretsmanager.Client
}

func startKept(t *testing.T, template string, o local.Options) *kept {
	t.Helper()
	k := &kept{}
	o.Assembly = filepath.Join(lay(t, map[string]string{"app.json": template}), "app.json")
	o.Notice = func(text string) { k.notices = append(k.notices, text) }
	engine, err := local.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	k.Engine = engine
	c := client(engine)
	k.queue = engine.URL() + "/000000000000/jobs"
	k.sqs, k.tables, k.secrets = sqs.NewFromConfig(c), dynamodb.NewFromConfig(c), secretsmanager.NewFromConfig(c)
	k.objects = s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
	return k
}

func (k *kept) stop(t *testing.T) {
	t.Helper()
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

func (k *kept) secret(t *testing.T) string {
	t.Helper()
	got, err := k.secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("token")})
	if err != nil {
		t.Fatal(err)
	}
	return *got.SecretString
}

func (k *kept) send(t *testing.T, body string) {
	t.Helper()
	if _, err := k.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &k.queue, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}

// receive returns the bodies of up to ten messages, with the first one's count
// of receives.
func (k *kept) receive(t *testing.T) (bodies []string, receives string) {
	t.Helper()
	got, err := k.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &k.queue, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"ApproximateReceiveCount"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Messages {
		bodies = append(bodies, *m.Body)
	}
	if len(got.Messages) > 0 {
		receives = got.Messages[0].Attributes["ApproximateReceiveCount"]
	}
	return bodies, receives
}

func (k *kept) putItem(t *testing.T, id string) {
	t.Helper()
	_, err := k.tables.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: map[string]types.AttributeValue{
		"id": &types.AttributeValueMemberS{Value: id}, "set": &types.AttributeValueMemberNS{Value: []string{"1", "2.50"}},
		"raw": &types.AttributeValueMemberB{Value: []byte{0, 255}},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func (k *kept) item(t *testing.T, id string) map[string]types.AttributeValue {
	t.Helper()
	got, err := k.tables.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}})
	if err != nil {
		t.Fatal(err)
	}
	return got.Item
}

func (k *kept) put(t *testing.T, key string, body []byte) (version string) {
	t.Helper()
	put, err := k.objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("files"), Key: &key, Body: bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return *put.VersionId
}

func (k *kept) get(t *testing.T, key, version string) []byte {
	t.Helper()
	in := &s3.GetObjectInput{Bucket: aws.String("files"), Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	got, err := k.objects.GetObject(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestWhatClientsKnowTheEngineByIsTheSameInTheNextRun(t *testing.T) {
	for name, withoutData := range map[string]bool{"with data": false, "without data": true} {
		t.Run(name, func(t *testing.T) {
			o := local.Options{State: filepath.Join(t.TempDir(), "state"), WithoutData: withoutData}
			first := startKept(t, keptTemplate, o)
			secret, endpoints := first.secret(t), first.Endpoints()
			first.send(t, "left")
			first.stop(t)
			hostKey := read(t, onlyFile(t, filepath.Join(o.State, "hostkeys")))

			second := startKept(t, keptTemplate, o)
			defer second.stop(t)
			if got := second.secret(t); got != secret {
				t.Errorf("the secret was %q and is %q", secret, got)
			}
			again := second.Endpoints()
			if again.AWS != endpoints.AWS || again.SFTP["app"]["Server"] != endpoints.SFTP["app"]["Server"] || again.APIs["app"]["Api"] != endpoints.APIs["app"]["Api"] || endpoints.APIs["app"]["Api"] == "" {
				t.Errorf("first %+v\nthen  %+v", endpoints, again)
			}
			if read(t, onlyFile(t, filepath.Join(o.State, "hostkeys"))) != hostKey {
				t.Error("the host key is another one")
			}
			if bodies, _ := second.receive(t); (len(bodies) > 0) == withoutData {
				t.Errorf("messages %q", bodies)
			}
		})
	}
}

func TestDataIsThereInTheNextRun(t *testing.T) {
	o := local.Options{State: filepath.Join(t.TempDir(), "state")}
	large := bytes.Repeat([]byte("0123456789"), 200_000)
	first := startKept(t, keptTemplate, o)
	first.send(t, "in flight")
	if bodies, _ := first.receive(t); len(bodies) != 1 {
		t.Fatalf("received %q", bodies)
	}
	first.send(t, "waiting")
	first.putItem(t, "a")
	item := first.item(t, "a")
	old := first.put(t, "small", []byte("old"))
	first.put(t, "small", []byte("new"))
	first.put(t, "large", large)
	first.put(t, "gone", large)
	if _, err := first.objects.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("files"), Key: aws.String("gone")}); err != nil {
		t.Fatal(err)
	}
	first.stop(t)

	for range 2 { // what was restored is saved again
		next := startKept(t, keptTemplate, o)
		bodies, receives := next.receive(t)
		if !slices.Equal(bodies, []string{"in flight", "waiting"}) || receives < "2" {
			t.Errorf("messages %q, the first received %s times", bodies, receives)
		}
		if got := next.item(t, "a"); len(got) != 3 || !reflect.DeepEqual(got, item) {
			t.Errorf("the item was %v and is %v", item, got)
		}
		if got := string(next.get(t, "small", "")); got != "new" {
			t.Errorf("the object is %q", got)
		}
		if got := string(next.get(t, "small", old)); got != "old" {
			t.Errorf("its first version is %q", got)
		}
		if !bytes.Equal(next.get(t, "large", ""), large) {
			t.Error("the large object is another one")
		}
		if _, err := next.objects.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("files"), Key: aws.String("gone")}); err == nil {
			t.Error("a deleted object is there again")
		}
		if len(next.notices) > 0 {
			t.Errorf("notices %q", next.notices)
		}
		next.stop(t)
	}
}

func TestEveryKindOfChangeIsKept(t *testing.T) {
	o := local.Options{State: filepath.Join(t.TempDir(), "state")}
	run := func(do func(k *kept)) {
		t.Helper()
		k := startKept(t, keptTemplate, o)
		defer k.stop(t)
		do(k)
	}
	// Each change has a run of its own, so that nothing else makes it be saved.
	run(func(k *kept) { k.send(t, "one"); k.putItem(t, "a"); k.put(t, "o", []byte("1")) })
	run(func(k *kept) { k.send(t, "two") })
	run(func(k *kept) { k.receive(t) })
	run(func(k *kept) {
		bodies, receives := k.receive(t)
		if !slices.Equal(bodies, []string{"one", "two"}) || receives != "2" {
			t.Errorf("messages %q, the first received %s times", bodies, receives)
		}
	})
	run(func(k *kept) {
		if _, err := k.sqs.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &k.queue}); err != nil {
			t.Fatal(err)
		}
	})
	run(func(k *kept) {
		_, err := k.tables.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("orders"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "a"}}})
		if err != nil {
			t.Fatal(err)
		}
	})
	run(func(k *kept) { k.put(t, "o", []byte("2")) })
	run(func(k *kept) {
		if _, err := k.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("token"), SecretString: aws.String("mine")}); err != nil {
			t.Fatal(err)
		}
	})
	run(func(k *kept) {
		if bodies, _ := k.receive(t); len(bodies) > 0 {
			t.Errorf("purged messages %q", bodies)
		}
		if got := k.item(t, "a"); got != nil {
			t.Errorf("the deleted item %v", got)
		}
		if got := string(k.get(t, "o", "")); got != "2" {
			t.Errorf("the object is %q", got)
		}
		if got := k.secret(t); got != "mine" {
			t.Errorf("the secret is %q", got)
		}
	})
}

func TestStateOfWhatIsNotDeclaredAnyMoreIsDroppedWithANotice(t *testing.T) {
	o := local.Options{State: filepath.Join(t.TempDir(), "state")}
	first := startKept(t, keptTemplate, o)
	first.send(t, "left")
	first.putItem(t, "a")
	first.put(t, "large", make([]byte, 100_000))
	first.stop(t)

	changed := strings.ReplaceAll(strings.ReplaceAll(keptTemplate, `"jobs"`, `"others"`), `"files"`, `"papers"`)
	changed = strings.ReplaceAll(strings.ReplaceAll(changed, `"AttributeName": "id"`, `"AttributeName": "key"`), `"PasswordLength": 40`, `"PasswordLength": 41`)
	second := startKept(t, changed, o)
	for _, want := range []string{
		"does not declare arn:aws:sqs:us-east-1:000000000000:jobs any more", "does not declare arn:aws:s3:::files any more",
		"the state of arn:aws:dynamodb:us-east-1:000000000000:table/orders is dropped: the template declares another key",
		"is dropped: the template declares another value",
	} {
		if !slices.ContainsFunc(second.notices, func(notice string) bool { return strings.Contains(notice, want) }) {
			t.Errorf("no notice of %q in %q", want, second.notices)
		}
	}
	if got := len(second.secret(t)); got != 41 {
		t.Errorf("the secret has %d characters", got)
	}
	second.stop(t)
	if left, err := os.ReadDir(filepath.Join(o.State, "objects")); err != nil || len(left) > 0 {
		t.Errorf("bodies without an object are left: %v %v", left, err)
	}
	third := startKept(t, keptTemplate, o)
	defer third.stop(t)
	if bodies, _ := third.receive(t); len(bodies) > 0 {
		t.Errorf("dropped messages are back: %q", bodies)
	}
}

func TestAStateFolderThatCannotBeUsedIsSaid(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	o := local.Options{State: state, Assembly: filepath.Join(lay(t, map[string]string{"app.json": keptTemplate}), "app.json")}
	first := startKept(t, keptTemplate, o)
	if got := refused(t, o); !strings.Contains(got, "in use by process") {
		t.Errorf("a second engine: %s", got)
	}
	first.stop(t)
	format := filepath.Join(state, "format.json")
	if err := os.WriteFile(format, []byte(`{"format": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := refused(t, o); !strings.Contains(got, "format 99") || !strings.Contains(got, state) {
		t.Errorf("another format: %s", got)
	}
	if err := os.WriteFile(format, []byte(`{"format": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	matches, err := filepath.Glob(filepath.Join(state, "resources", "*jobs*"))
	if err != nil || len(matches) != 1 {
		t.Fatal(matches, err)
	}
	if err := os.WriteFile(matches[0], []byte(`{"resource": "x"}`+"\n{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := refused(t, o); !strings.Contains(got, matches[0]) {
		t.Errorf("half a file: %s", got)
	}
}

func TestNothingIsWrittenWithoutAStateFolder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	k := startKept(t, keptTemplate, local.Options{})
	k.send(t, "left")
	k.stop(t)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left %v %v", entries, err)
	}
}

// onlyFile returns the path of the one file in a folder.
func onlyFile(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%s has %v: %v", folder, entries, err)
	}
	return filepath.Join(folder, entries[0].Name())
}
