package simulated

// This file gives partners the same keys each time: keys are in the assembly, and a seed
// is told to be run again, with another build of the same code.

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/pem"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// writeKeys writes the keys of the example's partners to where b2b looks for them.
func writeKeys(state string) error {
	for _, partner := range []string{"acme", "globex"} {
		seed := sha256.Sum256([]byte("simulated " + partner))
		block, err := ssh.MarshalPrivateKey(ed25519.NewKeyFromSeed(seed[:]), "")
		if err != nil {
			return err
		}
		if err := laptop.WritePrivate(filepath.Join(state, "keys", partner), string(pem.EncodeToMemory(block))); err != nil {
			return err
		}
	}
	return nil
}
