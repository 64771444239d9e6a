package b2b

// This file has the clients that a partner has.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/chance"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Partner is a trading partner with its own key and token.
type Partner struct {
	ID    string
	Token string // the bearer token of the REST API
	SFTP  string // host:port
	API   string // base URL, stage included, without a slash at the end

	key     ssh.Signer
	hostKey ssh.PublicKey
	connect func(ctx context.Context, address string) (net.Conn, error)
}

// Session is an SFTP session.
type Session struct {
	*sftp.Client
	partner    string
	connection *ssh.Client
	unwatch    func() bool
}

// Close ends the session and its connection.
func (s *Session) Close() error {
	s.unwatch()
	return errors.Join(s.Client.Close(), s.connection.Close())
}

// Dial opens an SFTP session, which breaks off when ctx ends; close it when
// done.
func (p *Partner) Dial(ctx context.Context) (*Session, error) {
	session, err := p.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("SFTP as %s: %w", p.ID, errors.Join(err, ctx.Err()))
	}
	return session, nil
}

func (p *Partner) dial(ctx context.Context) (*Session, error) {
	stream, err := p.connect(ctx, p.SFTP)
	if err != nil {
		return nil, err
	}
	unwatch := context.AfterFunc(ctx, func() { stream.Close() })
	connection, channels, requests, err := ssh.NewClientConn(stream, p.SFTP, &ssh.ClientConfig{
		User:            p.ID,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(p.key)},
		HostKeyCallback: ssh.FixedHostKey(p.hostKey),
		Config:          ssh.Config{Rand: chance.Apart()},
	})
	if err != nil {
		return nil, errors.Join(err, stream.Close())
	}
	client := ssh.NewClient(connection, channels, requests)
	session, err := sftp.NewClient(client)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &Session{session, p.ID, client, unwatch}, nil
}

// Upload puts a file into the partner's inbox.
func (p *Partner) Upload(ctx context.Context, name string, content io.Reader) error {
	session, err := p.Dial(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	return errors.Join(session.Upload(name, content), ctx.Err())
}

// Upload puts a file into the inbox.
func (s *Session) Upload(name string, content io.Reader) error {
	// Transfer Family refuses a file opened for reading and writing at once,
	// which is what Create does.
	file, err := s.OpenFile(path.Join("/inbox", name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return fmt.Errorf("upload %s: %w", name, err)
	}
	if _, err := file.ReadFrom(content); err != nil {
		return fmt.Errorf("upload %s: %w", name, errors.Join(err, file.Close()))
	}
	return file.Close()
}

// Reply waits until the partner's outbox holds a reply to a file that accept
// takes, and returns it as downloaded.
func (p *Partner) Reply(ctx context.Context, name string, accept func(contract.Reply) bool) (contract.Reply, []byte, error) {
	session, err := p.Dial(ctx)
	if err != nil {
		return contract.Reply{}, nil, err
	}
	defer session.Close()
	return session.Reply(ctx, name, accept)
}

// Reply waits for a reply as Partner.Reply does.
func (s *Session) Reply(ctx context.Context, name string, accept func(contract.Reply) bool) (contract.Reply, []byte, error) {
	var reply contract.Reply
	for {
		raw, err := download(s, s.outbox(contract.ReplyKey(s.partner, name)))
		if err == nil {
			reply = contract.Reply{}
			if err := json.Unmarshal(raw, &reply); err != nil {
				return reply, raw, fmt.Errorf("parse the reply to %s: %w", name, err)
			}
			if accept(reply) {
				return reply, raw, nil
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return reply, nil, fmt.Errorf("download the reply to %s: %w", name, errors.Join(err, ctx.Err()))
		}
		if err := laptop.Pause(ctx); err != nil {
			return reply, nil, fmt.Errorf("no final reply to %s: %w (last status %q)", name, err, reply.Status)
		}
	}
}

// ReplyAt is the reply in the partner's outbox that has a key; an error is
// fs.ErrNotExist if there is none.
func (p *Partner) ReplyAt(ctx context.Context, key string) (reply contract.Reply, err error) {
	session, err := p.Dial(ctx)
	if err != nil {
		return reply, err
	}
	defer session.Close()
	raw, err := download(session, session.outbox(key))
	if err != nil {
		return reply, fmt.Errorf("download %s: %w", key, errors.Join(err, ctx.Err()))
	}
	return reply, json.Unmarshal(raw, &reply)
}

// outbox is where a partner sees what has a key.
func (s *Session) outbox(key string) string {
	return path.Join("/outbox", strings.TrimPrefix(key, contract.OutboxPrefix+s.partner+"/"))
}

func download(client *Session, name string) ([]byte, error) {
	file, err := client.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// Post sends one transaction and returns the answer, its body read.
func (p *Partner) Post(ctx context.Context, id, message string) (*http.Response, []byte, error) {
	body, err := json.Marshal(map[string]string{"transactionId": id, "transactionMessage": message})
	if err != nil {
		return nil, nil, err
	}
	return p.Request(ctx, http.MethodPost, "transactions", body)
}

// Request sends a request to the partner's API and reads the answer.
func (p *Partner) Request(ctx context.Context, method, resource string, body []byte) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.API+"/"+resource, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+p.Token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response, answer, err
}

// Status is what GET /transactions/{id} answers.
type Status struct {
	TransactionID string `json:"transactionId"`
	Status        string `json:"status"`
	Code          string `json:"code"`
	Message       string `json:"message"`
}

// Settled waits until a posted transaction has an outcome.
func (p *Partner) Settled(ctx context.Context, id string) (Status, error) {
	var status Status
	for {
		response, body, err := p.Request(ctx, http.MethodGet, "transactions/"+id, nil)
		if err != nil {
			return status, err
		}
		if response.StatusCode != http.StatusOK {
			return status, fmt.Errorf("status of transaction %s: %s: %s", id, response.Status, body)
		}
		if err := json.Unmarshal(body, &status); err != nil {
			return status, fmt.Errorf("parse the status of transaction %s: %w", id, err)
		}
		if status.Status != contract.StatusReceived {
			return status, nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return status, fmt.Errorf("transaction %s has no outcome: %w", id, err)
		}
	}
}
