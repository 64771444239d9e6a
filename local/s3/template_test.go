// The configurations of buckets in templates.

package s3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// types are S3's resource types, by name.
func (w *world) types() map[string]cfn.Type {
	types := map[string]cfn.Type{}
	for _, typ := range w.s3.Types() {
		types[typ.Name] = typ
	}
	return types
}

func TestATemplateConfiguresABucketAsTheAPIDoes(t *testing.T) {
	const properties = `,
		"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": "true", "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "mine"}}]},
		"CorsConfiguration": {"CorsRules": [{"Id": "a", "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "AllowedHeaders": ["x-*"], "ExposedHeaders": ["ETag"], "MaxAge": 5}]},
		"LifecycleConfiguration": {"Rules": [
			{"Id": "a", "Status": "Enabled", "Prefix": "a/", "ExpirationInDays": 7, "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 3}]},
			{"Id": "b", "Status": "Enabled", "TagFilters": [{"Key": "k", "Value": "v"}], "ExpirationDate": "2090-01-01", "NoncurrentVersionExpirationInDays": 2},
			{"Id": "c", "Status": "Disabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]},
		"NotificationConfiguration": {"EventBridgeConfiguration": {}, "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": "` + queueARN + `", "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}}}],
			"TopicConfigurations": [{"Event": "s3:ObjectRemoved:*", "Topic": "` + topicARN + `"}], "LambdaConfigurations": [{"Event": "s3:ObjectTagging:*", "Function": "` + functionARN + `"}]},
		"ObjectLockEnabled": true, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}},
		"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}, "AccessControl": "PublicRead",
		"PublicAccessBlockConfiguration": {"BlockPublicPolicy": true},
		"WebsiteConfiguration": {"IndexDocument": "index.html", "ErrorDocument": "error.html", "RoutingRules": [{"RoutingRuleCondition": {"KeyPrefixEquals": "a/"}, "RedirectRule": {"ReplaceKeyPrefixWith": "b/"}}]}`
	w := newWorld(t)
	w.cloud.Policies = iam.New(w.cloud)
	w.destinations()
	created, err := w.stack(t, properties, "s3:GetObject").Create(t.Context(), w.types())
	if err != nil {
		t.Fatal(err)
	}
	told := func(want map[string]string) {
		t.Helper()
		for parameter, part := range want {
			if got := w.ask(t, "GET /shelf?"+parameter).Body.String(); !strings.Contains(got, part) {
				t.Errorf("%s: got %s, want %s", parameter, got, part)
			}
		}
	}
	told(map[string]string{
		"encryption": "<KMSMasterKeyID>mine</KMSMasterKeyID><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true",
		"cors":       "<ID>a</ID><AllowedHeader>x-*</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>5",
		"lifecycle": "<ID>a</ID><Filter><Prefix>a/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>7</Days></Expiration><Transition><Days>3</Days><StorageClass>GLACIER</StorageClass></Transition></Rule>" +
			"<Rule><ID>b</ID><Filter><And><Prefix></Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Status>Enabled</Status><Expiration><Date>2090-01-01T00:00:00Z</Date></Expiration><NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays>",
		"notification":      "<Topic>" + topicARN + "</Topic><Event>s3:ObjectRemoved:*</Event></TopicConfiguration><QueueConfiguration>",
		"object-lock":       "<Mode>GOVERNANCE</Mode><Days>1</Days>",
		"ownershipControls": "<ObjectOwnership>ObjectWriter<",
		"publicAccessBlock": "<BlockPublicAcls>false</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>true",
		"website":           "<Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>error.html</Key></ErrorDocument><RoutingRules><RoutingRule><Condition><KeyPrefixEquals>a/</KeyPrefixEquals></Condition><Redirect><ReplaceKeyPrefixWith>b/",
		"acl":               "AllUsers</URI></Grantee><Permission>READ<",
	})
	if got := w.ask(t, "GET /shelf?notification").Body.String(); !strings.Contains(got, "<CloudFunction>"+functionARN) || !strings.Contains(got, "<Name>Prefix</Name><Value>in/</Value>") || !strings.Contains(got, "<EventBridgeConfiguration>") {
		t.Errorf("got %s", got)
	}

	later := w.stack(t, `, "ObjectLockEnabled": true`, "s3:GetObject")
	later.Tell = func(step cfn.Step) {
		if strings.HasSuffix(step.Status, "FAILED") {
			t.Errorf("%s: %s", step.LogicalID, step.Reason)
		}
	}
	if err := created.Update(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	told(map[string]string{
		"encryption": "AES256", "cors": "NoSuchCORSConfiguration", "lifecycle": "NoSuchLifecycleConfiguration", "website": "NoSuchWebsiteConfiguration",
		"ownershipControls": "BucketOwnerEnforced", "publicAccessBlock": "<BlockPublicAcls>true", "object-lock": "<ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>", "notification": "<NotificationConfiguration xmlns=",
	})
	if got := w.ask(t, "GET /shelf?notification").Body.String(); strings.Contains(got, "Configuration><") {
		t.Errorf("it still notifies: %s", got)
	}
}

func TestATemplateIsHeldToWhatTheAPIIs(t *testing.T) {
	for properties, want := range map[string]string{
		`, "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["LOOK"], "AllowedOrigins": ["*"]}]}`:                               "Unsupported method is LOOK",
		`, "LifecycleConfiguration": {"Rules": [{"Id": "a", "Status": "Enabled", "ExpirationDate": "soon"}]}`:                         "LifecycleConfiguration.Rules",
		`, "NotificationConfiguration": {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": "` + queueARN + `-none"}]}`: "Unable to validate the following destination configurations",
		`, "AccessControl": "PublicRead"`:                               "InvalidBucketAclWithObjectOwnership",
		`, "AccessControl": "Open"`:                                     "AccessControl",
		`, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}`: "InvalidBucketState",
		`, "ReplicationConfiguration": {}`:                              "ReplicationConfiguration",
	} {
		w := newWorld(t)
		w.cloud.Policies = iam.New(w.cloud)
		w.destinations()
		_, err := w.stack(t, properties, "s3:GetObject").Create(t.Context(), w.types())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", properties, err, want)
		}
		if got := w.answer(t, "HEAD /shelf"); got != "404 NoSuchBucket" {
			t.Errorf("%s: there is a bucket: %s", properties, got)
		}
	}
}

