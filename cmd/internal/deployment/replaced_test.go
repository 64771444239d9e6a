package deployment

// This file deploys what the app has none of: a nested stack, and tables that are
// replaced. The assembly is written by hand.

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

const depot = "Depot"

func TestTheCDKReplacesTablesAndUpdatesTheNestedStackThatWritesIntoThem(t *testing.T) {
	t.Parallel()
	a := open(t, "")
	copied(t, "testdata/depot", a.cdkOut())
	var first, second map[string]string // outputs
	story(t,
		step{"a stack is created with the one in it", func(t *testing.T) {
			a.run(t, command(t, "bootstrap"))
			a.run(t, command(t, "deploy --app cdk.out --all"))
			first = a.receive(t, "first")
			a.hold(t, first, "first")
		}},
		step{"an update that fails leaves the tables as they were, with their items", func(t *testing.T) {
			a.rekey(t, "Goods")
			a.edit(t, depot, func(s template) {
				s.Resources["Taken"] = takenBucket()
				s.Resources["Taken"]["DependsOn"] = "Counter" // so that all else is done by then
			})
			a.fails(t, "Taken (AWS::S3::Bucket): BucketAlreadyOwnedByYou", command(t, "deploy --app cdk.out --all"))
			if status := a.status(t, depot); status != "UPDATE_ROLLBACK_COMPLETE" {
				t.Errorf("the stack is in %s", status)
			}
			if after := a.receive(t, "second"); !maps.Equal(first, after) {
				t.Errorf("the outputs were %q, and are %q", first, after)
			}
			a.hold(t, first, "first", "second")
		}},
		step{"tables that are created anew are followed, and one is retained", func(t *testing.T) {
			a.rekey(t, "Ledger")
			a.edit(t, depot, func(s template) { delete(s.Resources, "Taken") })
			a.says(t, "replace", command(t, "diff"))
			a.run(t, command(t, "deploy --app cdk.out --all"))
			second = a.receive(t, "third")
			if second["Receive"] != first["Receive"] || second["Goods"] == first["Goods"] || second["Ledger"] == first["Ledger"] {
				t.Errorf("the outputs were %q, and are %q", first, second)
			}
			a.hold(t, second, "third")
		}},
		step{"only what was retained is left when it is destroyed", func(t *testing.T) {
			kept := a.retained(t)
			kept[first["Ledger"]] = true
			left := a.inventory(t).keeping(kept)
			if !slices.Equal(left["tables"], []string{first["Ledger"]}) {
				t.Errorf("the tables that are meant to stay are %q", left["tables"])
			}
			a.run(t, command(t, "destroy"))
			a.inventory(t).is(t, left)
			if got := a.items(t, first["Ledger"]); !slices.Equal(got, []string{"first", "second"}) {
				t.Errorf("the table that was retained has %q", got)
			}
		}},
	)
}

// rekey changes the key of a table, and the state machine in the nested stack besides.
func (a *account) rekey(t *testing.T, table string) {
	t.Helper()
	a.editFile(t, depot, "Counter.template.json", func(s template) {
		s.of(t, "AWS::StepFunctions::StateMachine", func(_ string, p map[string]any) { p["Tags"] = []map[string]string{{"Key": "of", "Value": table}} })
	})
	a.edit(t, depot, func(s template) {
		s.of(t, "AWS::DynamoDB::Table", func(id string, p map[string]any) {
			if id == table {
				p["AttributeDefinitions"] = []map[string]string{{"AttributeName": "sku", "AttributeType": "S"}}
				p["KeySchema"] = []map[string]string{{"AttributeName": "sku", "KeyType": "HASH"}}
			}
		})
	})
}

// receive has the nested stack's state machine write an item into both tables,
// and returns the outputs by which it is found.
func (a *account) receive(t *testing.T, id string) (outputs map[string]string) {
	t.Helper()
	outputs = map[string]string{}
	for _, name := range []string{"Goods", "Ledger", "Receive"} {
		value, err := a.now().Output(depot, name)
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = value
	}
	started, err := sfn.NewFromConfig(a.AWS()).StartExecution(t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: aws.String(outputs["Receive"]), Input: aws.String(fmt.Sprintf(`{"id": %q}`, id)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Ended(deadline(t), *started.ExecutionArn); err != nil {
		t.Fatal(err)
	}
	return outputs
}

func (a *account) hold(t *testing.T, outputs map[string]string, want ...string) {
	t.Helper()
	for _, table := range []string{"Goods", "Ledger"} {
		if got := a.items(t, outputs[table]); !slices.Equal(got, want) {
			t.Errorf("the table %s has %q, want %q", table, got, want)
		}
	}
}

func (a *account) items(t *testing.T, table string) []string {
	t.Helper()
	ids := listed(t, dynamodb.NewScanPaginator(dynamodb.NewFromConfig(a.AWS()), &dynamodb.ScanInput{TableName: &table}), "Items", "id", "Value")
	slices.Sort(ids)
	return ids
}
