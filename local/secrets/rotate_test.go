package secrets

// This file is about rotations.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/schedule"
)

const rotator = "arn:aws:lambda:eu-west-1:111122223333:function:rotator"

// lambda rotates as the functions of AWS's templates do, one value a rotation.
type lambda struct {
	s       *SecretsManager
	arn     string // of the secret
	mu      sync.Mutex
	failing string // a step
	steps   []string
	made    int
}

func (l *lambda) invoke(ctx context.Context, caller cloud.Caller, in struct {
	FunctionName, InvocationType string
	Payload                      json.RawMessage
}) (struct{ FunctionError string }, error) {
	var out struct{ FunctionError string }
	if caller.Service != principal || caller.Context["aws:SourceArn"] != l.arn || in.FunctionName != rotator {
		return out, cloud.Errorf(404, "ResourceNotFoundException", "%s of %s", in.FunctionName, caller.ARN)
	}
	if in.InvocationType == "DryRun" {
		return out, nil
	}
	var e rotationEvent
	if err := json.Unmarshal(in.Payload, &e); err != nil {
		return out, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, e.Step)
	if err := l.run(ctx, e); err != nil || l.failing == e.Step {
		l.steps = append(l.steps, fmt.Sprint(err))
		out.FunctionError = "Unhandled"
	}
	return out, nil
}

func (l *lambda) run(ctx context.Context, e rotationEvent) error {
	admin := l.s.cloud.Administrator()
	told, err := l.s.describeSecret(ctx, admin, describeSecretInput{e.SecretId})
	if err != nil {
		return err
	}
	if !told.RotationEnabled || fmt.Sprint(told.VersionIdsToStages[e.ClientRequestToken]) != "[AWSPENDING]" {
		return errors.New("not staged for a rotation")
	}
	switch e.Step {
	case "createSecret":
		_, err = l.s.getSecretValue(ctx, admin, getSecretValueInput{SecretId: e.SecretId, VersionId: e.ClientRequestToken, VersionStage: pending})
		if err == nil {
			return nil // it was made in an earlier attempt
		}
		if cloud.AsError(err).Code != "ResourceNotFoundException" {
			return fmt.Errorf("the next version: %w", err)
		}
		l.made++
		value := fmt.Sprint("made ", l.made)
		_, err = l.s.putSecretValue(ctx, admin, putSecretValueInput{e.SecretId, givenValue{ClientRequestToken: e.ClientRequestToken, SecretString: &value}, []string{pending}})
	case "finishSecret":
		v, _ := l.s.getSecretValue(ctx, admin, getSecretValueInput{SecretId: e.SecretId})
		_, err = l.s.updateSecretVersionStage(ctx, admin, updateSecretVersionStageInput{SecretId: e.SecretId, VersionStage: current, MoveToVersionId: e.ClientRequestToken, RemoveFromVersionId: v.VersionId})
	}
	return err
}

// onRotator runs a test with a secret "s" whose value is "old", in a bubble.
func onRotator(t *testing.T, test func(t *testing.T, l *lambda)) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := mustCreate(t, secretOf(`"Name": "s", "SecretString": "old"`))
		l := &lambda{s: s, arn: s.byName["s"].arn}
		s.cloud.Register("secretsmanager", s)
		s.cloud.Register("lambda", cloud.Operations{"Invoke": cloud.Handle(l.invoke)})
		test(t, l)
		s.cloud.Close()
	})
}

func (l *lambda) value(t *testing.T, stage string) string {
	t.Helper()
	v, err := call[secretValue](t, l.s, "GetSecretValue", `{"SecretId": "s", "VersionStage": "`+stage+`"}`)
	if err != nil {
		return cloud.AsError(err).Code
	}
	return *v.SecretString
}

// went is which steps were taken.
func (l *lambda) went() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.steps, " ")
}

// versions is how many the secret has.
func (l *lambda) versions() int {
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	return len(l.s.byName["s"].versions)
}

// version is the id of the one with a label.
func (l *lambda) version(label string) string {
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	return l.s.byName["s"].stages[label]
}