func TestAPolicyIsPublicIfItLetsInEverybody(t *testing.T) {
	for _, row := range []struct {
		statement string
		public    bool
	}{
		{`"Effect": "Allow", "Principal": "*"`, true},
		{`"Effect": "Allow", "Principal": {"AWS": "*"}`, true},
		{`"Effect": "Allow", "Principal": {"AWS": ["111122223333", "*"]}`, true},
		{`"Effect": "Allow", "Principal": {"AWS": "111122223333"}`, false},
		{`"Effect": "Allow", "Principal": {"Service": "transfer.amazonaws.com"}`, false},
		{`"Effect": "Deny", "Principal": "*"`, false},
		{`"Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}`, false},
		{`"Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}`, true},
		{`"Effect": "Allow", "Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}`, true},
		{`"Effect": "Allow", "Principal": "*", "Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}`, true},
		{`"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333"]}}`, false},
		{`"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"s3:prefix": "a"}}`, true},
	} {
		w := newWorld(t, "plain-bucket")
		w.cloud.Policies = iam.New(w.cloud)
		policy := "PUT /plain-bucket?policy\n\n" + `{"Statement": [{` + row.statement + `, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::plain-bucket"}]}`
		want := map[bool]string{true: "403 AccessDenied", false: "204"}[row.public]
		if got := w.answer(t, policy); got != want {
			t.Errorf("%s: got %s, want %s", row.statement, got, want)
		}
		w.ask(t, "DELETE /plain-bucket?publicAccessBlock")
		if got := w.answer(t, policy); got != "204" {
			t.Errorf("%s, where the public is not kept out: got %s", row.statement, got)
		}
		if got := w.ask(t, "GET /plain-bucket?policyStatus").Body.String(); !strings.Contains(got, fmt.Sprintf("<IsPublic>%t</IsPublic>", row.public)) {
			t.Errorf("%s: told %s", row.statement, got)
		}
	}
}
