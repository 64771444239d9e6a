package deployment

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
)

const pipeline, onboard = "Tradepost-B2B-dev", "Tradepost-Onboarding-dev"

// One story, as each step stands on the one before, and every start of the CLI
// takes seconds.
func TestTheCDKCreatesTheAppRollsItBackAndDestroysItWithAllThatIsInIt(t *testing.T) {
	t.Parallel()
	app := first(t)
	a := open(t, "")
	a.take(t, app)
	a.staff(t, app)
	story(t,
		step{"the account is bootstrapped", func(t *testing.T) {
			a.says(t, "bootstrapped", command(t, "bootstrap"))
			a.says(t, "no changes", command(t, "bootstrap"))
		}},
		step{"all stacks are created", func(t *testing.T) { created(t, a) }},
		step{"an update that fails is rolled back, at once or when it is asked for", func(t *testing.T) { failed(t, a) }},
		step{"nothing is left when they are destroyed", func(t *testing.T) {
			a.fills(t)
			left := a.inventory(t).keeping(a.retained(t))
			a.run(t, command(t, "destroy"))
			a.inventory(t).is(t, left)
		}},
	)
}

func created(t *testing.T, a *account) {
	if said := a.run(t, command(t, "list")); !strings.Contains(said, pipeline) || !strings.Contains(said, onboard) {
		t.Errorf("the CLI lists\n%s", said)
	}
	a.run(t, command(t, "deploy --app cdk.out --all"))
	a.works(t, "acme", "first")
	a.works(t, "globex", "first-too")
	a.says(t, "Number of stacks with differences: 0", command(t, "diff"))
	for kind, names := range a.inventory(t) {
		if len(names) == 0 {
			t.Errorf("the app has no %s that could be left", kind)
		}
	}
}

// failed deploys a bucket of a name that is taken: into one stack so that the CLI
// rolls back, into another so that it leaves that to its verb.
func failed(t *testing.T, a *account) {
	const taken = "Taken (AWS::S3::Bucket): BucketAlreadyOwnedByYou"
	for _, stack := range []string{pipeline, onboard} {
		a.edit(t, stack, func(s template) {
			s.of(t, "AWS::Lambda::Function", func(_ string, p map[string]any) { p["Timeout"] = p["Timeout"].(float64) - 1 })
			s.Resources["Taken"] = takenBucket()
		})
	}
	timeout := a.timeout(t)
	ctx, atOnce, other := deadline(t), make(chan string, 1), of(onboard, command(t, "deploy --app cdk.out STACK"))
	go func() {
		said, _ := a.try(ctx, other)
		atOnce <- said
	}()
	a.fails(t, taken, of(pipeline, command(t, "deploy --app cdk.out --no-rollback")))
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
	a.works(t, "acme", "second")
}

// takenBucket is the bootstrap's, which cannot be created a second time.
func takenBucket() map[string]any {
	return map[string]any{"Type": "AWS::S3::Bucket", "Properties": map[string]any{
		"BucketName": map[string]string{"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"},
	}}
}

func (a *account) desk(t *testing.T) *b2b.Desk {
	t.Helper()
	desk, err := b2b.Connect(deadline(t), a.now())
	if err != nil {
		t.Fatal(err)
	}
	return desk
}

// fills leaves an object with two versions and a delete marker, and one that is
// current, in every bucket of the app.
func (a *account) fills(t *testing.T) {
	t.Helper()
	client := s3.NewFromConfig(a.AWS())
	for _, r := range a.resources(t) {
		if *r.ResourceType != "AWS::S3::Bucket" {
			continue
		}
		for _, object := range []string{"twice", "twice", "current"} {
			if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: r.PhysicalResourceId, Key: &object, Body: strings.NewReader("content")}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: r.PhysicalResourceId, Key: aws.String("twice")}); err != nil {
			t.Fatal(err)
		}
	}
}

// timeout is that of the function which splits files, in seconds.
func (a *account) timeout(t *testing.T) int {
	t.Helper()
	name := a.physical(t, pipeline, "AWS::Lambda::Function", "PipelineSFTPSplit")
	f, err := lambda.NewFromConfig(a.AWS()).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return int(*f.Timeout)
}
