package cloudformation

// This file creates stacks by change sets, under a virtual clock: the client has
// no sockets.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// review is a ground that takes change sets.
type review struct {
	*ground
	*sdk.Client
	inS3 map[string]string // templates by their addresses
}

// onReview runs a test in a bubble.
func onReview(t *testing.T, test func(t *testing.T, r *review)) {
	synctest.Test(t, func(t *testing.T) {
		r := &review{ground: newGround(t), inS3: map[string]string{}}
		options := &r.CloudFormation.options
		options.Types = map[string]cfn.Type{
			"Test::Thing": cfn.Define("Test::Thing", r.thing, cfn.Update(r.change)), "AWS::SQS::Queue": cfn.Define("AWS::SQS::Queue", r.queue, cfn.Update(r.requeue)),
			"AWS::CloudFormation::CustomResource": r.Types()[0], "AWS::IAM::Role": cfn.Inert("AWS::IAM::Role", nil),
		}
		options.Ready = func(name string, template *cfn.Template, parameters map[string]string) (cfn.Stack, error) {
			return cfn.Stack{Name: name, Site: site, Template: template, Parameters: parameters}, nil
		}
		options.Fetch = func(_ context.Context, _ cloud.Caller, url string) ([]byte, error) {
			if text, ok := r.inS3[url]; ok {
				return []byte(text), nil
			}
			if strings.HasPrefix(url, "https://example.com/") {
				return nil, ErrAddress
			}
			return nil, cloud.Errorf(403, "AccessDenied", "Access Denied")
		}
		handler := wire.As(r.cloud, site.Administrator(), "cloudformation", r.Protocols())
		r.Client = sdk.New(sdk.Options{
			Region: site.Region, BaseEndpoint: aws.String("http://engine"), Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
			HTTPClient: direct(func(q *http.Request) (*http.Response, error) {
				recorder := httptest.NewRecorder()
				handler.ServeHTTP(recorder, q)
				return recorder.Result(), nil
			}), Retryer: aws.NopRetryer{},
		})
		test(t, r)
	})
}

type direct func(*http.Request) (*http.Response, error)

func (d direct) Do(q *http.Request) (*http.Response, error) { return d(q) }

// set is a change set of a new stack, and settle lets it come to its end.
func set(template string) *sdk.CreateChangeSetInput {
	return &sdk.CreateChangeSetInput{
		StackName: aws.String("shop"), ChangeSetName: aws.String("first"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: &template,
		Parameters: []types.Parameter{{ParameterKey: aws.String("Colour"), ParameterValue: aws.String("red")}, {ParameterKey: aws.String("Password"), ParameterValue: aws.String("pass")}},
	}
}

func (r *review) settle(t *testing.T, in *sdk.CreateChangeSetInput) *sdk.DescribeChangeSetOutput {
	t.Helper()
	made, err := r.CreateChangeSet(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	out, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{ChangeSetName: made.Id})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *review) execute(t *testing.T, in sdk.ExecuteChangeSetInput) {
	t.Helper()
	in.StackName, in.ChangeSetName = aws.String("shop"), aws.String("first")
	if _, err := r.ExecuteChangeSet(t.Context(), &in); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func TestAChangeSetCreatesAStack(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		in := set(shop)
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("door")}}
		d := r.settle(t, in)
		var changes []string
		for _, c := range d.Changes {
			changes = append(changes, fmt.Sprint(c.ResourceChange.Action, " ", *c.ResourceChange.LogicalResourceId, " ", *c.ResourceChange.ResourceType))
		}
		want := []string{"Add A Test::Thing", "Add B Test::Thing", "Add Kept Test::Thing"}
		if d.Status != "CREATE_COMPLETE" || d.ExecutionStatus != "AVAILABLE" || !slices.Equal(changes, want) || *d.Parameters[1].ParameterValue != "****" || *d.Tags[0].Value != "door" {
			t.Fatalf("the change set is %+v", d)
		}
		if s := described(t, r.Client, "shop"); s.StackStatus != "REVIEW_IN_PROGRESS" || *s.StackId != *d.StackId {
			t.Errorf("before it is executed, the stack is %+v", s)
		}
		if out, err := r.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: aws.String("shop")}); err != nil || aws.ToString(out.TemplateBody) != "" {
			t.Errorf("the template of the stack is %+v, %v", out, err)
		}
		if out, err := r.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: aws.String("shop"), ChangeSetName: aws.String("first")}); err != nil || *out.TemplateBody != shop {
			t.Errorf("the template of the set is %+v, %v", out, err)
		}
		r.execute(t, sdk.ExecuteChangeSetInput{})
		s := described(t, r.Client, "shop")
		if s.StackStatus != "CREATE_COMPLETE" || *s.ChangeSetId != *d.ChangeSetId || *s.Outputs[1].OutputValue != "local red" || *s.Tags[0].Key != "team" || *s.Description != "A shop" {
			t.Errorf("the stack is %+v", s)
		}
		again, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{StackName: aws.String("shop"), ChangeSetName: aws.String("first")})
		if err != nil || again.ExecutionStatus != "EXECUTE_COMPLETE" {
			t.Errorf("then the set is %+v, %v", again, err)
		}
		_, err = r.ExecuteChangeSet(t.Context(), &sdk.ExecuteChangeSetInput{StackName: aws.String("shop"), ChangeSetName: aws.String("first")})
		refused(t, err, "InvalidChangeSetStatus", "[EXECUTE_COMPLETE]")
		out, err := r.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: aws.String("shop")})
		if n := len(out.StackEvents); err != nil || n != 9 || out.StackEvents[n-1].ResourceStatus != "REVIEW_IN_PROGRESS" || out.StackEvents[n-2].ResourceStatus != "CREATE_IN_PROGRESS" {
			t.Errorf("the events are %+v, %v", out, err)
		}
	})
}

