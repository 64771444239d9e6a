package simulation

// This file changes inputs and answers, which are JSON documents.

import (
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// changed is an input with other members. One that is no object, which its service
// refuses, stays as it is.
func changed(input json.RawMessage, change func(members map[string]json.RawMessage)) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(input, &members) != nil || members == nil {
		return input
	}
	change(members)
	return encoded(members)
}

// encoded is a value as a document: one that was one before, or is of texts and
// numbers only.
func encoded(value any) json.RawMessage {
	document, err := cloud.Encode(value)
	if err != nil {
		panic(err)
	}
	return document
}
