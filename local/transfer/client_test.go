// What clients can do, and what they cannot.

package transfer_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
)

func TestFilesPassUnchanged(t *testing.T) {
	for name, c := range clients() {
		for size, reason := range map[int]string{
			0: "PutObject", 1: "PutObject", 100_000: "PutObject", 8 << 20: "PutObject", 17_000_001: "CompleteMultipartUpload",
		} {
			t.Run(fmt.Sprintf("%s %d bytes", name, size), func(t *testing.T) {
				w := newWorld(t, "DEFAULT")
				body := make([]byte, size)
				rand.Read(body)
				local := filepath.Join(t.TempDir(), "orders.xml")
				if err := os.WriteFile(local, body, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := c.upload(t, w, "acme", local, "/inbox/orders.xml"); err != nil {
					t.Fatal(err)
				}
				if got, _ := w.object(t, "inbox/acme/orders.xml"); got != string(body) {
					t.Error("the object differs from the file")
				}
				if got := w.told(); !slices.Equal(got, []string{"Object Created inbox/acme/orders.xml " + reason}) {
					t.Errorf("events %q", got)
				}
				w.put(t, "outbox/acme/orders.xml.reply.json", string(body))
				if err := c.download(t, w, "acme", "/outbox/orders.xml.reply.json", local); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(local); err != nil || !bytes.Equal(got, body) {
					t.Errorf("the download differs: %v", err)
				}
			})
		}
	}
}

func TestASessionOfManyCommands(t *testing.T) {
	for name, c := range clients() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ENABLE_NO_OP")
			local := filepath.Join(t.TempDir(), "a.xml")
			if err := os.WriteFile(local, []byte("orders"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := c.tidy(t, w, "operator", local); err != nil {
				t.Fatal(err)
			}
			want := []string{
				"Object Created files/sub/ PutObject",
				"Object Created files/sub/a.xml.filepart PutObject",
				"Object Created files/sub/a.xml CopyObject",
				"Object Deleted files/sub/a.xml.filepart DeleteObject",
				"Object Deleted files/sub/a.xml DeleteObject",
				"Object Deleted files/sub/ DeleteObject",
			}
			if got := w.told(); !slices.Equal(got, want) {
				t.Errorf("events %q", got)
			}
		})
	}
}

func TestUsersReachOnlyWhatTheirRoleAllows(t *testing.T) {
	for name, c := range clients() {
		for _, row := range []struct{ name, path, want string }{
			{"the outbox", "/outbox/x.xml", "permission denied"},
			{"another partner's folder that is mapped", "/globex/x.xml", "permission denied"},
			{"another partner's folder by the parent", "/inbox/../globex/x.xml", "permission denied"},
			{"beyond the home", "../../landing/inbox/globex/x.xml", "no such file"},
			{"a path of the bucket", "/landing/inbox/globex/x.xml", "no such file"},
			{"the root", "/x.xml", "no such file"},
		} {
			t.Run(name+" writes to "+row.name, func(t *testing.T) {
				w := newWorld(t, "DEFAULT")
				local := filepath.Join(t.TempDir(), "x.xml")
				if err := os.WriteFile(local, []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
				err := c.upload(t, w, "acme", local, row.path)
				if err == nil || !strings.Contains(strings.ToLower(strings.ReplaceAll(err.Error(), "file does not exist", "no such file")), row.want) {
					t.Errorf("want %s, got %v", row.want, err)
				}
				if got := w.told(); len(got) > 0 {
					t.Errorf("events %q", got)
				}
			})
		}
	}
}

func TestReadingElsewhereIsRefused(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	w.put(t, "inbox/globex/secret.xml", "secret")
	w.put(t, "outbox/acme/reply.json", "{}")
	c, _ := w.sftp(t, "acme")
	if _, err := c.Open("/globex/secret.xml"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("open: %v", err)
	}
	if _, err := c.ReadDir("/globex"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("list: %v", err)
	}
	if err := c.Remove("/outbox/reply.json"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("remove: %v", err)
	}
	if err := c.Rename("/outbox/reply.json", "/inbox/reply.json"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("rename away: %v", err)
	}
	if _, err := c.Open("/inbox/absent.xml"); !errors.Is(err, os.ErrPermission) && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open of what is not there: %v", err)
	}
	if _, err := c.OpenFile("/outbox/new.xml", writeNew); !errors.Is(err, os.ErrPermission) {
		t.Errorf("open for writing, before a byte is sent: %v", err)
	}
	if got, _ := w.object(t, "outbox/acme/reply.json"); got != "{}" {
		t.Error("the reply is gone")
	}
}

