package lambda

// This file is what a mapping needs to know of a service of streams to follow one.

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/match"
)

// A feed is a service of streams: the names of its calls, and what its records are.
// It calls as the function's role.
type feed interface {
	// check makes sure that the role may read a stream.
	check(m *mapping, stream string) error

	// retention is how long a stream keeps records.
	retention(ctx context.Context, m *mapping, stream string) (time.Duration, error)

	// shards lists a stream's, each behind the one that it follows.
	shards(ctx context.Context, m *mapping, stream string) ([]streamShard, error)

	// begin returns the shards at which lanes begin, and lets the progress know
	// where in them.
	begin(ctx context.Context, m *mapping, p *progress, stream string, shards []streamShard) ([]string, error)

	// place gets an iterator to a position in the lane's shard.
	place(ctx context.Context, l *lane, from position) (iterator string, err error)

	// read reads behind the lane's iterator. The next one is empty at the end of a
	// shard that is closed.
	read(ctx context.Context, l *lane, limit int) (records []streamRecord, next string, err error)

	// idle tells whether reading would find nothing new behind the lane's iterator, and
	// no end of the shard.
	idle(ctx context.Context, l *lane) bool

	// body is a record as the function sees it.
	body(l *lane, r streamRecord) ([]byte, error)

	// seen is what filters look at of a record; false for what none of them wants.
	seen(r streamRecord) (match.Node, bool)

	// lost tells by the code of an error of place whether it is for a record that
	// is not there any more.
	lost(code string) bool

	// info tells an on-failure destination about a batch.
	info(d *discarded, b batchInfo)
}

// feedOf returns the feed of a service.
func feedOf(service string) feed {
	if service == "dynamodb" {
		return tables{}
	}
	return kinesis{}
}

// A streamShard is one of a stream's, and the one that it follows, or empty.
type streamShard struct{ id, parent string }

// behind is the shard that follows one of an id: the oldest one, where that is not
// there any more.
func behind(shards []streamShard, id string) (next string, ok bool) {
	i := slices.IndexFunc(shards, func(s streamShard) bool { return s.parent == id })
	if i < 0 && !listed(shards, id) {
		i = 0
	}
	if i < 0 || len(shards) == 0 {
		return "", false
	}
	return shards[i].id, true
}

func listed(shards []streamShard, id string) bool {
	return slices.ContainsFunc(shards, func(s streamShard) bool { return s.id == id })
}

// streamRecord is a record of a stream.
type streamRecord struct {
	number  string // its sequence number
	key     string // records of one key keep their order
	arrived time.Time
	data    []byte          // of Kinesis
	change  json.RawMessage // of a table
	cause   *cloud.Cause
}

// do calls the service of a stream as the function's role.
func (m *mapping) do(ctx context.Context, service, action string, in, out any) error {
	return m.lambda.cloud.Do(ctx, m.target().caller, service, action, in, out)
}

// idle asks a service as the function's role whether a read that waits so long would
// find nothing.
func (m *mapping) idle(ctx context.Context, service, place string, wait time.Duration) bool {
	return m.lambda.cloud.Idle(ctx, m.target().caller, service, place, wait)
}
