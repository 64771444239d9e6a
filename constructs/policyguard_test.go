package constructs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/policyguard"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
	"github.com/tradepost-dev/tradepost/internal/policies"
)

var guardProps = policyguard.Props{Administrators: []string{"ann@example.com"}}

// guardWith is the template of a guard whose props are changed.
func guardWith(t *testing.T, name string, change func(*policyguard.Props)) *cdktest.Template {
	t.Helper()
	return synthOnce(t, "policyguard "+name, func(stack awscdk.Stack) {
		props := guardProps
		change(&props)
		policyguard.New(stack, "Guard", props)
	})
}

func TestTheGuardKeepsCases(t *testing.T) {
	template := synthSystem(t, "policyguard")
	table := template.At("AWS::DynamoDB::Table", "Guard/Cases")
	template.Has(table, `{"KeySchema": [{"AttributeName": "policy", "KeyType": "HASH"}, {"AttributeName": "entry", "KeyType": "RANGE"}], "DeletionProtectionEnabled": true}`)
	if table.LogicalID != "GuardCases0FC29864" || table.DeletionPolicy != "Retain" {
		t.Errorf("%s, kept: %s", table.LogicalID, table.DeletionPolicy)
	}
}

// The guard hears of the six calls if they succeeded, and of none that its own
// functions make: by their roles' ARNs.
func TestTheGuardHearsOfChangesByOthers(t *testing.T) {
	template := synthSystem(t, "policyguard")
	template.Has(template.At("AWS::Events::Rule", "Guard/Rule"), `{
		"State": "ENABLED",
		"EventPattern": {"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"], "detail": {
			"eventSource": ["iam.amazonaws.com"], "errorCode": [{"exists": false}],
			"eventName": ["CreatePolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion", "PutRolePolicy", "PutUserPolicy", "PutGroupPolicy"],
			"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": [{"exists": false}, {"anything-but": ["<Guard/RollBack/Role.Arn>", "<Guard/Restore/Role.Arn>"]}]}}}}},
		"Targets": [{"Id": "Target0", "Arn": "<Guard/Workflow>", "RoleArn": "<Guard/Events.Arn>", "DeadLetterConfig": {"Arn": "<Guard/Undelivered.Arn>"},
			"RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}}]}`)
}

func TestAdministratorsHearOfWhoeverTouchesTheGuard(t *testing.T) {
	template := synthSystem(t, "policyguard")
	template.Has(template.At("AWS::Events::Rule", "Guard/TamperRule"), `{
		"EventPattern": {"source": ["aws.events", "aws.states", "aws.cloudtrail"], "detail": {"errorCode": [{"exists": false}], "$or": [
			{"eventName": ["DeleteRule", "DisableRule", "PutRule"], "requestParameters": {"name": ["<Guard/Rule>"]}},
			{"eventName": ["PutTargets", "RemoveTargets"], "requestParameters": {"rule": ["<Guard/Rule>"]}},
			{"eventName": ["DeleteStateMachine", "UpdateStateMachine"], "requestParameters": {"stateMachineArn": ["<Guard/Workflow>"]}},
			{"eventName": ["DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"]}]}},
		"Targets": [{"Id": "Target0", "Arn": "<Guard/Notices>", "RoleArn": "<Guard/Events.Arn>", "DeadLetterConfig": {"Arn": "<Guard/Undelivered.Arn>"}, "InputTransformer": {
			"InputPathsMap": {"detail-eventID": "$.detail.eventID", "detail-eventName": "$.detail.eventName", "detail-userIdentity-arn": "$.detail.userIdentity.arn"},
			"InputTemplate": "\"Somebody has changed what the policy guard relies on: <detail-eventName> by <detail-userIdentity-arn>. If it was no deployment of the guard, see the event <detail-eventID>.\""}}]}`)
	for _, administrator := range []string{"ann@example.com", "bob@example.com"} {
		template.Has(template.At("AWS::SNS::Subscription", "Guard/Notices/"+administrator), `{"Protocol": "email", "Endpoint": "`+administrator+`", "TopicArn": "<Guard/Notices>"}`)
	}
}

