// Package contenthash tells a repeated transaction from one that conflicts: by
// a hash of what it contains. split and accept compare it, format has it
// stored.
package contenthash

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Hash is equal for equal content, whatever the order of fields with different
// names.
type Hash [sha256.Size]byte

// Of hashes a transaction's fields: SHA-256 of a JSON object from each name to
// its values, in order.
func Of(fields []contract.Field) (Hash, error) {
	values := make(map[string][]string)
	for _, field := range fields {
		values[field.Name] = append(values[field.Name], field.Value)
	}
	// encoding/json writes maps in the order of their keys, so equal content
	// gives equal bytes.
	content, err := json.Marshal(values)
	if err != nil {
		return Hash{}, fmt.Errorf("encode fields: %w", err)
	}
	return sha256.Sum256(content), nil
}

// String is the hash as it is stored, in hexadecimal (contract.AttrContentHash).
func (h Hash) String() string { return hex.EncodeToString(h[:]) }
