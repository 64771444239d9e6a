// The configurations of buckets, over HTTP.

package s3_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// answer is the status of an answer, and the error's code if it has one.
func (w *world) answer(t *testing.T, request string) string {
	t.Helper()
	rec := w.ask(t, request)
	_, rest, _ := strings.Cut(rec.Body.String(), "<Code>")
	code, _, _ := strings.Cut(rest, "</Code>")
	return strings.TrimSpace(fmt.Sprint(rec.Code, " ", code))
}

func TestAConfigurationIsPutToldAndDeleted(t *testing.T) {
	const malformed = "400 MalformedXML"
	for _, row := range []struct {
		at       string
		document string
		before   string            // what is told of a new bucket, or the error
		after    string            // of one whose configuration was deleted; empty where it cannot be
		refused  map[string]string // other documents, and their errors
	}{
		{at: "accelerate", document: "<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>", before: "<AccelerateConfiguration/>",
			refused: map[string]string{"<AccelerateConfiguration><Status>On</Status></AccelerateConfiguration>": malformed}},
		{at: "cors", document: "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>",
			before: "404 NoSuchCORSConfiguration", after: "404 NoSuchCORSConfiguration",
			refused: map[string]string{
				"<CORSConfiguration></CORSConfiguration>": malformed,
				"<CORSConfiguration><CORSRule><AllowedMethod>OPTIONS</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>":                            "400 InvalidRequest",
				"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*.*</AllowedOrigin></CORSRule></CORSConfiguration>":                              "400 InvalidRequest",
				"<Configuration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></Configuration>":                                        malformed,
				"<CORSConfiguration><CORSRule><AllowedVerb>GET</AllowedVerb><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>":                                    malformed,
				"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>":                                                                malformed,
				"<CORSConfiguration>" + strings.Repeat("<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>a</AllowedOrigin></CORSRule>", 101) + "</CORSConfiguration>": malformed,
			}},
		{at: "encryption", document: "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
			before: "<SSEAlgorithm>AES256</SSEAlgorithm>", after: "<SSEAlgorithm>AES256</SSEAlgorithm>",
			refused: map[string]string{
				"<ServerSideEncryptionConfiguration/>": malformed,
				"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>DES</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>":                                      malformed,
				"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>": "400 InvalidArgument",
			}},
		{at: "lifecycle", document: "<LifecycleConfiguration><Rule><ID>old</ID><Filter><Prefix>a/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule></LifecycleConfiguration>",
			before: "404 NoSuchLifecycleConfiguration", after: "404 NoSuchLifecycleConfiguration",
			refused: map[string]string{
				rule("<ID>a</ID><Expiration><Days>7</Days></Expiration>"):                                                                                                           malformed,
				rule("<ID>a</ID><Filter/>"):                                                                                                                                         "400 InvalidRequest",
				rule("<ID>a</ID><Filter/><Expiration><Days>0</Days></Expiration>"):                                                                                                  "400 InvalidArgument",
				rule("<ID>a</ID><Filter/><Expiration><Date>2030-01-01T01:00:00Z</Date></Expiration>"):                                                                               "400 InvalidArgument",
				rule("<ID>a</ID><Filter/><Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"):                                       malformed,
				rule("<ID>a</ID><Filter/><Transition><Days>-1</Days><StorageClass>GLACIER</StorageClass></Transition>"):                                                             "400 InvalidArgument",
				rule("<ID>a</ID><Filter/><Transition><Days>29</Days><StorageClass>STANDARD_IA</StorageClass></Transition>"):                                                         "400 InvalidArgument",
				rule("<ID>a</ID><Filter/><NoncurrentVersionTransition><NoncurrentDays>-1</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>"):       "400 InvalidArgument",
				rule("<ID>a</ID><Filter/><NoncurrentVersionExpiration/>"):                                                                                                           malformed,
				rule("<ID>a</ID><Filter><Prefix>a</Prefix><ObjectSizeLessThan>1</ObjectSizeLessThan></Filter><Expiration><Days>1</Days></Expiration>"):                              malformed,
				rule("<ID>a</ID><Filter><And><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>a</Key><Value>2</Value></Tag></And></Filter><Expiration><Days>1</Days></Expiration>"): "400 InvalidRequest",
				"<LifecycleConfiguration><Rule><ID>a</ID><Filter/><Status>On</Status><Expiration><Days>7</Days></Expiration></Rule></LifecycleConfiguration>":                       malformed,
				rule("<ID>a</ID><Filter/><Expiration><Days>7</Days></Expiration></Rule><Rule><ID>a</ID><Status>Enabled</Status><Filter/><Expiration><Days>7</Days></Expiration>"):   "400 InvalidArgument",
			}},
		{at: "logging", document: "<BucketLoggingStatus><LoggingEnabled><TargetBucket>log-bucket</TargetBucket><TargetPrefix>a/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
			before: "<BucketLoggingStatus/>",
			refused: map[string]string{
				"<BucketLoggingStatus><LoggingEnabled><TargetBucket>no-bucket</TargetBucket><TargetPrefix>a/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>": "400 InvalidTargetBucketForLogging",
			}},
		{at: "ownershipControls", document: "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
			before: "<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>", after: "404 OwnershipControlsNotFoundError",
			refused: map[string]string{"<OwnershipControls><Rule><ObjectOwnership>Nobody</ObjectOwnership></Rule></OwnershipControls>": malformed}},
		{at: "publicAccessBlock", document: "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
			before: "<RestrictPublicBuckets>true</RestrictPublicBuckets>", after: "404 NoSuchPublicAccessBlockConfiguration"},
		{at: "requestPayment", document: "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
			before:  "<Payer>BucketOwner</Payer>",
			refused: map[string]string{"<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>": malformed}},
		{at: "website", document: "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>",
			before: "404 NoSuchWebsiteConfiguration", after: "404 NoSuchWebsiteConfiguration",
			refused: map[string]string{
				"<WebsiteConfiguration/>": "400 InvalidArgument",
				"<WebsiteConfiguration><IndexDocument><Suffix>a/b</Suffix></IndexDocument></WebsiteConfiguration>":                                                                                                                                                            "400 InvalidArgument",
				"<WebsiteConfiguration><RedirectAllRequestsTo><HostName>a</HostName><Protocol>ftp</Protocol></RedirectAllRequestsTo></WebsiteConfiguration>":                                                                                                                  "400 InvalidRequest",
				"<WebsiteConfiguration><RedirectAllRequestsTo><HostName>a</HostName></RedirectAllRequestsTo><IndexDocument><Suffix>a</Suffix></IndexDocument></WebsiteConfiguration>":                                                                                         "400 InvalidArgument",
				"<WebsiteConfiguration><IndexDocument><Suffix>a</Suffix></IndexDocument><RoutingRules/></WebsiteConfiguration>":                                                                                                                                               malformed,
				"<WebsiteConfiguration><IndexDocument><Suffix>a</Suffix></IndexDocument><RoutingRules><RoutingRule><Condition/><Redirect><ReplaceKeyWith>a</ReplaceKeyWith></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>":                                   "400 InvalidRequest",
				"<WebsiteConfiguration><IndexDocument><Suffix>a</Suffix></IndexDocument><RoutingRules><RoutingRule><Redirect><ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>": "400 InvalidRequest",
			}},
		{at: "metrics&id=a", document: "<MetricsConfiguration><Id>a</Id><Filter><Prefix>a/</Prefix></Filter></MetricsConfiguration>",
			before: "404 NoSuchConfiguration", after: "404 NoSuchConfiguration",
			refused: map[string]string{
				"<MetricsConfiguration><Id>b</Id></MetricsConfiguration>":                                                                       malformed,
				"<MetricsConfiguration><Id>a</Id><Filter><Prefix>a/</Prefix><AccessPointArn>b</AccessPointArn></Filter></MetricsConfiguration>": malformed,
			}},
		{at: "analytics&id=a", document: "<AnalyticsConfiguration><Id>a</Id><StorageClassAnalysis></StorageClassAnalysis></AnalyticsConfiguration>",
			before: "404 NoSuchConfiguration", after: "404 NoSuchConfiguration"},
		{at: "inventory&id=a", document: "<InventoryConfiguration><Destination><S3BucketDestination><Bucket>arn:aws:s3:::log-bucket</Bucket><Format>CSV</Format></S3BucketDestination></Destination><IsEnabled>true</IsEnabled><Id>a</Id><IncludedObjectVersions>All</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>",
			before: "404 NoSuchConfiguration", after: "404 NoSuchConfiguration",
			refused: map[string]string{"<InventoryConfiguration><IsEnabled>true</IsEnabled><Id>a</Id></InventoryConfiguration>": malformed}},
		{at: "intelligent-tiering&id=a", document: "<IntelligentTieringConfiguration><Id>a</Id><Status>Enabled</Status><Tiering><AccessTier>ARCHIVE_ACCESS</AccessTier><Days>90</Days></Tiering></IntelligentTieringConfiguration>",
			before: "404 NoSuchConfiguration", after: "404 NoSuchConfiguration",
			refused: map[string]string{"<IntelligentTieringConfiguration><Id>a</Id><Status>Enabled</Status></IntelligentTieringConfiguration>": malformed}},
	} {
		t.Run(row.at, func(t *testing.T) {
			w := newWorld(t, "plain-bucket", "log-bucket")
			told := func(when, want string) {
				t.Helper()
				if strings.HasPrefix(want, "4") {
					if got := w.answer(t, "GET /plain-bucket?"+row.at); got != want {
						t.Errorf("%s: got %s, want %s", when, got, want)
					}
					return
				}
				rec := w.ask(t, "GET /plain-bucket?"+row.at)
				if got := rec.Body.String(); rec.Code != 200 || !strings.Contains(strings.Replace(got, ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`, "", 1), want) {
					t.Errorf("%s: got %d %s, want %s", when, rec.Code, got, want)
				}
			}
			told("before", row.before)
			for document, want := range row.refused {
				if got := w.answer(t, "PUT /plain-bucket?"+row.at+"\n\n"+document); got != want {
					t.Errorf("%s: got %s, want %s", document, got, want)
				}
			}
			told("after what was refused", row.before)
			if got := w.answer(t, "PUT /plain-bucket?"+row.at+"\n\n"+row.document); got != "200" && got != "204" {
				t.Fatalf("put: got %s", got)
			}
			told("after", row.document)
			if row.after == "" {
				if got := w.answer(t, "DELETE /plain-bucket?"+row.at); got != "501 NotImplemented" {
					t.Errorf("delete: got %s", got)
				}
				return
			}
			if got := w.answer(t, "DELETE /plain-bucket?"+row.at); got != "204" {
				t.Errorf("delete: got %s", got)
			}
			told("after it was deleted", row.after)
			if got := w.answer(t, "PUT /no-bucket?"+row.at+"\n\n"+row.document); got != "404 NoSuchBucket" {
				t.Errorf("of no bucket: got %s", got)
			}
		})
	}
}

// rule is a life cycle of one rule that is enabled.
func rule(members string) string {
	return "<LifecycleConfiguration><Rule><Status>Enabled</Status>" + members + "</Rule></LifecycleConfiguration>"
}

func TestAnInventoryTellsWhatAWSCan(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	with := func(field string) string {
		return "PUT /plain-bucket?inventory&id=a\n\n<InventoryConfiguration><Destination><S3BucketDestination><Bucket>arn:aws:s3:::log-bucket</Bucket><Format>CSV</Format></S3BucketDestination></Destination>" +
			"<Id>a</Id><IncludedObjectVersions>All</IncludedObjectVersions><OptionalFields><Field>Size</Field><Field>" + field + "</Field></OptionalFields><Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>"
	}
	for _, field := range types.InventoryOptionalField("").Values() {
		if got := w.answer(t, with(string(field))); got != "200" && got != "204" {
			t.Errorf("%s: got %s", field, got)
		}
	}
	if got := w.answer(t, with("Weight")); got != "400 MalformedXML" {
		t.Errorf("Weight: got %s", got)
	}
}

func TestAConfigurationNeedsItsOwnPermissions(t *testing.T) {
	const cors = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>"
	for action, request := range map[string]string{
		"s3:GetBucketCORS":              "GET /plain-bucket?cors",
		"s3:PutBucketCORS":              "PUT /plain-bucket?cors\n\n" + cors,
		"s3:DeleteBucketWebsite":        "DELETE /plain-bucket?website",
		"s3:PutLifecycleConfiguration":  "DELETE /plain-bucket?lifecycle",
		"s3:GetMetricsConfiguration":    "GET /plain-bucket?metrics",
		"s3:PutMetricsConfiguration":    "DELETE /plain-bucket?metrics&id=a",
		"s3:GetBucketPublicAccessBlock": "GET /plain-bucket?publicAccessBlock",
		"s3:GetBucketAcl":               "GET /plain-bucket?acl",
		"s3:PutBucketAcl":               "PUT /plain-bucket?acl\nx-amz-acl: private",
		"s3:PutEncryptionConfiguration": "DELETE /plain-bucket?encryption",
	} {
		t.Run(action, func(t *testing.T) {
			w := newWorld(t, "plain-bucket")
			w.deny = func(asked, resource string, _ map[string]string) bool {
				return asked == action && resource == "arn:aws:s3:::plain-bucket"
			}
			if got := w.answer(t, request); got != "403 AccessDenied" {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestALifeCycleHasAThousandRulesWithIDsOfTheirOwn(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	const one = "<Rule><Status>Enabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule>"
	for n, want := range map[int]string{1000: "200", 1001: "400 MalformedXML"} {
		if got := w.answer(t, "PUT /plain-bucket?lifecycle\n\n<LifecycleConfiguration>"+strings.Repeat(one, n)+"</LifecycleConfiguration>"); got != want {
			t.Errorf("%d rules: got %s, want %s", n, got, want)
		}
	}
}

func TestAnObjectTellsWhenItExpires(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	filter := "<Filter><And><Prefix>a/</Prefix><Tag><Key>keep</Key><Value>no</Value></Tag><ObjectSizeGreaterThan>4</ObjectSizeGreaterThan><ObjectSizeLessThan>6</ObjectSizeLessThan></And></Filter>"
	later := "</Rule><Rule><ID>later</ID><Status>Enabled</Status><Filter><Prefix>a/k</Prefix></Filter><Expiration><Date>2090-01-01T00:00:00Z</Date></Expiration>"
	if got := w.answer(t, "PUT /versioned-bucket?lifecycle\n\n"+rule("<ID>soon</ID>"+filter+"<Expiration><Days>2</Days></Expiration>"+later)); got != "200" {
		t.Fatal(got)
	}
	day := time.Now().UTC().AddDate(0, 0, 3).Truncate(24 * time.Hour).Format(http.TimeFormat)
	for name, want := range map[string]string{
		"PUT /versioned-bucket/a/1\nx-amz-tagging: keep=no\n\nhello":  `expiry-date="` + day + `", rule-id="soon"`,
		"PUT /versioned-bucket/a/k\nx-amz-tagging: keep=no\n\nhell":   `expiry-date="Sun, 01 Jan 2090 00:00:00 GMT", rule-id="later"`,
		"PUT /versioned-bucket/a/2\nx-amz-tagging: keep=no\n\nhello!": "",
		"PUT /versioned-bucket/a/3\nx-amz-tagging: keep=yes\n\nhello": "",
		"PUT /versioned-bucket/b/4\nx-amz-tagging: keep=no\n\nhello":  "",
	} {
		put := w.ask(t, name)
		address, _, _ := strings.Cut(strings.TrimPrefix(name, "PUT "), "\n")
		id := put.Header().Get("x-amz-version-id")
		for when, got := range map[string]string{
			"put":       put.Header().Get("x-amz-expiration"),
			"read":      w.ask(t, "GET "+address).Header().Get("x-amz-expiration"),
			"looked at": w.ask(t, "HEAD "+address).Header().Get("x-amz-expiration"),
		} {
			if got != want {
				t.Errorf("%s, %s: got %q, want %q", address, when, got, want)
			}
		}
		if got := w.ask(t, "GET "+address+"?versionId="+id).Header().Get("x-amz-expiration"); got != "" {
			t.Errorf("a version by its id tells %s", got)
		}
	}
	if got := w.ask(t, "GET /versioned-bucket?lifecycle").Header().Get("x-amz-transition-default-minimum-object-size"); got != "all_storage_classes_128K" {
		t.Errorf("got %s", got)
	}
}
