package b2b

import (
	"path"
	"strings"
)

// InboxFile takes partner and file from the key of an object in the landing
// bucket, inbox/<partner>/<file>. If the object is not a partner's finished
// file, ignored says why, and nothing becomes of it.
func InboxFile(key string) (partner, file, ignored string) {
	below, inside := strings.CutPrefix(key, InboxPrefix)
	partner, file, _ = strings.Cut(below, "/")
	base := path.Base(key)
	switch {
	case !inside || partner == "" || file == "":
		ignored = "it is in no partner's inbox"
	case strings.HasSuffix(key, "/"):
		ignored = "it is a folder"
	case strings.HasPrefix(base, "."):
		ignored = "it is hidden"
	case temporary(base):
		ignored = "it has the name of an unfinished upload"
	}
	return partner, file, ignored
}

// temporary reports the names that SFTP clients give to uploads in progress.
func temporary(base string) bool {
	switch strings.ToLower(path.Ext(base)) {
	case ".part", ".filepart", ".tmp":
		return true
	}
	return false
}
