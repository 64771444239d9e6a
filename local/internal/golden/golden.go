// Package golden holds what tests come to, as text, to files.
package golden

import (
	"os"
	"strings"
	"testing"
)

// Compare fails t with the first lines in which a text is not what a file has, unless
// the file is to be written.
func Compare(t *testing.T, path, got string, write bool) {
	t.Helper()
	if write {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Fatalf("%s differs from line %d on: go test -update, and read what changes\ngot  %s\nwant %s", path, i+1, from(gotLines, i), from(wantLines, i))
		}
	}
}

// from is a line with the two after it, as far as they are there.
func from(lines []string, at int) string {
	return strings.Join(lines[min(at, len(lines)):min(at+3, len(lines))], "\n")
}
