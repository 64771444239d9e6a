package endtoend

// This file looks for tokens in all that is written down.

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradepost-dev/tradepost/internal/directory"
)

// wantNoSecret looks for tokens wherever they could be, but for where clients have
// theirs: in what the verbs tell, logs, templates and other assets, outputs, rows,
// and what executions were given and have answered. The directory has their hashes.
func (b *bureau) wantNoSecret(bearers ...string) {
	b.t.Helper()
	written := map[string]string{"what the verbs tell": strings.Join(b.said, "\n")}
	for _, folder := range []string{filepath.Join(b.State, "logs"), assembly()} {
		err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Base(path) == "bootstrap" {
				return err
			}
			written[path] = read(b.t, path)
			return nil
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	outputs, err := json.Marshal(b.Endpoints.Outputs)
	if err != nil {
		b.t.Fatal(err)
	}
	written["the outputs"] = string(outputs)
	rows := b.rows()
	written["the tables"], written["the executions"] = rows, b.executions()
	for _, bearer := range bearers {
		partner, token, _ := strings.Cut(bearer, ".")
		for where, text := range written {
			if strings.Contains(text, token) {
				b.t.Errorf("%s: the token of %s", where, partner)
			}
			if hash := directory.Hash(token); where != "the tables" && strings.Contains(text, hex.EncodeToString(hash)) {
				b.t.Errorf("%s: the hash of the token of %s", where, partner)
			}
		}
		if !strings.Contains(rows, `"`+partner+`"`) {
			b.t.Errorf("the tables do not know %s: was it looked for in the right place?", partner)
		}
	}
	if len(written) < 8 {
		b.t.Errorf("only looked at %d places", len(written))
	}
}

// rows are all rows of all tables, as their API tells them.
func (b *bureau) rows() string {
	b.t.Helper()
	var tables struct{ TableNames []string }
	b.ask("dynamodb", "ListTables", struct{}{}, &tables)
	return b.each("dynamodb", "Scan", "TableName", tables.TableNames)
}

// executions are the histories of all executions.
func (b *bureau) executions() string {
	b.t.Helper()
	var machines struct {
		StateMachines []struct {
			Arn  string `json:"stateMachineArn"`
			Type string `json:"type"`
		} `json:"stateMachines"`
	}
	b.ask("states", "ListStateMachines", struct{}{}, &machines)
	var all []string
	for _, m := range machines.StateMachines {
		if m.Type == "EXPRESS" { // of which nothing is kept
			continue
		}
		var found struct {
			Executions []struct {
				Arn string `json:"executionArn"`
			} `json:"executions"`
		}
		b.ask("states", "ListExecutions", map[string]string{"stateMachineArn": m.Arn}, &found)
		for _, e := range found.Executions {
			all = append(all, e.Arn)
		}
	}
	return b.each("states", "GetExecutionHistory", "executionArn", all)
}

// each asks about one after the other.
func (b *bureau) each(service, action, member string, values []string) string {
	b.t.Helper()
	var answers strings.Builder
	for _, value := range values {
		var answer json.RawMessage
		b.ask(service, action, map[string]string{member: value}, &answer)
		answers.Write(answer)
	}
	return answers.String()
}

func (b *bureau) ask(service, action string, input, output any) {
	b.t.Helper()
	if err := b.Engine.Cloud.Do(b.t.Context(), b.Engine.Cloud.Administrator(), service, action, input, output); err != nil {
		b.t.Fatal(err)
	}
}