// What the guard would otherwise roll back are its own permissions.
func TestTheGuardKnowsAllOfItsRolesAndItsBoundary(t *testing.T) {
	template := synthSystem(t, "policyguard")
	text, err := json.Marshal(template.Plain(template.At("AWS::Lambda::Function", "Guard/Evaluate").Properties["Environment"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range template.OfType("AWS::IAM::Role") {
		if strings.HasPrefix(role.Path, "ApiGatewayAccount") { // API Gateway's, for all APIs of the account
			continue
		}
		if want := fmt.Sprintf(`role/\u003c%s\u003e\"`, role.Path); !strings.Contains(string(text), want) {
			t.Errorf("%s is not its own: %s", role.Path, text)
		}
	}
	boundary := template.At("AWS::IAM::ManagedPolicy", "Guard/Boundary")
	name, err := json.Marshal(template.Plain(boundary.Properties["ManagedPolicyName"]))
	if err != nil || len(name) < 10 || !strings.Contains(string(text), strings.Trim(string(name), `"`)) {
		t.Errorf("boundary %s is not its own: %s", name, text)
	}
}

func TestTheBoundaryDeniesEverythingOfTheGuard(t *testing.T) {
	template := synthSystem(t, "policyguard")
	boundary := template.At("AWS::IAM::ManagedPolicy", "Guard/Boundary")
	document, ok := template.Plain(boundary.Properties["PolicyDocument"]).(map[string]any)
	if !ok {
		t.Fatal("no document")
	}
	denied := map[string][]string{}
	for _, statement := range document["Statement"].([]any) {
		statement := statement.(map[string]any)
		if statement["Effect"] == "Deny" {
			denied[statement["Sid"].(string)] = append(listOf(statement["Action"]), listOf(statement["Resource"])...)
		}
	}
	if got := denied["ButNotTheGuard"]; len(got) == 0 || got[0] != "*" {
		t.Fatalf("denies %q", got)
	}
	// Each resource that has a policy, a secret or data, or that acts, is named.
	for _, kind := range []string{
		"AWS::Events::Rule", "AWS::StepFunctions::StateMachine", "AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::SNS::Topic", "AWS::SQS::Queue",
		"AWS::SecretsManager::Secret", "AWS::IAM::Role",
	} {
		for _, resource := range template.OfType(kind) {
			if strings.HasPrefix(resource.Path, "ApiGatewayAccount") {
				continue
			}
			named := slices.ContainsFunc(denied["ButNotTheGuard"], func(arn string) bool {
				return arn == "<"+resource.Path+".Arn>" || arn == "<"+resource.Path+">" || arn == "<"+resource.Path+".Arn>*"
			})
			if !named {
				t.Errorf("%s may be touched: %q", resource.Path, denied["ButNotTheGuard"])
			}
		}
	}
	for sid, want := range map[string]string{
		"NorWithoutThisBoundary": "iam:CreateRole iam:CreateUser iam:PutRolePermissionsBoundary iam:PutUserPermissionsBoundary *",
		"NorOutOfIt":             "iam:DeleteRolePermissionsBoundary iam:DeleteUserPermissionsBoundary *",
		"NorTheTrails":           "cloudtrail:DeleteTrail cloudtrail:PutEventSelectors cloudtrail:StopLogging cloudtrail:UpdateTrail *",
	} {
		if got := strings.Join(denied[sid], " "); got != want {
			t.Errorf("%s denies %s, want %s", sid, got, want)
		}
	}
}

func TestTheGuardIsToldWhatItsPropsSay(t *testing.T) {
	template := guardWith(t, "others", func(p *policyguard.Props) {
		p.Restricted = []string{"iam:*", "s3:DeleteBucket"}
		p.Verdict, p.SecondOpinion, p.Timeout = policyguard.Alert, true, time.Hour
		p.Deployers = []string{"arn:aws:iam::111122223333:role/cdk-exec", "arn:aws:iam::111122223333:user/ops/ann"}
	})
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Guard/Workflow"), `{"DefinitionSubstitutions": {
		"RestrictedActions": "['iam:*', 's3:DeleteBucket']", "SecondOpinion": "true", "Verdict": "ALERT", "ApprovalTimeoutSeconds": "3660",
		"Deployers": "['arn:aws:iam::111122223333:role/cdk-exec', 'arn:aws:iam::111122223333:user/ops/ann']"}}`)
	template.Has(template.At("AWS::Lambda::Function", "Guard/Evaluate"), `{"Environment": {"Variables": {"RESTRICTED_ACTIONS": "[\"iam:*\",\"s3:DeleteBucket\"]"}}}`)
	plain := guardWith(t, "plain", func(*policyguard.Props) {})
	plain.Has(plain.At("AWS::StepFunctions::StateMachine", "Guard/Workflow"), `{"DefinitionSubstitutions": {
		"SecondOpinion": "false", "Verdict": "ROLL_BACK", "ApprovalTimeoutSeconds": "86460", "Deployers": "[]"}}`)
	if trails := plain.OfType("AWS::CloudTrail::Trail"); len(trails) != 0 {
		t.Errorf("%d trails", len(trails))
	}
	for _, line := range permissions(plain) {
		if strings.Contains(line, "access-analyzer") {
			t.Errorf("may %s", line)
		}
	}
	with := synthSystem(t, "policyguard")
	with.Has(with.OfType("AWS::CloudTrail::Trail")[0], `{"IncludeGlobalServiceEvents": true, "IsLogging": true, "EventSelectors": [{"IncludeManagementEvents": true, "ReadWriteType": "WriteOnly"}]}`)
}

// The list is documented: what it has of each kind is what a review goes by.
func TestTheDefaultListIsOneThatPoliciesCanBeJudgedBy(t *testing.T) {
	list := policyguard.DefaultRestricted()
	patterns, err := policies.Patterns(list)
	if err != nil || len(patterns) < 50 {
		t.Fatalf("%d, %v", len(patterns), err)
	}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(list) {
		t.Error("an action is listed twice")
	}
	for _, action := range []string{"iam:CreatePolicyVersion", "iam:DeleteRolePermissionsBoundary", "events:DisableRule", "states:UpdateStateMachine", "cloudtrail:StopLogging", "s3:DeleteBucket", "kms:ScheduleKeyDeletion"} {
		d, err := policies.Parse(`{"Statement": {"Effect": "Allow", "Action": "` + action + `", "Resource": "*"}}`)
		if err != nil || len(d.Grants(patterns)) == 0 {
			t.Errorf("%s is not restricted, %v", action, err)
		}
	}
	list[0] = "changed"
	if policyguard.DefaultRestricted()[0] == "changed" {
		t.Error("the default can be changed")
	}
}

// IAM tells of its calls in one region: elsewhere the guard would hear nothing.
func TestTheGuardIsDeployedWhereItHears(t *testing.T) {
	in := func(region string, forwarded bool) string {
		return cdktest.Panics(func() {
			app := cdktest.NewApp(t, nil)
			stack := awscdk.NewStack(app, jsii.String("Stack"), &awscdk.StackProps{Env: &awscdk.Environment{Region: &region, Account: jsii.String("111122223333")}})
			props := guardProps
			props.Forwarded = forwarded
			policyguard.New(stack, "Guard", props)
		})
	}
	if message := in("eu-west-1", false); !strings.Contains(message, "the stack's region is eu-west-1: IAM's events come in us-east-1 only") {
		t.Errorf("in eu-west-1: %q", message)
	}
	for region, forwarded := range map[string]bool{"us-east-1": false, "us-gov-west-1": false, "cn-north-1": false, "eu-west-1": true} {
		if message := in(region, forwarded); message != "" {
			t.Errorf("in %s: %s", region, message)
		}
	}
	text, err := json.Marshal(synthSystem(t, "policyguard").Rules)
	if err != nil || !strings.Contains(string(text), `{"Assert":{"Fn::Contains":[["us-east-1","us-gov-west-1","cn-north-1"],{"Ref":"AWS::Region"}]}`) {
		t.Errorf("rules %s, %v", text, err)
	}
	forwarded := guardWith(t, "forwarded", func(p *policyguard.Props) { p.Forwarded = true })
	if text, err = json.Marshal(forwarded.Rules); err != nil || strings.Contains(string(text), "AWS::Region") {
		t.Errorf("rules %s, %v", text, err)
	}
}

func TestWrongGuardPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		policyguard.New(cdktest.NewStack(t), "Guard", policyguard.Props{
			Restricted: append(slices.Repeat([]string{"iam:CreateUserWithQuiteALongName"}, 101), "iam"), Verdict: "ASK",
			Deployers: []string{"arn:aws:iam::111122223333:role/x' or true or '", "cdk-exec", "arn:aws:iam::111122223333:role/*"},
			Code:      map[policyguard.Handler]awslambda.Code{"judge": awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
			Alarms:    policyguard.Alarms{Undelivered: operation.Alarm{Threshold: -1}, Untold: operation.Alarm{Periods: -1}},
		})
	})
	for _, part := range []string{"policyguard.System Guard", "Administrators is required", `Restricted: "iam" is no action`, "Restricted has 102 actions: give 1 to 100", "Restricted takes",
		`Verdict is "ASK": give ROLL_BACK, ALERT or NOTHING`, `Deployers has "arn:aws:iam::111122223333:role/x' or true or '"`, `Deployers has "cdk-exec"`, `Deployers has "arn:aws:iam::111122223333:role/*"`,
		`Code has "judge": give some of evaluate, rollback, restore`, "Alarms.Undelivered.Threshold is -1", "Alarms.Untold.Periods is -1",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}
