package cloudtrail_test

// This file is about management events: IAM is called by the AWS SDK, and a bus
// shows what CloudTrail makes of it.

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudtrail"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const (
	trusts   = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}`
	document = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`
)

// account is IAM under the eyes of one trail.
type account struct {
	*cloud.Cloud
	*bus
	iam *iam.IAM
}

// watched has a trail with the properties, or none where they are empty.
func watched(t *testing.T, region, properties string) *account {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: region})
	t.Cleanup(c.Close)
	a := &account{Cloud: c, bus: &bus{}, iam: iam.New(c)}
	trail := cloudtrail.New(c)
	c.Authorizer, c.Policies, c.Bus, c.Trail = a.iam, a.iam, a.bus, trail
	c.Register("iam", a.iam)
	if properties == "" {
		return a
	}
	template, err := cfn.Parse([]byte(`{"Resources":{"Trail":{"Type":"AWS::CloudTrail::Trail","Properties":{"S3BucketName":"logs",` + properties + `}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&cfn.Stack{Name: "Stack", Site: c.Site, Template: template}).Create(t.Context(), map[string]cfn.Type{"AWS::CloudTrail::Trail": trail.Types()[0]}); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *account) client(t *testing.T, caller cloud.Caller) *awsiam.Client {
	t.Helper()
	server := httptest.NewServer(wire.As(a.Cloud, caller, "iam", a.iam.Protocols()))
	t.Cleanup(server.Close)
	return awsiam.New(awsiam.Options{
		BaseEndpoint: aws.String(server.URL), Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
}

// recorded is the detail of the last event, of so many.
func (a *account) recorded(t *testing.T, events int) map[string]any {
	t.Helper()
	if len(a.events) != events {
		t.Fatalf("%d events, want %d", len(a.events), events)
	}
	var detail map[string]any
	if err := json.Unmarshal(a.events[events-1].Detail, &detail); err != nil {
		t.Fatal(err)
	}
	return detail
}

// at looks a value up: "userIdentity.sessionContext.sessionIssuer.arn".
func at(detail map[string]any, path string) any {
	var value any = detail
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// holds compares values of a record with those wanted; nil is one that is null or absent.
func holds(t *testing.T, detail map[string]any, want map[string]any) {
	t.Helper()
	for path, value := range want {
		if got := at(detail, path); got != value {
			t.Errorf("%s is %v, want %v", path, got, value)
		}
	}
}

const all = `"IsLogging":true,"IsMultiRegionTrail":true`

func TestACallThatChangesAPolicyBecomesAnEventInCloudTrailsShape(t *testing.T) {
	a := watched(t, "us-east-1", all)
	client := a.client(t, a.Administrator())
	made, err := client.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: aws.String("wide"), Path: aws.String("/x/"), PolicyDocument: aws.String(document)})
	if err != nil {
		t.Fatal(err)
	}
	detail := a.recorded(t, 1)
	requestID, _ := middleware.GetRequestIDMetadata(made.ResultMetadata)
	holds(t, detail, map[string]any{
		"eventVersion": "1.11", "eventSource": "iam.amazonaws.com", "eventName": "CreatePolicy", "awsRegion": "us-east-1", "eventType": "AwsApiCall",
		"readOnly": false, "managementEvent": true, "eventCategory": "Management", "recipientAccountId": "111122223333", "errorCode": nil,
		"sourceIPAddress": "127.0.0.1", "userIdentity.type": "Root", "userIdentity.arn": "arn:aws:iam::111122223333:root",
		"requestParameters.policyName": "wide", "requestParameters.path": "/x/", "requestParameters.policyDocument": document,
		"responseElements.policy.arn": *made.Policy.Arn, "responseElements.policy.policyName": "wide", "responseElements.policy.defaultVersionId": "v1",
		"requestID":                        requestID,
		"responseElements.policy.policyId": *made.Policy.PolicyId, "responseElements.policy.attachmentCount": 0.0, "responseElements.policy.isAttachable": true,
	})
	if date, _ := at(detail, "responseElements.policy.createDate").(string); !strings.HasSuffix(date, "M") || !strings.Contains(date, ", 20") {
		t.Errorf("createDate %q", date)
	}
	if agent, _ := detail["userAgent"].(string); !strings.HasPrefix(agent, "aws-sdk-go-v2/") {
		t.Errorf("userAgent %q", agent)
	}
	e := a.events[0]
	if e.Source != "aws.iam" || e.DetailType != "AWS API Call via CloudTrail" || e.Region != "us-east-1" || e.Account != "111122223333" {
		t.Errorf("event %+v", e)
	}
	if _, err := client.CreatePolicyVersion(t.Context(), &awsiam.CreatePolicyVersionInput{PolicyArn: made.Policy.Arn, PolicyDocument: aws.String(document), SetAsDefault: true}); err != nil {
		t.Fatal(err)
	}
	holds(t, a.recorded(t, 2), map[string]any{
		"eventName": "CreatePolicyVersion", "requestParameters.policyArn": *made.Policy.Arn, "requestParameters.setAsDefault": true,
		"responseElements.policyVersion.versionId": "v2", "responseElements.policyVersion.isDefaultVersion": true, "responseElements.policyVersion.document": nil,
	})
	if _, err := client.SetDefaultPolicyVersion(t.Context(), &awsiam.SetDefaultPolicyVersionInput{PolicyArn: made.Policy.Arn, VersionId: aws.String("v1")}); err != nil {
		t.Fatal(err)
	}
	holds(t, a.recorded(t, 3), map[string]any{"eventName": "SetDefaultPolicyVersion", "requestParameters.versionId": "v1", "responseElements": nil})
}

func TestARecordNamesTheCallerAndTheRoleBehindIt(t *testing.T) {
	a := watched(t, "us-east-1", all)
	admin := a.client(t, a.Administrator())
	role, err := admin.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("deployer"), Path: aws.String("/ci/"), AssumeRolePolicyDocument: aws.String(trusts)})
	if err != nil {
		t.Fatal(err)
	}
	session := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/deployer/run-7", Role: *role.Role.Arn, ID: *role.Role.RoleId + ":run-7"}
	if _, err := a.client(t, session).CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("eve")}); err == nil {
		t.Fatal("a role without policies made a user")
	}
	holds(t, a.recorded(t, 2), map[string]any{
		"eventName": "CreateUser", "errorCode": "AccessDenied", "requestParameters.userName": "eve", "responseElements": nil,
		"errorMessage":                                          "User: " + session.ARN + " is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::111122223333:user/eve because no identity-based policy allows the iam:CreateUser action",
		"userIdentity.type":                                     "AssumedRole",
		"userIdentity.arn":                                      session.ARN,
		"userIdentity.principalId":                              session.ID,
		"userIdentity.accountId":                                "111122223333",
		"userIdentity.sessionContext.sessionIssuer.type":        "Role",
		"userIdentity.sessionContext.sessionIssuer.arn":         *role.Role.Arn,
		"userIdentity.sessionContext.sessionIssuer.principalId": *role.Role.RoleId,
		"userIdentity.sessionContext.sessionIssuer.userName":    "deployer",
	})
	user := cloud.Caller{ARN: "arn:aws:iam::111122223333:user/staff/alice", ID: "AIDAX"}
	if _, err := a.client(t, user).DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("deployer")}); err == nil {
		t.Fatal("a user without policies deleted a role")
	}
	holds(t, a.recorded(t, 3), map[string]any{"userIdentity.type": "IAMUser", "userIdentity.userName": "alice", "userIdentity.principalId": "AIDAX", "userIdentity.arn": user.ARN})
	if _, err := admin.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("nobody")}); err == nil {
		t.Fatal("nobody was deleted")
	}
	holds(t, a.recorded(t, 4), map[string]any{"errorCode": "NoSuchEntityException", "errorMessage": "The role with name nobody cannot be found."})
}

func TestARecordShowsNoSecretKey(t *testing.T) {
	a := watched(t, "us-east-1", all)
	client := a.client(t, a.Administrator())
	if _, err := client.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("eve")}); err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: aws.String("eve")})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, a.recorded(t, 2), map[string]any{"responseElements.accessKey.accessKeyId": *made.AccessKey.AccessKeyId, "responseElements.accessKey.secretAccessKey": nil})
	if strings.Contains(string(a.events[1].Detail), *made.AccessKey.SecretAccessKey) {
		t.Error("the secret is in the record")
	}
}

// IAM takes documents that are mostly white space, and CloudTrail leaves out
// what is larger than 100 KB: whoever reads its events has to ask IAM then.
func TestParametersThatAreTooLargeAreLeftOut(t *testing.T) {
	a := watched(t, "us-east-1", all)
	client := a.client(t, a.Administrator())
	for _, tt := range []struct {
		name    string
		spaces  int
		omitted any
	}{{"fits", 100 << 10 / 2, nil}, {"large", 100 << 10, true}} {
		_, err := client.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: &tt.name, PolicyDocument: aws.String(document + strings.Repeat(" ", tt.spaces))})
		if err != nil {
			t.Fatal(err)
		}
		detail := a.recorded(t, len(a.events))
		holds(t, detail, map[string]any{"requestParameters.omitted": tt.omitted, "responseElements.policy.policyName": tt.name})
		if tt.omitted != nil {
			holds(t, detail, map[string]any{"requestParameters.reason": "requestParameters too large", "requestParameters.policyName": nil})
		}
	}
}

func TestTrailsChooseWhichManagementEventsThereAre(t *testing.T) {
	for name, tt := range map[string]struct {
		region, properties string
		write, read        int // events of one call
	}{
		"no trail":                         {"us-east-1", "", 0, 0},
		"a trail that does not log":        {"us-east-1", `"IsLogging":false`, 0, 0},
		"a trail without selectors":        {"us-east-1", `"IsLogging":true`, 1, 1},
		"writes only":                      {"us-east-1", `"IsLogging":true,"EventSelectors":[{"ReadWriteType":"WriteOnly"}]`, 1, 0},
		"reads only":                       {"us-east-1", `"IsLogging":true,"EventSelectors":[{"ReadWriteType":"ReadOnly"}]`, 0, 1},
		"no management events":             {"us-east-1", `"IsLogging":true,"EventSelectors":[{"IncludeManagementEvents":false}]`, 0, 0},
		"management events chosen":         {"us-east-1", `"IsLogging":true,"EventSelectors":[{"IncludeManagementEvents":true}]`, 1, 1},
		"this source left out":             {"us-east-1", `"IsLogging":true,"EventSelectors":[{"ExcludeManagementEventSources":["iam.amazonaws.com"]}]`, 0, 0},
		"global services chosen":           {"us-east-1", `"IsLogging":true,"IncludeGlobalServiceEvents":true`, 1, 1},
		"another source left out":          {"us-east-1", `"IsLogging":true,"EventSelectors":[{"ExcludeManagementEventSources":["kms.amazonaws.com"]}]`, 1, 1},
		"no global services":               {"us-east-1", `"IsLogging":true,"IncludeGlobalServiceEvents":false`, 0, 0},
		"a region that is not IAM's":       {"eu-central-1", `"IsLogging":true,"IsMultiRegionTrail":true`, 0, 0},
		"advanced: management":             {"us-east-1", `"IsLogging":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]`, 1, 1},
		"advanced: management that writes": {"us-east-1", `"IsLogging":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]`, 1, 0},
		"advanced: of another source":      {"us-east-1", `"IsLogging":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventSource","Equals":["sts.amazonaws.com"]}]}]`, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := watched(t, tt.region, tt.properties)
			client := a.client(t, a.Administrator())
			if _, err := client.CreateGroup(t.Context(), &awsiam.CreateGroupInput{GroupName: aws.String("g")}); err != nil {
				t.Fatal(err)
			}
			if len(a.events) != tt.write {
				t.Errorf("%d events of a call that writes, want %d", len(a.events), tt.write)
			}
			if _, err := client.ListGroups(t.Context(), &awsiam.ListGroupsInput{}); err != nil {
				t.Fatal(err)
			}
			if got := len(a.events) - tt.write; got != tt.read {
				t.Errorf("%d events of a call that reads, want %d", got, tt.read)
			}
			if tt.read > 0 {
				holds(t, a.recorded(t, len(a.events)), map[string]any{"eventName": "ListGroups", "readOnly": true, "requestParameters": nil, "responseElements": nil})
			}
		})
	}
	if _, _, err := trail(t, all+`,"IncludeGlobalServiceEvents":false`); err == nil || !strings.Contains(err.Error(), "Multi-Region trail must include global service events") {
		t.Errorf("a trail of all regions without global services: %v", err)
	}
}
