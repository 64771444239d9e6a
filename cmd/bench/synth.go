package main

// This file measures what a pipeline team waits for: cdk synth, by the CLI.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// measureSynth synthesizes all stacks twice: the second time nothing has
// changed. Beside it stands what the CLI takes to start and do nothing.
func measureSynth(ctx context.Context, o options) (results []result, err error) {
	environment, err := laptop.WithNode(o.root)
	if err != nil {
		return nil, err
	}
	assembly, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(assembly)) }()
	cdk := func(arguments ...string) (time.Duration, error) {
		c := exec.CommandContext(ctx, filepath.Join(o.root, "node_modules", ".bin", "cdk"), arguments...)
		c.Dir, c.Env = o.root, environment
		began := time.Now()
		if output, err := c.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("cdk %s: %w\n%s", arguments[0], err, output)
		}
		return time.Since(began), nil
	}
	var took []time.Duration
	for _, arguments := range [][]string{
		{"synth", "--quiet", "-c", "ephemeral=true", "--output", assembly},
		{"synth", "--quiet", "-c", "ephemeral=true", "--output", assembly},
		{"--version"},
	} {
		duration, err := cdk(arguments...)
		if err != nil {
			return nil, err
		}
		took = append(took, duration)
	}
	stacks, err := filepath.Glob(filepath.Join(assembly, "*.template.json"))
	if err != nil {
		return nil, err
	}
	return []result{{
		fmt.Sprintf("cdk synth of all %d stacks, functions unchanged", len(stacks)), fmt.Sprintf("%.1f s", took[1].Seconds()),
		fmt.Sprintf("the run before it %.1f s; cdk --version %.1f s", took[0].Seconds(), took[2].Seconds()), "10 s",
	}}, nil
}
