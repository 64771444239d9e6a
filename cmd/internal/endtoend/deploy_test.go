package endtoend

// This file deploys a changed app into an engine that runs, as the CDK's CLI does:
// assets go to S3, and CloudFormation updates the stack. What the CLI itself does,
// cmd/internal/deployment shows.

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// bootstrap is what of the CDK's bootstrap stack updates and the CLI's destroy take.
const bootstrap = `{"Resources": {
	"Assets": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}}},
	"Version": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30"}},
	"ExecutionRole": {"Type": "AWS::IAM::Role", "Properties": {
		"RoleName": {"Fn::Sub": "cdk-hnb659fds-cfn-exec-role-${AWS::AccountId}-${AWS::Region}"},
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "cloudformation.amazonaws.com"}}},
		"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}}}}`

// site is an account that the pipeline is deployed into.
type site struct {
	*laptop.Laptop
	stacks *cloudformation.Client
}

// newSite starts the pipeline in an engine of its own, synthesized with a context
// of its own.
func newSite(t *testing.T, state string, values map[string]string) *site {
	t.Helper()
	l, err := laptop.Start(t.Context(), laptop.Options{Root: root, State: state, Systems: []laptop.System{b2b.System()}, Context: values})
	s := &site{Laptop: mine(t, l, err)}
	s.stacks = cloudformation.NewFromConfig(s.AWS())
	if _, err := s.stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("CDKToolkit"), TemplateBody: aws.String(bootstrap), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}}); err != nil {
		t.Fatal(err)
	}
	if made := s.settled(t, "CDKToolkit"); made.StackStatus != types.StackStatusCreateComplete {
		t.Fatalf("the bootstrap stack is in %s: %s", made.StackStatus, aws.ToString(made.StackStatusReason))
	}
	return s
}

// deploy updates the pipeline to what it is with another context, and returns
// what becomes of the stack. Partners are those of the start, if nothing is said.
func (s *site) deploy(t *testing.T, values map[string]string) types.Stack {
	t.Helper()
	if values["partners"] == "" {
		values["partners"] = filepath.Join(s.State, "partners.json")
	}
	app := laptop.Options{Root: root, State: t.TempDir(), Systems: []laptop.System{b2b.System()}, Context: values}
	folder, err := app.Synthesize(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
		StackName: &desk.Stack, TemplateURL: aws.String(s.publish(t, folder)), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}); err != nil {
		t.Fatal(err)
	}
	now := s.settled(t, desk.Stack)
	s.wantNoFailure(t, now)
	return now
}

// wantNoFailure looks for what CloudFormation does not let an update fail for: a
// resource that cannot be deleted when all else is done.
func (s *site) wantNoFailure(t *testing.T, now types.Stack) {
	t.Helper()
	pages := cloudformation.NewDescribeStackEventsPaginator(s.stacks, &cloudformation.DescribeStackEventsInput{StackName: now.StackId})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.StackEvents {
			if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
				t.Errorf("%s is in %s: %s", aws.ToString(e.LogicalResourceId), e.ResourceStatus, aws.ToString(e.ResourceStatusReason))
			}
		}
	}
}

// publish puts the assets of the pipeline's stack into S3, and returns where the
// template is. The engine has the functions' code, which has not changed.
func (s *site) publish(t *testing.T, folder string) (template string) {
	t.Helper()
	var assets struct {
		Files map[string]struct {
			Source       struct{ Path, Packaging string }
			Destinations map[string]struct{ BucketName, ObjectKey string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(folder, desk.Stack+".assets.json"))), &assets); err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("${AWS::AccountId}", s.Engine.Cloud.Account, "${AWS::Region}", s.Engine.Cloud.Region)
	for _, asset := range assets.Files {
		for _, to := range asset.Destinations {
			if asset.Source.Packaging != "file" {
				continue
			}
			content, err := os.Open(filepath.Join(folder, asset.Source.Path))
			if err != nil {
				t.Fatal(err)
			}
			defer content.Close()
			bucket := here.Replace(to.BucketName)
			if _, err := s3.NewFromConfig(s.AWS()).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(to.ObjectKey), Body: content}); err != nil {
				t.Fatal(err)
			}
			if asset.Source.Path == desk.Stack+".template.json" {
				template = s.Endpoints.AWS + "/" + bucket + "/" + to.ObjectKey
			}
		}
	}
	return template
}

// settled waits until a stack is not under way any more.
func (s *site) settled(t *testing.T, stack string) (now types.Stack) {
	t.Helper()
	eventually(t, "stack "+stack+" is settled", func() bool {
		described, err := s.stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		if err != nil {
			t.Fatal(err)
		}
		now = described.Stacks[0]
		return !strings.HasSuffix(string(now.StackStatus), "_IN_PROGRESS")
	})
	return now
}

// resources are the physical ids of the pipeline's resources of a type, by
// logical id.
func (s *site) resources(t *testing.T, resourceType string) map[string]string {
	t.Helper()
	found := map[string]string{}
	pages := cloudformation.NewListStackResourcesPaginator(s.stacks, &cloudformation.ListStackResourcesInput{StackName: &desk.Stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.StackResourceSummaries {
			if *r.ResourceType == resourceType {
				found[*r.LogicalResourceId] = aws.ToString(r.PhysicalResourceId)
			}
		}
	}
	return found
}
