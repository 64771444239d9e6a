package constructs_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/accounts"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// accountsSystem is the template of a bank with default props.
func accountsSystem(t *testing.T) *cdktest.Template {
	t.Helper()
	return synthSystem(t, "accounts")
}

func TestTheBankKeepsDecisionsAndAccountsUnderTheirIds(t *testing.T) {
	template := accountsSystem(t)
	for want, row := range map[string]struct{ path, key string }{
		"BankApplications8172C4E1": {"Bank/Applications", "applicationId"},
		"BankAccountsDF571908":     {"Bank/Accounts", "accountNumber"},
	} {
		table := template.At("AWS::DynamoDB::Table", row.path)
		template.Has(table, `{"KeySchema": [{"AttributeName": "`+row.key+`", "KeyType": "HASH"}],
			"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}, "DeletionProtectionEnabled": true}`)
		if table.LogicalID != want || table.DeletionPolicy != "Retain" {
			t.Errorf("%s is %s, and is kept: %s; want %s, Retain", table.Path, table.LogicalID, table.DeletionPolicy, want)
		}
	}
}

// A rejection is an error of the function that finds it, and no reason to wake
// anybody.
func TestTheBankSaysWhenApplicationsAreNotProcessed(t *testing.T) {
	template := accountsSystem(t)
	var got []string
	for _, alarm := range template.OfType("AWS::CloudWatch::Alarm") {
		got = append(got, strings.TrimPrefix(alarm.Path, "Bank/"))
	}
	slices.Sort(got)
	want := []string{
		"API/ServerErrorAlarm",
		"ApproveApplication/ThrottlesAlarm", "CheckAddress/ThrottlesAlarm", "CheckName/ThrottlesAlarm",
		"OpenNewAccount/ErrorsAlarm", "OpenNewAccount/ThrottlesAlarm",
		"Workflow/AbortedAlarm", "Workflow/FailedAlarm", "Workflow/ThrottledAlarm", "Workflow/TimedOutAlarm",
	}
	if !slices.Equal(got, want) {
		t.Errorf("alarms %q, want %q", got, want)
	}
	template.Has(template.At("AWS::CloudWatch::Alarm", "Bank/Workflow/FailedAlarm"), `{"Threshold": 5}`)
}

