// Package s3 is Amazon S3 for the local engine: buckets with versions,
// multipart uploads and conditional writes, served over S3's own REST protocol,
// as JSON calls for Step Functions, and as a Go API for the SFTP server. Every
// change is told to EventBridge and CloudTrail as S3 does.
//
// Objects live as long as the engine, small ones in memory, larger ones in
// unnamed temporary files; or, where it has a folder for them, longer.
package s3

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Options configures New.
type Options struct {
	Dir string // of temporary files. Default: the system's.

	// Kept is a folder for the bodies of objects that outlive the engine, as
	// the cloud's Keeper keeps all else of them. Default: none does.
	Kept string

	// Assets tells where the file is that the CDK would publish under a bucket
	// and key, and fails if it would not. Such an object can be read, whether
	// or not there is the bucket. Default: there are none.
	Assets func(bucket, key string) (path string, err error)
}

// S3 is the service. It implements cloud.API. Its methods are safe for concurrent use.
type S3 struct {
	cloud.Operations

	cloud    *cloud.Cloud
	spool    spool
	sequence sequence
	assets   func(bucket, key string) (path string, err error)

	expiring sync.Once // as soon as a bucket has a life cycle

	mu      sync.RWMutex
	buckets map[string]*bucket
}

// New returns S3 without buckets.
func New(c *cloud.Cloud, o Options) *S3 {
	s := &S3{
		cloud:   c,
		spool:   spool{dir: cmp.Or(o.Kept, o.Dir), kept: o.Kept != ""},
		buckets: map[string]*bucket{},
		assets:  o.Assets,
	}
	s.Operations = s.operations()
	return s
}

// BucketOptions are the settings of a bucket that change what it does.
type BucketOptions struct {
	Versioning  string // "", "Enabled" or "Suspended"
	EventBridge bool   // whether changes become events
	Tags        []Tag
	Locked      bool // whether versions can be locked; they then are kept

	region    string // Default: the engine's.
	ownership string // of objects. Default: BucketOwnerEnforced.
	acl       acl
}

// CreateBucket makes a bucket; it fails with BucketAlreadyOwnedByYou if there
// is one of that name.
func (s *S3) CreateBucket(name string, o BucketOptions) error {
	if !validBucketName(name) {
		return about(cloud.Errorf(400, "InvalidBucketName", "The specified bucket is not valid."), "BucketName", name)
	}
	o.region = cmp.Or(o.region, s.cloud.Region)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] != nil {
		return about(cloud.Errorf(409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it."), "BucketName", name)
	}
	s.buckets[name] = newBucket(name, o)
	return nil
}

// NotifyEventBridge tells whether a bucket sends its events to EventBridge
// from now on.
func (s *S3) NotifyEventBridge(name string, on bool) error {
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	b.bridge(on)
	return nil
}

func (s *S3) bucket(name string) (*bucket, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	return nil, noSuchBucket(name)
}

func (s *S3) allBuckets() []*bucket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(s.buckets), func(a, b *bucket) int { return cmp.Compare(a.name, b.name) })
}

func (s *S3) deleteBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return noSuchBucket(name)
	}
	if !b.empty() {
		message := "The bucket you tried to delete is not empty"
		if b.versioning != "" {
			message += ". You must delete all versions in the bucket."
		}
		return about(cloud.Errorf(409, "BucketNotEmpty", "%s", message), "BucketName", name)
	}
	delete(s.buckets, name)
	return nil
}

// validBucketName holds names to S3's rules for general purpose buckets, as
// far as a name that breaks them could not be addressed.
func validBucketName(name string) bool {
	if len(name) < 3 || len(name) > 63 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		inner := i > 0 && i < len(name)-1
		if !letter && !(inner && (c == '-' || c == '.')) {
			return false
		}
	}
	return true
}
