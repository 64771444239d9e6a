package endtoend

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
)

func TestTransactionsOfAPartnerThatEnrichmentDoesNotKnowAreRejected(t *testing.T) {
	t.Parallel()
	l := anotherDesk(t, local.Options{})
	acme := l.Partners["acme"]
	client, err := acme.Dial(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// Its row is deleted by hand while it is connected.
	table, err := l.Output(l.Stack, "DirectoryTable")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dynamodb.NewFromConfig(l.AWS()).DeleteItem(deadline(t), &dynamodb.DeleteItemInput{
		TableName: &table,
		Key:       map[string]types.AttributeValue{contract.AttrPartner: &types.AttributeValueMemberS{Value: "acme"}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := client.Upload("unknown.xml", strings.NewReader(batch(record("1", "x")))); err != nil {
		t.Fatal(err)
	}
	r, _, err := client.Reply(deadline(t), "unknown.xml", func(contract.Reply) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	wantTotals(t, r, 0, 0, 1, 0)
	if receipt := r.Transactions[0]; receipt.Code != contract.CodePartnerUnknown || receipt.Message == "" {
		t.Errorf("receipt %+v", receipt)
	}
}

// The deadline of a real file is minutes away, so this one's settlement is
// started as split starts it, with a deadline that has passed.
func TestAFileThatIsNotSettledByItsDeadlineIsReportedAsOverdue(t *testing.T) {
	t.Parallel()
	fileID := contract.FileID("overdue", t.Name(), "1")
	input, err := json.Marshal(contract.Settlement{
		FileID: fileID, Partner: "acme", Bucket: output(t, "LandingBucket"), Key: "inbox/acme/overdue.xml", VersionID: "1",
		File: "overdue.xml", Received: 2, Deadline: time.Now().Add(-time.Minute).UTC(),
	})
	if err != nil {
		t.Fatal(err)
	}
	client := sfn.NewFromConfig(desk.AWS())
	started, err := client.StartExecution(deadline(t), &sfn.StartExecutionInput{
		StateMachineArn: aws.String(output(t, "SettlementARN")), Name: &fileID, Input: aws.String(string(input)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := desk.Partners["acme"].Reply(deadline(t), "overdue.xml", func(contract.Reply) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != contract.FileOverdue || r.Totals != (contract.Totals{Received: 2}) || r.Reason == nil || r.Reason.Code != contract.FileCodeOverdue || r.FileID != fileID {
		t.Errorf("reply %+v", r)
	}
	eventually(t, "the metric that raises the alarm", func() bool {
		return sum(t, here, "Tradepost/B2B", contract.MetricFilesOverdue, contract.DimensionPipeline, desk.Stack+"/Pipeline") == 1
	})
	if described, err := client.DescribeExecution(deadline(t), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn}); err != nil || described.Status != "RUNNING" {
		t.Errorf("settling has ended: %+v, %v", described, err)
	}
}
