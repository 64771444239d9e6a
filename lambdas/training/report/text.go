package report

// This file says in words what has happened.

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

func outcome(r contract.Result) string {
	value := strconv.FormatFloat(r.Value, 'g', -1, 64)
	if r.Outcome == contract.Refused {
		return fmt.Sprintf("Run %s has trained a model that is not good enough: its %s is %s. The former model stays in service, and the next data are tried with these.", r.Run, r.Metric, value)
	}
	return fmt.Sprintf("Run %s has put a new model into service: its %s is %s. It has predicted for %d rows.", r.Run, r.Metric, value, r.Rows)
}

// A cause may be the whole description of a job: what matters comes first.
const longestCause = 4000

func failure(e end, step string) string {
	var text strings.Builder
	switch e.Status {
	case "TIMED_OUT":
		text.WriteString("A run has taken too long.\n")
	case "ABORTED":
		text.WriteString("Somebody has stopped a run.\n")
	default:
		text.WriteString("A run has failed.\n")
	}
	for _, line := range []struct{ name, value string }{{"Step", step}, {"Error", e.Error}, {"Cause", e.Cause}} {
		if line.value != "" {
			fmt.Fprintf(&text, "%s: %s\n", line.name, shortened(line.value))
		}
	}
	text.WriteString("What was in service stays so, and the next run tries with the same data. See:")
	return text.String()
}

func shortened(text string) string {
	characters := []rune(text)
	if len(characters) <= longestCause {
		return text
	}
	return string(characters[:longestCause]) + "…"
}

// consoles are the addresses of the console, by partition.
var consoles = map[string]string{
	"aws":        "console.aws.amazon.com",
	"aws-cn":     "console.amazonaws.cn",
	"aws-us-gov": "console.amazonaws-us-gov.com",
}

// console is where the execution can be looked at.
func console(execution string) string {
	parsed, err := arn.Parse(execution)
	if err != nil {
		return execution
	}
	site, ok := consoles[parsed.Partition]
	if !ok {
		return execution
	}
	return fmt.Sprintf("https://%s.%s/states/home?region=%[1]s#/v2/executions/details/%[3]s", parsed.Region, site, execution)
}
