// The SFTP operations of one user, on S3.

package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// files serves the requests of a connection. It implements the interfaces of
// sftp.Handlers.
type files struct {
	home          home
	s3            *s3.Client
	session       *session
	ignoreSetStat bool
}

// status turns an error of S3 into what SFTP can say.
func status(err error) error {
	var api *cloud.Error
	if !errors.As(err, &api) {
		return err
	}
	switch api.Code {
	case "AccessDenied":
		return sftp.ErrSSHFxPermissionDenied
	case "NoSuchKey", "NoSuchBucket":
		return sftp.ErrSSHFxNoSuchFile
	}
	return err
}

func denied(err error) bool { return err != nil && cloud.AsError(err).Code == "AccessDenied" }
func absent(err error) bool { return err != nil && cloud.AsError(err).Code == "NoSuchKey" }

// object resolves a path that must be able to be an object.
func (f *files) object(p string) (place, error) {
	at := f.home.resolve(p)
	switch {
	case at.root:
		return at, sftp.ErrSSHFxPermissionDenied
	case at.bucket == "":
		return at, sftp.ErrSSHFxNoSuchFile
	case at.key == "":
		return at, sftp.ErrSSHFxPermissionDenied
	}
	return at, nil
}

// Fileread opens an object for reading at any offset.
func (f *files) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	at, err := f.object(r.Filepath)
	if err != nil {
		return nil, err
	}
	o, err := f.s3.Get(r.Context(), at.bucket, at.key, "")
	if err != nil {
		return nil, status(err)
	}
	return &download{session: f.session, path: at.String(), etag: o.ETag, started: time.Now(), body: o.Body, size: o.Size}, nil
}

// Filewrite opens an object for writing from its start. S3 cannot append, nor
// read what is being written.
func (f *files) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	flags := r.Pflags()
	if flags.Append || flags.Read || !flags.Write {
		return nil, sftp.ErrSSHFxOpUnsupported
	}
	at, err := f.object(r.Filepath)
	if err != nil {
		return nil, err
	}
	if err := f.s3.MayWrite(at.bucket, at.key); err != nil {
		return nil, status(err)
	}
	u := &upload{s3: f.s3, session: f.session, started: time.Now(), bucket: at.bucket, key: at.key}
	if err := u.open(r.Context(), flags); err != nil {
		return nil, status(err)
	}
	return u, nil
}

// Filecmd performs what changes names, and tells EventBridge of it.
func (f *files) Filecmd(r *sftp.Request) error {
	started := time.Now()
	err := f.command(r)
	at := f.home.resolve(r.Filepath).String()
	switch r.Method {
	case "Rename":
		f.session.tell("File Rename", started, detail{OriginalFilePath: at, RenamedFilePath: f.home.resolve(r.Target).String()}, f.session.cause, err)
	case "Remove":
		f.session.tell("File Delete", started, detail{FilePath: at}, f.session.cause, err)
	case "Mkdir":
		f.session.tell("Directory Create", started, detail{DirectoryPath: at}, f.session.cause, err)
	case "Rmdir":
		f.session.tell("Directory Delete", started, detail{DirectoryPath: at}, f.session.cause, err)
	}
	return err
}

func (f *files) command(r *sftp.Request) error {
	switch r.Method {
	case "Setstat":
		// Attributes mean nothing to S3. Transfer Family fails such requests
		// unless the server's SetStatOption is ENABLE_NO_OP. A length is no
		// mere attribute: a client that is told it was set would rely on it.
		if f.ignoreSetStat && !r.AttrFlags().Size {
			return nil
		}
		return sftp.ErrSSHFxOpUnsupported
	case "Rename":
		return f.rename(r.Context(), r.Filepath, r.Target)
	case "Remove":
		return f.remove(r.Context(), r.Filepath)
	case "Mkdir":
		return f.mkdir(r.Context(), r.Filepath)
	case "Rmdir":
		return f.rmdir(r.Context(), r.Filepath)
	}
	return sftp.ErrSSHFxOpUnsupported
}

// rename copies and deletes, as one object of S3 cannot be renamed. Folders
// cannot be renamed at all.
func (f *files) rename(ctx context.Context, from, to string) error {
	source, err := f.object(from)
	if err != nil {
		return err
	}
	target, err := f.object(to)
	if err != nil {
		return err
	}
	if source.bucket == target.bucket && source.key == target.key {
		return nil
	}
	if _, err := f.s3.Copy(ctx, s3.CopyInput{SourceBucket: source.bucket, SourceKey: source.key, Bucket: target.bucket, Key: target.key}); err != nil {
		if absent(err) && f.isFolder(ctx, source) == nil {
			return sftp.ErrSSHFxOpUnsupported
		}
		return status(err)
	}
	_, err = f.s3.Delete(ctx, source.bucket, source.key, "")
	return status(err)
}

func (f *files) remove(ctx context.Context, p string) error {
	at, err := f.object(p)
	if err != nil {
		return err
	}
	// S3 deletes what is not there without complaint; SFTP does not.
	if _, err := f.s3.Head(ctx, at.bucket, at.key, ""); err != nil && !denied(err) {
		return status(err)
	}
	_, err = f.s3.Delete(ctx, at.bucket, at.key, "")
	return status(err)
}

