package console

// This file shows buckets and lists what they have. An object is in object.go.

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func (c *console) serveBuckets(mux *http.ServeMux) {
	mux.Handle("GET /buckets", c.Page(c.bucketList))
	mux.Handle("GET /buckets/{name}", c.Page(c.bucketPage))
	mux.Handle("GET /buckets/{name}/object", c.Page(c.objectPage))
	mux.Handle("GET /buckets/{name}/download", http.HandlerFunc(c.download))
	mux.Handle("POST /buckets/{name}/upload", c.ActionOf(largestUpload, c.upload))
}

// bucketPage is the address of a bucket's page.
func bucketPage(name string) string { return "/buckets/" + url.PathEscape(name) }

func (c *console) bucketList(r *http.Request) (View, error) {
	query := r.URL.Query()
	listed, err := c.buckets.ListBuckets(r.Context(), &s3.ListBucketsInput{MaxBuckets: aws.Int32(onPage), ContinuationToken: given(query.Get("from"))})
	if err != nil {
		return View{}, err
	}
	return View{"Buckets", "buckets.html", struct {
		Buckets []types.Bucket
		More    string // the address of what comes after, or empty
	}{listed.Buckets, more(query, listed.ContinuationToken)}}, nil
}

// bucket is a page of a bucket's objects and folders.
type bucket struct {
	Name, Prefix string
	Versioning   types.BucketVersioningStatus
	Folders      []types.CommonPrefix
	Objects      []types.Object
	More         string // the address of what comes after, or empty
}

func (c *console) bucketPage(r *http.Request) (View, error) {
	query := r.URL.Query()
	b := bucket{Name: r.PathValue("name"), Prefix: query.Get("prefix")}
	versioning, err := c.buckets.GetBucketVersioning(r.Context(), &s3.GetBucketVersioningInput{Bucket: &b.Name})
	if err != nil {
		return View{}, err
	}
	b.Versioning = cmp.Or(versioning.Status, "none")
	listed, err := c.buckets.ListObjectsV2(r.Context(), &s3.ListObjectsV2Input{
		Bucket: &b.Name, Prefix: &b.Prefix, Delimiter: aws.String("/"), MaxKeys: aws.Int32(onPage), ContinuationToken: given(query.Get("from")),
	})
	if err != nil {
		return View{}, err
	}
	b.Folders, b.Objects, b.More = listed.CommonPrefixes, listed.Contents, more(query, listed.NextContinuationToken)
	return View{b.Name, "bucket.html", b}, nil
}

// Within is what a key or a prefix is called in its folder.
func (b bucket) Within(key *string) string {
	folder := b.Prefix[:strings.LastIndex(b.Prefix, "/")+1]
	return cmp.Or(strings.TrimPrefix(*key, folder), *key) // a folder may be an object as well
}

// FolderAt and ObjectAt are the addresses of a folder and of an object.
func (b bucket) FolderAt(prefix string) string {
	return bucketPage(b.Name) + "?" + url.Values{"prefix": {prefix}}.Encode()
}

func (b bucket) ObjectAt(key *string) string { return ObjectPage(b.Name, *key) }

// folder is one on the way to another.
type folder struct{ Name, Prefix string }

// Way are the folders from the bucket to this one.
func (b bucket) Way() (way []folder) {
	begin := 0
	for i, letter := range b.Prefix {
		if letter == '/' {
			way = append(way, folder{b.Prefix[begin : i+1], b.Prefix[:i+1]})
			begin = i + 1
		}
	}
	return way
}
