package kinesis

// This file is a stream: its settings, and which of its shards takes a record.

import (
	"bytes"
	"crypto/md5"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type stream struct {
	cloud.Changes // of the records

	name       string
	arn        string
	dimensions map[string]string // of its metrics

	created time.Time
	shards  []*shard // in the order of their hash keys

	mu       sync.Mutex
	settings settings
	tags     map[string]string
	policy   string // as it was put; the authorizer knows its meaning
}

// settings are what a template says of a stream.
type settings struct {
	onDemand  bool
	shards    int // which do not change here
	retention time.Duration
	maxRecord int    // bytes, of data and partition key
	key       string // of KMS, or empty; nothing is encrypted here
}

func newStream(name, arn string, settings settings) *stream {
	s := &stream{name: name, arn: arn, dimensions: map[string]string{"StreamName": name}, settings: settings}
	s.begin(time.Now())
	return s
}

// begin gives the stream its shards, all of them empty.
func (s *stream) begin(created time.Time) {
	s.created = created
	s.shards = make([]*shard, s.now().shards)
	for i := range s.shards {
		s.shards[i] = &shard{number: i, created: created, first: 1}
		s.shards[i].from, s.shards[i].to = hashRange(i, len(s.shards))
	}
}

// hashKey is a number of 128 bits, by which records find their shard.
type hashKey [16]byte

func (h hashKey) String() string { return new(big.Int).SetBytes(h[:]).String() }

func hashKeyOf(partitionKey string) hashKey { return md5.Sum([]byte(partitionKey)) }

// parseHashKey reads an ExplicitHashKey.
func parseHashKey(text string) (h hashKey, ok bool) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 {
		return h, false
	}
	n.FillBytes(h[:])
	return h, true
}

// hashRange returns the range of the i-th of n shards, which share all hash keys
// evenly.
func hashRange(i, n int) (from, to hashKey) {
	all := new(big.Int).Lsh(big.NewInt(1), 128)
	bound := func(i int) *big.Int {
		b := new(big.Int).Mul(all, big.NewInt(int64(i)))
		return b.Div(b, big.NewInt(int64(n)))
	}
	bound(i).FillBytes(from[:])
	end := bound(i + 1)
	end.Sub(end, big.NewInt(1)).FillBytes(to[:])
	return from, to
}

// shardOf returns the shard that takes records of a hash key.
func (s *stream) shardOf(h hashKey) *shard {
	i, _ := slices.BinarySearchFunc(s.shards, h, func(shard *shard, h hashKey) int { return bytes.Compare(shard.to[:], h[:]) })
	return s.shards[i]
}

// shard finds a shard by its id.
func (s *stream) shard(id string) (*shard, error) {
	number, err := strconv.Atoi(strings.TrimPrefix(id, "shardId-"))
	if err != nil || number < 0 || number >= len(s.shards) || s.shards[number].id() != id {
		stream, _ := cloud.ParseARN(s.arn)
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "Shard %s in stream %s under account %s does not exist", id, s.name, stream.Account)
	}
	return s.shards[number], nil
}

// now are the settings of the moment.
func (s *stream) now() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// become gives the stream other settings.
func (s *stream) become(next settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings = next
}

func (s *stream) retained() time.Duration { return s.now().retention }

// expire lets go of the records whose time has passed.
func (s *stream) expire(now time.Time) {
	for _, shard := range s.shards {
		if shard.expire(now.Add(-s.retained())) > 0 {
			s.Changed()
		}
	}
}

// encrypted is the EncryptionType of records that are encrypted, or empty.
func (s *stream) encrypted() string {
	if s.now().key == "" {
		return ""
	}
	return "KMS"
}
