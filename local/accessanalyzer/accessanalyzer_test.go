package accessanalyzer_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsanalyzer "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/tradepost-dev/tradepost/local/accessanalyzer"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// authorizer allows some callers one action on any resource.
type authorizer struct{ asked string }

func (a *authorizer) Authorize(caller cloud.Caller, action, resource string) error {
	a.asked = action + " on " + resource
	if caller.Root {
		return nil
	}
	return cloud.Errorf(403, "AccessDeniedException", "no %s", action)
}

func (*authorizer) Assume(cloud.Caller, string, string) (cloud.Caller, error) {
	return cloud.Caller{}, nil
}

func client(t *testing.T, caller cloud.Caller) (*awsanalyzer.Client, *authorizer) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	t.Cleanup(c.Close)
	asked, service := &authorizer{}, accessanalyzer.New(c)
	c.Authorizer = asked
	c.Register("access-analyzer", service)
	server := httptest.NewServer(wire.As(c, caller, "access-analyzer", service.Protocols()))
	t.Cleanup(server.Close)
	return awsanalyzer.New(awsanalyzer.Options{
		BaseEndpoint: aws.String(server.URL), Region: c.Region, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}), asked
}

var administrator = cloud.Site{Account: "111122223333"}.Administrator()

func policy(statements string) *string {
	return aws.String(`{"Version": "2012-10-17", "Statement": ` + statements + `}`)
}

func TestTheSDKIsToldWhichStatementsGrantAnAccess(t *testing.T) {
	client, _ := client(t, administrator)
	const statements = `[{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}, {"Effect": "Allow", "Action": "S3:Del*", "Resource": "arn:aws:s3:::a*"},
		{"Sid": "Rest", "Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"}]`
	for _, tt := range []struct {
		name, statements string
		access           types.Access
		want             string
	}{
		{"granted by two statements", statements, types.Access{Actions: []string{"iam:CreateUser", "s3:DeleteBucket"}},
			"FAIL The policy document grants access to perform one or more of the listed actions. [1  One or more of the listed actions in the statement with index: 1.] [2 Rest One or more of the listed actions in the statement with sid: Rest.]"},
		{"not granted", statements, types.Access{Actions: []string{"iam:*", "kms:Decrypt"}},
			"PASS The policy document does not grant access to perform one or more of the listed actions."},
		{"denied", `[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:D*", "Resource": "*"}]`, types.Access{Actions: []string{"s3:DeleteBucket"}},
			"PASS The policy document does not grant access to perform one or more of the listed actions."},
		{"on a resource", `{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a/*"}`, types.Access{Resources: []string{"arn:aws:s3:::a/x"}},
			"FAIL The policy document grants access to perform one or more of the listed actions or resources. [0  One or more of the listed actions or resources in the statement with index: 0.]"},
		{"an action on another resource", `{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a/*"}`, types.Access{Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::b/*"}},
			"PASS The policy document does not grant access to perform the listed actions or resources."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := client.CheckAccessNotGranted(t.Context(), &awsanalyzer.CheckAccessNotGrantedInput{
				PolicyDocument: policy(tt.statements), PolicyType: types.AccessCheckPolicyTypeIdentityPolicy, Access: []types.Access{tt.access},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(out.Result, " ", *out.Message)
			for _, r := range out.Reasons {
				got += fmt.Sprintf(" [%d %s %s]", *r.StatementIndex, aws.ToString(r.StatementId), *r.Description)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestACheckIsHeldToItsLimits(t *testing.T) {
	client, _ := client(t, administrator)
	sound := policy(`{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}`)
	many := func(n int) []types.Access {
		return []types.Access{{Actions: strings.Fields(strings.Repeat("s3:A ", n))}}
	}
	identity := types.AccessCheckPolicyTypeIdentityPolicy
	for _, tt := range []struct {
		name     string
		document *string
		kind     types.AccessCheckPolicyType
		access   []types.Access
		want     string // of the message; empty for what is accepted
	}{
		{"100 actions", sound, identity, many(100), ""},
		{"101 actions", sound, identity, many(101), "Value at 'access.1.member.actions' failed"},
		{"101 resources", sound, identity, []types.Access{{Resources: many(101)[0].Actions}}, "Value at 'access.1.member.resources' failed"},
		{"nothing asked", sound, identity, []types.Access{{}}, "Member must have actions or resources"},
		{"two accesses", sound, identity, append(many(1), many(1)...), "Member must have length 1"},
		{"no access", sound, identity, []types.Access{}, "Member must have length 1"},
		{"a resource policy", sound, types.AccessCheckPolicyTypeResourcePolicy, many(1), "does not check resource policies"},
		{"a kind that is none", sound, "TRUST_POLICY", many(1), "must be IDENTITY_POLICY or RESOURCE_POLICY"},
		{"an empty document", aws.String(""), identity, many(1), "'policyDocument' failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client.CheckAccessNotGranted(t.Context(), &awsanalyzer.CheckAccessNotGrantedInput{PolicyDocument: tt.document, PolicyType: tt.kind, Access: tt.access})
			invalid, ok := errors.AsType[*types.ValidationException](err)
			if tt.want == "" && err != nil || tt.want != "" && (!ok || !strings.Contains(*invalid.Message, tt.want) || invalid.Reason != types.ValidationExceptionReasonFieldValidationFailed || len(invalid.FieldList) != 1) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	_, err := client.CheckAccessNotGranted(t.Context(), &awsanalyzer.CheckAccessNotGrantedInput{PolicyDocument: aws.String(`{"Statement": 7}`), PolicyType: identity, Access: many(1)})
	if _, ok := errors.AsType[*types.InvalidParameterException](err); !ok {
		t.Errorf("a document that is no policy: %v", err)
	}
}

func TestACheckNeedsItsPermission(t *testing.T) {
	client, asked := client(t, cloud.Caller{ARN: "arn:aws:iam::111122223333:user/alice"})
	_, err := client.CheckAccessNotGranted(t.Context(), &awsanalyzer.CheckAccessNotGrantedInput{
		PolicyDocument: policy(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`), PolicyType: types.AccessCheckPolicyTypeIdentityPolicy, Access: []types.Access{{Actions: []string{"*"}}},
	})
	if _, ok := errors.AsType[*types.AccessDeniedException](err); !ok || asked.asked != "access-analyzer:CheckAccessNotGranted on *" {
		t.Errorf("got %v, asked %s", err, asked.asked)
	}
}
