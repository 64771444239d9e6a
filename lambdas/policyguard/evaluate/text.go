package evaluate

// This file tells administrators what was found. All of it but names is
// somebody's text: it is quoted, or JSON on one line.

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/policies"
)

// told is what there is to tell.
type told struct {
	change     contract.Change
	policy     contract.Policy
	version    string
	findings   []policies.Finding
	unreadable string
	written    map[policies.Pattern]string // of restricted actions
}

// Bounds of what is handed on of a finding: there is more in the document.
const (
	maxList = 20  // elements
	maxText = 200 // bytes
)

// title is the question, of at most 200 characters.
func (t told) title() string {
	grants := "restricted actions"
	if all := t.grants(); len(all) > 3 {
		grants = fmt.Sprintf("%s and %d more", strings.Join(all[:3], ", "), len(all)-3)
	} else if len(all) > 0 {
		grants = strings.Join(all, ", ")
	}
	question := fmt.Sprintf("Restore %s? It grants %s", t.name(), grants)
	if t.unreadable != "" {
		question = fmt.Sprintf("Restore %s? It cannot be judged", t.name())
	}
	return cut(question, 200)
}

func (t told) name() string {
	if t.policy.Kind == contract.Managed {
		return t.policy.ARN[strings.LastIndex(t.policy.ARN, "/")+1:]
	}
	return fmt.Sprintf("%s of %s %s", t.policy.Name, t.policy.Kind, t.policy.Of)
}

// grants are the restricted actions, each once.
func (t told) grants() []string {
	var all []string
	seen := map[policies.Pattern]bool{}
	for _, f := range t.findings {
		for _, granted := range f.Grants {
			if !seen[granted] {
				seen[granted] = true
				all = append(all, t.written[granted])
			}
		}
	}
	return all
}

// details is everything that it takes to decide.
func (t told) details(document string) string {
	var b strings.Builder
	line := func(format string, arguments ...any) { fmt.Fprintf(&b, format+"\n", arguments...) }
	switch t.policy.Kind {
	case contract.Managed:
		line("Policy: %s, version %s", t.policy.ARN, t.version)
	case contract.Role, contract.User, contract.Group:
		line("Policy: %s, inline in the %s %s", t.policy.Name, t.policy.Kind, t.policy.Of)
	default:
		line("Policy: unknown")
	}
	line("Changed by: %q, by %s at %q from %q", t.change.UserIdentity.Who(), t.change.EventName, t.change.EventTime, t.change.SourceIPAddress)
	line("Event: %q", t.change.EventID)
	if t.unreadable != "" {
		line("\nIt cannot be judged: %s.", t.unreadable)
	}
	for i, f := range t.shortened() {
		line("\nStatement %d%s grants %s", f.Statement, named(f.Sid), strings.Join(f.Grants, ", "))
		if f.NotAction != nil {
			line("  by all actions but %s", quoted(f.NotAction))
		} else {
			line("  by %s", quoted(f.Action))
		}
		if f.NotResource != nil {
			line("  on all resources but %s", quoted(f.NotResource))
		} else {
			line("  on %s", quoted(f.Resource))
		}
		if f.Condition != nil {
			line("  if %s", f.Condition)
		}
		if more := len(t.findings) - contract.MaxFindings; i == contract.MaxFindings-1 && more > 0 {
			line("\nand %d more statements do", more)
		}
	}
	if document != "" {
		line("\nDocument: %s", document)
	}
	return cut(b.String(), contract.MaxDetails)
}

func named(sid string) string {
	if sid == "" {
		return ""
	}
	return fmt.Sprintf(" %q", sid)
}

func quoted(list []string) string {
	texts := make([]string, len(list))
	for i, text := range list {
		texts[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(texts, ", ")
}

// shortened are the first findings, each bounded.
func (t told) shortened() []contract.Finding {
	short := []contract.Finding{}
	for _, f := range t.findings[:min(len(t.findings), contract.MaxFindings)] {
		s := contract.Finding{
			Statement: f.Statement, Sid: cut(f.Sid, maxText),
			Action: listed(f.Action), NotAction: listed(f.NotAction), Resource: listed(f.Resource), NotResource: listed(f.NotResource),
		}
		for _, granted := range f.Grants {
			s.Grants = append(s.Grants, t.written[granted])
		}
		s.Condition = condition(f.Condition)
		short = append(short, s)
	}
	return short
}

// listed is nil for nil.
func listed(list []string) []string {
	if list == nil {
		return nil
	}
	short := []string{}
	for _, text := range list[:min(len(list), maxList)] {
		short = append(short, cut(text, maxText))
	}
	if more := len(list) - maxList; more > 0 {
		short = append(short, fmt.Sprintf("... and %d more", more))
	}
	return short
}

// condition is JSON on one line; a text that says so if it is too long.
func condition(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return nil
	}
	if short := compact(string(raw)); short != "" && len(short) <= maxList*maxText {
		return json.RawMessage(short)
	}
	return json.RawMessage(`"a condition too long to be shown here"`)
}

// cut ends a text after so many bytes, at the end of a character.
func cut(text string, limit int) string {
	const mark = "..."
	if len(text) <= limit {
		return text
	}
	text = text[:limit-len(mark)]
	for !utf8.ValidString(text) && text != "" {
		text = text[:len(text)-1]
	}
	return text + mark
}
