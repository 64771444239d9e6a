package training

// This file begins a run once a day.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// patience is for how long the schedule tries to start a run: then it is a dead
// letter, and tomorrow is another day.
const patience = 6 * time.Hour

func (s *System) addSchedule(props Props, settings operation.Settings) {
	role := awsiam.NewRole(s.Construct, jsii.String("ScheduleRole"), &awsiam.RoleProps{
		AssumedBy: operation.Service(s.Construct, "scheduler", "schedule-group/default"),
	})
	s.Schedule = awsscheduler.NewSchedule(s.Construct, jsii.String("Schedule"), &awsscheduler.ScheduleProps{
		Description: jsii.String("Begins a run of model training"),
		Schedule:    awsscheduler.ScheduleExpression_Expression(&props.Schedule, awscdk.TimeZone_Of(&props.TimeZone)),
		Enabled:     jsii.Bool(!props.Paused),
		Key:         settings.Key,
		Target: awsschedulertargets.NewStepFunctionsStartExecution(s.Workflow.StateMachine, &awsschedulertargets.ScheduleTargetBaseProps{
			DeadLetterQueue: s.DeadLetters,
			Role:            role,
			Input:           awsscheduler.ScheduleTargetInput_FromObject(map[string]any{}),
			MaxEventAge:     awscdk.Duration_Seconds(jsii.Number(patience.Seconds())),
		}),
	})
}