// next is when it is time for a rotation.
func (l *lambda) next() time.Time {
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	return l.s.byName["s"].rotation.next
}

func request(members string) string {
	return `{"SecretId": "s", "ClientRequestToken": "` + cloud.UUID() + `", "RotationLambdaARN": "` + rotator + `"` + members + `}`
}

func TestAFunctionRotatesASecretInFourSteps(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		steps(t, l.s, [][3]string{{"RotateSecret", request(`, "RotationRules": {"AutomaticallyAfterDays": 1}`), `"Name":"s","VersionId":"`}})
		synctest.Wait()
		if got := l.went(); got != "createSecret setSecret testSecret finishSecret" {
			t.Errorf("the steps were %s", got)
		}
		if l.value(t, current) != "made 1" || l.value(t, previous) != "old" || l.value(t, pending) != "ResourceNotFoundException" {
			t.Errorf("current is %s, previous %s, pending %s", l.value(t, current), l.value(t, previous), l.value(t, pending))
		}
		told, err := call[description](t, l.s, "DescribeSecret", `{"SecretId": "s"}`)
		if err != nil || !told.RotationEnabled || told.RotationLambdaARN != rotator || *told.RotationRules.AutomaticallyAfterDays != 1 ||
			!time.Time(*told.LastRotatedDate).Equal(time.Now()) || !time.Time(*told.NextRotationDate).Equal(time.Now().Add(24*time.Hour)) {
			t.Errorf("told as %+v, %v", told, err)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if l.value(t, current) != "made 2" {
			t.Errorf("after a day it is %s", l.value(t, current))
		}
		steps(t, l.s, [][3]string{{"CancelRotateSecret", `{"SecretId": "s"}`, `"Name":"s"}`}})
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		told, err = call[description](t, l.s, "DescribeSecret", `{"SecretId": "s"}`)
		if l.value(t, current) != "made 2" || err != nil || told.RotationEnabled || told.NextRotationDate != nil || told.RotationLambdaARN != rotator {
			t.Errorf("after it was cancelled it is %s, told as %+v, %v", l.value(t, current), told, err)
		}
	})
}

func TestARotationThatFailsIsTriedAgainWhenItIsTime(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		l.failing = "testSecret"
		steps(t, l.s, [][3]string{{"RotateSecret", request(`, "RotationRules": {"ScheduleExpression": "rate(2 days)"}`), `"VersionId"`}})
		synctest.Wait()
		if l.value(t, current) != "old" || l.value(t, pending) != "made 1" {
			t.Errorf("current is %s, pending %s", l.value(t, current), l.value(t, pending))
		}
		steps(t, l.s, [][3]string{{"RotateSecret", request(``), "InvalidRequestException: A previous rotation isn't complete. That rotation will be reattempted."}})
		l.mu.Lock()
		l.failing, l.steps = "", nil
		l.mu.Unlock()
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if !strings.HasPrefix(l.went(), "createSecret") || l.versions() != 2 {
			t.Errorf("it went %s, with %d versions", l.went(), l.versions())
		}
	})
}

func TestARotationThatWaitsIsTested(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		steps(t, l.s, [][3]string{{"RotateSecret", request(`, "RotateImmediately": false, "RotationRules": {"AutomaticallyAfterDays": 3}`), `"VersionId"`}})
		synctest.Wait()
		if l.went() != "testSecret" || l.value(t, current) != "old" || l.versions() != 1 || l.value(t, pending) != "ResourceNotFoundException" {
			t.Errorf("it went %s, with %d versions", l.went(), l.versions())
		}
		steps(t, l.s, [][3]string{{"DeleteSecret", `{"SecretId": "s", "RecoveryWindowInDays": 7}`, `"DeletionDate"`}})
		time.Sleep(72 * time.Hour)
		synctest.Wait()
		steps(t, l.s, [][3]string{{"RestoreSecret", `{"SecretId": "s"}`, `"Name":"s"`}})
		if l.value(t, current) != "old" || l.went() != "testSecret" || l.versions() != 1 {
			t.Errorf("deleted, it was rotated to %s, it went %s, and there are %d versions", l.value(t, current), l.went(), l.versions())
		}
		time.Sleep(72 * time.Hour)
		synctest.Wait()
		if l.value(t, current) != "made 1" {
			t.Errorf("restored, it is %s", l.value(t, current))
		}
	})
}

