// Package policy changes the policy of a resource by one statement at a time, as
// the AddPermission and RemovePermission of several services do.
package policy

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Document is a policy whose statements are kept as they are written.
type Document struct {
	Version   string `json:",omitempty"`
	ID        string `json:"Id,omitempty"`
	Statement Statements
}

// Statements are a list, or a single one.
type Statements []json.RawMessage

// UnmarshalJSON reads both forms.
func (list *Statements) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte("{")) {
		*list = Statements{slices.Clone(raw)}
		return nil
	}
	return json.Unmarshal(raw, (*[]json.RawMessage)(list))
}

// Statement is what the services write.
type Statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    OneOrMore
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// Accounts is the principal that stands for accounts, by their numbers.
func Accounts(numbers []string) map[string]OneOrMore {
	var roots OneOrMore
	for _, number := range numbers {
		roots = append(roots, "arn:aws:iam::"+number+":root")
	}
	return map[string]OneOrMore{"AWS": roots}
}

// OneOrMore is written as a text if it is only one.
type OneOrMore []string

// MarshalJSON writes the form that fits.
func (texts OneOrMore) MarshalJSON() ([]byte, error) {
	if len(texts) == 1 {
		return json.Marshal(texts[0])
	}
	return json.Marshal([]string(texts))
}

// Place is where the statement of an id is, or -1.
func (d Document) Place(sid string) int {
	return slices.IndexFunc(d.Statement, func(raw json.RawMessage) bool {
		var statement struct{ Sid string }
		return json.Unmarshal(raw, &statement) == nil && statement.Sid == sid
	})
}

// Add appends a statement. It leaves the document's former statements as they are
// for whoever else has them.
func (d *Document) Add(s Statement) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	d.Statement = append(slices.Clone(d.Statement), raw)
	return nil
}

// Remove takes the statement of an id out; false if there is none.
func (d *Document) Remove(sid string) bool {
	place := d.Place(sid)
	if place < 0 {
		return false
	}
	d.Statement = slices.Delete(slices.Clone(d.Statement), place, place+1)
	return true
}