func TestFoldersAreListedWithTheirMappings(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	w.put(t, "inbox/acme/b.xml", "12345")
	w.put(t, "inbox/acme/", "")
	w.put(t, "inbox/acme/sub/a.xml", "1")
	for i := range 1005 { // more than a page of S3
		w.put(t, fmt.Sprintf("outbox/acme/%04d", i), "x")
	}
	c, _ := w.sftp(t, "acme")
	names := func(p string) string {
		t.Helper()
		list, err := c.ReadDir(p)
		if err != nil {
			t.Fatalf("list %s: %v", p, err)
		}
		var lines []string
		for _, i := range list {
			lines = append(lines, fmt.Sprintf("%s:%v:%d", i.Name(), i.IsDir(), i.Size()))
			if i.IsDir() == (time.Since(i.ModTime()) < time.Hour) {
				t.Errorf("%s is of %s", i.Name(), i.ModTime())
			}
		}
		return strings.Join(lines, " ")
	}
	if got := names("/"); got != "globex:true:0 inbox:true:0 outbox:true:0" {
		t.Errorf("root: %s", got)
	}
	if got := names("/inbox"); got != "b.xml:false:5 sub:true:0" {
		t.Errorf("inbox: %s", got)
	}
	if got := strings.Count(names("/outbox"), ":false:"); got != 1005 {
		t.Errorf("outbox has %d files", got)
	}
	if _, err := c.ReadDir("/inbox/nope"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	for path, folder := range map[string]bool{"/": true, "/inbox": true, "/inbox/sub": true, "/inbox/b.xml": false} {
		i, err := c.Stat(path)
		if err != nil || i.IsDir() != folder || folder == (time.Since(i.ModTime()) < time.Hour) {
			t.Errorf("stat %s: %v %v", path, i, err)
		}
	}
	if wd, err := c.Getwd(); err != nil || wd != "/" {
		t.Errorf("the session starts in %q, %v", wd, err)
	}
}

func TestAPathHomeStartsInItsFolder(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	w.put(t, "files/a.txt", "a")
	c, _ := w.sftp(t, "operator")
	if wd, err := c.Getwd(); err != nil || wd != "/landing/files" {
		t.Errorf("the session starts in %q, %v", wd, err)
	}
	if list, err := c.ReadDir("."); err != nil || len(list) != 1 || list[0].Name() != "a.txt" {
		t.Errorf("list: %v %v", list, err)
	}
	if _, err := c.ReadDir("/"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("the list of buckets: %v", err)
	}
}

func TestATemporaryNameIsRenamedByACopy(t *testing.T) {
	for name, rename := range map[string]func(c *sftp.Client) error{
		"rename":       func(c *sftp.Client) error { return c.Rename("/inbox/o.xml.filepart", "/inbox/o.xml") },
		"posix rename": func(c *sftp.Client) error { return c.PosixRename("/inbox/o.xml.filepart", "/inbox/o.xml") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "DEFAULT")
			w.put(t, "inbox/acme/o.xml.filepart", "orders")
			c, _ := w.sftp(t, "acme")
			if err := rename(c); err != nil {
				t.Fatal(err)
			}
			want := []string{
				"Object Created inbox/acme/o.xml.filepart PutObject",
				"Object Created inbox/acme/o.xml CopyObject",
				"Object Deleted inbox/acme/o.xml.filepart DeleteObject",
			}
			if got := w.told(); !slices.Equal(got, want) {
				t.Errorf("events %q", got)
			}
			if got, _ := w.object(t, "inbox/acme/o.xml"); got != "orders" {
				t.Errorf("object %q", got)
			}
			if err := rename(c); !errors.Is(err, os.ErrPermission) && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("rename of what is gone: %v", err)
			}
		})
	}
}