func TestWhatARotationMayNotBe(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		id := cloud.UUID()
		steps(t, l.s, [][3]string{
			{"RotateSecret", `{"SecretId": "s", "ClientRequestToken": "` + id + `"}`, "InvalidRequestException: No Lambda rotation function ARN is associated with this secret."},
			{"RotateSecret", `{"SecretId": "s", "ClientRequestToken": "short"}`, "InvalidParameterException: ClientRequestToken must be 32-64 characters long."},
			{"RotateSecret", `{"SecretId": "s"}`, "InvalidParameterException: You must provide a ClientRequestToken value. We recommend a UUID-type value."},
			{"RotateSecret", strings.Replace(request(``), ":rotator", ":other", 1), "AccessDeniedException: Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com."},
			{"RotateSecret", request(`, "RotationRules": {"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"}`), "You can't specify both AutomaticallyAfterDays and ScheduleExpression"},
			{"RotateSecret", request(`, "RotationRules": {"AutomaticallyAfterDays": 1001}`), "Member must have value between 1 and 1000"},
			{"RotateSecret", request(`, "RotationRules": {"AutomaticallyAfterDays": 0}`), "Member must have value between 1 and 1000"},
			{"RotateSecret", request(`, "RotationRules": {"ScheduleExpression": "daily"}`), "The ScheduleExpression is invalid"},
			{"RotateSecret", strings.Replace(request(``), `"s"`, `"none"`, 1), "ResourceNotFoundException"},
			{"DeleteSecret", `{"SecretId": "s"}`, `"DeletionDate"`},
			{"RotateSecret", request(``), "it was marked for deletion"},
			{"CancelRotateSecret", `{"SecretId": "s"}`, "it was marked for deletion"},
			{"RestoreSecret", `{"SecretId": "s"}`, ``},
			{"DescribeSecret", `{"SecretId": "s"}`, `["AWSCURRENT"]`},
		})
		told, err := call[map[string]any](t, l.s, "DescribeSecret", `{"SecretId": "s"}`)
		if err != nil || told["RotationRules"] != nil || told["RotationEnabled"] != nil {
			t.Errorf("told as %v, %v", told, err)
		}
		if l.versions() != 1 || l.went() != "" {
			t.Errorf("there are %d versions, after %s", l.versions(), l.went())
		}
	})
}

// What a request says of rotations counts instead of what an earlier one said.
func TestARequestReplacesTheRulesOfRotations(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		rotated := func(members, want string) *description {
			t.Helper()
			steps(t, l.s, [][3]string{{"RotateSecret", request(members), `"VersionId"`}})
			synctest.Wait()
			told, err := call[description](t, l.s, "DescribeSecret", `{"SecretId": "s"}`)
			if err != nil || l.value(t, current) != want {
				t.Errorf("with %s it is %s, %v", members, l.value(t, current), err)
			}
			return &told
		}
		if told := rotated(``, "made 1"); told.NextRotationDate != nil || *told.RotationRules != (rotationRules{}) {
			t.Errorf("without rules it is rotated by %+v, next at %v", told.RotationRules, told.NextRotationDate)
		}
		rotated(`, "RotationRules": {"AutomaticallyAfterDays": 1}`, "made 2")
		before := l.s.byName["s"].describe()
		told := rotated(`, "RotationRules": {"AutomaticallyAfterDays": 1000, "Duration": "2h"}`, "made 3")
		if !time.Time(*told.NextRotationDate).Equal(time.Now().Add(1000*day)) || told.RotationRules.Duration != "2h" {
			t.Errorf("told as %+v", told)
		}
		if *before.RotationRules.AutomaticallyAfterDays != 1 || before.RotationRules.Duration != "" {
			t.Errorf("what was told before has come to be %+v", before.RotationRules)
		}
		time.Sleep(1000*day - time.Second)
		synctest.Wait()
		if l.value(t, current) != "made 3" {
			t.Errorf("by the former rules it has come to be %s", l.value(t, current))
		}
	})
}

