package states_test

// This file creates, updates and deletes state machines as programs do.

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs"
	"github.com/tradepost-dev/tradepost/local/states"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const (
	role    = "arn:aws:iam::123456789012:role/service/r"
	machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:"
	saying1 = `{"StartAt":"P","States":{"P":{"Type":"Pass","Result":1,"End":true}}}`
	lost    = `{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"Q"}}}`
	saying2 = `{"StartAt":"P","States":{"P":{"Type":"Pass","Result":2,"End":true}}}`
)

const lostMessage = `Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: Q at /States/P/Next, MISSING_END_STATE: Workflow has no terminal state'`

// guard permits actions on resources, "states:CreateStateMachine arn:...", and
// lets every role but "nobody" be assumed.
type guard struct {
	denied    string
	qualifier string // of the last call, states:StateMachineQualifier
}

func (g *guard) Authorize(caller cloud.Caller, action, resource string) error {
	g.qualifier = caller.Context["states:StateMachineQualifier"]
	if asked := strings.TrimSpace(action + " " + resource + " " + caller.Context["iam:PassedToService"]); asked == g.denied {
		return cloud.Errorf(400, "AccessDeniedException", "not allowed: %s", asked)
	}
	return nil
}

func (g *guard) Assume(service cloud.Caller, role, session string) (cloud.Caller, error) {
	if strings.HasSuffix(role, "/nobody") {
		return cloud.Caller{}, errors.New("the role does not trust it")
	}
	return cloud.Caller{ARN: role + "/" + session, Role: role}, nil
}

