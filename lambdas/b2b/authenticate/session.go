package authenticate

// This file says what a session may do.

import (
	"encoding/json"
	"fmt"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// policy is a session policy: of what the role of all sessions may do, a
// session may do what its policy allows as well.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// nothing is the policy of who is refused.
var nothing = []statement{{Effect: "Deny", Action: []string{"*"}, Resource: []string{"*"}}}

// folders lets a partner see its inbox and its outbox, write the one unless it
// is draining, and fetch what is in the other.
func (h *Handler) folders(partner string, status contract.PartnerStatus) []statement {
	bucket := h.sessions.Bucket
	inbox, outbox := contract.InboxPrefix+partner, contract.OutboxPrefix+partner
	intoInbox := []string{"s3:GetObject"}
	if status != contract.PartnerDraining {
		// Over SFTP, a rename is a copy and a delete.
		intoInbox = append(intoInbox, "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject")
	}
	fromOutbox := []string{"s3:GetObject"}
	if h.sessions.DeletesReplies {
		fromOutbox = append(fromOutbox, "s3:DeleteObject")
	}
	statements := []statement{
		{Effect: "Allow", Action: intoInbox, Resource: []string{bucket + "/" + inbox + "/*"}},
		{Effect: "Allow", Action: fromOutbox, Resource: []string{bucket + "/" + outbox + "/*"}},
		{
			Effect: "Allow", Action: []string{"s3:ListBucket"}, Resource: []string{bucket},
			Condition: map[string]map[string][]string{"StringLike": {"s3:prefix": {inbox, inbox + "/*", outbox, outbox + "/*"}}},
		},
	}
	if key := h.sessions.BucketKey; key != "" {
		statements = append(statements, statement{Effect: "Allow", Action: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resource: []string{key}})
	}
	return statements
}

// session shows a partner's folders as /inbox and /outbox.
func (h *Handler) session(partner string, keys []string, allowed []statement) (contract.Session, error) {
	_, bucket, _ := strings.Cut(h.sessions.Bucket, ":::")
	home, err := json.Marshal([]contract.HomeDirectory{
		{Entry: "/inbox", Target: "/" + bucket + "/" + contract.InboxPrefix + partner},
		{Entry: "/outbox", Target: "/" + bucket + "/" + contract.OutboxPrefix + partner},
	})
	if err != nil {
		return contract.Session{}, fmt.Errorf("encode the home of %s: %w", partner, err)
	}
	text, err := json.Marshal(policy{Version: "2012-10-17", Statement: allowed})
	if err != nil {
		return contract.Session{}, fmt.Errorf("encode the policy of %s: %w", partner, err)
	}
	return contract.Session{
		Role:                 h.sessions.Role,
		PublicKeys:           keys,
		HomeDirectoryType:    "LOGICAL",
		HomeDirectoryDetails: string(home),
		Policy:               string(text),
	}, nil
}