// A function is given up when its task is, not before and not after.
func TestFunctionsOfTheBankMayTakeAsLongAsTheirTasks(t *testing.T) {
	template := accountsSystem(t)
	for _, name := range []string{"CheckName", "CheckAddress", "ApproveApplication", "OpenNewAccount"} {
		template.Has(template.At("AWS::Lambda::Function", "Bank/"+name), `{"Timeout": 5}`)
	}
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Bank/Workflow"), `{"StateMachineType": "EXPRESS", "DefinitionSubstitutions": {
		"CheckNameFunctionArn": "<Bank/CheckName.Arn>", "CheckAddressFunctionArn": "<Bank/CheckAddress.Arn>",
		"ApproveApplicationFunctionArn": "<Bank/ApproveApplication.Arn>", "OpenNewAccountFunctionArn": "<Bank/OpenNewAccount.Arn>"}}`)
}

// The model is written down by hand: it has the contract's members, and wants
// those that are not optional.
func TestTheModelIsThatOfAnApplication(t *testing.T) {
	template := accountsSystem(t)
	models := template.OfType("AWS::ApiGateway::Model")
	if len(models) != 1 {
		t.Fatalf("%d models", len(models))
	}
	type schema struct {
		Type                 string
		Required             []string
		AdditionalProperties *bool
		Pattern              string
		Properties           map[string]schema
	}
	var got schema
	text, err := json.Marshal(models[0].Properties["Schema"])
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	check := func(s schema, shape reflect.Type) {
		var names, required []string
		for i := range shape.NumField() {
			name, options, _ := strings.Cut(shape.Field(i).Tag.Get("json"), ",")
			names = append(names, name)
			if options == "" {
				required = append(required, name)
			}
			if want := map[reflect.Kind]string{reflect.String: "string", reflect.Struct: "object"}[shape.Field(i).Type.Kind()]; s.Properties[name].Type != want {
				t.Errorf("%s.%s is of type %q, want %q", shape.Name(), name, s.Properties[name].Type, want)
			}
		}
		if len(s.Properties) != len(names) || !slices.Equal(s.Required, required) || s.Type != "object" || s.AdditionalProperties == nil || *s.AdditionalProperties {
			t.Errorf("%s: %+v", shape.Name(), s)
		}
	}
	check(got, reflect.TypeFor[contract.Application]())
	check(got.Properties["address"], reflect.TypeFor[contract.Address]())
	if pattern := got.Properties["applicationId"].Pattern; pattern != contract.PatternID {
		t.Errorf("pattern %q", pattern)
	}
}

func TestTheBankUsesWhatATeamHasAlready(t *testing.T) {
	template := synthOnce(t, "accounts existing", func(stack awscdk.Stack) {
		accounts.New(stack, "Bank", accounts.Props{
			RefusedNames: []string{`José "J" O’Neill`, "John Doe"},
			Applications: awsdynamodb.Table_FromTableName(stack, jsii.String("Given1"), jsii.String("decisions")),
			Accounts:     awsdynamodb.Table_FromTableName(stack, jsii.String("Given2"), jsii.String("ledger")),
			Code:         map[accounts.Handler]awslambda.Code{accounts.CheckAddress: awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
		})
	})
	if tables := template.OfType("AWS::DynamoDB::Table"); len(tables) != 0 {
		t.Errorf("%d tables", len(tables))
	}
	for name, variables := range map[string]string{
		"CheckName":          `{"REFUSED_NAMES": "[\"José \\\"J\\\" O’Neill\",\"John Doe\"]"}`,
		"ApproveApplication": `{"APPLICATIONS_TABLE": "decisions"}`,
		"OpenNewAccount":     `{"ACCOUNTS_TABLE": "ledger"}`,
	} {
		template.Has(template.At("AWS::Lambda::Function", "Bank/"+name), `{"Environment": {"Variables": `+variables+`}}`)
	}
	template.Has(accountsSystem(t).At("AWS::Lambda::Function", "Bank/CheckName"), `{"Environment": {"Variables": {"REFUSED_NAMES": "[]"}}}`)
}

func TestTheBankGrantsApplyingAndNothingElse(t *testing.T) {
	template := synthOnce(t, "accounts grants", func(stack awscdk.Stack) {
		bank := accounts.New(stack, "Bank", accounts.Props{})
		bank.GrantApply(awsiam.NewRole(stack, jsii.String("Site"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()}))
	})
	var got []string
	for _, line := range permissions(template) {
		if role, action, resource := split3(line); role == "Site" {
			got = append(got, action+" "+resource)
		}
	}
	want := []string{"execute-api:Invoke arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Bank/API>/<Bank/API/Resource/DeploymentStage.v1>/POST/applications"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWrongBankPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		accounts.New(cdktest.NewStack(t), "Bank", accounts.Props{
			RefusedNames: append(slices.Repeat([]string{"John Doe"}, 300), "12 -"),
			API:          workflowapi.Props{Synchronous: []workflowapi.Synchronous{{Path: "mine"}}, Asynchronous: []workflowapi.Asynchronous{{Path: "too"}}},
			Code:         map[accounts.Handler]awslambda.Code{"approve": awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
			Alarms: accounts.Alarms{
				Applications: workflow.Alarms{Failed: operation.Alarm{Threshold: -1}},
				API:          workflowapi.Alarms{ServerErrors: operation.Alarm{Periods: -1}},
			},
		})
	})
	for _, part := range []string{"accounts.System Bank", `RefusedNames has "12 -"`, "RefusedNames take 3308 bytes: give up to 3072", "API has 2 routes",
		`Code has "approve": give some of checkname, checkaddress, approveapplication, opennewaccount`,
		"Alarms.Applications.Failed.Threshold is -1", "Alarms.API.ServerErrors.Periods is -1",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}