func TestFoldersAreMarkers(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	c, _ := w.sftp(t, "operator")
	if err := c.Mkdir("sub"); err != nil {
		t.Fatal(err)
	}
	if _, o := w.object(t, "files/sub/"); o == nil || o.Size != 0 {
		t.Errorf("marker %v", o)
	}
	w.put(t, "files/sub/a", "a")
	if err := c.RemoveDirectory("sub"); err == nil {
		t.Error("a folder with a file was removed")
	}
	if err := c.Rename("sub", "other"); err == nil {
		t.Error("a folder was renamed")
	}
	if err := c.Rename("sub/a", "sub/a"); err != nil {
		t.Errorf("a file was not renamed to itself: %v", err)
	}
	if got, _ := w.object(t, "files/sub/a"); got != "a" {
		t.Errorf("a file that was renamed to itself is %q", got)
	}
	w.put(t, "files/bare/a", "a")
	if err := c.RemoveDirectory("bare"); err == nil {
		t.Error("a folder with a file and without a marker was removed")
	}
	if err := c.Remove("sub/a"); err != nil {
		t.Error(err)
	}
	if err := c.Remove("sub/a"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("removed twice: %v", err)
	}
	if err := c.RemoveDirectory("sub"); err != nil {
		t.Error(err)
	}
	if _, err := c.Stat("sub"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestAttributesAreIgnoredOnlyIfTheServerSaysSo(t *testing.T) {
	for option, ok := range map[string]bool{"DEFAULT": false, "ENABLE_NO_OP": true} {
		t.Run(option, func(t *testing.T) {
			w := newWorld(t, option)
			w.put(t, "inbox/acme/a", "abc")
			c, _ := w.sftp(t, "acme")
			if err := c.Chmod("/inbox/a", 0o600); (err == nil) != ok {
				t.Errorf("chmod: %v", err)
			}
			if err := c.Truncate("/inbox/a", 1); err == nil || !strings.Contains(err.Error(), "UNSUPPORTED") {
				t.Errorf("truncate, which S3 cannot: %v", err)
			}
			if got, _ := w.object(t, "inbox/acme/a"); got != "abc" {
				t.Errorf("the object became %q", got)
			}
		})
	}
}

func TestFilesAreWrittenOnceFromStartToEnd(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	w.put(t, "inbox/acme/old", "old")
	c, _ := w.sftp(t, "acme")
	for name, flags := range map[string]int{"append": os.O_WRONLY | os.O_APPEND, "read and write": os.O_RDWR | os.O_CREATE | os.O_TRUNC} {
		if _, err := c.OpenFile("/inbox/old", flags); err == nil {
			t.Errorf("%s was allowed", name)
		}
	}
	f, err := c.OpenFile("/inbox/old", os.O_WRONLY)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("x"), 3); err != nil { // the gap may close yet
		t.Fatal(err)
	}
	if err := f.Close(); err == nil {
		t.Error("a file with a gap was closed without an error")
	}
	f, err = c.OpenFile("/inbox/twice", writeNew)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("abc"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("x"), 1); err == nil {
		t.Error("bytes were written twice")
	}
	f.Close()
	if got, _ := w.object(t, "inbox/acme/old"); got != "old" {
		t.Errorf("the old object became %q", got)
	}
	if got, o := w.object(t, "inbox/acme/twice"); o != nil {
		t.Errorf("a failed upload left %q", got)
	}
}

func TestAnUploadBrokenOffLeavesWhatWasWritten(t *testing.T) {
	for _, size := range []int{100_000, 9 << 20} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			w := newWorld(t, "DEFAULT")
			c, conn := w.sftp(t, "acme")
			body := make([]byte, size)
			rand.Read(body)
			f, err := c.OpenFile("/inbox/orders.xml", writeNew)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write(body); err != nil {
				t.Fatal(err)
			}
			if got := w.told(); len(got) > 0 {
				t.Errorf("before the file was closed: %q", got)
			}
			conn.Close()
			w.cloud.Close() // ends when the connection's work has ended
			if got, _ := w.object(t, "inbox/acme/orders.xml"); got != string(body) {
				t.Errorf("%d of %d bytes are there", len(got), size)
			}
		})
	}
}

// writeFile puts a text into a file of the client's.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAMappingHidesTheFolderOfItsName(t *testing.T) {
	w, s := updatable(t)
	for _, key := range []string{"one/own/x", "one/mapped/hidden", "two/shown"} {
		w.put(t, key, "x")
	}
	s.Put(t, "Acme", acme(authorized(t, w.key), "Role", `"HomeDirectoryType": "LOGICAL", "HomeDirectoryMappings": [{"Entry": "/", "Target": "/landing/one"}, {"Entry": "/mapped", "Target": "/landing/two"}]`))
	c, _ := w.sftp(t, "acme")
	for path, want := range map[string]string{"/": "mapped own", "/mapped": "shown"} {
		list, err := c.ReadDir(path)
		var names []string
		for _, i := range list {
			names = append(names, i.Name())
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s has %q, %v, want %q", path, got, err, want)
		}
	}
	if err := c.Mkdir("/new"); err != nil {
		t.Fatal(err)
	}
	if _, o := w.object(t, "one/new/"); o == nil || o.Header["Content-Type"] != "application/x-directory" {
		t.Errorf("the folder's object is %+v", o)
	}
}

// What mappings put there is nobody's to make or to take away.
func TestFoldersOfMappingsStayAsTheyAre(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	c, _ := w.sftp(t, "acme")
	for _, path := range []string{"/", "/inbox", "/globex"} {
		for name, err := range map[string]error{
			"made": c.Mkdir(path), "removed": c.RemoveDirectory(path), "renamed": c.Rename(path, "/inbox/new"), "replaced": c.Rename("/inbox/old", path),
		} {
			if err == nil {
				t.Errorf("%s was %s", path, name)
			}
		}
	}
	if got := w.told(); len(got) > 0 {
		t.Errorf("events %q", got)
	}
}
