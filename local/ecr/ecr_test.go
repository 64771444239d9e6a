package ecr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/ecr"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/wire"
)

var site = cloud.Site{Account: "123456789012", Region: "eu-central-1"}

// registry is the service with the repositories of a template.
type registry struct {
	*cloud.Cloud
	types map[string]cfn.Type
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{cloud.New(site), map[string]cfn.Type{}}
	t.Cleanup(r.Close)
	identity := iam.New(r.Cloud)
	r.Authorizer, r.Policies = identity, identity
	service := ecr.New(r.Cloud)
	r.Register("ecr", service)
	for _, typ := range service.Types() {
		r.types[typ.Name] = typ
	}
	return r
}

func (r *registry) create(t *testing.T, repositories string) (*cfn.Created, error) {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": {` + repositories + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	stack := cfn.Stack{Name: "toolkit", Site: site, Template: template}
	if faults := stack.Check(r.types); len(faults) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	return stack.Create(t.Context(), r.types)
}

// client is the SDK's, as the account's administrator.
func (r *registry) client(t *testing.T) *sdk.Client {
	t.Helper()
	server := httptest.NewServer(wire.As(r.Cloud, site.Administrator(), "ecr", wire.Protocols{}))
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{Region: site.Region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")})
}

const policy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "ecr:BatchGetImage"}]}`

func repository(id, properties string) string {
	return fmt.Sprintf(`%q: {"Type": "AWS::ECR::Repository", "Properties": {%s}}`, id, properties)
}

func TestARepositoryIsToldAsItWasDeclaredAndIsEmpty(t *testing.T) {
	r := newRegistry(t)
	created, err := r.create(t, repository("Assets", `"RepositoryName": "assets", "ImageTagMutability": "IMMUTABLE", "ImageScanningConfiguration": {"ScanOnPush": true},
		"LifecyclePolicy": {"LifecyclePolicyText": "{\"rules\": []}"}, "RepositoryPolicyText": `+policy)+","+repository("Plain", ""))
	if err != nil {
		t.Fatal(err)
	}
	const arn, uri = "arn:aws:ecr:eu-central-1:123456789012:repository/assets", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/assets"
	if h := created.Handles["Assets"]; h.Ref != "assets" || h.Attributes["Arn"] != arn || h.Attributes["RepositoryUri"] != uri {
		t.Errorf("Ref and Fn::GetAtt answer %+v", h)
	}
	client := r.client(t)
	described, err := client.DescribeRepositories(t.Context(), &sdk.DescribeRepositoriesInput{RepositoryNames: []string{"assets"}})
	if err != nil {
		t.Fatal(err)
	}
	if d := described.Repositories[0]; *d.RepositoryArn != arn || *d.RepositoryUri != uri || *d.RegistryId != site.Account ||
		d.ImageTagMutability != types.ImageTagMutabilityImmutable || !d.ImageScanningConfiguration.ScanOnPush || d.CreatedAt == nil {
		t.Errorf("got %+v", d)
	}
	images, err := client.DescribeImages(t.Context(), &sdk.DescribeImagesInput{RepositoryName: aws.String("assets")})
	if err != nil || len(images.ImageDetails) != 0 {
		t.Errorf("got the images %+v, %v", images, err)
	}
	listed, err := client.ListImages(t.Context(), &sdk.ListImagesInput{RepositoryName: aws.String("assets")})
	if err != nil || len(listed.ImageIds) != 0 {
		t.Errorf("got the images %+v, %v", listed, err)
	}
	said, err := client.GetRepositoryPolicy(t.Context(), &sdk.GetRepositoryPolicyInput{RepositoryName: aws.String("assets")})
	if err != nil || !strings.Contains(aws.ToString(said.PolicyText), "lambda.amazonaws.com") {
		t.Errorf("got the policy %+v, %v", said, err)
	}
	rules, err := client.GetLifecyclePolicy(t.Context(), &sdk.GetLifecyclePolicyInput{RepositoryName: aws.String("assets")})
	if err != nil || *rules.LifecyclePolicyText != `{"rules": []}` {
		t.Errorf("got the rules %+v, %v", rules, err)
	}

	first, err := client.DescribeRepositories(t.Context(), &sdk.DescribeRepositoriesInput{MaxResults: aws.Int32(1)})
	if err != nil || len(first.Repositories) != 1 || first.NextToken == nil {
		t.Fatalf("got the first page %+v, %v", first, err)
	}
	second, err := client.DescribeRepositories(t.Context(), &sdk.DescribeRepositoriesInput{MaxResults: aws.Int32(1), NextToken: first.NextToken})
	if err != nil || len(second.Repositories) != 1 || second.NextToken != nil || !strings.HasPrefix(*second.Repositories[0].RepositoryName, "toolkit-plain-") {
		t.Errorf("got the second page %+v, %v", second, err)
	}

	if err := created.Delete(t.Context(), cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	if left, err := client.DescribeRepositories(t.Context(), &sdk.DescribeRepositoriesInput{}); err != nil || len(left.Repositories) != 0 {
		t.Errorf("there is left %+v, %v", left, err)
	}
}

func TestWhatIsNotThereAndImagesAreRefusedByTheErrorsOfTheSDK(t *testing.T) {
	r := newRegistry(t)
	if _, err := r.create(t, repository("Assets", `"RepositoryName": "assets"`)); err != nil {
		t.Fatal(err)
	}
	client, ctx, assets := r.client(t), t.Context(), aws.String("assets")
	for _, tt := range []struct {
		name, code, says string
		call             func() error
	}{
		{"a repository", "RepositoryNotFoundException", "'none' does not exist in the registry with id '123456789012'", func() error {
			_, err := client.DescribeRepositories(ctx, &sdk.DescribeRepositoriesInput{RepositoryNames: []string{"none"}})
			return err
		}},
		{"an image", "ImageNotFoundException", "imageTag:'abc'", func() error {
			_, err := client.DescribeImages(ctx, &sdk.DescribeImagesInput{RepositoryName: assets, ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("abc")}}})
			return err
		}},
		{"a policy", "RepositoryPolicyNotFoundException", "'assets'", func() error {
			_, err := client.GetRepositoryPolicy(ctx, &sdk.GetRepositoryPolicyInput{RepositoryName: assets})
			return err
		}},
		{"rules", "LifecyclePolicyNotFoundException", "'assets'", func() error {
			_, err := client.GetLifecyclePolicy(ctx, &sdk.GetLifecyclePolicyInput{RepositoryName: assets})
			return err
		}},
		{"a page", "InvalidParameterException", "nextToken", func() error {
			_, err := client.DescribeRepositories(ctx, &sdk.DescribeRepositoriesInput{NextToken: aws.String("x")})
			return err
		}},
		{"a login of docker", "UnknownOperationException", "takes no images", func() error {
			_, err := client.GetAuthorizationToken(ctx, &sdk.GetAuthorizationTokenInput{})
			return err
		}},
		{"an image that is pushed", "UnknownOperationException", "takes no images", func() error {
			_, err := client.PutImage(ctx, &sdk.PutImageInput{RepositoryName: assets, ImageManifest: aws.String("{}")})
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var api smithy.APIError
			if err := tt.call(); !errors.As(err, &api) || api.ErrorCode() != tt.code || !strings.Contains(api.ErrorMessage(), tt.says) {
				t.Errorf("got %v, want %s with %q", err, tt.code, tt.says)
			}
		})
	}
}

func TestARepositoryThatAWSWouldNotCreateIsRefused(t *testing.T) {
	for _, tt := range []struct{ name, repositories, want string }{
		{"a name of other characters", repository("A", `"RepositoryName": "Assets"`), "RepositoryName is \"Assets\""},
		{"a name of one character", repository("A", `"RepositoryName": "a"`), "2 to 256 characters"},
		{"a mutability that there is not", repository("A", `"ImageTagMutability": "SOMETIMES"`), "ImageTagMutability is \"SOMETIMES\""},
		{"rules that are no JSON", repository("A", `"LifecyclePolicy": {"LifecyclePolicyText": "rules"}`), "LifecyclePolicyText is no JSON"},
		{"one name twice", repository("A", `"RepositoryName": "assets"`) + "," + repository("B", `"RepositoryName": "assets"`), "RepositoryAlreadyExistsException"},
		{"a property that does not exist", repository("A", `"Colour": "red"`), "A (AWS::ECR::Repository): property Colour is not supported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := newRegistry(t).create(t, tt.repositories); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTheCallerNeedsPermissionForTheRepository(t *testing.T) {
	r := newRegistry(t)
	nobody := cloud.Caller{ARN: "arn:aws:iam::123456789012:user/nobody"}
	for action, input := range map[string]string{
		"DescribeRepositories": `{"repositoryNames": ["assets"]}`, "DescribeImages": `{"repositoryName": "assets"}`, "ListImages": `{"repositoryName": "assets"}`,
		"GetRepositoryPolicy": `{"repositoryName": "assets"}`, "GetLifecyclePolicy": `{"repositoryName": "assets"}`,
	} {
		_, err := r.Perform(t.Context(), nobody, "ecr", action, json.RawMessage(input))
		if want := "ecr:" + action + " on resource: arn:aws:ecr:eu-central-1:123456789012:repository/assets"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
