package s3_test

import (
	"strings"
	"testing"
)

func TestWhatTagsABucketOrAnObjectMayHave(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.put(t, "plain-bucket", "k", "x")
	tagging := func(tags ...string) string {
		var set strings.Builder
		for _, tag := range tags {
			set.WriteString("<Tag>" + tag + "</Tag>")
		}
		return "?tagging\n\n<Tagging><TagSet>" + set.String() + "</TagSet></Tagging>"
	}
	for name, row := range map[string]struct{ tag, bucket, object string }{
		"none without a key":     {"<Value>v</Value>", "400 MalformedXML", "400 MalformedXML"},
		"none without a value":   {"<Key>k</Key>", "400 MalformedXML", "400 MalformedXML"},
		"one without characters": {"<Key></Key><Value>v</Value>", "400 InvalidTag", "400 InvalidTag"},
		"an empty value":         {"<Key>k</Key><Value></Value>", "204", "200"},
		"none of AWS's":          {"<Key>aws:x</Key><Value>v</Value>", "400 InvalidTag", "400 InvalidTag"},
	} {
		if got := w.answer(t, "PUT /plain-bucket"+tagging(row.tag)); got != row.bucket {
			t.Errorf("a bucket has %s: %s", name, got)
		}
		if got := w.answer(t, "PUT /plain-bucket/k"+tagging(row.tag)); got != row.object {
			t.Errorf("an object has %s: %s", name, got)
		}
	}
	for request, want := range map[string]string{
		"PUT /plain-bucket" + tagging("<Key>aws:x</Key><Value>v</Value>"):   "<Message>System tags cannot be added/updated by requester</Message>",
		"PUT /plain-bucket/k" + tagging("<Key>aws:x</Key><Value>v</Value>"): "<Message>Your TagKey cannot be prefixed with aws:</Message>",
	} {
		if got := w.ask(t, request).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: %s", request, got)
		}
	}
}

func TestADocumentWithNothingInItIsOneTag(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	for request, want := range map[string]string{
		"GET /plain-bucket?versioning": `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>`,
		"GET /plain-bucket?location":   `</LocationConstraint>`,
		"GET /plain-bucket":            `<Prefix></Prefix>`,
	} {
		if got := w.ask(t, request).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: %s", request, got)
		}
	}
}
