// Package story is what the demo tells of a system. Each system's own package
// beside this one has its story.
package story

import (
	"context"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/local/console"
)

// Story shows one system at work.
type Story struct {
	laptop.System

	// Tell uses the system as its users do and prints what became of it. The
	// account is what was counted, as name=number; the error says what did not
	// come out as it should. A story may have both.
	Tell func(context.Context, *laptop.Laptop) (account string, err error)

	// Usage is how to use the system, as commands that can be copied, in the
	// form of laptop.Usage.
	Usage func(context.Context, *laptop.Laptop) (string, error)

	// Section are the system's own pages in the console. Default: it has none.
	Section func(context.Context, *laptop.Laptop) (console.Section, error)
}

// Of is the story of a system whose clients connect in one way for telling and
// for use.
func Of[Clients any](
	system laptop.System,
	connect func(*laptop.Laptop) (Clients, error),
	tell func(Clients, context.Context) (account string, err error),
	usage func(Clients) string,
) Story {
	return Story{
		System: system,
		Tell: func(ctx context.Context, l *laptop.Laptop) (string, error) {
			clients, err := connect(l)
			if err != nil {
				return "", err
			}
			return tell(clients, ctx)
		},
		Usage: func(_ context.Context, l *laptop.Laptop) (string, error) {
			clients, err := connect(l)
			if err != nil {
				return "", err
			}
			return usage(clients), nil
		},
	}
}

// Began is when the program was started.
var Began = time.Now()

// Progress prints what happens, with the time since the program was started.
func Progress(format string, arguments ...any) {
	fmt.Printf("%6.1fs  %s\n", time.Since(Began).Seconds(), fmt.Sprintf(format, arguments...))
}
