package deployment

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

const pipeline, onboard = "Tradepost-B2B-dev", "Tradepost-Onboarding-dev"

// One story, as each step stands on the one before, and every start of the CLI
// takes seconds.
func TestTheCDKDeploysUpdatesRollsBackAndDestroysTheApp(t *testing.T) {
	a := open(t)
	a.synthesize(t, map[string]string{"ephemeral": "true"})

	for _, step := range []struct {
		name string
		run  func(*testing.T, *account)
	}{
		{"the account is bootstrapped", bootstrapped},
		{"all stacks are created", created},
		{"an app that has changed is deployed, and what there was is kept", changed},
		{"an update that fails is rolled back, at once or when it is asked for", failed},
		{"nothing is left when they are destroyed", destroyed},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, a) }) {
			t.FailNow()
		}
	}
}

func bootstrapped(t *testing.T, a *account) {
	if said := a.run(t, command(t, "bootstrap")); !strings.Contains(said, "bootstrapped") {
		t.Errorf("the CLI says\n%s", said)
	}
	if said := a.run(t, command(t, "bootstrap")); !strings.Contains(said, "no changes") {
		t.Errorf("the second time the CLI says\n%s", said)
	}
}

func created(t *testing.T, a *account) {
	if said := a.run(t, command(t, "list")); !strings.Contains(said, pipeline) || !strings.Contains(said, onboard) {
		t.Errorf("the CLI lists\n%s", said)
	}
	a.run(t, command(t, "deploy --app cdk.out --all"))
	if stacks := len(a.now().Endpoints.Outputs); stacks != len(a.app.Systems)+1 {
		t.Errorf("%d stacks are there, want one of each of %d systems, and the toolkit's", stacks, len(a.app.Systems))
	}
	a.works(t, "acme", "first")
	a.works(t, "globex", "first-too")
}

// changed deploys another partner, another key of one that there is, another detection, other functions,
// stages and tables, and other settings of other stacks.
func changed(t *testing.T, a *account) {
	before := a.desk(t).Partners["globex"]
	if err := os.Remove(filepath.Join(a.State, "keys", "globex")); err != nil { // so that it is made anew
		t.Fatal(err)
	}
	list := filepath.Join(a.list, "partners.json")
	write(t, list, strings.Replace(read(t, list), "[", `[{"id": "initech", "contactEmail": "edi@initech.example"},`, 1))
	a.synthesize(t, map[string]string{
		"ephemeral": "true", "detection": "Both", "partnersDeleteReplies": "true", "alarmEmail": "ops@example.com",
		"trainingAtLeast": "0.8", "trainingSchedule": "cron(0 4 * * ? *)", "decimalMark": "Point", "refusedNames": "root",
	})
	a.edit(t, pipeline, func(s template) {
		s.of(t, "AWS::Lambda::Function", func(_ string, p map[string]any) { p["Timeout"] = p["Timeout"].(float64) - 1 })
		s.of(t, "AWS::ApiGateway::Stage", func(_ string, p map[string]any) { p["Variables"] = map[string]string{"edition": "second"} })
		s.of(t, "AWS::DynamoDB::Table", func(id string, p map[string]any) {
			if strings.HasPrefix(id, "PipelineTablesFiles") {
				p["AttributeDefinitions"] = append(p["AttributeDefinitions"].([]any), map[string]string{"AttributeName": "edition", "AttributeType": "S"})
				p["GlobalSecondaryIndexes"] = append(p["GlobalSecondaryIndexes"].([]any), map[string]any{
					"IndexName": "ByEdition", "Projection": map[string]string{"ProjectionType": "ALL"},
					"KeySchema": []map[string]string{{"AttributeName": "edition", "KeyType": "HASH"}},
				})
			}
		})
	})
	timeout := a.timeout(t)
	a.run(t, command(t, "deploy --app cdk.out --all"))

	if after := a.timeout(t); after != timeout-1 {
		t.Errorf("the function's timeout was %d seconds, and is %d", timeout, after)
	}
	if indexes := a.indexes(t, "FilesTable"); !slices.Contains(indexes, "ByEdition") {
		t.Errorf("the table has the indexes %q", indexes)
	}
	desk := a.desk(t)
	for id, partner := range map[string]string{"first-posted": "acme", "first-too-posted": "globex"} {
		if status, err := desk.Partners[partner].Settled(deadline(t), id); err != nil || status.Status != string(contract.Stored) {
			t.Errorf("of %s there is %+v, %v", id, status, err)
		}
	}
	if session, err := before.Dial(deadline(t)); err == nil {
		session.Close()
		t.Error("the partner's former key is still taken")
	}
	a.works(t, "acme", "second")
	a.works(t, "globex", "second-too")
	a.works(t, "initech", "first-of-all")
	if said := a.run(t, command(t, "diff")); !strings.Contains(said, "Number of stacks with differences: 0") {
		t.Errorf("the CLI says\n%s", said)
	}
}

