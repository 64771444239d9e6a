package b2b_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// A pipeline for one partner, who uploads files and posts transactions.
func ExampleNewPipeline() {
	stack, done := cdktest.ExampleStack()
	defer done()

	b2b.NewPipeline(stack, "Orders", b2b.PipelineProps{
		Partners: []b2b.Partner{{
			ID:            "initech",
			ContactEmail:  "edi@initech.example",
			SSHPublicKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237"},
		}},
	})
	fmt.Println(cdktest.Count(stack, "AWS::StepFunctions::StateMachine"), "state machines")
	fmt.Println(cdktest.Count(stack, "AWS::Transfer::User"), "SFTP user")
	// Output:
	// 2 state machines
	// 1 SFTP user
}

// What is wrong with props is said at once, before anything is declared.
func ExampleParsePartners() {
	_, err := b2b.ParsePartners([]byte(`{"partners": [{"id": "Initech", "contactEmail": "edi@initech.example"}]}`))
	fmt.Println(err)
	// Output:
	// partners[0] (Initech): id is "Initech": give 3 to 31 characters a-z, 0-9 and -, the first one a letter
}

// A part alone: the tables, for a stack that may be thrown away.
func ExampleNewTables() {
	stack, done := cdktest.ExampleStack()
	defer done()

	b2b.NewTables(stack, "Tables", b2b.TablesProps{Operation: operation.Settings{Ephemeral: true}})
	fmt.Println(cdktest.Count(stack, "AWS::DynamoDB::Table"), "tables")
	// Output: 3 tables
}
