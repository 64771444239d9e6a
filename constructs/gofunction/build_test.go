package gofunction

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The path of the sources, their version control state and the builder's
// settings leave no trace in a binary: that is what gives every team the same
// asset hash.
func TestSameSourcesGiveTheSameBytesInEveryFolder(t *testing.T) {
	build := func() string {
		return read(t, built(t, hello(t)))
	}
	first := build()
	t.Setenv("GOFLAGS", "-tags=other -ldflags=-w")
	t.Setenv("GOWORK", filepath.Join(t.TempDir(), "go.work"))
	t.Setenv("GOARM64", "v9.0")
	if build() != first {
		t.Error("the same sources gave other bytes")
	}
}

// Whether a binary is the one that would be built is told by what it was compiled of
// and by itself: it is not built again for nothing, and is never another one.
func TestABinaryIsBuiltAgainOnlyWhereItIsNoLongerThatOfItsSources(t *testing.T) {
	source := hello(t)
	file := built(t, source)
	first, made := read(t, file), madeAt(t, file)
	if built(t, source); madeAt(t, file) != made {
		t.Error("what is as it was is built again")
	}
	for what, change := range map[string]func(){
		"a package that it imports changes": func() {
			write(t, filepath.Join(source, "internal", "words", "words.go"), "package words\n\nconst Hello = \"good day\"\n")
		},
		"another process replaces it": func() { write(t, file, "another one") },
		"it is removed":               func() { remove(t, file) },
		"its record is cut off":       func() { write(t, filepath.Dir(file)+".record", "") },
	} {
		before := madeAt(t, file)
		change()
		if built(t, source); madeAt(t, file) == before || read(t, file) == "another one" {
			t.Errorf("where %s, it is not built again", what)
		}
	}
	if read(t, file) == first {
		t.Error("the binary is still that of the former sources")
	}
	if told := states(source, "arm64", []string{"./lambdas/hello/bootstrap"}); len(told) > 0 {
		t.Errorf("of a package by a path is told %q, so that it may be taken for what it was", told)
	}
}

// hello is a module of this module's name, with a program and what it imports.
func hello(t *testing.T) (source string) {
	t.Helper()
	source = t.TempDir()
	write(t, filepath.Join(source, "go.mod"), "module "+Module+"\n\ngo 1.26\n")
	write(t, filepath.Join(source, "internal", "words", "words.go"), "package words\n\nconst Hello = \"hello\"\n")
	write(t, filepath.Join(source, "lambdas", "hello", "bootstrap", "main.go"),
		"package main\n\nimport (\n\t\"fmt\"\n\n\t\""+Module+"/internal/words\"\n)\n\nfunc main() { fmt.Println(words.Hello) }\n")
	return source
}

// built is the program of hello, as a process builds it.
func built(t *testing.T, source string) (file string) {
	t.Helper()
	b := &build{binary: binary{Module + "/lambdas/hello/bootstrap", "arm64"}, done: make(chan struct{})}
	compileIn(source, b.goarch, []*build{b})
	folder, err := wait(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.RemoveAll(folder)
		os.Remove(folder + ".record")
	})
	return filepath.Join(folder, "bootstrap")
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func madeAt(t *testing.T, file string) time.Time {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
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
