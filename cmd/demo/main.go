// Command demo shows Tradepost at work on this machine: it synthesizes the
// systems that are asked for, runs the assembly, tells each system's story with
// the clients that its users have, and accounts for what happened.
//
// With -serve it runs the same assembly until it is interrupted, for other
// clients.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/console"
)

func main() {
	local.LimitMemory()
	command.Main("demo", run)
}

func run(ctx context.Context, arguments []string) (err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	input := flags.String("input", "examples/transactions.xml", "batch `file` that the story of b2b uploads as partner acme")
	system := flags.String("system", "", "the `systems` to run, with commas between (default all)")
	serve := flags.Bool("serve", false, "serve until interrupted instead of telling stories")
	state := flags.String("state", "", "`folder` for keys, tokens, addresses and logs; to serve, it keeps all data for the next run, too (default .local in the clone, which keeps none, and .local/demo for stories)")
	port := flags.Int("port", 0, "port of the AWS APIs; SFTP servers and REST APIs have those after it (default those of the last run, or any)")
	var mocks []string
	flags.Func("mocks", "mock configuration `file` of Step Functions Local, beside those of the systems; may be repeated", func(path string) error {
		mocks = append(mocks, path)
		return nil
	})
	limit := flags.Duration("limit", 10*time.Minute, "give a story up when it takes longer")
	if err := command.Parse(flags, arguments); err != nil {
		return err
	}
	if *serve {
		*input = ""
	}
	chosen, err := choose(stories(*input), *system)
	if err != nil {
		return err
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	withoutData := !*serve || *state == ""
	// Stories have a folder of their own, so that they can be told while make
	// up serves: keys, tokens and addresses of the two never mix.
	switch {
	case *state != "":
	case *serve:
		*state = filepath.Join(root, ".local")
	default:
		*state = filepath.Join(root, ".local", "demo")
	}
	options := laptop.Options{Root: root, State: *state, Progress: story.Progress, Engine: local.Options{
		Port: *port, WithoutData: withoutData, Mocks: mocks, Notice: func(text string) { story.Progress("%s", text) },
	}}
	if *serve {
		options.Engine.Past, options.Engine.Causes = console.Past, true
	}
	for _, s := range chosen {
		options.Systems = append(options.Systems, s.System)
	}
	l, err := laptop.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if *serve {
		return serveUntil(ctx, l, chosen)
	}
	return tell(ctx, l, chosen, *limit)
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/tradepost-dev/tradepost").Output()
	if err != nil {
		return "", fmt.Errorf("find the module's folder: run this inside of a clone of Tradepost: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
