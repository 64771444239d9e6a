// Package statemachines embeds the Amazon States Language definitions, a folder
// for each system. Each file opens in Workflow Studio as it is; ${Placeholders}
// are filled by the construct that deploys it.
package statemachines

import "embed"

//go:embed */*.asl.json
var files embed.FS

// Definition is the text of a file: "b2b/transaction.asl.json". It panics if
// there is none: the name is written by whoever deploys the machine.
func Definition(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic("statemachines: " + err.Error())
	}
	return string(text)
}
