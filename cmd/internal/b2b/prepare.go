package b2b

// This file makes the keys of the example partners.

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

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// Prepare makes a key for each partner of the module's partners.json, kept in
// the state folder's keys/, and writes a partners.json there with the public
// halves in place of the example's.
func Prepare(root, state string) (map[string]string, error) {
	file, err := readPartners(root)
	if err != nil {
		return nil, err
	}
	for _, partner := range file.Partners {
		key, err := loadOrMakeKey(keyFile(state, partner.id()))
		if err != nil {
			return nil, fmt.Errorf("key of partner %s: %w", partner.id(), err)
		}
		partner["sshPublicKeys"] = []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))}
	}
	written, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, err
	}
	partners, err := filepath.Abs(filepath.Join(state, "partners.json"))
	if err != nil {
		return nil, err
	}
	return map[string]string{"partners": partners}, os.WriteFile(partners, append(written, '\n'), 0o644)
}

// partnersFile is what a partners.json has.
type partnersFile struct {
	Partners []partner `json:"partners"`
}

type partner map[string]any

func (p partner) id() string {
	id, _ := p["id"].(string)
	return id
}

func readPartners(folder string) (partnersFile, error) {
	var file partnersFile
	path := filepath.Join(folder, "partners.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return file, fmt.Errorf("read the partners: %w", err)
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return file, fmt.Errorf("parse %s: %w", path, err)
	}
	return file, nil
}

func keyFile(state, partner string) string { return filepath.Join(state, "keys", partner) }

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
	if err := laptop.WritePrivate(path, string(pem.EncodeToMemory(block))); err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(key)
}

// loadKeys reads the keys that Prepare made, by partner.
func loadKeys(state string) (map[string]ssh.Signer, error) {
	file, err := readPartners(state)
	if err != nil {
		return nil, err
	}
	keys := map[string]ssh.Signer{}
	for _, partner := range file.Partners {
		raw, err := os.ReadFile(keyFile(state, partner.id()))
		if err != nil {
			return nil, fmt.Errorf("read the key of partner %s: %w", partner.id(), err)
		}
		if keys[partner.id()], err = ssh.ParsePrivateKey(raw); err != nil {
			return nil, fmt.Errorf("parse the key of partner %s: %w", partner.id(), err)
		}
	}
	return keys, nil
}
