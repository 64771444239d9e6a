// Package b2b is the B2B pipeline on this machine: what it needs of a laptop
// (keys for the example partners), and the clients that partners have.
package b2b

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/chance"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

// System is the pipeline for a laptop.
func System() laptop.System { return laptop.System{Name: "b2b", Prepare: Prepare} }

// Desk is a laptop that runs the pipeline, with its partners.
type Desk struct {
	*laptop.Laptop
	Stack    string              // the pipeline's
	Partners map[string]*Partner // by id

	sftp, api string
	hostKey   ssh.PublicKey
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
	hostKey, err := writeKnownHosts(ctx, l, address, filepath.Join(l.State, "known_hosts"))
	if err != nil {
		return nil, err
	}
	d := &Desk{Laptop: l, Stack: stack, Partners: map[string]*Partner{}, sftp: address, api: strings.TrimSuffix(api, "/"), hostKey: hostKey}
	keeper, err := d.Keeper()
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		bearer, err := d.token(ctx, keeper, id)
		if err != nil {
			return nil, fmt.Errorf("token of partner %s: %w", id, err)
		}
		d.Partners[id] = d.Partner(id, bearer, keys[id])
	}
	return d, nil
}

// writeKnownHosts asks the SFTP server for its host key, which nobody can
// fake on loopback, and writes it down as OpenSSH wants it.
func writeKnownHosts(ctx context.Context, l *laptop.Laptop, address, path string) (ssh.PublicKey, error) {
	var found ssh.PublicKey
	stream, err := l.Connect(ctx, address)
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
		Config: ssh.Config{Rand: chance.Apart()},
	})
	if found == nil {
		return nil, fmt.Errorf("look up the SFTP server's host key: %w", err)
	}
	return found, os.WriteFile(path, []byte(knownhosts.Line([]string{address}, found)+"\n"), 0o644)
}

// Keeper changes the pipeline's directory of partners.
func (d *Desk) Keeper() (*enrolment.Keeper, error) {
	found := map[string]string{"DirectoryTable": "", "UsageKeyPrefix": "", "UsagePlans": ""}
	for name := range found {
		value, err := d.Output(d.Stack, name)
		if err != nil {
			return nil, err
		}
		found[name] = value
	}
	keys := &usagekeys.Ring{APIGateway: apigateway.NewFromConfig(d.AWS()), Prefix: found["UsageKeyPrefix"]}
	if err := json.Unmarshal([]byte(found["UsagePlans"]), &keys.Plans); err != nil {
		return nil, fmt.Errorf("parse the output UsagePlans: %w", err)
	}
	return &enrolment.Keeper{DynamoDB: dynamodb.NewFromConfig(d.AWS()), Table: found["DirectoryTable"], Keys: keys}, nil
}

// token is a partner's bearer token: the one of an earlier run, which other
// clients know, or a new one that is written down for them.
func (d *Desk) token(ctx context.Context, keeper *enrolment.Keeper, partner string) (string, error) {
	file := filepath.Join(d.State, "tokens", partner)
	kept, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		bearer, err := keeper.Rotate(ctx, partner)
		if err != nil {
			return "", err
		}
		return bearer, laptop.WritePrivate(file, bearer+"\n")
	}
	if err != nil {
		return "", err
	}
	bearer := strings.TrimSpace(string(kept))
	err = keeper.Take(ctx, partner, strings.TrimPrefix(bearer, partner+"."))
	if errors.Is(err, enrolment.ErrOverlap) {
		return bearer, nil // it was rotated twice since: whoever did has a newer one
	}
	return bearer, err
}

// Partner is one that has been added while the pipeline runs, with its bearer
// token and its SSH key.
func (d *Desk) Partner(id, bearer string, key ssh.Signer) *Partner {
	return &Partner{ID: id, Token: bearer, SFTP: d.sftp, API: d.api, key: key, hostKey: d.hostKey, connect: d.Connect}
}
