package gofunction

import (
	"os"
	"path/filepath"
	"testing"
)

// The path of the sources, their version control state and the builder's
// settings leave no trace in a binary: that is what gives every team the same
// asset hash.
func TestSameSourcesGiveTheSameBytesInEveryFolder(t *testing.T) {
	build := func() string {
		source := t.TempDir()
		write(t, filepath.Join(source, "go.mod"), "module "+Module+"\n\ngo 1.26\n")
		write(t, filepath.Join(source, "lambdas", "hello", "bootstrap", "main.go"),
			"package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n")
		folder, err := link(source, binary{Module + "/lambdas/hello/bootstrap", "arm64"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(folder) })
		content, err := os.ReadFile(filepath.Join(folder, "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	first := build()
	t.Setenv("GOFLAGS", "-tags=other -ldflags=-w")
	t.Setenv("GOWORK", filepath.Join(t.TempDir(), "go.work"))
	t.Setenv("GOARM64", "v9.0")
	if build() != first {
		t.Error("the same sources gave other bytes")
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
