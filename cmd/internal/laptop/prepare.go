package laptop

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Keys are the partners' private keys, by partner.
type Keys map[string]ssh.Signer

// Prepare makes a key for each partner of the module's partners.json, kept in
// the state folder's keys/, and writes a partners.json there with the public
// halves in place of the example's.
func Prepare(root, state string) (Keys, error) {
	raw, err := os.ReadFile(filepath.Join(root, "partners.json"))
	if err != nil {
		return nil, fmt.Errorf("read the example partners: %w", err)
	}
	var file struct {
		Partners []map[string]any `json:"partners"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("parse partners.json: %w", err)
	}
	keys := Keys{}
	for _, partner := range file.Partners {
		id, _ := partner["id"].(string)
		key, err := loadOrMakeKey(filepath.Join(state, "keys", id))
		if err != nil {
			return nil, fmt.Errorf("key of partner %s: %w", id, err)
		}
		keys[id] = key
		partner["sshPublicKeys"] = []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))}
	}
	written, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, err
	}
	return keys, os.WriteFile(filepath.Join(state, "partners.json"), append(written, '\n'), 0o644)
}

// loadOrMakeKey keeps a key that exists, so that the template, and with it the
// build, stays the same from run to run.
func loadOrMakeKey(path string) (ssh.Signer, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		return ssh.ParsePrivateKey(raw)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	if err := writePrivate(path, string(pem.EncodeToMemory(block))); err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(key)
}