// refused is why a call failed, if not for a ValidationError.
func refused(t *testing.T, err error, code, want string) {
	t.Helper()
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok || !strings.HasPrefix(e.ErrorCode(), code) || !strings.Contains(e.ErrorMessage(), want) {
		t.Errorf("got %v, want a %s with %q", err, code, want)
	}
}

func TestAStackOfAChangeSetThatCannotBeCreatedIsUndone(t *testing.T) {
	const broken = `{"Resources": {"A": {"Type": "Test::Thing"}, "B": {"Type": "Test::Thing", "Properties": {"Broken": true}, "DependsOn": "A"}}}`
	for _, row := range []struct {
		name       string
		onFailure  types.OnStackFailure
		disable    bool
		status, of string
	}{
		{"by default", "", false, "ROLLBACK_COMPLETE", "DELETE_COMPLETE"},
		{"if it is to be rolled back", "ROLLBACK", false, "ROLLBACK_COMPLETE", "DELETE_COMPLETE"},
		{"with the stack", "DELETE", false, "DELETE_COMPLETE", "DELETE_COMPLETE"},
		{"unless the set says otherwise", "DO_NOTHING", false, "CREATE_FAILED", "CREATE_COMPLETE"},
		{"unless the execution says otherwise", "", true, "CREATE_FAILED", "CREATE_COMPLETE"},
	} {
		t.Run(row.name, func(t *testing.T) {
			onReview(t, func(t *testing.T, r *review) {
				in := set(broken)
				in.Parameters, in.OnStackFailure = nil, row.onFailure
				d := r.settle(t, in)
				r.execute(t, sdk.ExecuteChangeSetInput{DisableRollback: &row.disable})
				out, err := r.DescribeStackResources(t.Context(), &sdk.DescribeStackResourcesInput{StackName: d.StackId, LogicalResourceId: aws.String("A")})
				if s := described(t, r.Client, *d.StackId); err != nil || string(s.StackStatus) != row.status || string(out.StackResources[0].ResourceStatus) != row.of {
					t.Errorf("the stack is in %s, and A in %+v, %v", s.StackStatus, out, err)
				} else if told := s.ChangeSetId != nil; told != (row.status == "CREATE_FAILED") {
					t.Errorf("in %s, that it tells its set is %v", s.StackStatus, told)
				}
				set, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{ChangeSetName: d.ChangeSetId})
				if err != nil || set.ExecutionStatus != "EXECUTE_FAILED" {
					t.Errorf("the set is %+v, %v", set, err)
				}
			})
		})
	}
}

