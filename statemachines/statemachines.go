// Package statemachines embeds the Amazon States Language definitions. Each
// file opens in Workflow Studio as it is; ${Placeholders} are filled by the
// construct that deploys it.
package statemachines

import _ "embed"

// Transaction formats, enriches and stores one transaction, and records what
// became of it.
//
//go:embed b2b/transaction.asl.json
var Transaction string

// Settlement waits until every transaction of a file has an outcome and has
// the file acknowledged.
//
//go:embed b2b/settlement.asl.json
var Settlement string
