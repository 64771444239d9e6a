// Where a user's paths lead: to an object or a prefix of a bucket, or to
// a folder that exists only in the mappings.

package transfer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
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

// homeSettings are a home as users, and what a function answers, have it.
type homeSettings struct {
	kind      string // PATH, which is the default, or LOGICAL
	directory string
	source    string // the name of the entries
	entries   []homeEntry
}

type homeEntry struct {
	Entry, Target string
	Type          cfn.Ignored
}

func newHome(s homeSettings, user string) (home, error) {
	start := withUserName(cmp.Or(s.directory, "/"), user)
	if !path.IsAbs(start) {
		return home{}, cfn.Invalidf("HomeDirectory", "%q is not an absolute path", start)
	}
	h := home{start: path.Clean(start)}
	switch s.kind {
	case "", "PATH":
		return h, nil
	case "LOGICAL":
		h.logical = true
		for i, e := range s.entries {
			mapped, err := newMapping(e.Entry, e.Target, user)
			if err != nil {
				return home{}, cfn.Invalidf(fmt.Sprintf("%s[%d]", s.source, i), "%s", err)
			}
			h.mappings = append(h.mappings, mapped)
		}
		if len(h.mappings) == 0 {
			return home{}, cfn.Invalidf(s.source, "a logical home needs one")
		}
		return h, nil
	}
	return home{}, cfn.Invalidf("HomeDirectoryType", "must be PATH or LOGICAL, got %q", s.kind)
}

// fill puts a user's values in the place of a policy's variables. Those of
// a home that leads to no bucket stay, and match nothing. The values are written
// as in texts of JSON, so that they stay within the policy's own.
// https://docs.aws.amazon.com/transfer/latest/userguide/users-policies-session.html
func (h home) fill(policy, user string) string {
	pairs := []string{"${transfer:UserName}", inText(user)}
	if at := h.resolve(h.start); at.bucket != "" {
		pairs = append(pairs,
			"${transfer:HomeBucket}", inText(at.bucket),
			"${transfer:HomeDirectory}", inText(path.Join(at.bucket, at.key)),
			"${transfer:HomeFolder}", inText(at.key))
	}
	return strings.NewReplacer(pairs...).Replace(policy)
}

// inText is a value as it is written inside of a text of JSON.
func inText(value string) string {
	quoted, err := json.Marshal(value)
	if err != nil {
		panic(err) // of a text
	}
	return string(quoted[1 : len(quoted)-1])
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
