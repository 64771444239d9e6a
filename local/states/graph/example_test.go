package graph_test

import (
	"fmt"
	"regexp"

	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// A console finds each state by its name, and colours it.
func Example() {
	m, err := graph.Read([]byte(`{"StartAt": "Check", "States": {
		"Check": {"Type": "Choice", "Choices": [{"Variable": "$.paid", "BooleanEquals": true, "Next": "Ship"}], "Default": "Refuse"},
		"Ship": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true},
		"Refuse": {"Type": "Fail"}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	picture := m.SVG()
	for _, match := range regexp.MustCompile(`data-state="([^"]+)"`).FindAllSubmatch(picture, -1) {
		fmt.Println(string(match[1]))
	}
	// Output:
	// Check
	// Ship
	// Refuse
}
