// Where a user's paths lead: to an object or a prefix of a bucket, or to
// a folder that exists only in the mappings.

package transfer

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// mapping makes a prefix of a bucket visible under a path.
type mapping struct {
	entry  string // clean and absolute
	bucket string
	prefix string // without slashes at its ends; empty is the whole bucket
}

// home is what a user sees. Without mappings, paths are /BUCKET/KEY.
type home struct {
	start    string // the folder of a new session
	mappings []mapping
	logical  bool
}

// place is what a path stands for.
type place struct {
	path   string // as the user sees it
	bucket string // empty: a folder of the mappings only, or nothing at all
	key    string // without slashes at its ends; empty is the whole bucket
	root   bool   // the place of a mapping or above one, which always exists
}

// String is the path as Transfer Family writes it into events: /BUCKET/KEY.
func (p place) String() string {
	if p.bucket == "" {
		return p.path
	}
	return path.Join("/", p.bucket, p.key)
}

// resolve finds the place of a clean absolute path. The longest mapping wins.
func (h home) resolve(p string) place {
	if !h.logical {
		bucket, key, _ := strings.Cut(strings.TrimPrefix(p, "/"), "/")
		return place{path: p, bucket: bucket, key: key, root: p == "/"}
	}
	found := place{path: p}
	longest := -1
	for _, m := range h.mappings {
		if p == m.entry || under(m.entry, p) {
			found.root = true
		}
		if rest, ok := below(p, m.entry); ok && len(m.entry) > longest {
			longest = len(m.entry)
			found.bucket, found.key = m.bucket, strings.Trim(path.Join(m.prefix, rest), "/")
		}
	}
	return found
}

// children returns the names that the mappings put into a folder.
func (h home) children(p string) []string {
	var names []string
	for _, m := range h.mappings {
		rest, ok := below(m.entry, p)
		if !ok || rest == "" {
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// under tells whether a path is below a folder.
func under(p, folder string) bool {
	rest, ok := below(p, folder)
	return ok && rest != ""
}

// below returns what a path has after a folder that it is, or is below.
func below(p, folder string) (string, bool) {
	if p == folder {
		return "", true
	}
	return strings.CutPrefix(p, strings.TrimSuffix(folder, "/")+"/")
}

// newMapping reads an entry of HomeDirectoryMappings.
func newMapping(entry, target, user string) (mapping, error) {
	if !path.IsAbs(entry) || path.Clean(entry) != entry {
		return mapping{}, fmt.Errorf("entry %q is not a clean absolute path", entry)
	}
	target = withUserName(target, user)
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(target, "/"), "/")
	if !path.IsAbs(target) || bucket == "" {
		return mapping{}, fmt.Errorf("target %q is not /BUCKET/PREFIX", target)
	}
	return mapping{entry: entry, bucket: bucket, prefix: strings.Trim(prefix, "/")}, nil
}

// withUserName fills the one variable that paths may have.
func withUserName(text, user string) string {
	return strings.NewReplacer("${transfer:UserName}", user, "${Transfer:UserName}", user).Replace(text)
}
