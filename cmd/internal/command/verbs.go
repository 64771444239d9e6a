package command

// This file is for programs that do one of several things.

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
)

// Verb is one of the things that a program does, or that a verb of it does.
type Verb struct {
	Name, Summary string
	Run           func(ctx context.Context, arguments []string) error
}

// Verbs is what runs a program that is called with a verb first. -h prints
// the verbs to standard output; without a verb that there is, they are printed
// to standard error.
func Verbs(program string, verbs ...Verb) func(context.Context, []string) error {
	return func(ctx context.Context, arguments []string) error {
		if len(arguments) == 0 {
			usage(os.Stderr, program, verbs)
			return usageError{fmt.Errorf("no verb"), true}
		}
		for _, v := range verbs {
			if v.Name == arguments[0] {
				return v.Run(ctx, arguments[1:])
			}
		}
		switch arguments[0] {
		case "-h", "-help", "--h", "--help", "help":
			usage(os.Stdout, program, verbs)
			return flag.ErrHelp
		}
		err := fmt.Errorf("there is no verb %q", arguments[0])
		fmt.Fprintf(os.Stderr, "%s: %v\n\n", program, err)
		usage(os.Stderr, program, verbs)
		return usageError{err, true}
	}
}

func usage(w io.Writer, program string, verbs []Verb) {
	fmt.Fprintf(w, "usage: %s VERB ...\n\n", program)
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-10s %s\n", v.Name, v.Summary)
	}
	fmt.Fprintf(w, "\n\"%s VERB -h\" tells what a verb takes. It exits with 0 when all is done, 1 when something is left, 2 when it is called wrongly.\n", program)
}
