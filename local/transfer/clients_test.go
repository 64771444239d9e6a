// The clients that the tests use: pkg/sftp, and OpenSSH and lftp where they
// are installed.

package transfer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// client is an SFTP client that uploads, downloads and lists.
type client struct {
	upload   func(t *testing.T, w *world, user, local, remote string) error
	download func(t *testing.T, w *world, user, remote, local string) error
	resume   func(t *testing.T, w *world, user, local, remote string) error // the upload of a file of which a part is there
	tidy     func(t *testing.T, w *world, user, local string) error         // see TestASessionOfManyCommands
}

// clients are those of this machine.
func clients() map[string]client {
	all := map[string]client{"pkg/sftp": {packageUpload, packageDownload, packageResume, packageTidy}}
	if _, err := exec.LookPath("sftp"); err == nil {
		all["OpenSSH"] = client{
			upload: func(t *testing.T, w *world, user, local, remote string) error {
				return openSSH(t, w, user, "put "+local+" "+remote)
			},
			download: func(t *testing.T, w *world, user, remote, local string) error {
				return openSSH(t, w, user, "get "+remote+" "+local)
			},
			resume: func(t *testing.T, w *world, user, local, remote string) error {
				return openSSH(t, w, user, "reput "+local+" "+remote)
			},
			tidy: func(t *testing.T, w *world, user, local string) error {
				return openSSH(t, w, user, "pwd", "mkdir sub", "cd sub", "put -p "+local+" a.xml.filepart", "rename a.xml.filepart a.xml", "ls -l", "rm a.xml", "cd ..", "rmdir sub")
			},
		}
	}
	if _, err := exec.LookPath("lftp"); err == nil {
		all["lftp"] = client{
			upload: func(t *testing.T, w *world, user, local, remote string) error {
				return lftp(t, w, user, "put "+local+" -o "+remote)
			},
			download: func(t *testing.T, w *world, user, remote, local string) error {
				return lftp(t, w, user, "set xfer:clobber on", "get "+remote+" -o "+local)
			},
			resume: func(t *testing.T, w *world, user, local, remote string) error {
				return lftp(t, w, user, "put -c "+local+" -o "+remote)
			},
			tidy: func(t *testing.T, w *world, user, local string) error {
				return lftp(t, w, user, "mkdir sub", "cd sub", "put "+local+" -o a.xml.filepart", "mv a.xml.filepart a.xml", "ls", "rm a.xml", "cd ..", "rmdir sub")
			},
		}
	}
	return all
}

const writeNew = os.O_WRONLY | os.O_CREATE | os.O_TRUNC

func packageUpload(t *testing.T, w *world, user, local, remote string) error {
	c, _ := w.sftp(t, user)
	body, err := os.ReadFile(local)
	if err != nil {
		return err
	}
	f, err := c.OpenFile(remote, writeNew)
	if err != nil {
		return err
	}
	if _, err := f.ReadFrom(bytes.NewReader(body)); err != nil {
		return err
	}
	return f.Close()
}

func packageResume(t *testing.T, w *world, user, local, remote string) error {
	c, _ := w.sftp(t, user)
	body, err := os.ReadFile(local)
	if err != nil {
		return err
	}
	there, err := c.Stat(remote)
	if err != nil {
		return err
	}
	f, err := c.OpenFile(remote, os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return err
	}
	if rest := body[there.Size():]; len(rest) > 0 {
		if _, err := f.WriteAt(rest, there.Size()); err != nil {
			return err
		}
	}
	return f.Close()
}

func packageDownload(t *testing.T, w *world, user, remote, local string) error {
	c, _ := w.sftp(t, user)
	f, err := c.Open(remote)
	if err != nil {
		return err
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	return os.WriteFile(local, body, 0o600)
}

func packageTidy(t *testing.T, w *world, user, local string) error {
	c, _ := w.sftp(t, user)
	if err := c.Mkdir("sub"); err != nil {
		return err
	}
	if err := packageUpload(t, w, user, local, "sub/a.xml.filepart"); err != nil {
		return err
	}
	list, err := c.ReadDir("sub")
	if err != nil || len(list) != 1 {
		return fmt.Errorf("list: %v %w", list, err)
	}
	return errors.Join(
		c.Chtimes("sub/a.xml.filepart", time.Now(), time.Now()),
		c.Rename("sub/a.xml.filepart", "sub/a.xml"),
		c.Remove("sub/a.xml"),
		c.RemoveDirectory("sub"),
	)
}

// openSSH runs a batch of commands in OpenSSH's client.
func openSSH(t *testing.T, w *world, user string, commands ...string) error {
	t.Helper()
	return openSSHWith(t, w, user, nil, commands...)
}

// openSSHWith is openSSH with options that come before all others, and so count.
func openSSHWith(t *testing.T, w *world, user string, first []string, commands ...string) error {
	t.Helper()
	host, port, options := w.ssh(t)
	cmd := exec.CommandContext(t.Context(), "sftp", slices.Concat(first, []string{"-q", "-b", "-", "-P", port}, options, []string{user + "@" + host})...)
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// lftp runs commands in lftp, which speaks SFTP through OpenSSH's ssh.
func lftp(t *testing.T, w *world, user string, commands ...string) error {
	t.Helper()
	host, port, options := w.ssh(t)
	script := append([]string{
		"set cmd:fail-exit on", "set net:max-retries 1",
		`set sftp:connect-program "ssh -a -x ` + strings.Join(options, " ") + `"`,
		"open -u " + user + ",none -p " + port + " sftp://" + host,
	}, commands...)
	cmd := exec.CommandContext(t.Context(), "lftp", "--norc", "-c", strings.Join(script, "; "))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// ssh returns where the server is, and the options by which OpenSSH knows both
// sides.
func (w *world) ssh(t *testing.T) (host, port string, options []string) {
	t.Helper()
	host, port, err := net.SplitHostPort(w.endpoint.Address)
	if err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(known, []byte("["+host+"]:"+port+" "+w.endpoint.HostKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return host, port, []string{"-F", "none", "-i", w.keyFile(t),
		"-o", "IdentitiesOnly=yes", "-o", "UserKnownHostsFile=" + known, "-o", "StrictHostKeyChecking=yes"}
}
