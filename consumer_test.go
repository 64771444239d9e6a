package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Another team's app, which has this module as its module cache has it (no
// version control, no node_modules, nothing writable), synthesizes with the
// same function assets as ours, and passes its own tests, which run it in the
// engine.
func TestConsumerGetsTheSameBinariesAndPassesItsTests(t *testing.T) {
	root, err := filepath.Abs(filepath.Join(".local", "consumer")) // the same each time, so that packages compiled once stay so
	if err != nil {
		t.Fatal(err)
	}
	writable := func() { chmodFolders(root, 0o755) }
	writable()
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(writable)
	tradepost, consumer := filepath.Join(root, "tradepost"), filepath.Join(root, "consumer")
	pack(t, ".", tradepost)
	if err := os.CopyFS(consumer, os.DirFS("examples/consumer")); err != nil {
		t.Fatal(err)
	}
	goCommand(t, consumer, nil, "mod", "edit", "-replace=github.com/tradepost-dev/tradepost="+tradepost)

	theirs := filepath.Join(root, "cdk.out")
	context, err := json.Marshal(map[string]any{"aws:cdk:bundling-stacks": []string{"**"}})
	if err != nil {
		t.Fatal(err)
	}
	caches := []string{"XDG_CACHE_HOME=" + filepath.Join(root, "cache"), "GOCACHE=" + goCache(t)} // binaries go with the test, compiled packages stay
	goCommand(t, consumer, append(caches, "CDK_OUTDIR="+theirs, "CDK_CONTEXT_JSON="+string(context)), "run", ".")
	goCommand(t, consumer, caches, "test", "./...")

	const imported = "b2b,onboarding"
	app := newApp(t, map[string]any{"aws:cdk:bundling-stacks": []string{"**"}, "systems": imported})
	if err := synthesize(app); err != nil {
		t.Fatal(err)
	}
	got, want := binaries(t, theirs), binaries(t, *app.Outdir())
	for hash := range want {
		if !got[hash] {
			t.Errorf("our %s is not among theirs", hash)
		}
		delete(got, hash)
	}
	if len(got) != 1 {
		t.Errorf("besides ours they have %q: want only their own function", slices.Collect(maps.Keys(got)))
	}
}

// pack copies what a module's zip file holds, read-only.
func pack(t *testing.T, source, target string) {
	t.Helper()
	err := filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, missing := os.Stat(filepath.Join(path, "go.mod"))
			otherModule := path != source && missing == nil
			hidden := path != source && strings.HasPrefix(entry.Name(), ".")
			if otherModule || hidden || entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), "cdk.out") {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(target, path), 0o755)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(target, path), content, 0o444)
	})
	if err != nil {
		t.Fatal(err)
	}
	chmodFolders(target, 0o555)
}

func chmodFolders(root string, mode fs.FileMode) {
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return os.Chmod(path, mode)
		}
		return err
	})
}

func goCommand(t *testing.T, folder string, environment []string, arguments ...string) {
	t.Helper()
	command := exec.Command("go", arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
}

func goCache(t *testing.T) string {
	t.Helper()
	output, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}

// binaries are the hashes of an assembly's functions.
func binaries(t *testing.T, assembly string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(assembly, "asset.*", "bootstrap"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no functions in %s: %v", assembly, err)
	}
	hashes := make(map[string]bool)
	for _, file := range files {
		hashes[filepath.Base(filepath.Dir(file))] = true
	}
	return hashes
}
