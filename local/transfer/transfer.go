// Package transfer is AWS Transfer Family for the local engine: SFTP servers on
// loopback, whose users see prefixes of S3 buckets. Every operation runs with
// the user's role, so that its policies decide.
//
// A server knows its users by itself, with their public keys, or asks a Lambda
// function who they are. Other protocols and other identity providers are refused.
package transfer

import (
	"cmp"
	"slices"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// principal is Transfer Family as a caller.
const principal = "transfer.amazonaws.com"

// protocol is the one that is served.
const protocol = "SFTP"

// Objects gives a caller's view of S3.
type Objects interface {
	As(caller cloud.Caller, o s3.Origin) *s3.Client
}

var _ Objects = (*s3.S3)(nil)

// Options configures New.
type Options struct {
	Objects Objects // Required.

	// HostKeys is the folder that keeps the servers' host keys, so that they
	// are the same in the next run. Default: new keys in every run.
	HostKeys string

	// Changed is called when a call has made or deleted a server. Default: nobody
	// wants to know.
	Changed func()

	// Logs is an existing folder that gets one file per server which has
	// StructuredLogDestinations, STACK-LOGICALID.log. Default: nothing is logged.
	Logs string
}

// Transfer holds the servers of an engine. It implements cloud.API.
type Transfer struct {
	cloud.Operations

	cloud   *cloud.Cloud
	options Options

	mu      sync.RWMutex
	servers map[string]*server // by id

	updates sync.Mutex // one call, or one deployment, at a time changes what a server is declared with
}

// New returns Transfer Family without servers.
func New(c *cloud.Cloud, o Options) *Transfer {
	t := &Transfer{cloud: c, options: o, servers: map[string]*server{}}
	t.Operations = t.operations()
	return t
}

// Endpoint is where a server listens.
type Endpoint struct {
	Stack, LogicalID string // of one that a call made: nothing, and its id
	ServerID         string
	Address          string // host:port
	HostKey          string // as in authorized_keys and, after a host name, known_hosts
}

// Endpoints returns all servers, by stack and logical id.
func (t *Transfer) Endpoints() []Endpoint {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var all []Endpoint
	for _, s := range t.servers {
		all = append(all, s.endpoint)
	}
	slices.SortFunc(all, func(a, b Endpoint) int {
		return cmp.Or(cmp.Compare(a.Stack, b.Stack), cmp.Compare(a.LogicalID, b.LogicalID))
	})
	return all
}
