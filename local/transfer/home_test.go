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

func TestVariablesOfAPolicyStandForTheHome(t *testing.T) {
	const all = `${transfer:HomeBucket} ${transfer:HomeDirectory} ${transfer:HomeFolder} ${transfer:UserName} ${aws:PrincipalArn}`
	const unresolved = `${transfer:HomeBucket} ${transfer:HomeDirectory} ${transfer:HomeFolder} acme ${aws:PrincipalArn}`
	root, inbox := homeEntry{Entry: "/", Target: "/files/of/${transfer:UserName}"}, homeEntry{Entry: "/inbox", Target: "/landing/in"}
	for name, tt := range map[string]struct {
		settings homeSettings
		want     string
	}{
		"a path":                       {homeSettings{directory: "/landing/inbox/${transfer:UserName}"}, `landing landing/inbox/acme inbox/acme acme ${aws:PrincipalArn}`},
		"a bucket":                     {homeSettings{kind: "PATH", directory: "/landing"}, `landing landing  acme ${aws:PrincipalArn}`},
		"a path that would end a text": {homeSettings{directory: `/landing/a"b\c`}, `landing landing/a\"b\\c a\"b\\c acme ${aws:PrincipalArn}`},
		"no home":                      {homeSettings{}, unresolved},
		"a logical root":               {homeSettings{kind: "LOGICAL", entries: []homeEntry{root, inbox}}, `files files/of/acme of/acme acme ${aws:PrincipalArn}`},
		"a logical home":               {homeSettings{kind: "LOGICAL", directory: "/inbox/new", entries: []homeEntry{root, inbox}}, `landing landing/in/new in/new acme ${aws:PrincipalArn}`},
		"a logical home in no bucket":  {homeSettings{kind: "LOGICAL", entries: []homeEntry{inbox}}, unresolved},
	} {
		h, err := newHome(tt.settings, "acme")
		if err != nil {
			t.Fatal(err)
		}
		if got := h.fill(all, "acme"); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
