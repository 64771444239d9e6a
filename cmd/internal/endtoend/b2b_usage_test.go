package endtoend

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
)

// What `make up` prints is copied into a shell, word for word.
func TestTheCommandsThatMakeUpPrintsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	d := anotherDesk(t, local.Options{})
	if err := d.Publish(); err != nil {
		t.Fatal(err)
	}
	ours, err := d.Usage()
	if err != nil {
		t.Fatal(err)
	}
	shell := newShell(t)
	acme := d.Partners["acme"]
	said := 0
	for _, command := range commands(ours + d.Laptop.Usage()) {
		switch words := strings.Fields(command.line); {
		case words[0] == "export":
			shell.prelude += command.line + "\n"
		case words[0] == "sftp":
			if len(command.typed) != 2 {
				t.Fatalf("typed into sftp: %q", command.typed)
			}
			if _, ok := shell.run(command.line, command.typed[0]); !ok {
				continue
			}
			wantTotals(t, reply(t, acme, "transactions.xml", ""), 11, 0, 0, 0)
			shell.run(command.line, command.typed[1])
			if got := read(t, filepath.Join(shell.folder, "transactions.xml.reply.json")); !strings.Contains(got, `"SETTLED"`) {
				t.Errorf("downloaded %s", got)
			}
		case words[0] == "curl" && strings.Contains(command.line, "POST"):
			if out, ok := shell.run(command.line, ""); ok && !strings.Contains(out, "202 Accepted") {
				t.Errorf("%s\nsaid %s", command.line, out)
			}
		case words[0] == "curl":
			if _, err := acme.Settled(deadline(t), "12"); err != nil {
				t.Fatal(err)
			}
			if out, ok := shell.run(command.line, ""); ok && !strings.Contains(out, string(contract.Stored)) {
				t.Errorf("%s\nsaid %s", command.line, out)
			}
		default:
			if out, ok := shell.run(command.line, ""); ok && out == "" {
				t.Errorf("%s\nsaid nothing", command.line)
			}
		}
		said++
	}
	if said < 8 {
		t.Errorf("only %d commands in\n%s%s", said, ours, d.Laptop.Usage())
	}
}

// A client is set up once: the next run in the folder has the same addresses,
// host key and tokens.
func TestWhatClientsKnowStaysFromRunToRun(t *testing.T) {
	t.Parallel()
	state := prepared(t)
	var before []string
	for run := range 2 {
		l, err := laptop.Run(t.Context(), assembly(), laptop.Options{State: state, Engine: local.Options{WithoutData: true}})
		if err != nil {
			t.Fatal(err)
		}
		d := connected(t, l)
		acme := d.Partners["acme"]
		known := []string{l.Endpoints.AWS, acme.SFTP, acme.API, acme.Token, read(t, filepath.Join(state, "known_hosts")), read(t, filepath.Join(state, "tokens", "acme"))}
		if run > 0 && !slices.Equal(known, before) {
			t.Errorf("run %d: %q\nbefore: %q", run, known, before)
		}
		before = known
		response, body, err := acme.Post(deadline(t), "again", "x")
		if err != nil || response.StatusCode != http.StatusAccepted {
			t.Errorf("run %d: %v, %v: %s", run, response, err, body)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// command is a line for the shell, and what is typed into the program that it
// starts.
type command struct {
	line  string
	typed []string
}

// commands reads a usage text: labels take ten columns, a backslash goes on in
// the next line, and deeper lines are typed.
func commands(usage string) []command {
	const label = 10
	var all []command
	for line := range strings.Lines(strings.ReplaceAll(usage, " \\\n", "\x00")) {
		line = strings.TrimSuffix(line, "\n")
		if text, typed := strings.CutPrefix(line[label:], "  "); typed {
			last := &all[len(all)-1]
			last.typed = append(last.typed, text)
			continue
		}
		all = append(all, command{line: strings.ReplaceAll(line[label:], "\x00", " \\\n")})
	}
	return all
}

// shell runs commands in a folder of its own, which has the examples.
type shell struct {
	t       *testing.T
	folder  string
	prelude string // what was exported
}

func newShell(t *testing.T) *shell {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "examples"), os.DirFS(filepath.Join(root, "examples"))); err != nil {
		t.Fatal(err)
	}
	return &shell{t: t, folder: folder}
}

// run runs a command, which must not fail. It is not ok if this machine lacks
// the program.
func (s *shell) run(line, input string) (output string, ok bool) {
	s.t.Helper()
	program, _, _ := strings.Cut(line, " ")
	if _, err := exec.LookPath(program); err != nil {
		s.t.Logf("not tried: %v", err)
		return "", false
	}
	c := exec.CommandContext(deadline(s.t), "sh", "-c", s.prelude+line)
	c.Dir, c.Stdin = s.folder, strings.NewReader(input+"\n")
	out, err := c.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out), true
}
