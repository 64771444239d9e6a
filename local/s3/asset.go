// What the CDK would have published: an object that is in no bucket is read from
// where the assembly has it.

package s3

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"os"
)

// asset is the file of an object that is in the assembly only, or empty. A
// folder, which the CLI would zip, is none.
func (s *S3) asset(bucket, key string) string {
	if s.assets == nil {
		return ""
	}
	if b, err := s.bucket(bucket); err == nil && b.find(key, "") != nil {
		return ""
	}
	file, err := s.assets(bucket, key)
	if err != nil {
		return ""
	}
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return file
}

func (c *Client) openAsset(bucket, key, file string) (*Object, error) {
	if err := c.allow("GetObject", objectARN(bucket, key), nil); err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read an asset: %w", err)
	}
	bytes, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read an asset: %w", err)
	}
	sum := md5.Sum(bytes)
	return &Object{
		Bucket: bucket, Key: key, Size: info.Size(), ETag: hex.EncodeToString(sum[:]), Modified: info.ModTime(), Body: keptFile(file),
	}, nil
}
