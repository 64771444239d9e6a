// Package b2b is the B2B pipeline on this machine: what it needs of a laptop
// (keys for the example partners), and the clients that partners have.
package b2b

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// System is the pipeline for a laptop.
func System() laptop.System { return laptop.System{Name: "b2b", Prepare: Prepare} }

// Desk is a laptop that runs the pipeline, with its partners.
type Desk struct {
	*laptop.Laptop
	Stack    string              // the pipeline's
	Partners map[string]*Partner // by id
}

// Connect finds the addresses and tokens of the partners, and writes into the
// state folder what clients need of them.
func Connect(ctx context.Context, l *laptop.Laptop) (*Desk, error) {
	stack, err := l.Stack("Tradepost-B2B-")
	if err != nil {
		return nil, err
	}
	keys, err := loadKeys(l.State)
	if err != nil {
		return nil, err
	}
	servers := l.Endpoints.SFTP[stack]
	if len(servers) != 1 {
		return nil, fmt.Errorf("want one SFTP server in stack %s, got %v", stack, servers)
	}
	address := servers[slices.Collect(maps.Keys(servers))[0]]
	api, err := l.Output(stack, "RESTURL")
	if err != nil {
		return nil, err
	}
	hostKey, err := writeKnownHosts(ctx, address, filepath.Join(l.State, "known_hosts"))
	if err != nil {
		return nil, err
	}
	d := &Desk{Laptop: l, Stack: stack, Partners: map[string]*Partner{}}
	for id, key := range keys {
		token, err := d.token(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("token of partner %s: %w", id, err)
		}
		d.Partners[id] = &Partner{ID: id, Token: token, SFTP: address, API: strings.TrimSuffix(api, "/"), key: key, hostKey: hostKey}
	}
	return d, nil
}

// writeKnownHosts asks the SFTP server for its host key, which nobody can
// fake on loopback, and writes it down as OpenSSH wants it.
func writeKnownHosts(ctx context.Context, address, path string) (ssh.PublicKey, error) {
	var found ssh.PublicKey
	var dialer net.Dialer
	stream, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("look up the SFTP server's host key: %w", err)
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	enough := errors.New("that is enough")
	_, _, _, err = ssh.NewClientConn(stream, address, &ssh.ClientConfig{
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			found = key
			return enough
		},
	})
	if found == nil {
		return nil, fmt.Errorf("look up the SFTP server's host key: %w", err)
	}
	return found, os.WriteFile(path, []byte(knownhosts.Line([]string{address}, found)+"\n"), 0o644)
}

// token reads a partner's bearer token, and writes it down for other clients.
func (d *Desk) token(ctx context.Context, partner string) (string, error) {
	prefix, err := d.Output(d.Stack, "TokenSecretPrefix")
	if err != nil {
		return "", err
	}
	secret, err := secretsmanager.NewFromConfig(d.AWS()).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
		SecretId: aws.String(prefix + partner),
	})
	if err != nil {
		return "", err
	}
	var token contract.PartnerToken
	if err := json.Unmarshal([]byte(*secret.SecretString), &token); err != nil {
		return "", fmt.Errorf("parse the secret: %w", err)
	}
	bearer := token.Partner + "." + token.Token
	return bearer, laptop.WritePrivate(filepath.Join(d.State, "tokens", partner), bearer+"\n")
}