func TestARotationThatIsPreparedChangesTheSecret(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		changed := func() time.Time {
			told, err := call[description](t, l.s, "DescribeSecret", `{"SecretId": "s"}`)
			if err != nil {
				t.Fatal(err)
			}
			return time.Time(told.LastChangedDate)
		}
		for _, row := range [][3]string{
			{"RotateSecret", request(`, "RotateImmediately": false`), `"VersionId"`},
			{"RotateSecret", request(`, "RotateImmediately": false`), `"VersionId"`}, // what was tested is no rotation that has begun
			{"CancelRotateSecret", `{"SecretId": "s"}`, `"Name":"s"`},
		} {
			time.Sleep(time.Minute)
			steps(t, l.s, [][3]string{row})
			synctest.Wait()
			if !changed().Equal(time.Now()) {
				t.Errorf("after %s it was last changed at %v", row[0], changed())
			}
		}
	})
}

// AWSPENDING on the current version is of a rotation that is over.
func TestAVersionThatIsCurrentAlreadyIsNotWaitedFor(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		old := l.version(current)
		steps(t, l.s, [][3]string{
			{"UpdateSecretVersionStage", `{"SecretId": "s", "VersionStage": "AWSPENDING", "MoveToVersionId": "` + old + `"}`, ""},
			{"CancelRotateSecret", `{"SecretId": "s"}`, `"Name":"s"}`},
			{"RotateSecret", request(`, "RotationRules": {"AutomaticallyAfterDays": 1}`), `"VersionId"`},
		})
		synctest.Wait()
		if l.value(t, current) != "made 1" {
			t.Errorf("it is %s", l.value(t, current))
		}
		steps(t, l.s, [][3]string{{"UpdateSecretVersionStage", `{"SecretId": "s", "VersionStage": "AWSPENDING", "MoveToVersionId": "` + l.version(current) + `"}`, ""}})
		time.Sleep(day)
		synctest.Wait()
		if l.value(t, current) != "made 2" {
			t.Errorf("when it is time, it is %s", l.value(t, current))
		}
	})
}

func TestAVersionWithAValueOutlivesATest(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		again := `{"SecretId": "s", "ClientRequestToken": "` + l.version(current) + `", "RotationLambdaARN": "` + rotator + `", "RotateImmediately": false}`
		steps(t, l.s, [][3]string{{"RotateSecret", again, `"VersionId"`}})
		if synctest.Wait(); l.value(t, current) != "old" {
			t.Errorf("it is %s", l.value(t, current))
		}
	})
}

func TestTheVersionOfARotationThatFailedIsToldWhenRotationsAreCancelled(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		l.failing = "testSecret"
		steps(t, l.s, [][3]string{{"RotateSecret", request(``), `"VersionId"`}})
		synctest.Wait()
		steps(t, l.s, [][3]string{{"CancelRotateSecret", `{"SecretId": "s"}`, `"VersionId":"` + l.version(pending) + `"`}})
	})
}

// In a bubble it is the first of January 2000.
func TestNothingIsRotatedAfterTheLastTimeOfASchedule(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		rules := `, "RotateImmediately": false, "RotationRules": {"ScheduleExpression": "cron(0 8 2 1 ? 2000)"}`
		steps(t, l.s, [][3]string{{"RotateSecret", request(rules), `"VersionId"`}})
		time.Sleep(2 * day)
		if synctest.Wait(); l.value(t, current) != "made 1" || !l.next().IsZero() {
			t.Errorf("after the second of January it is %s, the next time %v", l.value(t, current), l.next())
		}
		steps(t, l.s, [][3]string{{"RotateSecret", request(rules), `"VersionId"`}}) // which has no time left
		time.Sleep(day)
		if synctest.Wait(); l.value(t, current) != "made 1" || !l.next().IsZero() {
			t.Errorf("without a time left it is %s, the next time %v", l.value(t, current), l.next())
		}
	})
}

