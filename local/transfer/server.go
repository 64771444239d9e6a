// One SFTP server: the SSH side of it.

package transfer

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// Limits of Transfer Family, from "Transferring files over a server endpoint".
const (
	maxSessions  = 10 // multiplexed on one connection
	loginTimeout = 30 * time.Second
)

type server struct {
	id       string
	cloud    *cloud.Cloud
	objects  Objects
	endpoint Endpoint
	hostKey  ssh.Signer
	listener net.Listener
	declared atomic.Pointer[declaration]
	shut     func() // ends it

	mu       sync.RWMutex
	log      *logFile // nil if the server has never logged anything
	users    map[string]*user
	imported []ssh.Signer // host keys that templates brought

	// While the server is online, connections live in its context.
	serving context.Context
	cut     context.CancelFunc
}

// declaration is what a server is declared with. It does not change: an update
// makes another one, for those who log in from then on.
type declaration struct {
	serverProperties // with their defaults
	provider         provider
	log              *logFile // nil if the server logs nothing
}

func (s *server) arn() string { return s.cloud.ARN("transfer", "server/"+s.id) }

func (s *server) userARN(name string) string {
	return s.cloud.ARN("transfer", "user/"+s.id+"/"+name)
}

// importKey makes the server known by another key too, instead of one of the
// same type.
func (s *server) importKey(key ssh.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.imported = append(s.imported, key)
	s.tellKey()
}

// dropKey makes the server known by the key no more.
func (s *server) dropKey(key ssh.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.imported = slices.DeleteFunc(s.imported, func(other ssh.Signer) bool { return other == key })
	s.tellKey()
}

// tellKey puts into the endpoint the key that clients are told.
func (s *server) tellKey() {
	s.endpoint.HostKey = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.toldKey().PublicKey())))
}

// toldKey is the key of the type that the server's own has. The lock is held.
func (s *server) toldKey() ssh.Signer {
	told := s.hostKey
	for _, key := range s.imported {
		if key.PublicKey().Type() == told.PublicKey().Type() {
			told = key
		}
	}
	return told
}

// hostKeys are all that clients may know the server by, the last of a type
// instead of those before it.
func (s *server) hostKeys() []ssh.Signer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]ssh.Signer{s.hostKey}, s.imported...)
}

// listen makes the server ready, under its resource's key; serve answers.
func (s *server) listen(key, keyFolder string) error {
	var err error
	if s.hostKey, err = hostKey(keyFolder, s.id); err != nil {
		return err
	}
	if s.listener, err = s.cloud.Listen("SFTP server " + key); err != nil {
		return err
	}
	s.endpoint.Address = s.listener.Addr().String()
	s.tellKey()
	return nil
}

// hostKey reads a server's key from the folder, or makes one. Without
// a folder the key is not kept.
func hostKey(folder, id string) (ssh.Signer, error) {
	path := filepath.Join(folder, id+".pem")
	if folder != "" {
		raw, err := os.ReadFile(path)
		if err == nil {
			return ssh.ParsePrivateKey(raw)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read the host key: %w", err)
		}
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a host key: %w", err)
	}
	if folder != "" {
		block, err := ssh.MarshalPrivateKey(key, "")
		if err != nil {
			return nil, fmt.Errorf("encode the host key: %w", err)
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of host keys: %w", err)
		}
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, fmt.Errorf("keep the host key: %w", err)
		}
	}
	return ssh.NewSignerFromKey(key)
}

// start makes the server answer connections.
func (s *server) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serving == nil {
		s.serving, s.cut = context.WithCancel(context.Background())
	}
}

// stop closes all connections, and those that come.
func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serving != nil {
		s.cut()
		s.serving = nil
	}
}

// state tells whether the server answers. The lock is held.
func (s *server) state() string {
	if s.serving == nil {
		return offline
	}
	return online
}

// serve answers connections until ctx ends, and returns when the last one is
// closed. The port stays the server's own while it is offline.
func (s *server) serve(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		s.listener.Close()
		s.stop()
	})
	defer stop()
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.RLock()
		serving := s.serving
		s.mu.RUnlock()
		if serving == nil {
			conn.Close()
			continue
		}
		connections.Go(func() {
			stop := context.AfterFunc(serving, func() { conn.Close() })
			defer stop()
			defer conn.Close()
			s.handle(serving, conn)
		})
	}
}

// handle serves one connection. What goes wrong in it concerns its client
// only, who sees it.
func (s *server) handle(ctx context.Context, conn net.Conn) {
	sourceIP, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	login := newLogin(ctx, s, sourceIP)
	config := login.config()
	for _, key := range s.hostKeys() {
		config.AddHostKey(key)
	}
	conn.SetDeadline(time.Now().Add(loginTimeout))
	client, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	conn.SetDeadline(time.Time{})
	defer client.Close()
	go ssh.DiscardRequests(requests)

	who := admittedBy(client)
	login.connected(client, who)
	defer login.disconnected()
	cause := s.cloud.Happened(cloud.Cause{
		Type: "session", Resource: s.cloud.ARN("transfer", "server/"+s.id), ID: who.session, By: s.cloud.ARN("transfer", "user/"+s.id+"/"+who.user.name),
	})
	view := &files{
		home:          who.user.home,
		s3:            s.objects.As(who.caller, s3.Origin{SourceIP: sourceIP, UserAgent: "AWS Transfer Family", Of: cloud.Known(cause)}),
		session:       &session{cloud: s.cloud, server: s.id, user: who.user.name, id: who.session, clientIP: sourceIP, cause: cause},
		ignoreSetStat: login.declared.ProtocolDetails.SetStatOption == "ENABLE_NO_OP",
	}
	var sessions sync.WaitGroup
	defer sessions.Wait()
	open := make(chan struct{}, maxSessions)
	for channel := range channels {
		if channel.ChannelType() != "session" {
			channel.Reject(ssh.UnknownChannelType, "only SFTP is served")
			continue
		}
		select {
		case open <- struct{}{}:
		default:
			channel.Reject(ssh.ResourceShortage, "too many sessions on one connection")
			continue
		}
		sessions.Go(func() {
			defer func() { <-open }()
			serveSession(channel, view)
		})
	}
}

// serveSession answers one channel: a request for the SFTP subsystem, and
// nothing else.
func serveSession(offered ssh.NewChannel, view *files) {
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	for request := range requests {
		ok := request.Type == "subsystem" && subsystem(request.Payload) == "sftp"
		if request.WantReply {
			request.Reply(ok, nil)
		}
		if !ok {
			continue
		}
		go ssh.DiscardRequests(requests)
		server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: view, FilePut: view, FileCmd: view, FileList: view},
			sftp.WithStartDirectory(view.home.start))
		if err := server.Serve(); err == io.EOF || err == nil {
			channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
		}
		server.Close()
		return
	}
}

func subsystem(payload []byte) string {
	var request struct{ Name string }
	if err := ssh.Unmarshal(payload, &request); err != nil {
		return ""
	}
	return request.Name
}
