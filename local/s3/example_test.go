package s3_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// A bucket with versions, without an engine around it.
func Example() {
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	buckets := s3.New(c, s3.Options{})
	if err := buckets.CreateBucket("orders", s3.BucketOptions{Versioning: "Enabled"}); err != nil {
		panic(err)
	}
	client := buckets.As(c.Administrator(), s3.Origin{})
	var versions []string
	for _, text := range []string{"first", "second"} {
		object, err := client.Put(context.Background(), s3.PutInput{Bucket: "orders", Key: "a.xml", Body: strings.NewReader(text)})
		if err != nil {
			panic(err)
		}
		versions = append(versions, object.VersionID)
	}
	object, err := client.Get(context.Background(), "orders", "a.xml", versions[0])
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(io.NewSectionReader(object.Body, 0, object.Size))
	fmt.Println(string(text), err)
	// Output: first <nil>
}
