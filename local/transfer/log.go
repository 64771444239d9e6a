// What a server logs: the lines that CloudWatch Logs would get, in the JSON that
// StructuredLogDestinations have.
// https://docs.aws.amazon.com/transfer/latest/userguide/cw-structure-logs.html

package transfer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/crypto/ssh"
)

// maxLog is the size in bytes at which a log is put aside as NAME.log.1.
const maxLog = 16 << 20

// logFile takes a server's lines; a nil one takes none.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int64
}

// openLog goes on with the log of a server.
func openLog(path string) (*logFile, error) {
	l := &logFile{path: path}
	return l, l.open()
}

func (l *logFile) open() error {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open the server's log: %w", err)
	}
	l.file, l.size = file, 0
	if about, err := file.Stat(); err == nil {
		l.size = about.Size()
	}
	return nil
}

// write adds a line. A log that cannot be written stops nobody.
func (l *logFile) write(line any) {
	if l == nil {
		return
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(err) // of texts
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size >= maxLog && os.Rename(l.path, l.path+".1") == nil {
		old := l.file
		if l.open() == nil {
			old.Close()
		}
	}
	n, _ := l.file.Write(append(text, '\n'))
	l.size += int64(n)
}

func (l *logFile) close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.file.Close()
}

// logged is a line about a connection.
type logged struct {
	Role           string `json:"role,omitempty"`
	Method         string `json:"method,omitempty"`
	ActivityType   string `json:"activity-type"`
	Ciphers        string `json:"ciphers,omitempty"` // from and to the client
	Client         string `json:"client,omitempty"`
	SourceIP       string `json:"source-ip,omitempty"`
	ResourceARN    string `json:"resource-arn"`
	HomeDir        string `json:"home-dir,omitempty"`
	KeyBody        string `json:"ssh-public-key,omitempty"`
	KeyFingerprint string `json:"ssh-public-key-fingerprint,omitempty"`
	KeyType        string `json:"ssh-public-key-type,omitempty"`
	Message        string `json:"message,omitempty"`
	User           string `json:"user,omitempty"`
	Kex            string `json:"kex,omitempty"`
	SessionID      string `json:"session-id"`
}

// log completes a line with what all lines of the connection have.
func (l *login) log(line logged) {
	line.ResourceARN, line.SessionID = l.server.arn(), l.session
	l.declared.log.write(line)
}

// failed logs an attempt that did not let anybody in, but for the question which
// methods there are and for the first of two steps.
func (l *login) failed(conn ssh.ConnMetadata, method string, err error) {
	if _, partial := errors.AsType[*ssh.PartialSuccessError](err); partial || err == nil || method == "none" {
		return
	}
	l.log(logged{ActivityType: "AUTH_FAILURE", SourceIP: l.sourceIP, Method: method, User: conn.User(), Message: err.Error()})
}

// connected logs who has logged in.
func (l *login) connected(conn *ssh.ServerConn, who admitted) {
	line := logged{
		ActivityType: "CONNECTED", SourceIP: l.sourceIP, Client: string(conn.ClientVersion()),
		User: who.user.name, Role: who.user.role, HomeDir: who.user.home.start,
	}
	if who.user.home.logical {
		line.HomeDir = "/"
	}
	if c, ok := conn.Conn.(ssh.AlgorithmsConnMetadata); ok {
		used := c.Algorithms()
		line.Ciphers, line.Kex = used.Read.Cipher+","+used.Write.Cipher, used.KeyExchange
	}
	if l.key != nil {
		line.KeyType, line.KeyFingerprint = l.key.Type(), ssh.FingerprintSHA256(l.key)
		line.KeyBody = base64.RawStdEncoding.EncodeToString(l.key.Marshal())
	}
	l.log(line)
}

func (l *login) disconnected() { l.log(logged{ActivityType: "DISCONNECTED"}) }
