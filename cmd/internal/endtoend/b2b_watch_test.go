package endtoend

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// An operator has stopped the settlement of a file whose transactions all have
// an outcome: the partner is told all the same, and the operator too.
func TestASettlementThatWasStoppedIsStartedAgain(t *testing.T) {
	t.Parallel()
	const name = "stopped.xml"
	fileID := contract.FileID("stopped", t.Name(), "1")
	table := dynamodb.NewFromConfig(desk.AWS())
	put := func(name string, item map[string]types.AttributeValue) {
		t.Helper()
		if _, err := table.PutItem(deadline(t), &dynamodb.PutItemInput{TableName: aws.String(output(t, name)), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	put("OutcomesTable", outcomes.Item(fileID, time.Now().Add(time.Hour), contract.Receipt{Ordinal: 1, Outcome: contract.Stored}))
	put("FilesTable", map[string]types.AttributeValue{
		contract.AttrFileID: attribute.Text(fileID), contract.AttrPartner: attribute.Text("acme"), contract.AttrFile: attribute.Text(name),
		contract.AttrBucket: attribute.Text(output(t, "LandingBucket")), contract.AttrKey: attribute.Text("inbox/acme/" + name),
		contract.AttrVersionID: attribute.Text("1"), contract.AttrReceived: attribute.Number(1), contract.AttrStatus: attribute.Text(contract.FileSplit),
		contract.AttrUnsettled: attribute.Text(contract.Unsettled), contract.AttrDeadline: attribute.Number(time.Now().Add(-time.Minute).UnixMilli()),
	})

	invoke(t, "Watch")
	r, _, err := desk.Partners["acme"].Reply(deadline(t), name, func(r contract.Reply) bool { return r.Status == contract.FileSettled })
	if err != nil {
		t.Fatal(err)
	}
	if r.FileID != fileID || r.Totals != (contract.Totals{Received: 1, Stored: 1}) {
		t.Errorf("reply %+v", r)
	}
	execution := fmt.Sprintf("%s:%s-1", strings.Replace(output(t, "SettlementARN"), ":stateMachine:", ":execution:", 1), fileID)
	eventually(t, "the new settlement to end", func() bool {
		described, err := sfn.NewFromConfig(desk.AWS()).DescribeExecution(deadline(t), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		return err == nil && described.Status == "SUCCEEDED"
	})
	eventually(t, "the metric that raises the alarm", func() bool {
		return sum(t, desk.Laptop, "Tradepost/B2B", contract.MetricFilesAbandoned, contract.DimensionPipeline, desk.Stack+"/Pipeline") == 1
	})

	// Now that it is settled there is nothing left to do.
	invoke(t, "Watch")
	row, err := table.GetItem(deadline(t), &dynamodb.GetItemInput{
		TableName: aws.String(output(t, "FilesTable")), Key: map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(fileID)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if attempts, err := attribute.Int(row.Item, contract.AttrAttempts); err != nil || attempts != 1 || row.Item[contract.AttrUnsettled] != nil {
		t.Errorf("row %v, %v", row.Item, err)
	}
}

// invoke runs the stack's function whose name has the part, as a schedule does.
func invoke(t *testing.T, part string) {
	t.Helper()
	client := lambda.NewFromConfig(desk.AWS())
	functions, err := client.ListFunctions(deadline(t), &lambda.ListFunctionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range functions.Functions {
		if strings.Contains(*f.FunctionName, part) {
			answer, err := client.Invoke(deadline(t), &lambda.InvokeInput{FunctionName: f.FunctionName, Payload: []byte("{}")})
			if err != nil || answer.FunctionError != nil {
				t.Fatalf("invoke %s: %v, %s", *f.FunctionName, err, answer.Payload)
			}
			return
		}
	}
	t.Fatalf("no function has %s in its name", part)
}
