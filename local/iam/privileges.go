package iam

// This file keeps account of what grants were used for and which calls were
// refused: how the policies of a run fit what it did.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxRefused bounds the refused calls that are told apart.
const maxRefused = 1000

// Privileges are what identity policies granted that no call has needed, and the calls
// that were refused. A grant counts as used if it allowed a call, be it together
// with others. The policies of AWS count as a whole.
type Privileges struct {
	Unused  []UnusedGrant // by principal, policy and statement
	Refused []RefusedCall // by principal, action and resource

	// Dropped is how many refused calls are not in the list, which has at most
	// a thousand rows.
	Dropped int `json:",omitempty"`
}

// Write writes the account as JSON.
func (p Privileges) Write(file string) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(p); err != nil {
		return fmt.Errorf("encode the account of privileges: %w", err)
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// UnusedGrant is an Allow of which some actions or resources allowed no call.
type UnusedGrant struct {
	Principal string   // ARN of the role, user or group that has the policy
	Policy    string   // the name of an inline policy, the ARN of a managed one
	Statement int      // from 0
	Sid       string   `json:",omitempty"`
	Entirely  bool     // the statement has allowed nothing
	Actions   []string `json:",omitempty"` // as written, of those that it lists
	Resources []string `json:",omitempty"` // likewise
}

// RefusedCall is a call that was refused, as often as Calls says.
type RefusedCall struct {
	Principal string // ARN of the role or user, the service principal of a service
	Action    string
	Resource  string
	Reason    string // "because no identity-based policy allows the sqs:SendMessage action"
	Calls     int

	// Remedy is the statement that would allow the call, in an identity policy of
	// the principal, or in the resource's policy if it has a Principal. There is
	// none where something denies the call or holds it within bounds.
	Remedy json.RawMessage `json:",omitempty"`
}

// grant is a statement that allows a call, and the entity that it belongs to.
type grant struct {
	to        *entity
	statement *statement
}

// use tells which patterns of a statement have allowed a call.
type use struct{ actions, resources []atomic.Bool }

// uses holds the use of an entity's statements, by the statement.
type uses struct{ byStatement sync.Map }

func (u *uses) of(s *statement) *use {
	if known, ok := u.byStatement.Load(s); ok {
		return known.(*use)
	}
	known, _ := u.byStatement.LoadOrStore(s, &use{make([]atomic.Bool, len(s.actions)), make([]atomic.Bool, len(s.resources))})
	return known.(*use)
}

// granted marks what has allowed a request.
func (r *request) granted() {
	if r.simulation != nil {
		return
	}
	for _, g := range r.grants {
		u := g.to.uses.of(g.statement)
		for i := range u.actions {
			if !u.actions[i].Load() && wildcard(g.statement.actions[i], r.lower) {
				u.actions[i].Store(true)
			}
		}
		for i := range u.resources {
			if u.resources[i].Load() {
				continue
			}
			if text, ok := g.statement.resources[i].in(r); ok && wildcard(text, r.resource) {
				u.resources[i].Store(true)
			}
		}
	}
}

// refused are the calls that were refused, by who, what and why.
type refused struct {
	mu      sync.Mutex
	calls   map[refusedKey]*RefusedCall
	dropped int
}

type refusedKey struct{ principal, action, resource, reason string }

func (f *refused) add(call RefusedCall) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := refusedKey{call.Principal, call.Action, call.Resource, call.Reason}
	known := f.calls[key]
	switch {
	case known != nil:
		known.Calls++
	case len(f.calls) >= maxRefused:
		f.dropped++
	default:
		call.Calls = 1
		f.calls[key] = &call
	}
}

// remedy is the statement that would allow a request that nothing allows.
func (r *request) remedy() json.RawMessage {
	statement := struct {
		Effect    string
		Principal map[string]string `json:",omitempty"`
		Action    string
		Resource  string
		Condition map[string]map[string]string `json:",omitempty"`
	}{Effect: "Allow", Action: r.action, Resource: r.resource}
	if r.caller.Service != "" {
		statement.Principal = map[string]string{"Service": r.caller.Service}
		if source := r.caller.Context["aws:SourceArn"]; source != "" {
			statement.Condition = map[string]map[string]string{"ArnEquals": {"aws:SourceArn": source}}
		}
	}
	text, err := json.Marshal(statement)
	if err != nil {
		panic(err) // of texts
	}
	return text
}

// principalOf names the caller as policies do.
func principalOf(caller cloud.Caller) string {
	switch {
	case caller.Role != "":
		return caller.Role
	case caller.Service != "":
		return caller.Service
	}
	return caller.ARN
}

// Privileges returns the account of what has happened until now.
func (s *IAM) Privileges() Privileges {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var p Privileges
	for _, e := range s.entities {
		for name, inline := range e.inline {
			p.Unused = append(p.Unused, e.unused(name, inline, false)...)
		}
		for arn, managed := range e.attached {
			p.Unused = append(p.Unused, e.unused(arn, managed.current.compiled, managed.ofAWS())...)
		}
	}
	slices.SortFunc(p.Unused, func(x, y UnusedGrant) int {
		return cmp.Or(strings.Compare(x.Principal, y.Principal), strings.Compare(x.Policy, y.Policy), cmp.Compare(x.Statement, y.Statement))
	})
	s.refused.mu.Lock()
	defer s.refused.mu.Unlock()
	for _, call := range s.refused.calls {
		p.Refused = append(p.Refused, *call)
	}
	slices.SortFunc(p.Refused, func(x, y RefusedCall) int {
		return cmp.Or(strings.Compare(x.Principal, y.Principal), strings.Compare(x.Action, y.Action),
			strings.Compare(x.Resource, y.Resource), strings.Compare(x.Reason, y.Reason))
	})
	p.Dropped = s.refused.dropped
	return p
}

// unused tells what a policy grants the entity for nothing; as a whole says that
// a statement counts as used if anything of it was.
func (e *entity) unused(name string, p compiled, whole bool) []UnusedGrant {
	d, err := readIdentity(p.text)
	if err != nil {
		panic("iam: " + name + ": " + err.Error()) // it was read before
	}
	var list []UnusedGrant
	for i := range p.policy {
		s := &p.policy[i]
		if s.deny {
			continue
		}
		g := UnusedGrant{Principal: e.arn, Policy: name, Statement: i, Sid: d.Statement[i].Sid}
		known, used := e.uses.byStatement.Load(s)
		if used {
			g.Actions, g.Resources = left(d.Statement[i].Action, known.(*use).actions), left(d.Statement[i].Resource, known.(*use).resources)
		} else {
			g.Entirely, g.Actions, g.Resources = true, d.Statement[i].Action, d.Statement[i].Resource
		}
		if g.Entirely || !whole && len(g.Actions)+len(g.Resources) > 0 {
			list = append(list, g)
		}
	}
	return list
}

// left is the patterns that have allowed nothing.
func left(patterns []string, used []atomic.Bool) []string {
	var rest []string
	for i, pattern := range patterns {
		if !used[i].Load() {
			rest = append(rest, pattern)
		}
	}
	return rest
}
