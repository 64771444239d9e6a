package laptop_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

func TestAStartForgetsTheAddressesOfAKilledRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	addresses := filepath.Join(folder, "endpoints.json")
	if err := os.WriteFile(addresses, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	noModule := t.TempDir()
	if _, err := laptop.Start(t.Context(), laptop.Options{Root: noModule, State: folder}, t.Logf); err == nil {
		t.Fatal("an empty folder was started")
	}
	if _, err := os.Stat(addresses); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old addresses are still there: %v", err)
	}
}

const slowApp = `package main

import (
	"os"
	"time"
)

func main() {
	_ = os.WriteFile("started", nil, 0o600)
	time.Sleep(20 * time.Second)
}
`

func TestAnInterruptedSynthEndsAtOnce(t *testing.T) {
	t.Parallel()
	app := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":   "module app\n",
		"main.go":  slowApp,
		"cdk.json": "{}",
	} {
		if err := os.WriteFile(filepath.Join(app, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- laptop.Synthesize(ctx, app, filepath.Join(app, "cdk.out"), nil) }()
	for {
		if _, err := os.Stat(filepath.Join(app, "started")); err == nil {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("the app did not start: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still running")
	}
}
