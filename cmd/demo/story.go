package main

// This file has what all stories share: a new one is an entry in stories.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/accounts"
	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/b2b/pages"
	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	"github.com/tradepost-dev/tradepost/cmd/internal/instances"
	"github.com/tradepost-dev/tradepost/cmd/internal/invoices"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/onboarding"
	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	"github.com/tradepost-dev/tradepost/cmd/internal/policyguard"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	"github.com/tradepost-dev/tradepost/cmd/internal/training"
	"github.com/tradepost-dev/tradepost/cmd/internal/webhooks"
	"github.com/tradepost-dev/tradepost/local/console"
)

// stories are all of them, in the order in which they are told. The input is
// the batch file of b2b's, empty if none is told.
func stories(input string) []story.Story {
	pipeline := b2b.Story(input)
	pipeline.Section = pages.Section
	return []story.Story{
		pipeline,
		ordering.Story(),
		onboarding.Story(),
		instances.Story(),
		accounts.Story(),
		training.Story(),
		policyguard.Story(),
		webhooks.Story(),
		invoices.Story(),
	}
}

// choose picks the stories that are named, with commas between, or all.
func choose(all []story.Story, names string) ([]story.Story, error) {
	if names == "" {
		return all, nil
	}
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(known, name) {
			return nil, command.Misused("there is no system %q: give some of %s", name, strings.Join(known, ", "))
		}
		wanted[name] = true
	}
	return slices.DeleteFunc(all, func(s story.Story) bool { return !wanted[s.Name] }), nil
}

// tell tells stories one after the other, whatever becomes of each, and prints
// the account: of one story it is the last line, of several each has its line
// before a sum.
func tell(ctx context.Context, l *laptop.Laptop, chosen []story.Story, limit time.Duration) error {
	var lines []string
	var failures []error
	for _, s := range chosen {
		if len(chosen) > 1 {
			fmt.Println()
			story.Progress("the story of %s", s.Name)
		}
		account, err := tellOne(ctx, l, s, limit)
		if len(chosen) > 1 {
			account = strings.TrimSpace(s.Name + ": " + account)
			if err != nil {
				account += " FAILED"
				err = fmt.Errorf("%s: %w", s.Name, err)
			}
		}
		if account != "" {
			lines = append(lines, "demo: "+account)
		}
		if err != nil {
			failures = append(failures, err)
		}
	}
	if len(chosen) > 1 {
		lines = append(lines, fmt.Sprintf("demo: systems=%d passed=%d failed=%d", len(chosen), len(chosen)-len(failures), len(failures)))
	}
	if len(lines) > 0 {
		fmt.Printf("\n%s\n", strings.Join(lines, "\n"))
	}
	return errors.Join(failures...)
}

func tellOne(ctx context.Context, l *laptop.Laptop, s story.Story, limit time.Duration) (string, error) {
	told, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	account, err := s.Tell(told, l)
	if err != nil && ctx.Err() == nil && told.Err() != nil {
		err = fmt.Errorf("%w\nhow things stand after %v:\n%s", err, limit, l.Standing(ctx))
	}
	return account, err
}

// serveUntil prints how to use each system, and serves until ctx ends.
func serveUntil(ctx context.Context, l *laptop.Laptop, chosen []story.Story) (err error) {
	var texts []string
	var sections []console.Section
	for _, s := range chosen {
		text, err := s.Usage(ctx, l)
		if err != nil {
			return err
		}
		texts = append(texts, text)
		if s.Section == nil {
			continue
		}
		section, err := s.Section(ctx, l)
		if err != nil {
			return err
		}
		sections = append(sections, section)
	}
	c, err := console.Serve(l.Engine, sections...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	l.Endpoints = l.Engine.Endpoints() // which have it
	if err := l.Publish(); err != nil {
		return err
	}
	fmt.Printf("\n%s%sConsole   %s\n\n", strings.Join(texts, ""), l.Usage(), c.URL)
	story.Progress("ready; Ctrl-C stops")
	<-ctx.Done()
	return nil
}
