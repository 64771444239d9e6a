package constructs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/onboarding"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// onboardingSystem is the template of user onboarding with default props.
func onboardingSystem(t *testing.T) *cdktest.Template {
	t.Helper()
	return synthSystem(t, "onboarding")
}

func TestOnboardingKeepsUsersAndEventsUnderTheirIds(t *testing.T) {
	template := onboardingSystem(t)
	users := template.At("AWS::DynamoDB::Table", "Club/Users")
	template.Has(users, `{"KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
		"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}, "DeletionProtectionEnabled": true}`)
	events := template.At("AWS::SQS::Queue", "Club/Events")
	template.Has(events, `{"VisibilityTimeout": 360, "RedrivePolicy": {"deadLetterTargetArn": "<Club/Events/DeadLetters.Arn>", "maxReceiveCount": 5}}`)
	for want, resource := range map[string]cdktest.Resource{"ClubUsers576790F2": users, "ClubEventsFE1753AB": events} {
		if resource.LogicalID != want || resource.DeletionPolicy != "Retain" {
			t.Errorf("%s is %s, and is kept: %s; want %s, Retain", resource.Path, resource.LogicalID, resource.DeletionPolicy, want)
		}
	}
	for _, alarm := range []string{"Events/DeadLettersAlarm", "Events/BacklogAlarm", "Workflow/FailedAlarm", "Workflow/TimedOutAlarm", "Workflow/AbortedAlarm"} {
		template.Has(template.At("AWS::CloudWatch::Alarm", "Club/"+alarm), `{"AlarmActions": ["<Club/Alarms>"]}`)
	}
}

func TestOnboardingUsesWhatATeamHasAlready(t *testing.T) {
	template := synthOnce(t, "onboarding existing", func(stack awscdk.Stack) {
		club := onboarding.New(stack, "Club", onboarding.Props{
			Users:  awsdynamodb.Table_FromTableName(stack, jsii.String("Existing"), jsii.String("members")),
			Events: awssqs.Queue_FromQueueArn(stack, jsii.String("News"), jsii.String("arn:aws:sqs:eu-west-1:111122223333:news")),
			Code:   map[onboarding.Handler]awslambda.Code{onboarding.ProcessReferral: awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
		})
		if club.DeadLetters != nil {
			t.Error("an existing queue has dead letters of ours")
		}
	})
	if tables, queues := template.OfType("AWS::DynamoDB::Table"), template.OfType("AWS::SQS::Queue"); len(tables)+len(queues) != 0 {
		t.Errorf("%d tables, %d queues", len(tables), len(queues))
	}
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Club/Workflow"), `{"DefinitionSubstitutions": {
		"UsersTable": "members", "ProcessReferralFunctionArn": "<Club/ProcessReferral.Arn>"}}`)
}

func TestOnboardingGrantsStartingAndConsumingAndNothingElse(t *testing.T) {
	template := synthOnce(t, "onboarding grants", func(stack awscdk.Stack) {
		club := onboarding.New(stack, "Club", onboarding.Props{ConsumerTimeout: 10 * time.Second})
		for id, grant := range map[string]func(awsiam.IGrantable) awsiam.Grant{"Site": club.GrantStart, "Mailer": club.GrantConsumeEvents} {
			grant(awsiam.NewRole(stack, &id, &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}))
		}
	})
	var got []string
	for _, line := range permissions(template) {
		if role, action, resource := split3(line); role == "Site" || role == "Mailer" {
			got = append(got, role+" "+strings.Join([]string{action, resource}, " "))
		}
	}
	want := `Mailer sqs:ChangeMessageVisibility <Club/Events.Arn>
Mailer sqs:DeleteMessage <Club/Events.Arn>
Mailer sqs:GetQueueAttributes <Club/Events.Arn>
Mailer sqs:ReceiveMessage <Club/Events.Arn>
Site states:StartExecution <Club/Workflow>`
	if lines := strings.Join(got, "\n"); lines != want {
		t.Errorf("got\n%s\nwant\n%s", lines, want)
	}
	template.Has(template.At("AWS::SQS::Queue", "Club/Events"), `{"VisibilityTimeout": 60}`)
}

func TestWrongOnboardingPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		stack := cdktest.NewStack(t)
		onboarding.New(stack, "Club", onboarding.Props{
			Events:          awssqs.Queue_FromQueueArn(stack, jsii.String("News"), jsii.String("arn:aws:sqs:eu-west-1:111122223333:news")),
			ConsumerTimeout: 3*time.Hour + time.Millisecond,
			Code:            map[onboarding.Handler]awslambda.Code{"thank": awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
			Alarms:          onboarding.Alarms{Backlog: operation.Alarm{Threshold: -1}, Onboardings: workflow.Alarms{Failed: operation.Alarm{Periods: -1}}},
		})
	})
	for _, part := range []string{"onboarding.System Club", "ConsumerTimeout is 3h0m0.001s: give 0s to 2h0m0s", "give whole seconds", "an existing queue has a visibility timeout of its own",
		`Code has "thank": give some of processreferral`, "Alarms.Backlog.Threshold is -1", "Alarms.Onboardings.Failed.Periods is -1",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}
