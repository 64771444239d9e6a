package endtoend

// This file destroys an ephemeral stack with the CDK's own CLI, as docs/operations.md
// says. What becomes of the others cmd/internal/deployment shows.

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/manual"
)

// One of its buckets leaves it before.
func TestAnEphemeralStackIsDestroyedWithAllThatIsInIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, t.TempDir(), map[string]string{"ephemeral": "true", "detection": "Both"})
	fill(t, s.Laptop)
	s.losesABucket(t)
	for kind, names := range inventory(t, s.Laptop) {
		if len(names) == 0 && kind != "secrets" { // the pipeline has none
			t.Errorf("there are no %s to be destroyed", kind)
		}
	}
	if output, err := destroy(t, s.Laptop); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for kind, names := range inventory(t, s.Laptop) {
		names = slices.DeleteFunc(names, func(name string) bool {
			return name == "CDKToolkit" || strings.HasPrefix(name, "cdk-hnb659fds-")
		})
		if len(names) > 0 {
			t.Errorf("these %s are left: %q", kind, names)
		}
	}
}

// losesABucket deploys the pipeline without a trail, whose bucket has objects.
func (s *site) losesABucket(t *testing.T) {
	t.Helper()
	trail := s.resources(t, "AWS::CloudTrail::Trail")
	if len(trail) != 1 {
		t.Fatalf("the trails are %v", trail)
	}
	before, objects := s.resources(t, "AWS::S3::Bucket"), s3.NewFromConfig(s.AWS())
	for _, bucket := range before {
		if _, err := objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("full"), Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if now := s.deploy(t, map[string]string{"ephemeral": "true"}); now.StackStatus != types.StackStatusUpdateComplete {
		t.Fatalf("the stack is in %s: %s", now.StackStatus, aws.ToString(now.StackStatusReason))
	}
	after, gone := s.resources(t, "AWS::S3::Bucket"), 0
	for id, bucket := range before {
		_, err := objects.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("full")})
		switch _, stays := after[id]; {
		case stays && err != nil:
			t.Errorf("an object of the bucket %s, which stays: %v", id, err)
		case !stays:
			gone++
			if _, err := objects.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &bucket}); err == nil {
				t.Errorf("the bucket %s has left the stack, and is there", id)
			}
		}
	}
	if gone != 1 {
		t.Errorf("%d buckets have left the stack", gone)
	}
}

// destroy runs cdk destroy for the pipeline's stack, with a home of its own: the
// CLI remembers which account an access key is of.
func destroy(t *testing.T, l *laptop.Laptop) (output string, err error) {
	t.Helper()
	app := filepath.Join(l.State, "cdk.out")
	if _, err := os.Stat(app); err != nil {
		app = assembly()
	}
	bin, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin"))
	if err != nil {
		t.Fatal(err)
	}
	cli := exec.CommandContext(deadline(t), filepath.Join(bin, "cdk"), "destroy", "--force", "--no-notices", "--app", app, desk.Stack)
	cli.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+t.TempDir(), "CDK_DISABLE_CLI_TELEMETRY=true",
		"AWS_ENDPOINT_URL="+l.Endpoints.AWS, "AWS_REGION="+l.Engine.Cloud.Region, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local")
	both, err := cli.CombinedOutput()
	return string(both), err
}

func bucket(t *testing.T, l *laptop.Laptop) *string {
	t.Helper()
	name, err := l.Output(desk.Stack, "LandingBucket")
	if err != nil {
		t.Fatal(err)
	}
	return &name
}

// fill lets a file through the pipeline, and leaves in its bucket an object with
// two versions and a delete marker, and one that is current.
func fill(t *testing.T, l *laptop.Laptop) {
	t.Helper()
	own, err := b2b.Connect(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	acme := own.Partners["acme"]
	if err := acme.Upload(deadline(t), "destroyed.xml", strings.NewReader(batch(record("destroyed-1", "x"), record("destroyed-2", "x")))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := acme.Reply(deadline(t), "destroyed.xml", func(r contract.Reply) bool { return r.Totals.Stored == 2 }); err != nil {
		t.Fatal(err)
	}
	client, bucket := s3.NewFromConfig(l.AWS()), bucket(t, l)
	twice := aws.String("elsewhere/twice")
	for _, content := range []string{"first", "second"} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: twice, Body: strings.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: twice}); err != nil {
		t.Fatal(err)
	}
	listed, err := client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: bucket})
	if err != nil || len(listed.Versions) < 3 || len(listed.DeleteMarkers) == 0 {
		t.Fatalf("the bucket has %d versions and %d delete markers: %v", len(listed.Versions), len(listed.DeleteMarkers), err)
	}
}