// failed deploys a bucket of a name that is taken: into one stack so that the CLI
// rolls back, into another so that it leaves that to its verb.
func failed(t *testing.T, a *account) {
	const taken = "Taken (AWS::S3::Bucket): BucketAlreadyOwnedByYou"
	for _, stack := range []string{pipeline, onboard} {
		a.edit(t, stack, func(s template) {
			s.of(t, "AWS::Lambda::Function", func(_ string, p map[string]any) { p["Timeout"] = p["Timeout"].(float64) - 1 })
			s.Resources["Taken"] = map[string]any{"Type": "AWS::S3::Bucket", "Properties": map[string]any{
				"BucketName": map[string]string{"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"},
			}}
		})
	}
	timeout := a.timeout(t)
	ctx, atOnce, other := deadline(t), make(chan string, 1), of(onboard, command(t, "deploy --app cdk.out STACK"))
	go func() {
		said, _ := a.try(ctx, other)
		atOnce <- said
	}()
	if said, err := a.try(ctx, of(pipeline, command(t, "deploy --app cdk.out --no-rollback"))); err == nil || !strings.Contains(said, taken) {
		t.Errorf("the CLI says %v\n%s", err, said)
	}
	if status, after := a.status(t, pipeline), a.timeout(t); status != "UPDATE_FAILED" || after != timeout-1 {
		t.Errorf("without a rollback the stack is in %s, and the function's timeout was %d seconds, and is %d", status, timeout, after)
	}
	a.run(t, of(pipeline, command(t, "rollback")))
	if said := <-atOnce; !strings.Contains(said, taken) {
		t.Errorf("the CLI says of the other stack\n%s", said)
	}
	for _, stack := range []string{pipeline, onboard} {
		if status := a.status(t, stack); status != "UPDATE_ROLLBACK_COMPLETE" {
			t.Errorf("the stack %s is in %s", stack, status)
		}
	}
	if after := a.timeout(t); after != timeout {
		t.Errorf("the function's timeout was %d seconds, and is %d", timeout, after)
	}
	a.works(t, "acme", "third")
}

func destroyed(t *testing.T, a *account) {
	a.run(t, command(t, "destroy"))
	for stack := range a.now().Endpoints.Outputs {
		if stack != "CDKToolkit" {
			t.Errorf("the stack %s is left", stack)
		}
	}
}

// of is a command with the name of a stack.
func of(stack, command string) string { return strings.ReplaceAll(command, "STACK", stack) }

func (a *account) desk(t *testing.T) *b2b.Desk {
	t.Helper()
	desk, err := b2b.Connect(deadline(t), a.now())
	if err != nil {
		t.Fatal(err)
	}
	return desk
}

// works lets a partner post a transaction and upload a file, both of the name.
func (a *account) works(t *testing.T, partner, name string) {
	t.Helper()
	p := a.desk(t).Partners[partner]
	answer, body, err := p.Post(deadline(t), name+"-posted", "content")
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("POST of %s: %+v, %v: %s", name, answer, err, body)
	}
	if status, err := p.Settled(deadline(t), name+"-posted"); err != nil || status.Status != string(contract.Stored) {
		t.Errorf("what was posted as %s is %+v, %v", name, status, err)
	}
	file := `<Transactions><Transaction TransactionID="` + name + `-uploaded"><Notes>x</Notes></Transaction></Transactions>`
	if err := p.Upload(deadline(t), name+".xml", strings.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if reply, _, err := p.Reply(deadline(t), name+".xml", func(r contract.Reply) bool { return r.Totals.Accounted() == 1 }); err != nil || reply.Totals.Stored != 1 {
		t.Errorf("of the file %s: %+v, %v", name, reply, err)
	}
}

// timeout is that of the function which splits files, in seconds.
func (a *account) timeout(t *testing.T) int {
	t.Helper()
	listed, err := lambda.NewFromConfig(a.AWS()).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range listed.Functions {
		if strings.HasPrefix(*f.FunctionName, pipeline+"-PipelineSFTPSplit") {
			return int(*f.Timeout)
		}
	}
	t.Fatal("no function splits files")
	return 0
}

func (a *account) indexes(t *testing.T, output string) (names []string) {
	t.Helper()
	table, err := a.now().Output(pipeline, output)
	if err != nil {
		t.Fatal(err)
	}
	described, err := dynamodb.NewFromConfig(a.AWS()).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range described.Table.GlobalSecondaryIndexes {
		names = append(names, *index.IndexName)
	}
	return names
}

func (a *account) status(t *testing.T, stack string) string {
	t.Helper()
	described, err := cloudformation.NewFromConfig(a.AWS()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		t.Fatal(err)
	}
	return string(described.Stacks[0].StackStatus)
}