// A timer may fire while its rules are being replaced.
func TestWhatIsDueByFormerRulesIsNotDone(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		steps(t, l.s, [][3]string{{"RotateSecret", request(``), `"VersionId"`}})
		synctest.Wait()
		over, end := context.WithCancel(t.Context())
		end()
		l.s.due(t.Context(), over, l.s.byName["s"], schedule.Rate(day))
		if next := l.next(); l.value(t, current) != "made 1" || !next.IsZero() {
			t.Errorf("it is %s, the next time %v", l.value(t, current), next)
		}
	})
}

func TestASecretThatIsGoneIsRotatedNoMore(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		steps(t, l.s, [][3]string{{"RotateSecret", request(`, "RotationRules": {"AutomaticallyAfterDays": 1}`), `"VersionId"`}})
		synctest.Wait()
		before := l.went()
		steps(t, l.s, [][3]string{{"DeleteSecret", `{"SecretId": "s", "ForceDeleteWithoutRecovery": true}`, ""}})
		time.Sleep(2 * day)
		if synctest.Wait(); l.went() != before {
			t.Errorf("it went %s", l.went())
		}
	})
}

func TestWhoRotatesASecretMayInvokeItsFunction(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		l.s.cloud.Authorizer = denied{"lambda:InvokeFunction", rotator}
		steps(t, l.s, [][3]string{{"RotateSecret", request(``), "AccessDeniedException: not authorized to perform: lambda:InvokeFunction on resource: " + rotator}})
		if synctest.Wait(); l.went() != "" {
			t.Errorf("it went %s", l.went())
		}
	})
}

func TestATemplateHasASecretRotated(t *testing.T) {
	onRotator(t, func(t *testing.T, l *lambda) {
		known := map[string]cfn.Type{}
		for _, typ := range l.s.Types() {
			known[typ.Name] = typ
		}
		const declared = `{"Resources": {"R": {"Type": "AWS::SecretsManager::RotationSchedule", "Properties": {"SecretId": "s", "RotationLambdaARN": "` + rotator + `", "RotationRules": {"ScheduleExpression": "rate(10 days)"}}}}}`
		stackOf := func(document string) *cfn.Stack {
			template, err := cfn.Parse([]byte(document))
			if err != nil {
				t.Fatal(err)
			}
			return &cfn.Stack{Name: "Stack", Site: l.s.cloud.Site, Template: template}
		}
		stack, err := stackOf(declared).Create(t.Context(), known)
		if err != nil || stack.Handles["R"].Ref != l.arn {
			t.Fatalf("%+v, %v", stack, err)
		}
		synctest.Wait()
		if next := l.next(); l.value(t, current) != "made 1" || !next.Equal(time.Now().Add(10*day)) {
			t.Errorf("it is %s, the next time %v", l.value(t, current), next)
		}
		waits := stackOf(strings.NewReplacer("10 days", "20 days", `"SecretId"`, `"RotateImmediatelyOnUpdate": false, "SecretId"`).Replace(declared))
		if err := stack.Update(t.Context(), waits); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if next := l.next(); l.value(t, current) != "made 1" || !next.Equal(time.Now().Add(20*day)) {
			t.Errorf("updated, it is %s, the next time %v", l.value(t, current), next)
		}
		if err := stack.Delete(t.Context(), cfn.Deletion{}); err != nil || l.s.byName["s"].rotation.enabled {
			t.Errorf("it is still rotated, %v", err)
		}
		if stack, err = stackOf(declared).Create(t.Context(), known); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		steps(t, l.s, [][3]string{{"DeleteSecret", `{"SecretId": "s", "ForceDeleteWithoutRecovery": true}`, ""}})
		if err := stack.Delete(t.Context(), cfn.Deletion{}); err != nil {
			t.Errorf("after its secret has gone: %v", err)
		}
	})
}
