package sqs

// This file changes a queue's policy by one statement at a time.

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// policyDocument is a policy whose statements are kept as they are written.
type policyDocument struct {
	Version   string
	ID        string `json:"Id,omitempty"`
	Statement statements
}

// statements are a list, or a single one.
type statements []json.RawMessage

func (list *statements) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		*list = statements{slices.Clone(raw)}
		return nil
	}
	return json.Unmarshal(raw, (*[]json.RawMessage)(list))
}

type policyStatement struct {
	Sid       string
	Effect    string
	Principal map[string]oneOrMore
	Action    oneOrMore
	Resource  string
}

// oneOrMore is written as a text if it is only one.
type oneOrMore []string

func (texts oneOrMore) MarshalJSON() ([]byte, error) {
	if len(texts) == 1 {
		return json.Marshal(texts[0])
	}
	return json.Marshal([]string(texts))
}

type permissionInput struct {
	target
	Label         string
	AWSAccountIds []string `query:"AWSAccountId"`
	Actions       []string `query:"ActionName"`
}

func (s *SQS) addPermission(_ context.Context, _ cloud.Caller, q *queue, in permissionInput) (any, error) {
	for _, list := range []struct {
		name  string
		empty bool
	}{{"Label", in.Label == ""}, {"AWSAccountIds", len(in.AWSAccountIds) == 0}, {"Actions", len(in.Actions) == 0}} {
		if list.empty {
			return nil, missing(list.name)
		}
	}
	document, err := q.policy()
	if err != nil {
		return nil, err
	}
	if document.place(in.Label) >= 0 {
		return nil, invalid("Value %s for parameter Label is invalid. Reason: Already exists.", in.Label)
	}
	statement := policyStatement{Sid: in.Label, Effect: "Allow", Principal: map[string]oneOrMore{}, Resource: q.arn}
	for _, account := range in.AWSAccountIds {
		statement.Principal["AWS"] = append(statement.Principal["AWS"], "arn:aws:iam::"+account+":root")
	}
	for _, action := range in.Actions {
		statement.Action = append(statement.Action, "SQS:"+action)
	}
	raw, err := json.Marshal(statement)
	if err != nil {
		return nil, err
	}
	document.Statement = append(document.Statement, raw)
	return struct{}{}, s.writePolicy(q, document)
}

func (s *SQS) removePermission(_ context.Context, _ cloud.Caller, q *queue, in struct {
	target
	Label string
}) (any, error) {
	document, err := q.policy()
	if err != nil {
		return nil, err
	}
	place := document.place(in.Label)
	if place < 0 {
		return nil, invalid("Value %s for parameter Label is invalid. Reason: can't find label.", in.Label)
	}
	document.Statement = slices.Delete(document.Statement, place, place+1)
	return struct{}{}, s.writePolicy(q, document)
}

// policy is the queue's policy, or one without statements.
func (q *queue) policy() (policyDocument, error) {
	text := q.current().policy
	document := policyDocument{Version: "2008-10-17", ID: q.arn + "/SQSDefaultPolicy"}
	if text == "" {
		return document, nil
	}
	err := json.Unmarshal([]byte(text), &document)
	return document, err
}

// place is where the statement of a label is, or -1.
func (d policyDocument) place(label string) int {
	return slices.IndexFunc(d.Statement, func(raw json.RawMessage) bool {
		var statement struct{ Sid string }
		return json.Unmarshal(raw, &statement) == nil && statement.Sid == label
	})
}

// writePolicy gives the queue a policy; one without statements is none.
func (s *SQS) writePolicy(q *queue, document policyDocument) error {
	text := ""
	if len(document.Statement) > 0 {
		raw, err := json.Marshal(document)
		if err != nil {
			return err
		}
		text = string(raw)
	}
	changed := q.current()
	changed.policy = text
	return s.change(q, changed)
}
