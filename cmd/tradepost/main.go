// Command tradepost is what an operator runs against a deployed pipeline, on
// AWS or, with AWS_ENDPOINT_URL, on the local engine. docs/operations.md says
// when.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	exitDone   = 0 // all of it is done, or there was nothing to do
	exitFailed = 1 // something is left: the errors say what; run it again
	exitUsage  = 2 // the command line is wrong: nothing was done
)

// verb is one of the things that an operator does.
type verb struct {
	name, summary string
	run           func(ctx context.Context, arguments []string, stdout, stderr io.Writer) error
}

var verbs = []verb{
	{"replay", "start failed transactions again", replayVerb},
	{"redrive", "move dead letters back to their queue", redriveVerb},
}

// usageError is the error of a command line that is wrong.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	if len(arguments) > 0 {
		for _, v := range verbs {
			if v.name == arguments[0] {
				return finish(v.run(ctx, arguments[1:], stdout, stderr), stderr)
			}
		}
		switch arguments[0] {
		case "-h", "-help", "--help", "help":
			usage(stdout)
			return exitDone
		}
		fmt.Fprintf(stderr, "tradepost: there is no verb %q\n\n", arguments[0])
	}
	usage(stderr)
	return exitUsage
}

// finish says what went wrong and how the process ends.
func finish(err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	fmt.Fprintln(stderr, "tradepost:", err)
	if _, wrong := errors.AsType[usageError](err); wrong {
		return exitUsage
	}
	return exitFailed
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: tradepost VERB [flags]\n\n")
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-10s %s\n", v.name, v.summary)
	}
	fmt.Fprint(w, "\n\"tradepost VERB -h\" tells a verb's flags. It exits with 0 when all is done, 1 when something is left, 2 when it is called wrongly.\n")
}

// parse reads a verb's flags. Help goes to stdout and is no error of the user's.
func parse(flags *flag.FlagSet, arguments []string, stdout io.Writer) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(stdout)
		flags.Usage()
		return err
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if err != nil {
		return usageError{fmt.Errorf("%w (%s -h tells the flags)", err, flags.Name())}
	}
	return nil
}
