// Package authenticate is the identity provider of the SFTP server: it says
// which keys let a partner in, and what its session may do.
//
// Whoever is refused is given a session too, which is open to a key that nobody
// has and may do nothing. So AWS goes on to compare keys, and an unknown user, a
// disabled partner, a foreign address and a wrong key are the same to whoever
// knocks: in what is answered and in how long it takes.
package authenticate

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
)

// nobody is looked for in the place of what cannot be a partner's id. It is
// none itself.
const nobody = "-"

// Handler answers logins. New makes it.
type Handler struct {
	dynamoDB directory.Getter
	table    string
	sessions contract.Sessions
	decoy    string // the public half of a key whose other half is forgotten
}

// New makes a handler for the directory in a table.
func New(dynamoDB directory.Getter, table string, sessions contract.Sessions) *Handler {
	public, _, _ := ed25519.GenerateKey(nil) // never fails, as the system's randomness does not
	return &Handler{dynamoDB: dynamoDB, table: table, sessions: sessions, decoy: authorizedKey(public)}
}

// authorizedKey is a key as in authorized_keys (RFC 8709, section 4).
func authorizedKey(public ed25519.PublicKey) string {
	const algorithm = "ssh-ed25519"
	var blob []byte
	for _, part := range []string{algorithm, string(public)} {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(part)))
		blob = append(blob, part...)
	}
	return algorithm + " " + base64.StdEncoding.EncodeToString(blob)
}

// Handle answers the session of a login. AWS asks once to learn the keys that
// it compares the partner's with, so whether the key is right only AWS's own
// log tells. Passwords are of no use: with one, the session without a role
// ends the attempt.
func (h *Handler) Handle(ctx context.Context, login contract.Login) (contract.Session, error) {
	if login.Password != "" || login.Protocol != "SFTP" {
		slog.InfoContext(ctx, "login refused", "user", login.Username, "source", login.SourceIP, "reason", "it is not by key, over SFTP", "protocol", login.Protocol)
		return contract.Session{}, nil
	}
	partner := login.Username
	if !contract.IsPartner(partner) {
		partner = nobody
	}
	row, err := directory.Find(ctx, h.dynamoDB, h.table, partner)
	if err != nil {
		slog.ErrorContext(ctx, "cannot authenticate", "user", login.Username, "error", err.Error())
		return contract.Session{}, err
	}
	refusal := row.Refusal(time.Now(), login.SourceIP)
	if refusal == directory.Welcome && len(row.SSHKeys) == 0 {
		refusal = directory.NoKey
	}
	if refusal != directory.Welcome {
		slog.InfoContext(ctx, "login refused", "user", login.Username, "source", login.SourceIP, "reason", string(refusal))
		return h.session(partner, []string{h.decoy}, nothing)
	}
	slog.InfoContext(ctx, "login is up to the key", "partner", partner, "source", login.SourceIP, "status", row.Status, "keys", len(row.SSHKeys))
	return h.session(partner, row.SSHKeys, h.folders(partner, row.Status))
}
