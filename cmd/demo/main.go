// Command demo shows Tradepost at work on this machine: it synthesizes the
// app, runs the assembly, hands over a batch by SFTP and a single transaction
// by HTTPS's local stand-in, and accounts for every transaction.
//
// With -serve it runs the same assembly until it is interrupted, for other
// clients.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/local"
)

func main() {
	local.LimitMemory()
	if err := run(os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "demo:", err)
		}
		os.Exit(1)
	}
}

func run(arguments []string) (err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	input := flags.String("input", "examples/transactions.xml", "batch `file` to upload as partner acme")
	serve := flags.Bool("serve", false, "serve until interrupted instead of running the story")
	limit := flags.Duration("limit", 10*time.Minute, "give up when the story takes longer")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if !*serve {
		if err := checkBatch(*input); err != nil {
			return fmt.Errorf("INPUT: %w", err)
		}
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	// The story has a folder of its own, so that it can be told while make up
	// serves: keys, tokens and addresses of the two never mix.
	state := filepath.Join(root, ".local")
	if !*serve {
		state = filepath.Join(state, "demo")
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := laptop.Start(ctx, laptop.Options{Root: root, State: state}, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if *serve {
		usage(l)
		<-ctx.Done()
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	return tell(ctx, l, *input)
}

// checkBatch finds out, before a synth is spent on it, whether a file can be
// uploaded.
func checkBatch(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%q is not a file", file)
	}
	return nil
}

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tradepost-dev/tradepost").Output()
	if err != nil {
		return "", fmt.Errorf("find the module's folder: run this inside of a clone of Tradepost: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

var began = time.Now()

func progress(format string, arguments ...any) {
	fmt.Printf("%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, arguments...))
}

func usage(l *laptop.Laptop) {
	acme := l.Partners["acme"]
	host, port, _ := strings.Cut(acme.SFTP, ":")
	fmt.Printf(`
SFTP      sftp -i .local/keys/acme -P %s -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null acme@%s
            put examples/transactions.xml inbox/
            get outbox/transactions.xml.reply.json
REST      curl -i -X POST %s/transactions -H "Authorization: Bearer $(cat .local/tokens/acme)" \
            -H 'Content-Type: application/json' -d '{"transactionId":"12","transactionMessage":"Transaction made between user 687 and user 329."}'
          curl -i %s/transactions/12 -H "Authorization: Bearer $(cat .local/tokens/acme)"
AWS       export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1
          aws --endpoint-url %s stepfunctions list-state-machines
          aws --endpoint-url %s dynamodb list-tables
Programs  .local/endpoints.json
Logs      .local/logs

`, port, host, acme.API, acme.API, l.Endpoints.AWS, l.Endpoints.AWS)
	progress("ready; Ctrl-C stops")
}