// service is Step Functions and a client of it.
type service struct {
	*sfn.Client
	cloud *cloud.Cloud
	guard *guard
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{cloud: cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"}), guard: &guard{}}
	t.Cleanup(s.cloud.Close)
	s.cloud.Authorizer = s.guard
	s.cloud.Register("logs", logs.New(s.cloud))
	s.cloud.Register("states", states.New(s.cloud, states.Options{}))
	server := httptest.NewServer(wire.As(s.cloud, cloud.Caller{ARN: "arn:aws:iam::123456789012:user/u"}, "states", wire.Protocols{}))
	t.Cleanup(server.Close)
	dial := func(context.Context, string, string) (net.Conn, error) { // also to "sync-" and the host
		return net.Dial("tcp", server.Listener.Addr().String())
	}
	s.Client = sfn.New(sfn.Options{
		Region: "eu-central-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		HTTPClient:  &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}},
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	return s
}

// make creates a machine.
func (s *service) make(t *testing.T, in *sfn.CreateStateMachineInput) *sfn.CreateStateMachineOutput {
	t.Helper()
	if in.RoleArn == nil {
		in.RoleArn = aws.String(role)
	}
	if in.Definition == nil {
		in.Definition = aws.String(saying1)
	}
	out, err := s.CreateStateMachine(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *service) describe(t *testing.T, arn string) *sfn.DescribeStateMachineOutput {
	t.Helper()
	out, err := s.DescribeStateMachine(context.Background(), &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// expectError checks an API's error: its type and its message.
func expectError[E error](t *testing.T, name string, err error, message string) {
	t.Helper()
	var want E
	var e smithy.APIError
	if !errors.As(err, &want) || !errors.As(err, &e) || e.ErrorMessage() != message {
		t.Errorf("%s: got %v, want a %T: %s", name, err, want, message)
	}
}

func TestAStateMachineIsCreatedDescribedAndDeletedByTheAPI(t *testing.T) {
	s, ctx := newService(t), context.Background()
	created := s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m"), Type: types.StateMachineTypeExpress, TracingConfiguration: &types.TracingConfiguration{Enabled: true}})
	if *created.StateMachineArn != machine+"m" || created.CreationDate == nil {
		t.Errorf("created %+v", created)
	}
	d := s.describe(t, machine+"m")
	if *d.Definition != saying1 || *d.RoleArn != role || d.Type != types.StateMachineTypeExpress || d.Status != types.StateMachineStatusActive ||
		!d.TracingConfiguration.Enabled || d.LoggingConfiguration.Level != types.LogLevelOff || d.EncryptionConfiguration.Type != types.EncryptionTypeAwsOwnedKey ||
		!d.CreationDate.Equal(*created.CreationDate) || d.RevisionId != nil {
		t.Errorf("described as %+v", d)
	}
	run, err := s.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{StateMachineArn: created.StateMachineArn})
	if err != nil || *run.Output != "1" {
		t.Errorf("run: %v, %v", run, err)
	}
	for range 2 { // the second time it is not there
		if _, err := s.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: created.StateMachineArn}); err != nil {
			t.Error(err)
		}
	}
	_, err = s.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: created.StateMachineArn})
	expectError[*types.StateMachineDoesNotExist](t, "a deleted machine", err, "State Machine Does Not Exist: '"+machine+"m'")
}

func TestCreatingAStateMachineAgainIsRefusedUnlessOnlyItsRoleDiffers(t *testing.T) {
	s, ctx := newService(t), context.Background()
	first := s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m")})
	again := s.make(t, &sfn.CreateStateMachineInput{
		Name: aws.String("m"), RoleArn: aws.String(role + "2"), Type: types.StateMachineTypeStandard,
		LoggingConfiguration: &types.LoggingConfiguration{Level: types.LogLevelOff},
	})
	if !reflect.DeepEqual(first.CreationDate, again.CreationDate) || *s.describe(t, machine+"m").RoleArn != role {
		t.Errorf("created %v, then %v", first, again)
	}
	for name, in := range map[string]sfn.CreateStateMachineInput{
		"another definition":     {Definition: aws.String(saying2)},
		"the same one, indented": {Definition: aws.String(strings.ReplaceAll(saying1, ":", ": "))},
		"another type":           {Type: types.StateMachineTypeExpress},
		"tracing":                {TracingConfiguration: &types.TracingConfiguration{Enabled: true}},
		"logging":                {LoggingConfiguration: &types.LoggingConfiguration{IncludeExecutionData: true}},
		"encryption":             {EncryptionConfiguration: &types.EncryptionConfiguration{Type: types.EncryptionTypeCustomerManagedKmsKey, KmsKeyId: aws.String("k")}},
	} {
		in.Name, in.RoleArn = aws.String("m"), aws.String(role)
		if in.Definition == nil {
			in.Definition = aws.String(saying1)
		}
		_, err := s.CreateStateMachine(ctx, &in)
		expectError[*types.StateMachineAlreadyExists](t, name, err, "State Machine Already Exists: '"+machine+"m'")
	}
}

func TestCreateStateMachineRefuses(t *testing.T) {
	s, ctx := newService(t), context.Background()
	group := types.LogDestination{CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: aws.String("arn:aws:logs:eu-central-1:123456789012:log-group:g:*")}}
	try := func(change func(in *sfn.CreateStateMachineInput)) error {
		in := &sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: aws.String(role), Definition: aws.String(saying1)}
		change(in)
		_, err := s.CreateStateMachine(ctx, in)
		return err
	}
	expectError[*types.InvalidName](t, "a name with a space", try(func(in *sfn.CreateStateMachineInput) { in.Name = aws.String("a b") }), "Invalid Name: 'a b'")
	expectError[*types.InvalidArn](t, "a role's name", try(func(in *sfn.CreateStateMachineInput) { in.RoleArn = aws.String("r") }), "Invalid Role Arn: 'r'")
	expectError[*types.InvalidDefinition](t, "a state that there is not", try(func(in *sfn.CreateStateMachineInput) { in.Definition = aws.String(lost) }), lostMessage)
	const oneDestination = "Invalid Logging Configuration: Must specify exactly one Log Destination."
	for name, l := range map[string]types.LoggingConfiguration{
		"a log without a group":  {Level: types.LogLevelAll},
		"a log with two groups":  {Level: types.LogLevelAll, Destinations: []types.LogDestination{group, group}},
		"two groups without log": {Destinations: []types.LogDestination{group, group}},
	} {
		err := try(func(in *sfn.CreateStateMachineInput) { in.LoggingConfiguration = &l })
		expectError[*types.InvalidLoggingConfiguration](t, name, err, oneDestination)
	}
	err := try(func(in *sfn.CreateStateMachineInput) {
		in.LoggingConfiguration = &types.LoggingConfiguration{Level: types.LogLevelAll, Destinations: []types.LogDestination{group}}
	})
	expectError[*types.InvalidLoggingConfiguration](t, "a group that is not there", err, "Invalid Logging Configuration: Log Destination not found.")

	for name, row := range map[string]struct {
		change        func(in *sfn.CreateStateMachineInput)
		code, message string
	}{
		"a type that there is not": {func(in *sfn.CreateStateMachineInput) { in.Type = "SLOW" }, "ValidationException",
			"1 validation error detected: Value 'SLOW' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, EXPRESS]"},
		"a long definition": {func(in *sfn.CreateStateMachineInput) {
			in.Definition = aws.String(saying1 + strings.Repeat(" ", 1<<20))
		}, "ValidationException",
			"1 validation error detected: Value '' at 'definition' failed to satisfy constraint: Member must have length less than or equal to 1048576"},
		"a role that trusts somebody else": {func(in *sfn.CreateStateMachineInput) {
			in.RoleArn = aws.String("arn:aws:iam::123456789012:role/nobody")
		}, "AccessDeniedException",
			"Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."},
	} {
		expectError[smithy.APIError](t, name, try(row.change), row.message)
		var e smithy.APIError
		if err := try(row.change); !errors.As(err, &e) || e.ErrorCode() != row.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := s.ListStateMachines(ctx, &sfn.ListStateMachinesInput{}); err != nil || len(list.StateMachines) != 0 {
		t.Errorf("there is %v, %v", list, err)
	}
}

