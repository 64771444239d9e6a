package main

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/lambda"
)

// A pipeline with a key of its stack has no findings either, and the engine
// takes it: nothing is encrypted there, and permissions to use a key do no harm.
func TestPipelineWithAKeyPassesNagAndRunsInTheEngine(t *testing.T) {
	app := cdktest.NewApp(t, nil)
	stack := awscdk.NewStack(app, jsii.String("Keyed"), nil)
	partners, err := b2b.LoadPartners("testdata/partners.json")
	if err != nil {
		t.Fatal(err)
	}
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	key.AddAlias(jsii.String("pipeline"))
	b2b.NewPipeline(stack, "Pipeline", b2b.PipelineProps{
		Partners: partners, Detection: b2b.Both, Operation: operation.Settings{Key: key},
	})
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	template := cdktest.Synth(t, stack)
	wantNoMessages(t, app)

	handlers := make(map[string]lambda.Handler)
	for _, function := range template.OfType("AWS::Lambda::Function") {
		handlers["Keyed/"+function.LogicalID] = notBuilt{}
		if function.Path == "Pipeline/Enrolment/Enrol" {
			handlers["Keyed/"+function.LogicalID] = lambda.HandlerOf(cfn.LambdaWrap(enrolled))
		}
	}
	engine, err := local.Start(t.Context(), local.Options{Assembly: *app.Outdir(), Handlers: handlers})
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Error(err)
	}
}

// Restored copies of the tables take the place of the stack's own.
func TestContextNamesAKeyAndRestoredTables(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0123-4567-89ab-0123456789ab"
	app := newApp(t, map[string]any{
		"systems": "b2b", "key": key, "filesTable": "restored-files", "transactionsTable": "restored-transactions", "outcomesTable": "restored-outcomes",
		"partnersTable": "restored-partners",
	})
	if err := synthesize(app); err != nil {
		t.Fatal(err)
	}
	template := cdktest.Read(t, *(*app.Synth(nil).Stacks())[0].TemplateFullPath())
	template.Has(template.At("AWS::SQS::Queue", "Pipeline/Queue"), `{"KmsMasterKeyId": "`+key+`"}`)
	for _, table := range template.OfType("AWS::DynamoDB::Table") {
		t.Errorf("there is a %s", table.Path)
	}
	template.Has(template.At("AWS::Lambda::Function", "Pipeline/SFTP/Split"), `{"Environment": {"Variables": {
		"FILES_TABLE": "restored-files", "OUTCOMES_TABLE": "restored-outcomes"
	}}}`)
	template.Has(template.At("AWS::Lambda::Function", "Pipeline/SFTP/Authenticate"), `{"Environment": {"Variables": {
		"DIRECTORY_TABLE": "restored-partners"
	}}}`)
	template.Has(template.At("AWS::Lambda::Function", "Pipeline/REST/Accept"), `{"Environment": {"Variables": {
		"TRANSACTIONS_TABLE": "restored-transactions"
	}}}`)
}

// enrolled says that a list is applied.
func enrolled(context.Context, cfn.Event) (string, map[string]any, error) {
	return "partners", nil, nil
}

// notBuilt stands for the code of functions, which this test has no use for.
type notBuilt struct{}

func (notBuilt) Invoke(context.Context, []byte) ([]byte, error) {
	return nil, errors.New("no code was built for this test")
}
