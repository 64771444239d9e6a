// Package command is how every program of this repository starts and ends.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Main runs a program until it is done or told to stop, and exits: 0 when all
// is well or help was asked for, 2 when the flags are wrong, otherwise 1 after
// the error has been printed. The context ends with Ctrl-C, a closed terminal
// or a kill.
func Main(name string, run func(ctx context.Context, arguments []string) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := run(ctx, os.Args[1:])
	var misused usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case errors.As(err, &misused):
		if !misused.told {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		}
		os.Exit(2)
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	os.Exit(1)
}

// usageError is an error of whoever called the program.
type usageError struct {
	error
	told bool
}

// Misused is an error in the arguments: flags that do not go together, or a
// value that is none of those there are.
func Misused(format string, arguments ...any) error {
	return usageError{error: fmt.Errorf(format, arguments...)}
}

// Parse parses the flags. -h prints them to standard output; what is wrong is
// printed with them to standard error.
func Parse(flags *flag.FlagSet, arguments []string) error {
	flags.Init(flags.Name(), flag.ContinueOnError)
	for _, argument := range arguments {
		if argument == "--" {
			break
		}
		if argument == "-h" || argument == "--help" || argument == "-help" || argument == "--h" {
			flags.SetOutput(os.Stdout)
		}
	}
	err := flags.Parse(arguments)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return usageError{err, true} // flag has printed it
}
