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

// Operand is an argument that is no flag. One that is optional or has a value
// before may be left out.
type Operand struct {
	Name     string // as the usage shows it
	Value    *string
	Optional bool
}

// Parse parses the flags, and the operands among or behind them. -h prints the
// usage to standard output; what is wrong is printed with it to standard error.
func Parse(flags *flag.FlagSet, arguments []string, operands ...Operand) error {
	flags.Init(flags.Name(), flag.ContinueOnError)
	for _, argument := range arguments {
		if argument == "--" {
			break
		}
		if argument == "-h" || argument == "--help" || argument == "-help" || argument == "--h" {
			flags.SetOutput(os.Stdout)
		}
	}
	given, err := split(flags, arguments)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usageError{err, true} // flag has printed it
	}
	if err := assign(operands, given); err != nil {
		fmt.Fprintln(flags.Output(), err)
		flags.Usage()
		return usageError{err, true}
	}
	return nil
}

// split parses the flags and returns what is none. Package flag ends at the
// first such argument.
func split(flags *flag.FlagSet, arguments []string) (operands []string, err error) {
	for len(arguments) > 0 {
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		rest := flags.Args()
		if len(rest) == 0 {
			break
		}
		if parsed := len(arguments) - len(rest); parsed > 0 && arguments[parsed-1] == "--" {
			return append(operands, rest...), nil
		}
		operands, arguments = append(operands, rest[0]), rest[1:]
	}
	return operands, nil
}

func assign(operands []Operand, given []string) error {
	if len(given) > len(operands) {
		return fmt.Errorf("nothing is known of the argument %q", given[len(operands)])
	}
	for i, o := range operands {
		if i < len(given) && given[i] != "" {
			*o.Value = given[i]
		} else if *o.Value == "" && !o.Optional {
			return fmt.Errorf("%s is missing", o.Name)
		}
	}
	return nil
}
