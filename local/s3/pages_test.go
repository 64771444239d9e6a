// Pages of all lists: together they are the list, however long they may be.

package s3_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// pager returns the lines of a page of at most so many, which begins at a mark, and
// the next mark, empty after the last page.
type pager func(t *testing.T, prefix, delimiter string, limit int32, mark [2]string) (lines []string, next [2]string)

func line(kind string, parts ...*string) string {
	for _, p := range parts {
		kind += " " + aws.ToString(p)
	}
	return kind
}

func TestPagesOfAListAreTheList(t *testing.T) {
	w := newWorld(t, "versioned-bucket", "bucket-a", "bucket-b", "bucket-c")
	ctx, bucket := t.Context(), aws.String("versioned-bucket")
	keys := []string{"a", "a/1", "a/2", "a/2", "b/1", "b/2/x", "c", "c", "d ä/1", "z"}
	names := map[string]string{} // of versions and uploads, by their ids
	for i, key := range keys {
		names[*w.put(t, *bucket, key, fmt.Sprint(i)).VersionId] = fmt.Sprint("v", i)
		begun, err := w.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		names[*begun.UploadId] = fmt.Sprint("u", i)
	}
	for _, key := range []string{"b/1", "z"} {
		gone, err := w.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		names[*gone.VersionId] = "marker"
	}
	begun, err := w.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: aws.String("parts")})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if _, err := w.UploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: aws.String("parts"), UploadId: begun.UploadId, PartNumber: aws.Int32(int32(2*n + 1)), Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	names[*begun.UploadId] = "u-parts"
	given := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	lists := map[string]pager{
		"objects": func(t *testing.T, prefix, delimiter string, limit int32, mark [2]string) (lines []string, next [2]string) {
			out, err := w.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: bucket, Prefix: given(prefix), Delimiter: given(delimiter), MaxKeys: &limit, ContinuationToken: given(mark[0])})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range out.Contents {
				lines = append(lines, line("object", o.Key))
			}
			for _, p := range out.CommonPrefixes {
				lines = append(lines, line("prefix", p.Prefix))
			}
			return lines, [2]string{aws.ToString(out.NextContinuationToken)}
		},
		"versions": func(t *testing.T, prefix, delimiter string, limit int32, mark [2]string) (lines []string, next [2]string) {
			out, err := w.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: bucket, Prefix: given(prefix), Delimiter: given(delimiter), MaxKeys: &limit, KeyMarker: given(mark[0]), VersionIdMarker: given(mark[1])})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range out.Versions {
				lines = append(lines, line("version", v.Key, aws.String(names[*v.VersionId])))
			}
			for _, m := range out.DeleteMarkers {
				lines = append(lines, line("version", m.Key, aws.String(names[*m.VersionId])))
			}
			for _, p := range out.CommonPrefixes {
				lines = append(lines, line("prefix", p.Prefix))
			}
			if aws.ToBool(out.IsTruncated) {
				next = [2]string{aws.ToString(out.NextKeyMarker), aws.ToString(out.NextVersionIdMarker)}
			}
			return lines, next
		},
		"uploads": func(t *testing.T, prefix, delimiter string, limit int32, mark [2]string) (lines []string, next [2]string) {
			out, err := w.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: bucket, Prefix: given(prefix), Delimiter: given(delimiter), MaxUploads: &limit, KeyMarker: given(mark[0]), UploadIdMarker: given(mark[1])})
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range out.Uploads {
				lines = append(lines, line("upload", u.Key, aws.String(names[*u.UploadId])))
			}
			for _, p := range out.CommonPrefixes {
				lines = append(lines, line("prefix", p.Prefix))
			}
			if aws.ToBool(out.IsTruncated) {
				next = [2]string{aws.ToString(out.NextKeyMarker), aws.ToString(out.NextUploadIdMarker)}
			}
			if n := len(out.CommonPrefixes); aws.ToBool(out.IsTruncated) && len(out.Uploads) == 0 { // as on AWS, which is of no help here
				if next != [2]string{} {
					t.Errorf("after common prefixes the next markers are %q", next)
				}
				next[0] = *out.CommonPrefixes[n-1].Prefix
			}
			return lines, next
		},
		"parts": func(t *testing.T, _, _ string, limit int32, mark [2]string) (lines []string, next [2]string) {
			out, err := w.ListParts(ctx, &awss3.ListPartsInput{Bucket: bucket, Key: aws.String("parts"), UploadId: begun.UploadId, MaxParts: &limit, PartNumberMarker: given(mark[0])})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range out.Parts {
				lines = append(lines, fmt.Sprint("part ", *p.PartNumber))
			}
			if aws.ToBool(out.IsTruncated) {
				next[0] = aws.ToString(out.NextPartNumberMarker)
			}
			return lines, next
		},
		"buckets": func(t *testing.T, prefix, _ string, limit int32, mark [2]string) (lines []string, next [2]string) {
			out, err := w.ListBuckets(ctx, &awss3.ListBucketsInput{MaxBuckets: &limit, Prefix: given(prefix), ContinuationToken: given(mark[0])})
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range out.Buckets {
				lines = append(lines, line("bucket", b.Name))
			}
			return lines, [2]string{aws.ToString(out.ContinuationToken)}
		},
	}
	for _, row := range []struct{ list, prefix, delimiter, want string }{
		{"objects", "", "", "object a, object a/1, object a/2, object b/2/x, object c, object d ä/1"},
		{"objects", "", "/", "object a, object c, prefix a/, prefix b/, prefix d ä/"},
		{"objects", "b/", "/", "prefix b/2/"},
		{"versions", "", "", "version a v0, version a/1 v1, version a/2 v2, version a/2 v3, version b/1 marker, version b/1 v4, version b/2/x v5, version c v6, version c v7, version d ä/1 v8, version z marker, version z v9"},
		{"versions", "", "/", "prefix a/, prefix b/, prefix d ä/, version a v0, version c v6, version c v7, version z marker, version z v9"},
		{"versions", "b/", "/", "prefix b/2/, version b/1 marker, version b/1 v4"},
		{"uploads", "", "", "upload a u0, upload a/1 u1, upload a/2 u2, upload a/2 u3, upload b/1 u4, upload b/2/x u5, upload c u6, upload c u7, upload d ä/1 u8, upload parts u-parts, upload z u9"},
		{"uploads", "", "/", "prefix a/, prefix b/, prefix d ä/, upload a u0, upload c u6, upload c u7, upload parts u-parts, upload z u9"},
		{"uploads", "b/", "/", "prefix b/2/, upload b/1 u4"},
		{"uploads", "none", "/", ""},
		{"parts", "", "", "part 1, part 3, part 5, part 7, part 9"},
		{"buckets", "bucket-", "", "bucket bucket-a, bucket bucket-b, bucket bucket-c"},
	} {
		for _, limit := range []int32{1, 2, 3, 5, 1000} {
			var all []string
			for mark, pages := [2]string{}, 0; ; pages++ {
				lines, next := lists[row.list](t, row.prefix, row.delimiter, limit, mark)
				if len(lines) > int(limit) || pages > 20 {
					t.Fatalf("%s by %q %q: page %d of at most %d is %q", row.list, row.prefix, row.delimiter, pages, limit, lines)
				}
				if all = append(all, lines...); next == [2]string{} {
					break
				}
				mark = next
			}
			slices.Sort(all)
			if got := strings.Join(all, ", "); got != row.want {
				t.Errorf("%s by %q %q in pages of %d:\ngot  %s\nwant %s", row.list, row.prefix, row.delimiter, limit, got, row.want)
			}
		}
	}
}