// mkdir writes a folder marker: an empty object whose key ends in a slash.
func (f *files) mkdir(ctx context.Context, p string) error {
	at, err := f.object(p)
	if err != nil {
		return err
	}
	_, err = f.s3.Put(ctx, s3.PutInput{Bucket: at.bucket, Key: at.key + "/", Body: strings.NewReader(""), Header: map[string]string{"Content-Type": "application/x-directory"}})
	return status(err)
}

func (f *files) rmdir(ctx context.Context, p string) error {
	at, err := f.object(p)
	if err != nil {
		return err
	}
	marker := at.key + "/"
	page, err := f.s3.List(ctx, s3.ListInput{Bucket: at.bucket, Prefix: marker, Max: 2})
	switch {
	case err != nil:
		return status(err)
	case len(page.Objects) == 0:
		return sftp.ErrSSHFxNoSuchFile
	case len(page.Objects) > 1 || page.Objects[0].Key != marker:
		return sftp.ErrSSHFxFailure // not empty
	}
	_, err = f.s3.Delete(ctx, at.bucket, marker, "")
	return status(err)
}

// isFolder returns nil if any object is below a place.
func (f *files) isFolder(ctx context.Context, at place) error {
	if at.root {
		return nil
	}
	page, err := f.s3.List(ctx, s3.ListInput{Bucket: at.bucket, Prefix: folderPrefix(at.key), Max: 1})
	if err != nil {
		return status(err)
	}
	if len(page.Objects) == 0 && at.key != "" {
		return sftp.ErrSSHFxNoSuchFile
	}
	return nil
}

func folderPrefix(key string) string {
	if key == "" {
		return ""
	}
	return key + "/"
}

// Filelist answers for folders and for single files.
func (f *files) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	if r.Method == "List" {
		return f.list(r.Context(), r.Filepath)
	}
	if r.Method != "Stat" {
		return nil, sftp.ErrSSHFxOpUnsupported
	}
	info, err := f.stat(r.Context(), r.Filepath)
	return entries{info}, err
}

func (f *files) stat(ctx context.Context, p string) (os.FileInfo, error) {
	at := f.home.resolve(p)
	folder := info{name: path.Base(p), folder: true}
	switch {
	case at.root || at.bucket != "" && at.key == "":
		return folder, f.isFolder(ctx, at)
	case at.bucket == "":
		return folder, sftp.ErrSSHFxNoSuchFile
	}
	o, err := f.s3.Head(ctx, at.bucket, at.key, "")
	if err == nil {
		return info{name: path.Base(p), size: o.Size, modified: o.Modified}, nil
	}
	// It may be a folder, or one that may be listed but not read.
	if folderErr := f.isFolder(ctx, at); folderErr == nil {
		return folder, nil
	}
	return folder, status(err)
}

func (f *files) list(ctx context.Context, p string) (sftp.ListerAt, error) {
	at := f.home.resolve(p)
	var found entries
	virtual := map[string]bool{}
	for _, name := range f.home.children(p) {
		virtual[name] = true
		found = append(found, info{name: name, folder: true})
	}
	if at.bucket == "" {
		switch {
		case !f.home.logical: // the list of all buckets
			return nil, sftp.ErrSSHFxPermissionDenied
		case !at.root:
			return nil, sftp.ErrSSHFxNoSuchFile
		}
		return found, nil
	}
	exists := at.root || at.key == ""
	in := s3.ListInput{Bucket: at.bucket, Prefix: folderPrefix(at.key), Delimiter: "/"}
	for {
		page, err := f.s3.List(ctx, in)
		if err != nil {
			return nil, status(err)
		}
		for _, line := range listing(in.Prefix, page) {
			exists = true
			if line.name != "" && !virtual[line.name] {
				found = append(found, line)
			}
		}
		if !page.Truncated {
			break
		}
		in.After = page.Next
	}
	if !exists {
		return nil, sftp.ErrSSHFxNoSuchFile
	}
	slices.SortFunc(found, func(a, b os.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return found, nil
}

// listing returns the lines of a page; a folder's own marker has no name.
func listing(prefix string, page s3.Page) []info {
	var lines []info
	for _, p := range page.CommonPrefixes {
		lines = append(lines, info{name: strings.TrimSuffix(p[len(prefix):], "/"), folder: true})
	}
	for _, o := range page.Objects {
		lines = append(lines, info{name: o.Key[len(prefix):], size: o.Size, modified: o.Modified})
	}
	return lines
}

// entries is a listing for pkg/sftp.
type entries []os.FileInfo

func (e entries) ListAt(into []os.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(e)) {
		return 0, io.EOF
	}
	n := copy(into, e[offset:])
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}

// info is a file or a folder as SFTP shows it.
type info struct {
	name     string
	size     int64
	modified time.Time // unset for folders, of which S3 knows no time
	folder   bool
}

func (i info) Name() string { return i.name }
func (i info) Size() int64  { return i.size }
func (i info) IsDir() bool  { return i.folder }
func (i info) Sys() any     { return nil }

// ModTime is 1970 for folders: SFTP cannot tell an earlier time.
func (i info) ModTime() time.Time {
	if i.modified.IsZero() {
		return time.Unix(0, 0)
	}
	return i.modified
}

func (i info) Mode() os.FileMode {
	if i.folder {
		return os.ModeDir | 0o755
	}
	return 0o644
}
