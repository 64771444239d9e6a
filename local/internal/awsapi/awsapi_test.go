package awsapi_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/internal/awsapi"
)

func TestAServiceHasItsActionsAndTheirMembersAtAnyDepth(t *testing.T) {
	api, err := awsapi.Load("dynamodb")
	if err != nil {
		t.Fatal(err)
	}
	actions, err := api.Actions()
	if err != nil || !slices.IsSorted(actions) || !slices.Contains(actions, "TransactWriteItems") || slices.Contains(actions, "Close") {
		t.Errorf("got %v, %v", actions, err)
	}
	members, err := api.Members("TransactWriteItems")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"TransactItems", "TransactItems.Put.TableName", "ClientRequestToken"} {
		if !slices.Contains(members, want) {
			t.Errorf("%s is missing in %v", want, members)
		}
	}
	if slices.Index(members, "TransactItems") > slices.Index(members, "TransactItems.Put") {
		t.Error("a structure stands behind its members")
	}
}

func TestAStructureWithinItselfIsNotFollowedAgain(t *testing.T) {
	api, err := awsapi.Load("sagemaker")
	if err != nil {
		t.Fatal(err)
	}
	members, err := api.Members("Search")
	if err != nil || !slices.Contains(members, "SearchExpression.SubExpressions") || slices.Contains(members, "SearchExpression.SubExpressions.SubExpressions") {
		t.Errorf("got %v, %v", members, err)
	}
}

func TestWhatThereIsNotIsNamed(t *testing.T) {
	if _, err := awsapi.Load("teleport"); err == nil || !strings.Contains(err.Error(), "teleport") {
		t.Errorf("got %v", err)
	}
	api, err := awsapi.Load("sqs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.Members("Teleport"); err == nil || !strings.Contains(err.Error(), "Teleport") {
		t.Errorf("got %v", err)
	}
}
