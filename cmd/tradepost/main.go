// Command tradepost is what an operator runs against a deployed pipeline, on
// AWS or, with AWS_ENDPOINT_URL, on the local engine. docs/operations.md says
// when.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
)

func main() {
	command.Main("tradepost", command.Verbs("tradepost",
		command.Verb{Name: "replay", Summary: "start failed transactions again", Run: replayVerb},
		command.Verb{Name: "redrive", Summary: "move dead letters back to their queue", Run: redriveVerb},
		command.Verb{Name: "partners", Summary: "see and change who is a partner, and make their tokens", Run: partnersVerb},
		command.Verb{Name: "webhooks", Summary: "list webhooks that could not be published, and send them again", Run: webhooksVerb},
		command.Verb{Name: "clear", Summary: "delete what a first deployment that failed has left", Run: clearVerb},
	))
}

// newFlagSet is for the flags of a verb, below what it does in words.
func newFlagSet(verb, usage string) *flag.FlagSet {
	flags := flag.NewFlagSet("tradepost "+verb, flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: %s %s\n\n", flags.Name(), usage)
		flags.PrintDefaults()
	}
	return flags
}

// newFlags are the flags of a verb about a pipeline's stack.
func newFlags(verb, usage string) (flags *flag.FlagSet, stack *string) {
	flags = newFlagSet(verb, usage)
	return flags, flags.String("stack", defaultStack, "`name` of the pipeline's stack")
}

// tell says to the operator how far it is. Standard output is for results.
func tell(format string, arguments ...any) { fmt.Fprintf(os.Stderr, format+"\n", arguments...) }
