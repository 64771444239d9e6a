// Versions and listings.

package s3_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestVersionsAndDeleteMarkers(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	bucket, key := aws.String("versioned-bucket"), aws.String("k")
	first := w.put(t, *bucket, *key, "one").VersionId
	second := w.put(t, *bucket, *key, "two").VersionId
	if got := w.get(t, &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: first}); got != "one" {
		t.Errorf("first version is %q", got)
	}
	head, err := w.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: bucket, Key: key, VersionId: first})
	if err != nil || *head.VersionId != *first {
		t.Errorf("head of the first version: %v %v", head, err)
	}
	deleted, err := w.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: bucket, Key: key})
	if err != nil || !*deleted.DeleteMarker {
		t.Fatalf("delete: %v %v", deleted, err)
	}
	if _, err := w.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: bucket, Key: key}); code(err) != "NoSuchKey" {
		t.Errorf("after the delete: %v", err)
	}
	if _, err := w.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: deleted.VersionId}); code(err) != "MethodNotAllowed" {
		t.Errorf("get of the marker: %v", err)
	}
	list, err := w.ListObjectVersions(t.Context(), &awss3.ListObjectVersionsInput{Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Versions) != 2 || *list.Versions[0].VersionId != *second || *list.Versions[0].IsLatest || len(list.DeleteMarkers) != 1 || !*list.DeleteMarkers[0].IsLatest {
		t.Errorf("versions %v, markers %v", list.Versions, list.DeleteMarkers)
	}
	if _, err := w.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: deleted.VersionId}); err != nil {
		t.Fatal(err)
	}
	if got := w.get(t, &awss3.GetObjectInput{Bucket: bucket, Key: key}); got != "two" {
		t.Errorf("without the marker the object is %q", got)
	}
	if _, err := w.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: bucket}); code(err) != "BucketNotEmpty" {
		t.Errorf("delete of a bucket with versions: %v", err)
	}
}

func TestWithoutVersioningAnObjectHasOneNullVersion(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	for _, body := range []string{"one", "two"} {
		if out := w.put(t, "plain-bucket", "k", body); out.VersionId != nil {
			t.Errorf("version id %s", *out.VersionId)
		}
	}
	list, err := w.ListObjectVersions(t.Context(), &awss3.ListObjectVersionsInput{Bucket: aws.String("plain-bucket")})
	if err != nil || len(list.Versions) != 1 || *list.Versions[0].VersionId != "null" || !*list.Versions[0].IsLatest {
		t.Errorf("versions %v, %v", list.Versions, err)
	}
	for range 2 { // the second time there is nothing to delete
		if out, err := w.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("plain-bucket"), Key: aws.String("k")}); err != nil || out.DeleteMarker != nil {
			t.Errorf("delete: %v %v", out, err)
		}
	}
	if _, err := w.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: aws.String("plain-bucket")}); err != nil {
		t.Errorf("delete of the empty bucket: %v", err)
	}
}

func TestVersionListingsContinueWhereTheyEnded(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	var want []string
	for _, key := range []string{"a", "b", "c/1", "c/2", "d"} {
		for range 3 {
			want = append(want, key+" "+*w.put(t, "versioned-bucket", key, key).VersionId)
		}
	}
	var got []string
	in := &awss3.ListObjectVersionsInput{Bucket: aws.String("versioned-bucket"), MaxKeys: aws.Int32(2)}
	for p := awss3.NewListObjectVersionsPaginator(w.Client, in); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Versions {
			got = append(got, *v.Key+" "+*v.VersionId)
		}
	}
	for i := 0; i < len(want); i += 3 { // newest first
		slices.Reverse(want[i : i+3])
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestListingsArePagedSortedAndGrouped(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	for _, key := range []string{"b", "a/2", "a/1", "a/", "ab", "c/x/1", "c/y", "d&<"} {
		w.put(t, "versioned-bucket", key, "x")
	}
	w.put(t, "versioned-bucket", "a/0-deleted", "x")
	if _, err := w.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("versioned-bucket"), Key: aws.String("a/0-deleted")}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, prefix, delimiter, after, want string
	}{
		{"all", "", "", "", "a/ a/1 a/2 ab b c/x/1 c/y d&<"},
		{"folders", "", "/", "", "[a/] ab b [c/] d&<"},
		{"in a folder", "a/", "/", "", "a/ a/1 a/2"},
		{"prefix without delimiter", "a", "", "", "a/ a/1 a/2 ab"},
		{"nested folder", "c/", "/", "", "[c/x/] c/y"},
		{"after a key", "", "", "a/2", "ab b c/x/1 c/y d&<"},
		{"after a key outside the prefix", "c/", "", "zzz", ""},
		{"nothing", "nope", "/", "", ""},
	} {
		for _, size := range []int32{1, 2, 1000} {
			in := &awss3.ListObjectsV2Input{Bucket: aws.String("versioned-bucket"), Prefix: &row.prefix, Delimiter: &row.delimiter, StartAfter: &row.after, MaxKeys: &size}
			type line struct{ sort, show string }
			var got []line
			for p := awss3.NewListObjectsV2Paginator(w.Client, in); p.HasMorePages(); {
				page, err := p.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range page.Contents {
					got = append(got, line{*o.Key, *o.Key})
				}
				for _, c := range page.CommonPrefixes {
					got = append(got, line{*c.Prefix, "[" + *c.Prefix + "]"})
				}
			}
			slices.SortFunc(got, func(a, b line) int { return strings.Compare(a.sort, b.sort) })
			var shown []string
			for _, l := range got {
				shown = append(shown, l.show)
			}
			if s := strings.Join(shown, " "); s != row.want {
				t.Errorf("%s, pages of %d: got %q, want %q", row.name, size, s, row.want)
			}
		}
	}
}

func TestListsTellTheRegionOfTheirBucket(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	for _, query := range []string{"", "?list-type=2"} {
		if got := w.ask(t, "GET /plain-bucket"+query).Header().Get("x-amz-bucket-region"); got != "eu-central-1" {
			t.Errorf("%s: %q", query, got)
		}
	}
}