// inventory lists what there is in the account, by kind.
func inventory(t *testing.T, l *laptop.Laptop) map[string][]string {
	t.Helper()
	cfg, found := l.AWS(), map[string][]string{}
	note := func(kind string, err error, names ...*string) {
		if err != nil {
			t.Fatalf("list the %s: %v", kind, err)
		}
		found[kind] = append(found[kind], aws.ToStringSlice(names)...)
	}
	tables, err := dynamodb.NewFromConfig(cfg).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	note("tables", err, aws.StringSlice(tables.TableNames)...)
	buckets, err := s3.NewFromConfig(cfg).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	note("buckets", err)
	for _, b := range buckets.Buckets {
		note("buckets", nil, b.Name)
	}
	queues, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	note("queues", err, aws.StringSlice(queues.QueueUrls)...)
	functions, err := lambda.NewFromConfig(cfg).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	note("functions", err)
	for _, f := range functions.Functions {
		note("functions", nil, f.FunctionName)
	}
	keys, err := apigateway.NewFromConfig(cfg).GetApiKeys(t.Context(), &apigateway.GetApiKeysInput{})
	note("API keys", err)
	for _, k := range keys.Items {
		note("API keys", nil, k.Name)
	}
	secrets, err := secretsmanager.NewFromConfig(cfg).ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	note("secrets", err)
	for _, s := range secrets.SecretList {
		note("secrets", nil, s.Name)
	}
	machines, err := sfn.NewFromConfig(cfg).ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})
	note("state machines", err)
	for _, m := range machines.StateMachines {
		note("state machines", nil, m.Name)
	}
	topics, err := sns.NewFromConfig(cfg).ListTopics(t.Context(), &sns.ListTopicsInput{})
	note("topics", err)
	for _, topic := range topics.Topics {
		note("topics", nil, topic.TopicArn)
	}
	alarms, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	note("alarms", err)
	for _, a := range alarms.MetricAlarms {
		note("alarms", nil, a.AlarmName)
	}
	stacks, err := cloudformation.NewFromConfig(cfg).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	note("stacks", err)
	for _, s := range stacks.Stacks {
		note("stacks", nil, s.StackName)
	}
	var rules struct{ Rules []struct{ Name string } }
	note("rules", l.Engine.Cloud.Do(t.Context(), l.Engine.Cloud.Administrator(), "events", "ListRules", struct{}{}, &rules))
	for _, r := range rules.Rules {
		note("rules", nil, &r.Name)
	}
	var groups struct {
		LogGroups []struct{ LogGroupName string }
	}
	note("log groups", l.Engine.Cloud.Do(t.Context(), l.Engine.Cloud.Administrator(), "logs", "DescribeLogGroups", struct{}{}, &groups))
	for _, g := range groups.LogGroups {
		note("log groups", nil, &g.LogGroupName)
	}
	for _, s := range l.Engine.Endpoints().SFTP {
		for _, address := range s {
			note("SFTP servers", nil, &address)
		}
	}
	for _, a := range l.Engine.Endpoints().APIs {
		for _, address := range a {
			note("REST APIs", nil, &address)
		}
	}
	for _, names := range found {
		slices.Sort(names)
	}
	return found
}

// The runbook's command, on a stack that it is not for: what the command does to
// one that failed, cmd/tradepost shows.
func TestAStackThatWasDeployedIsNotCleared(t *testing.T) {
	t.Parallel()
	for _, command := range manual.Commands(t, "docs/operations.md", "When a first deployment fails") {
		_, stderr, err := tryOn(t, desk.Laptop, command, "STACK="+desk.Stack)
		if want := "the stack " + desk.Stack + " stays as it is"; err == nil || !strings.Contains(stderr, want) {
			t.Errorf("%s: %v, want %q\n%s", command, err, want, stderr)
		}
	}
	described, err := cloudformation.NewFromConfig(desk.AWS()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &desk.Stack})
	if err != nil || described.Stacks[0].StackStatus != "CREATE_COMPLETE" || !*described.Stacks[0].EnableTerminationProtection {
		t.Errorf("the stack: %+v, %v", described, err)
	}
}
