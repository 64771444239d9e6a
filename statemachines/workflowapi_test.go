package statemachines

// The construct fills the placeholders, and its mapping templates make the
// input and read the output. The rest is Step Functions' own.
var workflowapiStart = agreement{
	placeholders: []string{"StateMachineArn", "ExecutionPrefix"},
	members: map[string][]string{
		"states.input": {"name", "input", "Error", "Cause"},
		"started":      {"ExecutionStartedEventDetails", "Timestamp"},
	},
	words: []string{"status", "name", "body", "executionArn", "startDate", "error", "message", "IDEMPOTENCY_CONFLICT"},
}
