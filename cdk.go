// Tradepost's CDK app: one stack per system.
//
//	npx cdk synth
//	npx cdk deploy -c stage=prod -c partners=partners.json
//
// Context values choose what is declared; each has a default, so that a plain
// synth works:
//
//	stage                   name of this copy; "prod" keeps data and logs (default dev)
//	partners                file of trading partners (default partners.json)
//	detection               how files are noticed: Both, S3Events, CloudTrail (default Both)
//	workflow                standard or express (default standard)
//	tradepost:architecture  arm64 or x86_64 (default arm64)
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
)

// ignored keeps an assembly out of version control, wherever it is written to.
//
//go:embed cdk.out.gitignore
var ignored []byte

func main() {
	app := awscdk.NewApp(nil)
	err := synthesize(app)
	if err != nil {
		fmt.Fprintf(os.Stderr, "tradepost: %v\n", err)
	}
	closeRuntime()
	if err != nil {
		os.Exit(1)
	}
}

// closeRuntime ends the CDK's Node process. jsii waits for that process twice
// at once and complains, by chance, that one of them came too late; a synth
// without faults says nothing.
func closeRuntime() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
	jsii.Close()
}

// synthesize declares every stack and writes the assembly.
func synthesize(app awscdk.App) error {
	config, err := readConfig(app.Node())
	if err != nil {
		return err
	}
	newB2BStack(app, config)
	folder := *app.Synth(nil).Directory()
	if err := os.WriteFile(filepath.Join(folder, ".gitignore"), ignored, 0o644); err != nil {
		return fmt.Errorf("keep the assembly out of version control: %w", err)
	}
	return nil
}

// config is what the context asks for.
type config struct {
	stage     string
	partners  []b2b.Partner
	detection b2b.Detection
	express   bool
}

var stageName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,19}$`)

// readConfig reports everything that is wrong with the context.
func readConfig(node constructs.Node) (config, error) {
	var c config
	var faults []error
	value := func(key, otherwise string) string {
		switch given := node.TryGetContext(&key).(type) {
		case nil:
			return otherwise
		case string:
			return given
		default:
			faults = append(faults, fmt.Errorf("context %s is %v: give a string", key, given))
			return otherwise
		}
	}
	if c.stage = value("stage", "dev"); !stageName.MatchString(c.stage) {
		faults = append(faults, fmt.Errorf("context stage is %q: give 1 to 20 letters, digits and -, the first one a letter", c.stage))
	}
	var err error
	if c.partners, err = b2b.LoadPartners(value("partners", "partners.json")); err != nil {
		faults = append(faults, err)
	}
	c.detection = b2b.Detection(value("detection", string(b2b.Both)))
	if err := c.detection.Validate(); err != nil {
		faults = append(faults, fmt.Errorf("context %w", err))
	}
	switch kind := value("workflow", "standard"); kind {
	case "standard":
	case "express":
		c.express = true
	default:
		faults = append(faults, fmt.Errorf("context workflow is %q: give standard or express", kind))
	}
	return c, errors.Join(faults...)
}

// production tells the stage whose data and logs outlive it.
func (c config) production() bool { return c.stage == "prod" }

func (c config) shared() b2b.Shared {
	if c.production() {
		return b2b.Shared{LogRetention: awslogs.RetentionDays_ONE_YEAR, RemovalPolicy: awscdk.RemovalPolicy_RETAIN}
	}
	return b2b.Shared{LogRetention: awslogs.RetentionDays_TWO_WEEKS, RemovalPolicy: awscdk.RemovalPolicy_DESTROY}
}

func newB2BStack(app awscdk.App, c config) awscdk.Stack {
	stack := awscdk.NewStack(app, jsii.String("Tradepost-B2B-"+c.stage), &awscdk.StackProps{
		Description:           jsii.String("Tradepost: trading partners' transactions, in by SFTP and HTTPS, each by its own workflow execution"),
		TerminationProtection: jsii.Bool(c.production()),
	})
	pipeline := b2b.NewPipeline(stack, "Pipeline", b2b.PipelineProps{
		Partners:  c.partners,
		Detection: c.detection,
		Express:   c.express,
		Shared:    c.shared(),
	})
	output := func(id, description, value string) {
		awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Description: &description, Value: &value})
	}
	output("SFTPEndpoint", "Host that partners upload to, port 22", pipeline.SFTP.Endpoint())
	output("RESTURL", "Address below which partners post transactions", pipeline.REST.URL())
	output("LandingBucket", "Bucket of inbox/, outbox/ and quarantine/", *pipeline.Landing.Bucket.BucketName())
	output("WorkflowARN", "State machine of transactions", *pipeline.Workflow.Workflow.StateMachine.StateMachineArn())
	output("SettlementARN", "State machine of files", *pipeline.Settlement.Workflow.StateMachine.StateMachineArn())
	output("FilesTable", "Table of uploads", *pipeline.Tables.Files.TableName())
	output("TransactionsTable", "Table of transactions", *pipeline.Tables.Transactions.TableName())
	output("OutcomesTable", "Table of what became of each transaction", *pipeline.Tables.Outcomes.TableName())
	output("DeadLetterQueueURL", "Messages that started no execution", *pipeline.Queue.DeadLetters.QueueUrl())
	output("TokenSecretPrefix", "Secret of a partner's token: this and the partner's id", pipeline.REST.SecretPrefix)
	return stack
}
