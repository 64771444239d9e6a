package console

// This file shows an object with its versions, sends it as a file, and takes files
// up. What an object has is somebody else's: it is shown as text and sent as a file,
// never as a page.

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// shown is how much of an object a page shows, in bytes.
	shown = 64 << 10

	// largestUpload bounds what is taken up by one form, in bytes.
	largestUpload = 1 << 30

	// inMemory is how much of it is held in memory, in bytes.
	inMemory = 1 << 20
)

// ObjectPage is the address of an object's page.
func ObjectPage(bucket, key string) string {
	return bucketPage(bucket) + "/object?" + url.Values{"key": {key}}.Encode()
}

// object is the page of one, or of a version of it.
type object struct {
	Bucket, Key, Version string
	Head                 *s3.HeadObjectOutput // nil: it is deleted
	Text                 string               // what it begins with, if that is text
	Binary, Cut          bool
	Versions             []version
}

// version is one of an object, or that it was deleted.
type version struct {
	types.ObjectVersion
	Deleted bool
}

// Folder is the address of where the object lies.
func (o object) Folder() string {
	return bucket{Name: o.Bucket}.FolderAt(o.Key[:strings.LastIndex(o.Key, "/")+1])
}

// At is the address of one of its versions, and DownloadAt where it is sent as a file.
func (o object) At(version *string) string {
	return ObjectPage(o.Bucket, o.Key) + "&" + url.Values{"version": {*version}}.Encode()
}

func (o object) DownloadAt() string {
	query := url.Values{"key": {o.Key}}
	if o.Version != "" {
		query.Set("version", o.Version)
	}
	return bucketPage(o.Bucket) + "/download?" + query.Encode()
}

// CausesAt is the address of what caused it.
func (o object) CausesAt() string { return objectCauses(o.Bucket, o.Key, o.Version) }

func (c *console) objectPage(r *http.Request) (View, error) {
	query := r.URL.Query()
	o := object{Bucket: r.PathValue("name"), Key: query.Get("key"), Version: query.Get("version")}
	if err := c.versions(r, &o); err != nil {
		return View{}, err
	}
	head, err := c.buckets.HeadObject(r.Context(), &s3.HeadObjectInput{Bucket: &o.Bucket, Key: &o.Key, VersionId: given(o.Version)})
	switch {
	case err == nil:
		o.Head = head
	case o.Version != "" || len(o.Versions) == 0: // else it is deleted, and its versions tell of it
		return View{}, err
	}
	if o.Head != nil && aws.ToInt64(head.ContentLength) > 0 {
		if err := c.begin(r, &o); err != nil {
			return View{}, err
		}
	}
	return View{o.Key, "object.html", o}, nil
}

// begin reads what an object begins with.
func (c *console) begin(r *http.Request, o *object) error {
	got, err := c.buckets.GetObject(r.Context(), &s3.GetObjectInput{
		Bucket: &o.Bucket, Key: &o.Key, VersionId: given(o.Version), Range: aws.String(fmt.Sprintf("bytes=0-%d", shown-1)),
	})
	if err != nil {
		return err
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	if err != nil {
		return err
	}
	o.Cut = aws.ToInt64(o.Head.ContentLength) > int64(len(content))
	for i := 0; o.Cut && i < utf8.UTFMax-1 && !utf8.Valid(content); i++ { // a character may be cut in two
		content = content[:len(content)-1]
	}
	o.Text, o.Binary = string(content), !utf8.Valid(content) || strings.ContainsRune(string(content), 0)
	return nil
}

// versions reads the last versions of an object. S3 lists by prefix, in the order of
// keys: this key is the first one.
func (c *console) versions(r *http.Request, o *object) error {
	listed, err := c.buckets.ListObjectVersions(r.Context(), &s3.ListObjectVersionsInput{Bucket: &o.Bucket, Prefix: &o.Key, MaxKeys: aws.Int32(onPage)})
	if err != nil {
		return err
	}
	for _, v := range listed.Versions {
		if *v.Key == o.Key {
			o.Versions = append(o.Versions, version{ObjectVersion: v})
		}
	}
	for _, m := range listed.DeleteMarkers {
		if *m.Key == o.Key {
			o.Versions = append(o.Versions, version{types.ObjectVersion{VersionId: m.VersionId, LastModified: m.LastModified, IsLatest: m.IsLatest}, true})
		}
	}
	slices.SortStableFunc(o.Versions, func(a, b version) int {
		if aws.ToBool(a.IsLatest) != aws.ToBool(b.IsLatest) { // in the same second
			return map[bool]int{true: -1, false: 1}[aws.ToBool(a.IsLatest)]
		}
		return b.LastModified.Compare(*a.LastModified)
	})
	return nil
}

// download sends an object as a file, whatever it says that it is.
func (c *console) download(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	bucket, key := r.PathValue("name"), query.Get("key")
	got, err := c.buckets.GetObject(r.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key, VersionId: given(query.Get("version"))})
	if err != nil {
		c.answer(w, r, View{}, err)
		return
	}
	defer got.Body.Close()
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	named := mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(key)})
	header.Set("Content-Disposition", cmp.Or(named, "attachment")) // a key may be no name of a file
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	if got.ContentLength != nil {
		header.Set("Content-Length", fmt.Sprint(*got.ContentLength))
	}
	io.Copy(w, got.Body) // the user may go away
}

// upload puts the file that a form has.
func (c *console) upload(r *http.Request) (location string, err error) {
	if err := r.ParseMultipartForm(inMemory); err != nil {
		return "", &Fault{http.StatusBadRequest, "The form cannot be read: " + err.Error()}
	}
	defer func() { err = errors.Join(err, r.MultipartForm.RemoveAll()) }()
	file, about, err := r.FormFile("file")
	if err != nil {
		return "", &Fault{http.StatusBadRequest, "The form has no file."}
	}
	defer file.Close()
	bucket, key := r.PathValue("name"), r.PostForm.Get("key")
	if key == "" || strings.HasSuffix(key, "/") { // a folder: the file keeps its name
		key += about.Filename
	}
	_, err = c.buckets.PutObject(r.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: file, ContentType: given(about.Header.Get("Content-Type"))})
	return ObjectPage(bucket, key) + "&done=uploaded", err
}
