// S3's actions as JSON calls, beside the same ones of the SDK for Go.

package s3_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// session is what one way of calling remembers: $V is the last version that it was
// told of, and $U the last upload.
type session struct{ version, upload string }

func (s *session) text(input string) string {
	return strings.NewReplacer("$V", s.version, "$U", s.upload).Replace(input)
}

func (s *session) note(output map[string]any) {
	if id, ok := output["VersionId"].(string); ok {
		s.version = id
	}
	if id, ok := output["UploadId"].(string); ok {
		s.upload = id
	}
}

// bySDK calls an action by the SDK, and returns its output as JSON has it.
func bySDK(ctx context.Context, client *awss3.Client, action, input string) (map[string]any, error) {
	method := reflect.ValueOf(client).MethodByName(action)
	in := reflect.New(method.Type().In(1).Elem())
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(input), &members); err != nil {
		return nil, err
	}
	if body, ok := members["Body"]; ok {
		var text string
		if err := json.Unmarshal(body, &text); err != nil {
			return nil, err
		}
		in.Elem().FieldByName("Body").Set(reflect.ValueOf(strings.NewReader(text)))
		delete(members, "Body")
	}
	text, _ := json.Marshal(members)
	if err := json.Unmarshal(text, in.Interface()); err != nil {
		return nil, err
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, _ := results[1].Interface().(error); err != nil {
		return nil, err
	}
	output := map[string]any{}
	out := results[0].Elem()
	for i := range out.NumField() {
		name, field := out.Type().Field(i).Name, out.Field(i)
		if name == "ResultMetadata" || !field.CanInterface() {
			continue
		}
		if body, ok := field.Interface().(io.ReadCloser); ok {
			all, err := io.ReadAll(body)
			if err != nil {
				return nil, err
			}
			output[name] = string(all)
		} else {
			output[name] = plain(field)
		}
	}
	return output, nil
}

// plain is a value of the SDK as JSON has it. A list or a map that is not there is nil.
func plain(v reflect.Value) any {
	text, _ := json.Marshal(v.Interface())
	var value any
	_ = json.Unmarshal(text, &value)
	return value
}

// dropEmpty drops what there is not, as the SDK tells it: nil, and an empty text of
// an enumeration.
func dropEmpty(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if v[name] = dropEmpty(member); v[name] == nil || v[name] == "" {
				delete(v, name)
			}
		}
	case []any:
		for i := range v {
			v[i] = dropEmpty(v[i])
		}
	}
	return value
}

var unsteady = regexp.MustCompile(`"((?:CopySource)?VersionId|UploadId|NextUploadIdMarker|UploadIdMarker|NextVersionIdMarker|ID|ContinuationToken|NextContinuationToken)":"[^"]*"`)

// quoted are numbers that the SDK has as texts.
var quoted = regexp.MustCompile(`"((?:Next)?PartNumberMarker)":"(\d+)"`)

// comparable is an output without what differs from world to world.
func comparable(t *testing.T, output any) string {
	text, err := json.Marshal(times(dropEmpty(output)))
	if err != nil {
		t.Fatal(err)
	}
	steady := unsteady.ReplaceAllString(string(text), `"$1":"*"`)
	return quoted.ReplaceAllString(steady, `"$1":$2`)
}

// times marks times, which the SDK writes as texts and the engine as numbers.
func times(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if strings.HasSuffix(name, "Modified") || strings.HasSuffix(name, "Date") || name == "Initiated" {
				if _, isNumber := member.(float64); isNumber {
					member = time.UnixMilli(int64(member.(float64) * 1000)).UTC().Format(time.RFC3339)
				}
				if at, err := time.Parse(time.RFC3339, member.(string)); err == nil && at.Year() < 2089 {
					member = "a time"
				}
			}
			v[name] = times(member)
		}
	case []any:
		for i := range v {
			v[i] = times(v[i])
		}
	}
	return value
}

