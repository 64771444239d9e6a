package deployment

// This file synthesizes the app twice, for all tests: as it was and as it has
// become.

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/accounts"
	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/instances"
	"github.com/tradepost-dev/tradepost/cmd/internal/invoices"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/onboarding"
	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	"github.com/tradepost-dev/tradepost/cmd/internal/policyguard"
	"github.com/tradepost-dev/tradepost/cmd/internal/training"
	"github.com/tradepost-dev/tradepost/cmd/internal/webhooks"
)

// editions is the folder of them, for as long as tests run.
var editions string

func TestMain(m *testing.M) { os.Exit(withEditions(m)) }

func withEditions(m *testing.M) int {
	var err error
	if editions, err = os.MkdirTemp("", "editions-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(editions)
	return m.Run()
}

// edition is a folder with cdk.out, and what partners have then.
type edition string

func (e edition) assembly() string { return filepath.Join(string(e), "cdk.out") }

// The first edition is for trying the app out. The second one is meant to stay, and has
// another partner, another key of one that there is, another detection, and other settings of other stacks.
func first(t *testing.T) edition  { t.Helper(); return named(t, "first") }
func second(t *testing.T) edition { t.Helper(); return named(t, "second") }

func named(t *testing.T, name string) edition {
	t.Helper()
	if err := synthesized(); err != nil {
		t.Fatal(err)
	}
	return edition(filepath.Join(editions, name))
}

// synthesized makes both at once: each keeps one processor busy.
var synthesized = sync.OnceValue(func() error {
	was, is := filepath.Join(editions, "first"), filepath.Join(editions, "second")
	list, err := os.ReadFile(filepath.Join(root, "partners.json"))
	if err != nil {
		return err
	}
	listed := map[string]string{
		was: string(list),
		is:  strings.Replace(string(list), "[", `[{"id": "initech", "contactEmail": "edi@initech.example"},`, 1),
	}
	for folder, list := range listed {
		if err := laptop.WritePrivate(filepath.Join(folder, "list", "partners.json"), list); err != nil {
			return err
		}
	}
	if _, err := b2b.Prepare(filepath.Join(was, "list"), was); err != nil {
		return err
	}
	// acme's key stays, and globex gets another one.
	if err := os.Mkdir(filepath.Join(is, "keys"), 0o700); err != nil {
		return err
	}
	if err := os.Link(filepath.Join(was, "keys", "acme"), filepath.Join(is, "keys", "acme")); err != nil {
		return err
	}
	synthesis := map[string]map[string]string{
		was: {"ephemeral": "true"},
		is: {
			"detection": "Both", "partnersDeleteReplies": "true", "alarmEmail": "ops@example.com",
			"trainingAtLeast": "0.8", "trainingSchedule": "cron(0 4 * * ? *)", "decimalMark": "Point", "refusedNames": "root",
		},
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	for folder, context := range synthesis {
		group.Go(func() {
			made := synthesize(folder, context)
			mu.Lock()
			defer mu.Unlock()
			err = errors.Join(err, made)
		})
	}
	group.Wait()
	if err != nil {
		return err
	}
	return zipped(edition(was).assembly(), edition(is).assembly())
})

func synthesize(folder string, values map[string]string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	prepare := func(_, state string) (map[string]string, error) {
		return b2b.Prepare(filepath.Join(folder, "list"), state)
	}
	_, err := laptop.Options{Root: root, State: folder, Systems: systems(prepare), Context: values}.Synthesize(ctx)
	return err
}

// systems are all of them.
func systems(prepare func(root, state string) (map[string]string, error)) []laptop.System {
	pipeline := b2b.System()
	pipeline.Prepare = prepare
	return []laptop.System{
		pipeline, ordering.System(), onboarding.System(), instances.System(), accounts.System(), training.System(),
		policyguard.System(), webhooks.System(), invoices.System(),
	}
}

// zipped puts the code of functions where the CLI has what it has zipped before,
// as it would for the second deployment: its own zipping takes longer than
// all else. One function of each assembly is left to it.
func zipped(assemblies ...string) error {
	for _, assembly := range assemblies {
		programs, err := filepath.Glob(filepath.Join(assembly, "asset.*", "bootstrap"))
		if err != nil {
			return err
		}
		if len(programs) < 2 {
			return fmt.Errorf("%s has %d programs, want several", assembly, len(programs))
		}
		if err := os.Mkdir(filepath.Join(assembly, ".cache"), 0o700); err != nil {
			return err
		}
		for _, program := range programs[1:] {
			folder := filepath.Dir(program)
			name := strings.TrimPrefix(filepath.Base(folder), "asset.") + ".zip"
			before := filepath.Join(assemblies[0], ".cache", name)
			err := os.Link(before, filepath.Join(assembly, ".cache", name))
			if errors.Is(err, fs.ErrNotExist) {
				err = zipFolder(filepath.Join(assembly, ".cache", name), folder)
			}
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
	}
	return nil
}

func zipFolder(target, folder string) (err error) {
	file, err := os.Create(target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	archive := zip.NewWriter(file)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return errors.Join(archive.AddFS(os.DirFS(folder)), archive.Close())
}

// take puts an edition's assembly where the CLI looks for it.
func (a *account) take(t *testing.T, e edition) {
	t.Helper()
	if err := os.RemoveAll(a.cdkOut()); err != nil {
		t.Fatal(err)
	}
	copied(t, e.assembly(), a.cdkOut())
}

func (a *account) cdkOut() string { return filepath.Join(a.State, "cdk.out") }

// staff gives partners' clients the keys of an edition.
func (a *account) staff(t *testing.T, e edition) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(a.State, "keys")); err != nil {
		t.Fatal(err)
	}
	copied(t, filepath.Join(string(e), "keys"), filepath.Join(a.State, "keys"))
	write(t, filepath.Join(a.State, "partners.json"), read(t, filepath.Join(string(e), "partners.json")))
}

// copied copies a folder. What lies deeper in it is never changed, and is the same file.
func copied(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		inside, _ := filepath.Rel(from, path)
		target := filepath.Join(to, inside)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.Mkdir(target, 0o700)
		case filepath.Base(inside) != inside:
			return os.Link(path, target)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
