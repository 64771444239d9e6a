// Updates of buckets that have objects.

package s3_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// stack is a bucket "shelf" with properties, and a policy that lets Transfer do
// an action.
func (w *world) stack(t *testing.T, properties, action string) *cfn.Stack {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": {
		"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "shelf"` + properties + `}},
		"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "transfer.amazonaws.com"}, "Action": "` + action + `", "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}}]}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return &cfn.Stack{Name: "app", Site: w.cloud.Site, Template: template}
}

func TestAnUpdatedBucketKeepsItsObjectsAndTheirVersions(t *testing.T) {
	w := newWorld(t)
	policies := iam.New(w.cloud)
	w.cloud.Policies = policies
	types := map[string]cfn.Type{}
	for _, typ := range w.s3.Types() {
		types[typ.Name] = typ
	}
	created, err := w.stack(t, "", "s3:GetObject").Create(t.Context(), types)
	if err != nil {
		t.Fatal(err)
	}
	const bridge = `, "NotificationConfiguration": {"EventBridgeConfiguration": {}}`
	versioned := func(state string) string { return `, "VersioningConfiguration": {"Status": "` + state + `"}` }
	for _, step := range []struct {
		properties, state string
		versions          int // of the one object, when it has been put once more
		events            int // that this tells
	}{
		{"", "", 1, 0},
		{bridge, "", 1, 1},
		{bridge + versioned("Enabled"), "Enabled", 2, 1},
		{versioned("Enabled"), "Enabled", 3, 0},
		{"", "Suspended", 3, 0},
		{versioned("Enabled"), "Enabled", 4, 0},
		{versioned("Suspended"), "Suspended", 4, 0},
	} {
		if err := created.Update(t.Context(), w.stack(t, step.properties, "s3:GetObject")); err != nil {
			t.Fatal(err)
		}
		if err := created.CleanUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.events = nil
		w.put(t, "shelf", "book", step.properties)
		state, err := w.GetBucketVersioning(t.Context(), &awss3.GetBucketVersioningInput{Bucket: aws.String("shelf")})
		if err != nil {
			t.Fatal(err)
		}
		versions, err := w.ListObjectVersions(t.Context(), &awss3.ListObjectVersionsInput{Bucket: aws.String("shelf")})
		if err != nil {
			t.Fatal(err)
		}
		if string(state.Status) != step.state || len(versions.Versions) != step.versions || len(w.events) != step.events {
			t.Errorf("with %q the state is %q, of %d versions, and %d events are told", step.properties, state.Status, len(versions.Versions), len(w.events))
		}
	}

	reads := w.cloud.ServiceCaller("transfer.amazonaws.com", "")
	if err := created.Update(t.Context(), w.stack(t, versioned("Suspended"), "s3:PutObject")); err != nil {
		t.Fatal(err)
	}
	if policies.Authorize(reads, "s3:GetObject", "arn:aws:s3:::shelf/book") == nil || policies.Authorize(reads, "s3:PutObject", "arn:aws:s3:::shelf/book") != nil {
		t.Error("the second policy has not taken the first one's place")
	}
	err = created.Update(t.Context(), w.stack(t, versioned("Maybe"), "s3:PutObject"))
	if failure, ok := err.(*cfn.Failure); !ok || !strings.Contains(failure.Cause.Error(), "must be Enabled or Suspended") {
		t.Errorf("a state that there is not: %v", err)
	}
	if err := created.Rollback(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if policies.Authorize(reads, "s3:GetObject", "arn:aws:s3:::shelf/book") != nil {
		t.Error("rolled back, the first policy is not in force")
	}
}