func TestAPageMayHaveFewerEntriesThanWereAskedFor(t *testing.T) {
	w := newWorld(t, "bucket-a", "bucket-b")
	w.cloud.Around = func(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
		return perform(cloud.WithPage(ctx, 1), call.Input)
	}
	for _, key := range []string{"a", "b", "c"} {
		w.put(t, "bucket-a", key, key)
	}
	objects, err := w.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("bucket-a"), MaxKeys: aws.Int32(2)})
	if err != nil || len(objects.Contents) != 1 || !*objects.IsTruncated || *objects.MaxKeys != 2 {
		t.Errorf("got %+v, %v", objects, err)
	}
	var keys []string
	for pages := awss3.NewListObjectVersionsPaginator(w, &awss3.ListObjectVersionsInput{Bucket: aws.String("bucket-a")}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil || len(page.Versions) != 1 {
			t.Fatalf("got %+v, %v", page, err)
		}
		keys = append(keys, *page.Versions[0].Key)
	}
	if !slices.Equal(keys, []string{"a", "b", "c"}) {
		t.Errorf("got %q", keys)
	}
	if buckets, err := w.ListBuckets(t.Context(), &awss3.ListBucketsInput{}); err != nil || len(buckets.Buckets) != 1 || buckets.ContinuationToken == nil {
		t.Errorf("got %+v, %v", buckets, err)
	}
}

// Who deletes what it lists goes on behind what is gone.
func TestAListGoesOnBehindAMarkerThatIsGone(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	var versions, uploads []string
	for range 4 {
		versions = append(versions, *w.put(t, "versioned-bucket", "k", "x").VersionId)
		uploads = append(uploads, value(w.ask(t, "POST /versioned-bucket/k?uploads").Body.String(), "UploadId"))
	}
	w.ask(t, "DELETE /versioned-bucket/k?versionId="+versions[2])
	w.ask(t, "DELETE /versioned-bucket/k?uploadId="+uploads[1])
	for request, want := range map[string][]string{
		"?versions&key-marker=k&version-id-marker=" + versions[2]: {versions[1], versions[0]},
		"?uploads&key-marker=k&upload-id-marker=" + uploads[1]:    {uploads[2], uploads[3]},
		"?versions&key-marker=k":                                  nil,
		"?uploads&key-marker=k":                                   nil,
	} {
		var got []string
		body := w.ask(t, "GET /versioned-bucket"+request).Body.String()
		for _, line := range regexp.MustCompile(`<(?:VersionId|UploadId)>([^<]+)<`).FindAllStringSubmatch(body, -1) {
			got = append(got, line[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", request, got, want)
		}
	}
}

func TestUploadsAreNotListedBehindThoseOfAnotherKey(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	id := value(w.ask(t, "POST /plain-bucket/k?uploads").Body.String(), "UploadId")
	if got := w.answer(t, "GET /plain-bucket?uploads&key-marker=l&upload-id-marker="+id); got != "400 InvalidArgument" {
		t.Errorf("got %s", got)
	}
}

func TestAMarkerWithinACommonPrefixPassesAllOfIt(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	for _, key := range []string{"a/1", "a/2", "b"} {
		w.ask(t, "POST /plain-bucket/"+key+"?uploads")
	}
	got := w.ask(t, "GET /plain-bucket?uploads&delimiter=/&key-marker=a/1").Body.String()
	if strings.Contains(got, "<CommonPrefixes>") || value(got, "Key") != "b" {
		t.Errorf("got %s", got)
	}
}