func TestAStateMachineIsUpdatedByTheAPI(t *testing.T) {
	s, ctx := newService(t), context.Background()
	arn := s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m")}).StateMachineArn
	update := func(in sfn.UpdateStateMachineInput) *sfn.UpdateStateMachineOutput {
		t.Helper()
		in.StateMachineArn = arn
		out, err := s.UpdateStateMachine(ctx, &in)
		if err != nil {
			t.Fatal(err)
		}
		if d := s.describe(t, *arn); aws.ToString(d.RevisionId) != aws.ToString(out.RevisionId) || out.UpdateDate == nil {
			t.Errorf("revision %s, described as %s", aws.ToString(out.RevisionId), aws.ToString(d.RevisionId))
		}
		return out
	}
	if out := update(sfn.UpdateStateMachineInput{Definition: aws.String(saying1)}); out.RevisionId != nil {
		t.Errorf("the same definition is revision %s", *out.RevisionId)
	}
	first := update(sfn.UpdateStateMachineInput{Definition: aws.String(saying2)})
	second := update(sfn.UpdateStateMachineInput{RoleArn: aws.String(role + "2")})
	third := update(sfn.UpdateStateMachineInput{LoggingConfiguration: &types.LoggingConfiguration{IncludeExecutionData: true}, TracingConfiguration: &types.TracingConfiguration{Enabled: true}})
	same := update(sfn.UpdateStateMachineInput{Definition: aws.String(saying2), RoleArn: aws.String(role + "2")})
	if first.RevisionId == nil || *first.RevisionId == *second.RevisionId || *second.RevisionId == *third.RevisionId || *third.RevisionId != *same.RevisionId {
		t.Errorf("revisions %v, %v, %v, %v", first, second, third, same)
	}
	if d := s.describe(t, *arn); *d.Definition != saying2 || *d.RoleArn != role+"2" || !d.LoggingConfiguration.IncludeExecutionData || !d.TracingConfiguration.Enabled || d.LoggingConfiguration.Level != types.LogLevelOff {
		t.Errorf("described as %+v", d)
	}
	_, err := s.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn})
	expectError[*types.MissingRequiredParameter](t, "nothing to update", err, "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
	_, err = s.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, Definition: aws.String(lost)})
	expectError[*types.InvalidDefinition](t, "a state that there is not", err, lostMessage)
	_, err = s.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, RoleArn: aws.String("r")})
	expectError[*types.InvalidArn](t, "a role's name", err, "Invalid Role Arn: 'r'")
	_, err = s.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: aws.String(machine + "n"), Definition: aws.String(saying1)})
	expectError[*types.StateMachineDoesNotExist](t, "another machine", err, "State Machine Does Not Exist: '"+machine+"n'")
}

func TestWhoMayNotCreateUpdateOrDeleteAStateMachineIsRefused(t *testing.T) {
	s, ctx := newService(t), context.Background()
	s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m")})
	create := func() error {
		_, err := s.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("n"), RoleArn: aws.String(role), Definition: aws.String(saying1)})
		return err
	}
	update := func() error {
		_, err := s.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: aws.String(machine + "m"), RoleArn: aws.String(role)})
		return err
	}
	for denied, call := range map[string]func() error{
		"states:CreateStateMachine " + machine + "n":       create,
		"iam:PassRole " + role + " states.amazonaws.com":   create,
		"states:UpdateStateMachine " + machine + "m":       update,
		"iam:PassRole " + role + " states.amazonaws.com\t": update,
		"states:DeleteStateMachine " + machine + "m": func() error {
			_, err := s.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: aws.String(machine + "m")})
			return err
		},
	} {
		s.guard.denied = strings.TrimSpace(denied)
		expectError[smithy.APIError](t, denied, call(), "not allowed: "+s.guard.denied)
	}
	s.guard.denied = ""
	if _, err := s.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(machine + "n")}); err == nil {
		t.Error("the machine is there")
	}
}
