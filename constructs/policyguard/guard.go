package policyguard

// This file declares the state machine, and what starts it.

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/statemachines"
)

func (s *System) addGuard(props Props, settings operation.Settings) {
	events := awsiam.NewRole(s.Construct, jsii.String("Events"), &awsiam.RoleProps{AssumedBy: operation.Service(s.Construct, "events", "rule/*")})
	substitutions := map[string]string{
		"EvaluateFunctionArn": *s.Evaluate.Function.FunctionArn(),
		"RollBackFunctionArn": *s.RollBack.Function.FunctionArn(),
		"RestoreFunctionArn":  *s.Restore.Function.FunctionArn(),
		"CasesTable":          *s.Cases.TableName(),
		"NoticesTopicArn":     *s.Notices.TopicArn(),
		"RestrictedActions":   list(props.Restricted),
		"SecondOpinion":       strconv.FormatBool(props.SecondOpinion),
		"Verdict":             string(props.Verdict),
		"Deployers":           list(props.Deployers),
	}
	for name, value := range s.Approval.Substitutions() {
		substitutions[name] = value
	}
	s.Workflow = workflow.New(s.Construct, "Workflow", workflow.Props{
		Definition:    statemachines.Definition("policyguard/policyguard.asl.json"),
		Substitutions: substitutions,
		Alarms:        props.Alarms.Guard,
		Operation:     settings,
	})
	s.Evaluate.GrantInvoke(s.Workflow)
	s.RollBack.GrantInvoke(s.Workflow)
	s.Restore.GrantInvoke(s.Workflow)
	s.Approval.Serve(s.Workflow)
	operation.AllowTable(s.Workflow, s.Cases, "dynamodb:UpdateItem")
	operation.AllowPublish(s.Workflow, s.Notices)
	if props.SecondOpinion { // the action knows no resources
		operation.Allow(s.Workflow, []string{"*"}, "access-analyzer:CheckAccessNotGranted")
	}
	s.roles = []awsiam.Role{
		s.Evaluate.Role, s.RollBack.Role, s.Restore.Role, s.Workflow.Role, events,
		s.Approval.Request.Role, s.Approval.Page.Role, s.Approval.Conclude.Role,
	}
	s.Evaluate.Function.AddEnvironment(jsii.String(contract.EnvOwn), jsii.String(s.own()), nil)
	s.addRule(props, settings, events)
	s.addTamperRule(events)
	if settings.Key != nil {
		operation.Suppress(events, "AwsSolutions-IAM5", "A topic as target lets the rule's role use its key by this pattern: that is the CDK's own grant.",
			`^Action::kms:GenerateDataKey\*$`)
	}
}

// own is what belongs to the guard, as a JSON list: its boundary, and its roles
// with their policies. It tells of their changes, and never rolls them back.
func (s *System) own() string {
	own := []string{s.boundaryARN()}
	for _, role := range s.roles {
		own = append(own, (contract.Policy{Kind: contract.Role, Of: *role.RoleName()}).Holder())
	}
	text, err := json.Marshal(own)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(text)
}

// list is a list of texts in an expression of the state machine.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = "'" + text + "'"
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// addRule starts an execution for each of the calls that succeeded and was made
// by somebody else than the guard: by its roles' ARNs, which nobody else can
// have, and not by names.
func (s *System) addRule(props Props, settings operation.Settings, events awsiam.Role) {
	s.Undelivered = operation.NewDeadLetters(s.Construct, "Undelivered", settings)
	s.Rule = awsevents.NewRule(s.Construct, jsii.String("Rule"), &awsevents.RuleProps{
		Description: jsii.String("An IAM policy was changed"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.iam"),
			DetailType: jsii.Strings("AWS API Call via CloudTrail"),
			Detail: &map[string]any{
				"eventSource": []string{"iam.amazonaws.com"},
				"eventName":   contract.Calls,
				"errorCode":   []map[string]bool{{"exists": false}}, // refused calls are recorded too
				"userIdentity": map[string]any{"sessionContext": map[string]any{"sessionIssuer": map[string]any{"arn": []any{
					map[string]any{"exists": false}, // a user's call has no session
					map[string]any{"anything-but": []*string{s.RollBack.Role.RoleArn(), s.Restore.Role.RoleArn()}},
				}}}},
			},
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSfnStateMachine(s.Workflow.StateMachine, &awseventstargets.SfnStateMachineProps{
			Role: events, DeadLetterQueue: s.Undelivered, MaxEventAge: awscdk.Duration_Hours(jsii.Number(24)), RetryAttempts: jsii.Number(185),
		})},
	})
	operation.NewAlarm(s.Construct, "UndeliveredAlarm", settings, operation.AlarmProps{
		Description: "A change of an IAM policy was judged by nobody: read the event, mend the cause, and start an execution with it.",
		Metric:      s.MetricUndelivered(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Undelivered,
	})
}

// addTamperRule tells administrators who changes the guard, or any trail.
func (s *System) addTamperRule(events awsiam.Role) {
	call := func(parameter string, value *string, names ...string) map[string]any {
		return map[string]any{"eventName": names, "requestParameters": map[string]any{parameter: []*string{value}}}
	}
	s.TamperRule = awsevents.NewRule(s.Construct, jsii.String("TamperRule"), &awsevents.RuleProps{
		Description: jsii.String("Somebody changes the policy guard, or a trail that it hears by"),
		EventPattern: &awsevents.EventPattern{
			DetailType: jsii.Strings("AWS API Call via CloudTrail"),
			Source:     jsii.Strings("aws.events", "aws.states", "aws.cloudtrail"),
			Detail: &map[string]any{
				"errorCode": []map[string]bool{{"exists": false}},
				"$or": []map[string]any{
					call("name", s.Rule.RuleName(), "DeleteRule", "DisableRule", "PutRule"),
					call("rule", s.Rule.RuleName(), "PutTargets", "RemoveTargets"),
					call("stateMachineArn", s.Workflow.StateMachine.StateMachineArn(), "DeleteStateMachine", "UpdateStateMachine"),
					{"eventName": []string{"DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"}},
				},
			},
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSnsTopic(s.Notices, &awseventstargets.SnsTopicProps{
			Role: events, DeadLetterQueue: s.Undelivered,
			Message: awsevents.RuleTargetInput_FromText(jsii.String("Somebody has changed what the policy guard relies on: " +
				*awsevents.EventField_FromPath(jsii.String("$.detail.eventName")) + " by " + *awsevents.EventField_FromPath(jsii.String("$.detail.userIdentity.arn")) +
				". If it was no deployment of the guard, see the event " + *awsevents.EventField_FromPath(jsii.String("$.detail.eventID")) + ".")),
		})},
	})
}
