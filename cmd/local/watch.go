package main

// This file is `local watch`: it shows in a terminal what an engine does.

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	"github.com/tradepost-dev/tradepost/local"
)

func watch(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("local watch", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "usage: local watch [flags]\n\nShows the executions, queues, tables and alarms of an engine that runs on this machine, until interrupted.\n"+
			"Where the output is no terminal, it is written anew each time something has changed.\n\n")
		flags.PrintDefaults()
	}
	out := flags.String("out", ".local", "`folder` in which the engine has its endpoints.json")
	every := flags.Duration("every", time.Second, "how often to look")
	if err := command.Parse(flags, arguments); err != nil {
		return err
	}
	if *every <= 0 {
		return command.Misused("-every must be more than nothing, got %v", *every)
	}
	if _, err := engineIn(*out); err != nil {
		return err
	}
	connections := http.NewBuildableClient() // kept from look to look
	look := func() (overview, error) {
		engine, err := engineIn(*out) // another one, perhaps
		if err != nil {
			return overview{}, err
		}
		return observe(ctx, aws.Config{
			Region:       "us-east-1", // it has one, whatever it is called
			BaseEndpoint: &engine.AWS, HTTPClient: connections,
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		})
	}
	return show(ctx, screenOf(os.Stdout), *every, look)
}

// engineIn is where the engine of a folder listens.
func engineIn(folder string) (e local.Endpoints, err error) {
	file := filepath.Join(folder, "endpoints.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return e, fmt.Errorf("no engine runs with the folder %s: it has no endpoints.json; start one, or name its folder by -out", folder)
	}
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("%s: %w", file, err)
	}
	return e, nil
}

// show writes what it sees until ctx ends. What cannot be seen at the moment is told
// in its place: the engine may be on its way to come back.
func show(ctx context.Context, s screen, every time.Duration, look func() (overview, error)) error {
	if err := s.begin(); err != nil {
		return err
	}
	for {
		seen, err := look()
		if ctx.Err() != nil {
			return s.end()
		}
		text := seen.String()
		if err != nil {
			text = err.Error() + "\n"
		}
		if err := s.draw(text); err != nil {
			return errors.Join(err, s.end())
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return s.end()
		}
	}
}

// A screen shows one text after the other.
type screen interface {
	begin() error
	draw(text string) error
	end() error
}

func screenOf(f *os.File) screen {
	if fd := int(f.Fd()); term.IsTerminal(fd) {
		return &terminal{to: f, size: func() (width, height int, err error) { return term.GetSize(fd) }}
	}
	return &transcript{to: f}
}

// transcript writes each text that differs from the one before, with a blank line
// between them.
type transcript struct {
	to   io.Writer
	last string
}

func (*transcript) begin() error { return nil }
func (*transcript) end() error   { return nil }

func (t *transcript) draw(text string) error {
	if text == t.last {
		return nil
	}
	gap := ""
	if t.last != "" {
		gap = "\n"
	}
	t.last = text
	_, err := io.WriteString(t.to, gap+text)
	return err
}

// terminal writes each text over the one before, as far as there is room, and leaves
// behind what was there.
type terminal struct {
	to   io.Writer
	size func() (width, height int, err error)
}

// Control sequences, as of ECMA-48 and xterm.
const (
	otherScreen = "\x1b[?1049h\x1b[?25l" // without a cursor
	firstScreen = "\x1b[?25h\x1b[?1049l"
	toTop       = "\x1b[H"
	clearLine   = "\x1b[K"
	clearRest   = "\x1b[J"
)

func (t *terminal) begin() error { return t.write(otherScreen) }
func (t *terminal) end() error   { return t.write(firstScreen) }

func (t *terminal) draw(text string) error {
	width, height, err := t.size()
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if hidden := len(lines) - height; hidden > 0 {
		lines = append(lines[:height-1], fmt.Sprintf("... and %d lines more", hidden+1))
	}
	for i, line := range lines {
		letters := []rune(line)
		lines[i] = string(letters[:min(len(letters), width)]) + clearLine
	}
	return t.write(toTop + strings.Join(lines, "\r\n") + clearRest)
}

func (t *terminal) write(text string) error {
	_, err := io.WriteString(t.to, text)
	return err
}
