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
	"github.com/tradepost-dev/tradepost/local/durable"
)

func TestAStartForgetsTheAddressesOfAKilledRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	addresses := filepath.Join(folder, "endpoints.json")
	if err := os.WriteFile(addresses, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	noModule := t.TempDir()
	if _, err := laptop.Start(t.Context(), laptop.Options{Root: noModule, State: folder}); err == nil {
		t.Fatal("an empty folder was started")
	}
	if _, err := os.Stat(addresses); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old addresses are still there: %v", err)
	}
}

func TestAFolderInUseIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	claim, err := durable.Take(folder)
	if err != nil {
		t.Fatal(err)
	}
	addresses := filepath.Join(folder, "endpoints.json")
	if err := os.WriteFile(addresses, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	prepared := false
	system := laptop.System{Name: "any", Prepare: func(string, string) (map[string]string, error) {
		prepared = true
		return nil, errors.New("go no further")
	}}
	options := laptop.Options{Root: t.TempDir(), State: folder, Systems: []laptop.System{system}}
	_, err = laptop.Start(t.Context(), options)
	var claimed *durable.ClaimedError
	if !errors.As(err, &claimed) || claimed.PID != os.Getpid() || prepared {
		t.Errorf("error %v, prepared %v", err, prepared)
	}
	if _, err := os.Stat(addresses); err != nil {
		t.Errorf("the addresses of who has the folder: %v", err)
	}
	if err := claim.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err = laptop.Start(t.Context(), options); errors.As(err, &claimed) || !prepared {
		t.Errorf("after the release: error %v, prepared %v", err, prepared)
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
	go func() {
		_, err := laptop.Options{Root: app, State: app}.Synthesize(ctx)
		ended <- err
	}()
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
