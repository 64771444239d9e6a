package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/textract"
	textracttypes "github.com/aws/aws-sdk-go-v2/service/textract/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

type office struct {
	*dynamotest.Tables
	t       *testing.T
	jobs    map[string]any // a status, or an error
	started []string
	counted bytes.Buffer
}

func (o *office) GetExpenseAnalysis(_ context.Context, in *textract.GetExpenseAnalysisInput, _ ...func(*textract.Options)) (*textract.GetExpenseAnalysisOutput, error) {
	switch answer := o.jobs[*in.JobId].(type) {
	case error:
		return nil, answer
	case string:
		return &textract.GetExpenseAnalysisOutput{JobStatus: textracttypes.JobStatus(answer)}, nil
	}
	return nil, errors.New("asked about " + *in.JobId)
}

func (o *office) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	o.started = append(o.started, *in.StateMachineArn+" "+*in.Name+" "+*in.Input)
	return &sfn.StartExecutionOutput{}, nil
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{Tables: dynamotest.Empty(t), t: t, jobs: map[string]any{}}
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	define := func(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: kind}
	}
	_, err := o.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("Files"), BillingMode: types.BillingModePayPerRequest, KeySchema: []types.KeySchemaElement{key(contract.AttrFileID, types.KeyTypeHash)},
		AttributeDefinitions: []types.AttributeDefinition{define(contract.AttrFileID, "S"), define(contract.AttrOpen, "S"), define(contract.AttrDeadline, "N")},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String(contract.IndexOpen), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			KeySchema: []types.KeySchemaElement{key(contract.AttrOpen, types.KeyTypeHash), key(contract.AttrDeadline, types.KeyTypeRange)},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// file writes a file's row, whose deadline is so far off.
func (o *office) file(id string, status contract.FileStatus, off time.Duration) {
	row := map[string]types.AttributeValue{"fileId": attribute.Text(id), "status": attribute.Text(status), "jobId": attribute.Text("job of " + id)}
	if status != contract.FileSettled {
		row["open"], row["deadline"] = attribute.Text("open"), attribute.Number(time.Now().Add(off).Unix())
	}
	o.Put("Files", row)
}

func (o *office) watch() error {
	h := &Handler{DynamoDB: o, Textract: o, StepFunctions: o, Metrics: &metrics.Emitter{Namespace: "n", Out: &o.counted}, FilesTable: "Files", WorkflowARN: "workflow"}
	return h.Handle(o.t.Context())
}

func TestAJobOfWhoseEndNobodyHasHeardIsFound(t *testing.T) {
	o := open(t)
	for id, answer := range map[string]any{
		"succeeded": "SUCCEEDED", "failed": "FAILED", "partly": "PARTIAL_SUCCESS", "forgotten": &textracttypes.InvalidJobIdException{}, "working": "IN_PROGRESS",
	} {
		o.file(id, contract.FileAnalyzing, -time.Minute)
		o.jobs["job of "+id] = answer
	}
	o.file("waiting", contract.FileReceived, -time.Minute)
	o.file("processed", contract.FileProcessing, -time.Minute)
	o.file("in time", contract.FileAnalyzing, time.Minute)
	o.file("settled", contract.FileSettled, -time.Minute)
	if err := o.watch(); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, id := range []string{"failed", "forgotten", "partly", "succeeded"} {
		want = append(want, fmt.Sprintf(`workflow %s {"fileId":"%s","jobId":"job of %s"}`, id, id, id))
	}
	slices.Sort(o.started)
	if !slices.Equal(o.started, want) || !strings.Contains(o.counted.String(), `"FilesOverdue":7`) {
		t.Errorf("started %q, counted %s", o.started, o.counted.String())
	}
}

func TestOneThatCannotBeAskedAboutKeepsNoOtherWaiting(t *testing.T) {
	o := open(t)
	for id, answer := range map[string]any{"a": errors.New("denied"), "b": "SUCCEEDED", "c": errors.New("denied")} {
		o.file(id, contract.FileAnalyzing, -time.Minute)
		o.jobs["job of "+id] = answer
	}
	err := o.watch()
	if err == nil || !strings.Contains(err.Error(), "job of a") || !strings.Contains(err.Error(), "job of c") || len(o.started) != 1 || !strings.Contains(o.counted.String(), `"FilesOverdue":3`) {
		t.Errorf("%v, started %q, counted %s", err, o.started, o.counted.String())
	}
}

func TestWithoutOverdueFilesNothingIsCounted(t *testing.T) {
	o := open(t)
	o.file("in time", contract.FileAnalyzing, time.Minute)
	if err := o.watch(); err != nil || o.counted.Len() != 0 || len(o.started) != 0 {
		t.Errorf("%v, counted %s", err, o.counted.String())
	}
}
