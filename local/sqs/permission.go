package sqs

// This file changes a queue's policy by one statement at a time.

import (
	"context"
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/policy"
)

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
	if document.Place(in.Label) >= 0 {
		return nil, invalid("Value %s for parameter Label is invalid. Reason: Already exists.", in.Label)
	}
	statement := policy.Statement{Sid: in.Label, Effect: "Allow", Principal: policy.Accounts(in.AWSAccountIds), Resource: q.arn}
	for _, action := range in.Actions {
		statement.Action = append(statement.Action, "SQS:"+action)
	}
	if err := document.Add(statement); err != nil {
		return nil, err
	}
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
	if !document.Remove(in.Label) {
		return nil, invalid("Value %s for parameter Label is invalid. Reason: can't find label.", in.Label)
	}
	return struct{}{}, s.writePolicy(q, document)
}

// policy is the queue's policy, or one without statements.
func (q *queue) policy() (policy.Document, error) {
	text := q.current().policy
	document := policy.Document{Version: "2008-10-17", ID: q.arn + "/SQSDefaultPolicy"}
	if text == "" {
		return document, nil
	}
	err := json.Unmarshal([]byte(text), &document)
	return document, err
}

// writePolicy gives the queue a policy; one without statements is none.
func (s *SQS) writePolicy(q *queue, document policy.Document) error {
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