func TestWhatAChangeSetCannotBeMadeOfIsRefused(t *testing.T) {
	const role = `{"Resources": {"R": {"Type": "AWS::IAM::Role"%s}}}`
	for name, row := range map[string]struct {
		change     func(in *sdk.CreateChangeSetInput)
		code, want string
	}{
		"no template":  {func(in *sdk.CreateChangeSetInput) { in.TemplateBody = nil }, "ValidationError", "Either Template URL or Template Body must be specified."},
		"no JSON":      {func(in *sdk.CreateChangeSetInput) { in.TemplateBody = aws.String("{") }, "ValidationError", "Template format error"},
		"no resources": {func(in *sdk.CreateChangeSetInput) { in.TemplateBody = aws.String("{}") }, "ValidationError", "At least one Resources member must be defined."},
		"too long":     {func(in *sdk.CreateChangeSetInput) { in.TemplateBody = aws.String(shop + strings.Repeat(" ", maxBody)) }, "ValidationError", "less than or equal to 51200"},
		"not in S3":    {func(in *sdk.CreateChangeSetInput) { in.TemplateBody, in.TemplateURL = nil, aws.String("http://x/y") }, "ValidationError", "S3 error: Access Denied\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"},
		"at no address of S3": {func(in *sdk.CreateChangeSetInput) {
			in.TemplateBody, in.TemplateURL = nil, aws.String("https://example.com/t.yaml")
		}, "ValidationError", "TemplateURL must be a supported URL."},
		"at an address for the CLI": {func(in *sdk.CreateChangeSetInput) {
			in.TemplateBody, in.TemplateURL = nil, aws.String("s3://bucket/t.yaml")
		}, "ValidationError", "S3 error: Domain name specified in bucket is not a valid S3 domain"},
		"of what transforms resources": {func(in *sdk.CreateChangeSetInput) {
			in.TemplateBody = aws.String(`{"Resources": {"Fn::Transform": {"Name": "AWS::Include"}}}`)
		}, "ValidationError", "Fn::Transform among the Resources is not supported by the local engine"},
		"a parameter is absent": {func(in *sdk.CreateChangeSetInput) { in.Parameters = in.Parameters[:1] }, "ValidationError", "Parameters: [Password] must have values"},
		"one too many": {func(in *sdk.CreateChangeSetInput) {
			in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: aws.String("Odd"), ParameterValue: aws.String("1")})
		}, "ValidationError", "Parameters: [Odd] do not exist in the template"},
		"a role": {func(in *sdk.CreateChangeSetInput) {
			in.TemplateBody, in.Parameters = aws.String(fmt.Sprintf(role, "")), nil
		}, "InsufficientCapabilities", "Requires capabilities : [CAPABILITY_IAM]"},
		"a role with a name": {func(in *sdk.CreateChangeSetInput) {
			in.TemplateBody, in.Parameters = aws.String(fmt.Sprintf(role, `, "Properties": {"RoleName": "r"}`)), nil
			in.Capabilities = []types.Capability{types.CapabilityCapabilityIam}
		}, "InsufficientCapabilities", "Requires capabilities : [CAPABILITY_NAMED_IAM]"},
		"a tag of AWS's":        {func(in *sdk.CreateChangeSetInput) { in.Tags = tagsOf("AWS:x", "1") }, "ValidationError", "aws: prefixed tag key names are not allowed for external use"},
		"a tag without a value": {func(in *sdk.CreateChangeSetInput) { in.Tags = tagsOf("a", "1", "b", "") }, "ValidationError", "at 'tags.2.member.value'"},
		"a tag without a key":   {func(in *sdk.CreateChangeSetInput) { in.Tags = tagsOf("", "1") }, "ValidationError", "at 'tags.1.member.key'"},
		"a tag twice":           {func(in *sdk.CreateChangeSetInput) { in.Tags = tagsOf("a", "1", "a", "2") }, "ValidationError", "Duplicate tag keys found: a"},
		"too many tags":         {func(in *sdk.CreateChangeSetInput) { in.Tags = slices.Repeat(tagsOf("a", "1"), 51) }, "ValidationError", "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50"},
		"resources that wait for each other": {func(in *sdk.CreateChangeSetInput) {
			in.TemplateBody, in.Parameters = aws.String(`{"Resources": {"A": {"Type": "AWS::SNS::Topic", "DependsOn": "B"}, "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "A"}}}}}`), nil
		}, "ValidationError", "Circular dependency between resources: [A, B]"},
		"a mapping of nothing": {func(in *sdk.CreateChangeSetInput) {
			in.TemplateBody = aws.String(`{"Parameters": {"S": {"Type": "String"}}, "Mappings": {"M": {"a": {"b": "1"}}},
				"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::FindInMap": ["M", {"Ref": "S"}, "b"]}}}}}`)
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("S"), ParameterValue: aws.String("c")}}
		}, "ValidationError", "Template error: Unable to get mapping for M::c::b"},
		"an update of nothing": {func(in *sdk.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeUpdate }, "ValidationError", "Stack [shop] does not exist"},
		"an import":            {func(in *sdk.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeImport }, "ValidationError", "imports no resources"},
	} {
		t.Run(name, func(t *testing.T) {
			onReview(t, func(t *testing.T, r *review) {
				in := set(shop)
				row.change(in)
				_, err := r.CreateChangeSet(t.Context(), in)
				refused(t, err, row.code, row.want)
				if out, err := r.DescribeStacks(t.Context(), &sdk.DescribeStacksInput{}); err != nil || len(out.Stacks) > 0 {
					t.Errorf("there are stacks: %+v, %v", out, err)
				}
			})
		})
	}
}

