package endtoend

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// onboard signs a user up and returns what comes of it.
func onboard(t *testing.T, input string) contract.Result {
	t.Helper()
	result, err := club.Onboard(deadline(t), input)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// given is a user's profile without the workflow's own attributes.
func given(t *testing.T, user string) map[string]types.AttributeValue {
	t.Helper()
	profile, err := club.Profile(deadline(t), user)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{contract.AttrOnboardedBy, contract.AttrEventSentAt, contract.AttrReferredAt} {
		delete(profile, name)
	}
	return profile
}

// The input is that of the text which this system follows.
func TestTheTextsOwnUserIsOnboardedAndKnownTheSecondTime(t *testing.T) {
	t.Parallel()
	const input = `{"user": {"userId": "user-12345","email": "john.doe@example.com","name": "John Doe","signupDate": "2025-10-20T10:30:00Z","source": "web_signup","metadata": {"referralCode": "FRIEND2025","country": "US"}}}`
	if got, want := onboard(t, input), (contract.Result{UserID: "user-12345", Outcome: contract.OutcomeOnboarded, Referral: "Processed"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want := map[string]types.AttributeValue{
		"PK": attribute.Text("user-12345"), "SK": attribute.Text("PROFILE"), "userId": attribute.Text("user-12345"), "email": attribute.Text("john.doe@example.com"),
		"name": attribute.Text("John Doe"), "signupDate": attribute.Text("2025-10-20T10:30:00Z"), "source": attribute.Text("web_signup"),
		"metadata": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"referralCode": attribute.Text("FRIEND2025"), "country": attribute.Text("US")}},
	}
	if got := given(t, "user-12345"); !reflect.DeepEqual(got, want) {
		t.Errorf("profile %v, want %v", got, want)
	}
	if got, want := onboard(t, input), (contract.Result{UserID: "user-12345", Outcome: contract.OutcomeAlreadyOnboarded}); got != want {
		t.Errorf("again: got %+v, want %+v", got, want)
	}
}

func TestAUserOfWhomLittleIsKnownIsOnboardedAndOneWithoutAnAddressRefused(t *testing.T) {
	t.Parallel()
	if got, want := onboard(t, `{"user": {"userId": "ü-😀", "email": "\"e\""}}`), (contract.Result{UserID: "ü-😀", Outcome: contract.OutcomeOnboarded, Referral: "No Action"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want := map[string]types.AttributeValue{"PK": attribute.Text("ü-😀"), "SK": attribute.Text("PROFILE"), "userId": attribute.Text("ü-😀"), "email": attribute.Text(`"e"`)}
	if got := given(t, "ü-😀"); !reflect.DeepEqual(got, want) {
		t.Errorf("profile %v, want %v", got, want)
	}
	_, err := club.Onboard(deadline(t), `{"user": {"userId": "no-address", "email": " "}}`)
	if refused, ok := errors.AsType[*laptop.Failed](err); !ok || refused.Name != contract.ErrorUserInvalid || refused.Cause != "email is missing or blank" {
		t.Errorf("got %v", err)
	}
	if profile := given(t, "no-address"); profile != nil {
		t.Errorf("profile %v", profile)
	}
}

// The queue refuses the event for good: access is denied until a second
// execution. In between the profile is there, and nobody has been told.
func TestASecondExecutionSendsTheEventThatAFirstOneCouldNot(t *testing.T) {
	t.Parallel()
	const user = "user-without-event"
	var blocked atomic.Bool
	blocked.Store(true)
	var sent atomic.Int32
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Action != "SendMessage" || !about(call, user) {
			return nil
		}
		if blocked.Load() {
			return cloud.Errorf(400, "QueueDoesNotExist", "it is being made anew")
		}
		sent.Add(1)
		return nil
	})
	input := fmt.Sprintf(`{"user": {"userId": %q, "email": "e", "metadata": {"referralCode": "F"}}}`, user)
	if _, err := club.Onboard(deadline(t), input); err == nil {
		t.Fatal("the first one succeeded")
	}
	before := given(t, user)
	if before == nil || sent.Load() != 0 {
		t.Fatalf("profile %v, %d events", before, sent.Load())
	}
	blocked.Store(false)
	if got, want := onboard(t, input), (contract.Result{UserID: user, Outcome: contract.OutcomeCompleted, Referral: "Processed"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if after := given(t, user); !reflect.DeepEqual(before, after) || sent.Load() != 1 {
		t.Errorf("profile %v, before %v; %d events", after, before, sent.Load())
	}
}

func TestOfManyExecutionsForOneUserOneSendsOneEvent(t *testing.T) {
	t.Parallel()
	const user = "user-of-many"
	var sent atomic.Int32
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Action == "SendMessage" && about(call, user) {
			sent.Add(1)
		}
		return nil
	})
	var executions []string
	for range 10 {
		execution, err := club.SignUp(deadline(t), `{"user": {"userId": "`+user+`", "email": "e"}}`)
		if err != nil {
			t.Fatal(err)
		}
		executions = append(executions, execution)
	}
	outcomes := map[contract.Outcome]int{}
	for _, execution := range executions {
		result, err := club.Ended(deadline(t), execution)
		if err != nil {
			t.Fatal(err)
		}
		outcomes[result.Outcome]++
	}
	if outcomes[contract.OutcomeOnboarded] != 1 || outcomes[contract.OutcomeCompleted] != 0 || sent.Load() != 1 {
		t.Errorf("outcomes %v, %d events", outcomes, sent.Load())
	}
}