// steps call every action that there is. What is refused is so both ways.
var steps = [][2]string{
	{"CreateBucket", `{"Bucket": "new-bucket", "ObjectLockEnabledForBucket": true, "ObjectOwnership": "ObjectWriter", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}}`},
	{"HeadBucket", `{"Bucket": "new-bucket"}`},
	{"ListBuckets", `{"Prefix": "new", "MaxBuckets": 5}`},
	{"GetBucketLocation", `{"Bucket": "new-bucket"}`},
	{"GetBucketVersioning", `{"Bucket": "new-bucket"}`},
	{"PutBucketVersioning", `{"Bucket": "versioned-bucket", "VersioningConfiguration": {"Status": "Suspended"}}`},
	{"GetBucketVersioning", `{"Bucket": "versioned-bucket"}`},
	{"GetBucketTagging", `{"Bucket": "new-bucket"}`},
	{"PutBucketTagging", `{"Bucket": "new-bucket", "Tagging": {"TagSet": [{"Key": "team", "Value": "b2b <&>"}]}}`},
	{"GetBucketTagging", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketTagging", `{"Bucket": "new-bucket"}`},
	{"GetBucketTagging", `{"Bucket": "new-bucket"}`},
	{"GetPublicAccessBlock", `{"Bucket": "new-bucket"}`},
	{"PutPublicAccessBlock", `{"Bucket": "new-bucket", "PublicAccessBlockConfiguration": {"BlockPublicAcls": false, "IgnorePublicAcls": true}}`},
	{"GetPublicAccessBlock", `{"Bucket": "new-bucket"}`},
	{"DeletePublicAccessBlock", `{"Bucket": "new-bucket"}`},
	{"PutBucketAcl", `{"Bucket": "new-bucket", "AccessControlPolicy": {"Owner": {"ID": "0000000000000000000000000000000000000000000000000000111122223333"}, "Grants": [{"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}]}}`},
	{"GetBucketAcl", `{"Bucket": "new-bucket"}`},
	{"GetBucketOwnershipControls", `{"Bucket": "new-bucket"}`},
	{"PutBucketOwnershipControls", `{"Bucket": "new-bucket", "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}}`},
	{"DeleteBucketOwnershipControls", `{"Bucket": "new-bucket"}`},
	{"PutBucketPolicy", `{"Bucket": "new-bucket", "Policy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"111122223333\"}, \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::new-bucket/*\"}]}"}`},
	{"GetBucketPolicy", `{"Bucket": "new-bucket"}`},
	{"GetBucketPolicyStatus", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketPolicy", `{"Bucket": "new-bucket"}`},
	{"PutBucketCors", `{"Bucket": "new-bucket", "CORSConfiguration": {"CORSRules": [{"ID": "r", "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 7}]}}`},
	{"GetBucketCors", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketCors", `{"Bucket": "new-bucket"}`},
	{"PutBucketEncryption", `{"Bucket": "new-bucket", "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}, "BucketKeyEnabled": true}]}}`},
	{"GetBucketEncryption", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketEncryption", `{"Bucket": "new-bucket"}`},
	{"PutBucketLifecycleConfiguration", `{"Bucket": "new-bucket", "TransitionDefaultMinimumObjectSize": "varies_by_storage_class", "LifecycleConfiguration": {"Rules": [
		{"ID": "old", "Status": "Enabled", "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 5}}, "Expiration": {"Date": "2090-01-01T00:00:00Z"}},
		{"ID": "parts", "Status": "Disabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}, "NoncurrentVersionExpiration": {"NoncurrentDays": 2}}]}}`},
	{"GetBucketLifecycleConfiguration", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketLifecycle", `{"Bucket": "new-bucket"}`},
	{"PutBucketLogging", `{"Bucket": "new-bucket", "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "plain-bucket", "TargetPrefix": "log/"}}}`},
	{"GetBucketLogging", `{"Bucket": "new-bucket"}`},
	{"PutBucketNotificationConfiguration", `{"Bucket": "new-bucket", "NotificationConfiguration": {"EventBridgeConfiguration": {}}}`},
	{"GetBucketNotificationConfiguration", `{"Bucket": "new-bucket"}`},
	{"PutObjectLockConfiguration", `{"Bucket": "new-bucket", "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}}`},
	{"GetObjectLockConfiguration", `{"Bucket": "new-bucket"}`},
	{"PutBucketRequestPayment", `{"Bucket": "new-bucket", "RequestPaymentConfiguration": {"Payer": "Requester"}}`},
	{"GetBucketRequestPayment", `{"Bucket": "new-bucket"}`},
	{"PutBucketAccelerateConfiguration", `{"Bucket": "new-bucket", "AccelerateConfiguration": {"Status": "Enabled"}}`},
	{"GetBucketAccelerateConfiguration", `{"Bucket": "new-bucket"}`},
	{"PutBucketWebsite", `{"Bucket": "new-bucket", "WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": [{"Condition": {"KeyPrefixEquals": "a/"}, "Redirect": {"ReplaceKeyPrefixWith": ""}}]}}`},
	{"GetBucketWebsite", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketWebsite", `{"Bucket": "new-bucket"}`},
	{"PutBucketMetricsConfiguration", `{"Bucket": "new-bucket", "Id": "m", "MetricsConfiguration": {"Id": "m"}}`},
	{"GetBucketMetricsConfiguration", `{"Bucket": "new-bucket", "Id": "m"}`},
	{"ListBucketMetricsConfigurations", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketMetricsConfiguration", `{"Bucket": "new-bucket", "Id": "m"}`},
	{"PutBucketAnalyticsConfiguration", `{"Bucket": "new-bucket", "Id": "a", "AnalyticsConfiguration": {"Id": "a", "StorageClassAnalysis": {}}}`},
	{"GetBucketAnalyticsConfiguration", `{"Bucket": "new-bucket", "Id": "a"}`},
	{"ListBucketAnalyticsConfigurations", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketAnalyticsConfiguration", `{"Bucket": "new-bucket", "Id": "a"}`},
	{"PutBucketInventoryConfiguration", `{"Bucket": "new-bucket", "Id": "i", "InventoryConfiguration": {"Id": "i", "IsEnabled": true, "IncludedObjectVersions": "All", "OptionalFields": ["Size", "ETag"],
		"Schedule": {"Frequency": "Daily"}, "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::plain-bucket", "Format": "CSV", "Encryption": {"SSES3": {}}}}}}`},
	{"GetBucketInventoryConfiguration", `{"Bucket": "new-bucket", "Id": "i"}`},
	{"ListBucketInventoryConfigurations", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketInventoryConfiguration", `{"Bucket": "new-bucket", "Id": "i"}`},
	{"PutBucketIntelligentTieringConfiguration", `{"Bucket": "new-bucket", "Id": "t", "IntelligentTieringConfiguration": {"Id": "t", "Status": "Enabled", "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}]}}`},
	{"GetBucketIntelligentTieringConfiguration", `{"Bucket": "new-bucket", "Id": "t"}`},
	{"ListBucketIntelligentTieringConfigurations", `{"Bucket": "new-bucket"}`},
	{"DeleteBucketIntelligentTieringConfiguration", `{"Bucket": "new-bucket", "Id": "t"}`},

	{"PutObject", `{"Bucket": "new-bucket", "Key": "a/b c", "Body": "hello", "ContentType": "text/plain", "Metadata": {"Kind": "invoice"}, "Tagging": "team=b2b", "StorageClass": "STANDARD_IA", "ChecksumAlgorithm": "SHA256", "CacheControl": "no-store"}`},
	{"GetObject", `{"Bucket": "new-bucket", "Key": "a/b c", "Range": "bytes=1-3", "ResponseContentType": "text/xml"}`},
	{"GetObject", `{"Bucket": "new-bucket", "Key": "a/b c", "VersionId": "$V", "ChecksumMode": "ENABLED", "IfModifiedSince": "2001-01-01T00:00:00Z", "ResponseExpires": "2001-02-03T04:05:06Z"}`},
	{"GetObject", `{"Bucket": "new-bucket", "Key": "a/b c", "IfUnmodifiedSince": "2001-01-01T00:00:00Z"}`},
	{"GetObject", `{"Bucket": "new-bucket", "Key": "none"}`},
	{"HeadObject", `{"Bucket": "new-bucket", "Key": "a/b c", "PartNumber": 1}`},
	{"GetObjectAttributes", `{"Bucket": "new-bucket", "Key": "a/b c", "ObjectAttributes": ["ETag", "Checksum", "ObjectSize", "StorageClass"]}`},
	{"PutObjectTagging", `{"Bucket": "new-bucket", "Key": "a/b c", "Tagging": {"TagSet": [{"Key": "x", "Value": "y"}]}}`},
	{"GetObjectTagging", `{"Bucket": "new-bucket", "Key": "a/b c", "VersionId": "$V"}`},
	{"DeleteObjectTagging", `{"Bucket": "new-bucket", "Key": "a/b c"}`},
	{"GetObjectTagging", `{"Bucket": "new-bucket", "Key": "a/b c"}`},
	{"GetObjectAcl", `{"Bucket": "new-bucket", "Key": "a/b c"}`},
	{"PutObjectAcl", `{"Bucket": "new-bucket", "Key": "a/b c", "ACL": "bucket-owner-full-control"}`},
	{"PutObjectRetention", `{"Bucket": "new-bucket", "Key": "a/b c", "Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": "2090-01-01T00:00:00Z"}}`},
	{"GetObjectRetention", `{"Bucket": "new-bucket", "Key": "a/b c"}`},
	{"PutObjectLegalHold", `{"Bucket": "new-bucket", "Key": "a/b c", "LegalHold": {"Status": "OFF"}}`},
	{"GetObjectLegalHold", `{"Bucket": "new-bucket", "Key": "a/b c"}`},
	{"DeleteObject", `{"Bucket": "new-bucket", "Key": "a/b c", "VersionId": "$V"}`},
	{"CopyObject", `{"Bucket": "plain-bucket", "Key": "copy", "CopySource": "new-bucket/a/b%20c", "MetadataDirective": "REPLACE", "Metadata": {"a": "b"}, "ChecksumAlgorithm": "SHA1", "CopySourceIfUnmodifiedSince": "2090-01-01T00:00:00Z"}`},
	{"ListObjects", `{"Bucket": "new-bucket", "Delimiter": "/", "EncodingType": "url"}`},
	{"ListObjectsV2", `{"Bucket": "plain-bucket", "FetchOwner": true, "MaxKeys": 1, "StartAfter": "b"}`},
	{"ListObjectVersions", `{"Bucket": "new-bucket", "Prefix": "a/"}`},
	{"DeleteObjects", `{"Bucket": "plain-bucket", "Delete": {"Objects": [{"Key": "copy"}, {"Key": "none", "VersionId": "no"}]}}`},

	{"CreateMultipartUpload", `{"Bucket": "plain-bucket", "Key": "big", "ChecksumAlgorithm": "CRC32"}`},
	{"UploadPart", `{"Bucket": "plain-bucket", "Key": "big", "UploadId": "$U", "PartNumber": 1, "Body": "hello", "ChecksumAlgorithm": "CRC32"}`},
	{"UploadPartCopy", `{"Bucket": "plain-bucket", "Key": "big", "UploadId": "$U", "PartNumber": 2, "CopySource": "/new-bucket/a/b%20c", "CopySourceRange": "bytes=0-1"}`},
	{"ListParts", `{"Bucket": "plain-bucket", "Key": "big", "UploadId": "$U", "MaxParts": 1}`},
	{"ListMultipartUploads", `{"Bucket": "plain-bucket", "Prefix": "b"}`},
	{"CompleteMultipartUpload", `{"Bucket": "plain-bucket", "Key": "big", "UploadId": "$U", "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "\"5d41402abc4b2a76b9719d911017c592\"", "ChecksumCRC32": "NhCmhg=="}]}}`},
	{"CreateMultipartUpload", `{"Bucket": "plain-bucket", "Key": "small"}`},
	{"AbortMultipartUpload", `{"Bucket": "plain-bucket", "Key": "small", "UploadId": "$U"}`},
	{"DeleteBucket", `{"Bucket": "versioned-bucket"}`},
}

func TestEveryActionIsCalledAsBySDKs(t *testing.T) {
	sdkWorld, callWorld := newWorld(t, "plain-bucket", "versioned-bucket"), newWorld(t, "plain-bucket", "versioned-bucket")
	for _, w := range []*world{sdkWorld, callWorld} {
		w.cloud.Policies = iam.New(w.cloud)
	}
	var bySDKs, byCalls session
	called := map[string]bool{}
	for _, step := range steps {
		action, input := step[0], step[1]
		called[action] = true
		t.Run(action+" "+input, func(t *testing.T) {
			want, wantErr := bySDK(t.Context(), sdkWorld.Client, action, bySDKs.text(input))
			raw, gotErr := callWorld.s3.Call(t.Context(), callWorld.cloud.Administrator(), action, json.RawMessage(byCalls.text(input)))
			if wantErr != nil || gotErr != nil {
				if gotErr == nil || code(wantErr) != cloud.AsError(gotErr).Code {
					t.Fatalf("the SDK fails with %v, the call with %v", wantErr, gotErr)
				}
				return
			}
			var got map[string]any
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			bySDKs.note(want)
			byCalls.note(got)
			for _, deprecated := range []string{"Expires", "ExpiresString"} {
				delete(want, deprecated)
				delete(got, deprecated)
			}
			got["Location"], want["Location"] = nil, nil // where each world is
			if got, want := comparable(t, got), comparable(t, want); got != want {
				t.Errorf("the call answers\n%s\nthe SDK\n%s", got, want)
			}
		})
	}
	for action := range maps.Keys(callWorld.s3.Operations) {
		if !called[action] {
			t.Errorf("%s is not called", action)
		}
	}
}

// A body is the last member of an answer, and ends where no state machine could hold
// it any more.
func TestACallReturnsABodyThatIsNotTooLong(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.put(t, "plain-bucket", "large", strings.Repeat("x", 1<<20+1))
	raw, err := w.s3.Call(t.Context(), w.cloud.Administrator(), "GetObject", json.RawMessage(`{"Bucket": "plain-bucket", "Key": "large"}`))
	var got struct {
		Body          string
		ContentLength int
	}
	if err == nil {
		err = json.Unmarshal(raw, &got)
	}
	if err != nil || len(got.Body) != 1<<20 || got.ContentLength != 1<<20+1 || !strings.HasSuffix(string(raw), `x"}`) {
		t.Errorf("%v: %d of %d bytes", err, len(got.Body), got.ContentLength)
	}
}

func TestACallIsHeldToWhatItsActionTakes(t *testing.T) {
	for _, row := range []struct{ action, input, want string }{
		{"GetObject", `{"Bucket": "plain-bucket"}`, "Key cannot be empty"},
		{"GetObject", `{"Bucket": "plain-bucket", "Key": ""}`, "Key cannot be empty"},
		{"GetObject", `{"Key": "k"}`, "Bucket cannot be empty"},
		{"GetObject", `{"Bucket": "plain-bucket", "Key": "k", "Torrent": true}`, "NotImplemented"},
		{"GetObject", `{"Bucket": "plain-bucket", "Key": "k", "key": "k"}`, "SerializationException"},
		{"PutObject", `{"Bucket": "plain-bucket", "Key": "k", "WriteOffsetBytes": 1}`, "NotImplemented"},
		{"PutObject", `{"Bucket": "plain-bucket", "Key": "k", "ChecksumAlgorithm": "MD4"}`, "InvalidRequest"},
		{"PutObject", `{"Bucket": "plain-bucket", "Key": "k", "Body": "hello", "ContentLength": 6}`, "IncompleteBody"},
		{"PutObject", `{"Bucket": "plain-bucket", "Key": "k", "Body": "hello", "ChecksumCRC32": "AAAAAA=="}`, "BadDigest"},
		{"PutObject", `{"Bucket": "plain-bucket", "Key": "k", "Body": "hello", "ChecksumAlgorithm": "CRC32", "ChecksumCRC32": "AAAAAA=="}`, "BadDigest"},
		{"PutObject", `{"Bucket": "plain-bucket", "Key": "k", "ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": "2090-01-01T00:00:00Z"}`, "missing Object Lock"},
		{"PutObject", `{"Bucket": "plain-bucket", "Key": "k", "RequestPayer": "requester"}`, ""},
		{"DeleteObjects", `{"Bucket": "plain-bucket", "Delete": {"Objects": [{"Key": "k", "Size": 1}]}}`, "NotImplemented"},
		{"PutBucketEncryption", `{"Bucket": "plain-bucket", "ServerSideEncryptionConfiguration": {"Rules": [{"Other": 1}]}}`, "NotImplemented"},
		{"ListDirectoryBuckets", `{}`, "UnknownOperationException"},
	} {
		w := newWorld(t, "plain-bucket")
		_, err := w.s3.Call(t.Context(), w.cloud.Administrator(), row.action, json.RawMessage(row.input))
		if got := fmt.Sprint(err); row.want == "" && err != nil || row.want != "" && !strings.Contains(got, row.want) {
			t.Errorf("%s %s: got %v, want %s", row.action, row.input, err, row.want)
		}
	}
}

// A caller has the rights and the name of its own.
func TestACallIsItsCallers(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.deny = func(action, _ string, _ map[string]string) bool { return action == "s3:PutBucketTagging" }
	_, err := w.s3.Call(t.Context(), cloud.Caller{ARN: "arn:aws:iam::111122223333:role/r"}, "PutBucketTagging", json.RawMessage(`{"Bucket": "plain-bucket", "Tagging": {"TagSet": []}}`))
	if cloud.AsError(err).Code != "AccessDenied" {
		t.Errorf("got %v", err)
	}
	w.deny = nil
	if _, err := w.s3.Call(t.Context(), cloud.Caller{ARN: "arn:aws:iam::111122223333:role/r"}, "PutObject", json.RawMessage(`{"Bucket": "plain-bucket", "Key": "k", "Body": {"a": [1, 2.0]}}`)); err != nil {
		t.Fatal(err)
	}
	if call := w.calls[len(w.calls)-1]; call.Caller.ARN != "arn:aws:iam::111122223333:role/r" || call.UserAgent != "aws-sdk" || call.SourceIP != "127.0.0.1" {
		t.Errorf("CloudTrail was told %+v", call)
	}
	if got := w.get(t, &awss3.GetObjectInput{Bucket: ptr("plain-bucket"), Key: ptr("k")}); got != `{"a": [1, 2.0]}` {
		t.Errorf("stored %s", got)
	}
	if names := slices.Sorted(maps.Keys(w.s3.Operations)); !slices.Contains(names, "GetObject") || slices.Contains(names, "PostObject") {
		t.Errorf("actions %v", names)
	}
}

func ptr(text string) *string { return &text }

var _ cloud.API = (*s3.S3)(nil)