func TestAChangeSetOfWhatTheEngineDoesNotDoFails(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.inS3["http://s3/b/k"] = `{"Resources": {"A": {"Type": "Test::Other"}}}`
		in := set("")
		in.TemplateBody, in.TemplateURL, in.Parameters = nil, aws.String("http://s3/b/k"), nil
		d := r.settle(t, in)
		if d.Status != "FAILED" || d.ExecutionStatus != "UNAVAILABLE" || !strings.Contains(*d.StatusReason, "A: resource type Test::Other is not supported") {
			t.Errorf("the set is %+v", d)
		}
		_, err := r.ExecuteChangeSet(t.Context(), &sdk.ExecuteChangeSetInput{ChangeSetName: d.ChangeSetId})
		refused(t, err, "InvalidChangeSetStatus", "cannot be executed in its current status of [FAILED]")
	})
}

func TestAStackIsCreatedOnce(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		in := set(shop)
		r.settle(t, in)
		_, err := r.CreateChangeSet(t.Context(), in)
		refused(t, err, "AlreadyExists", "first")
		r.execute(t, sdk.ExecuteChangeSetInput{})
		in.ChangeSetName = aws.String("second")
		_, err = r.CreateChangeSet(t.Context(), in)
		failing(t, err, "Stack [shop] already exists and cannot be created again with the changeSet [second].")
		in.ChangeSetType = types.ChangeSetTypeUpdate
		if d := r.settle(t, in); d.Status != "FAILED" || *d.StatusReason != "The submitted information didn't contain changes. Submit different information to create a change set." {
			t.Errorf("a set without changes is %+v", d)
		}
	})
}

func TestAChangeSetThatIsDeletedIsGone(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.settle(t, set(shop))
		for range 2 { // the second time there is nothing to delete
			if _, err := r.DeleteChangeSet(t.Context(), &sdk.DeleteChangeSetInput{StackName: aws.String("shop"), ChangeSetName: aws.String("first")}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{StackName: aws.String("shop"), ChangeSetName: aws.String("first")})
		refused(t, err, "ChangeSetNotFound", "ChangeSet [first] does not exist")
		if s := described(t, r.Client, "shop"); s.StackStatus != "REVIEW_IN_PROGRESS" {
			t.Errorf("the stack is in %s", s.StackStatus)
		}
		if s := deleted(t, r.Client, &sdk.DeleteStackInput{StackName: aws.String("shop")}); s.StackStatus != "DELETE_COMPLETE" {
			t.Errorf("the stack that was deleted is in %s", s.StackStatus)
		}
	})
}

func TestOfSeveralChangeSetsOneIsExecuted(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		in := set(shop)
		in.ClientToken = aws.String("once")
		if first, again := r.settle(t, in), r.settle(t, in); *first.ChangeSetId != *again.ChangeSetId {
			t.Errorf("one request made the sets %s and %s", *first.ChangeSetId, *again.ChangeSetId)
		}
		in.ChangeSetName = aws.String("second")
		other := r.settle(t, in)
		r.execute(t, sdk.ExecuteChangeSetInput{})
		_, err := r.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{StackName: aws.String("shop"), ChangeSetName: other.ChangeSetId})
		refused(t, err, "ChangeSetNotFound", "does not exist")
	})
}

func TestAChangeSetEndsWithItsStack(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		d := r.settle(t, set(shop))
		deleted(t, r.Client, &sdk.DeleteStackInput{StackName: aws.String("shop")})
		_, err := r.ExecuteChangeSet(t.Context(), &sdk.ExecuteChangeSetInput{StackName: d.StackId, ChangeSetName: d.ChangeSetId})
		refused(t, err, "InvalidChangeSetStatus", "cannot be executed")
		if s := described(t, r.Client, *d.StackId); s.StackStatus != "DELETE_COMPLETE" {
			t.Errorf("the stack is in %s", s.StackStatus)
		}
	})
}

// tagsOf are tags by keys and values.
func tagsOf(pairs ...string) (all []types.Tag) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return all
}
