package transfer

import (
	"slices"
	"testing"
)

func TestPathsLeadToTheirLongestMapping(t *testing.T) {
	var h home
	h.logical = true
	for entry, target := range map[string]string{
		"/": "/files/home/${transfer:UserName}/", "/shared": "/shared", "/shared/deep/in": "/inner/x", "/sharedness": "/other",
	} {
		m, err := newMapping(entry, target, "acme")
		if err != nil {
			t.Fatal(err)
		}
		h.mappings = append(h.mappings, m)
	}
	for path, want := range map[string]place{
		"/":                   {bucket: "files", key: "home/acme", root: true},
		"/a/b.xml":            {bucket: "files", key: "home/acme/a/b.xml"},
		"/shared":             {bucket: "shared", root: true},
		"/shared/a":           {bucket: "shared", key: "a"},
		"/shared/deep":        {bucket: "shared", key: "deep", root: true},
		"/shared/deep/in":     {bucket: "inner", key: "x", root: true},
		"/shared/deep/in/a/b": {bucket: "inner", key: "x/a/b"},
		"/sharednes":          {bucket: "files", key: "home/acme/sharednes"},
		"/sharedness/a":       {bucket: "other", key: "a"},
	} {
		want.path = path
		if got := h.resolve(path); got != want {
			t.Errorf("%s leads to %+v, want %+v", path, got, want)
		}
	}
	if got := h.children("/"); !slices.Equal(got, []string{"shared", "sharedness"}) {
		t.Errorf("children of the root: %v", got)
	}
	if got := h.children("/shared"); !slices.Equal(got, []string{"deep"}) {
		t.Errorf("children of /shared: %v", got)
	}
}

func TestMappingsAreAbsolutePaths(t *testing.T) {
	for entry, target := range map[string]string{"inbox": "/b/p", "/inbox/": "/b/p", "/a/../b": "/b/p", "/": "b/p", "/x": "/"} {
		if m, err := newMapping(entry, target, "u"); err == nil {
			t.Errorf("%s -> %s became %+v", entry, target, m)
		}
	}
}
