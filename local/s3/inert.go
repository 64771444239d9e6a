// Configurations that change nothing on a laptop: they are held to S3's rules,
// kept, and told again.

package s3

import (
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type accelerate struct {
	Status string `xml:",omitempty"`
}

func (a *accelerate) check(_ *S3, b *bucket) error {
	switch {
	case strings.Contains(b.name, "."):
		return cloud.Errorf(400, "InvalidRequest", "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
	case a.Status != Enabled && a.Status != Suspended:
		return malformedXML()
	}
	return nil
}

// requestPayment says who pays for requests.
type requestPayment struct{ Payer string }

func (r *requestPayment) check(*S3, *bucket) error {
	if r.Payer != "Requester" && r.Payer != "BucketOwner" {
		return malformedXML()
	}
	return nil
}

// logging names the bucket of the access log, which AWS writes by the hour.
type logging struct {
	LoggingEnabled *struct {
		TargetBucket string
		TargetGrants *struct {
			Grants []grant `xml:"Grant"`
		} `xml:",omitempty"`
		TargetPrefix          string
		TargetObjectKeyFormat *struct {
			SimplePrefix      *struct{}                             `xml:",omitempty"`
			PartitionedPrefix *struct{ PartitionDateSource string } `xml:",omitempty"`
		} `xml:",omitempty"`
	} `xml:",omitempty"`
}

func (l *logging) check(s *S3, _ *bucket) error {
	if l.LoggingEnabled == nil {
		return nil
	}
	target := l.LoggingEnabled.TargetBucket
	if _, err := s.bucket(target); err != nil {
		return about(cloud.Errorf(400, "InvalidTargetBucketForLogging", "The target bucket for logging does not exist"), "TargetBucket", target)
	}
	return nil
}

// filter chooses the objects of a report.
type filter struct {
	Prefix         *string `xml:",omitempty"`
	Tag            *Tag    `xml:",omitempty"`
	AccessPointArn string  `xml:",omitempty"`
	And            *struct {
		Prefix         *string `xml:",omitempty"`
		Tags           []Tag   `xml:"Tag"`
		AccessPointArn string  `xml:",omitempty"`
	} `xml:",omitempty"`
}

// check lets a filter have one condition, or several in And.
func (f *filter) check() error {
	if f == nil {
		return nil
	}
	if count(f.Prefix != nil, f.Tag != nil, f.AccessPointArn != "", f.And != nil) > 1 {
		return malformedXML()
	}
	return nil
}

type metrics struct {
	Id     string
	Filter *filter `xml:",omitempty"`
}

func (m *metrics) id() string               { return m.Id }
func (m *metrics) check(*S3, *bucket) error { return m.Filter.check() }

type analytics struct {
	Id                   string
	Filter               *filter `xml:",omitempty"`
	StorageClassAnalysis struct {
		DataExport *struct {
			OutputSchemaVersion string
			Destination         struct{ S3BucketDestination reportTarget }
		} `xml:",omitempty"`
	}
}

func (a *analytics) id() string               { return a.Id }
func (a *analytics) check(*S3, *bucket) error { return a.Filter.check() }

// reportTarget is where reports go.
type reportTarget struct {
	AccountId       string `xml:",omitempty"`
	BucketAccountId string `xml:",omitempty"`
	Bucket          string
	Format          string
	Prefix          string `xml:",omitempty"`
	Encryption      *struct {
		SSEKMS *struct{ KeyId string } `xml:"SSE-KMS,omitempty"`
		SSES3  *struct{}               `xml:"SSE-S3,omitempty"`
	} `xml:",omitempty"`
}

type inventory struct {
	Destination            struct{ S3BucketDestination reportTarget }
	IsEnabled              bool
	Filter                 *struct{ Prefix string } `xml:",omitempty"`
	Id                     string
	IncludedObjectVersions string
	OptionalFields         *struct {
		Fields []string `xml:"Field"`
	} `xml:",omitempty"`
	Schedule struct{ Frequency string }
}

func (i *inventory) id() string { return i.Id }

// inventoryFields are what an inventory can tell of an object beside its key.
var inventoryFields = []string{
	"Size", "LastModifiedDate", "StorageClass", "ETag", "IsMultipartUploaded", "ReplicationStatus", "EncryptionStatus",
	"ObjectLockRetainUntilDate", "ObjectLockMode", "ObjectLockLegalHoldStatus", "ObjectLockEventHoldStatus", "ObjectLockEventHoldDuration",
	"IntelligentTieringAccessTier", "IntelligentTieringReferenceDate", "BucketKeyStatus", "ChecksumAlgorithm", "ObjectAccessControlList", "ObjectOwner",
	"LifecycleExpirationDate",
}

func (i *inventory) check(*S3, *bucket) error {
	target := i.Destination.S3BucketDestination
	if target.Bucket != "" && !strings.HasPrefix(target.Bucket, "arn:aws:s3:::") {
		return cloud.Errorf(400, "InvalidS3DestinationBucket", "Invalid bucket ARN.")
	}
	if target.Bucket == "" || !slices.Contains([]string{"CSV", "ORC", "Parquet"}, target.Format) ||
		!slices.Contains([]string{"All", "Current"}, i.IncludedObjectVersions) || !slices.Contains([]string{"Daily", "Weekly"}, i.Schedule.Frequency) {
		return malformedXML()
	}
	unknown := func(field string) bool { return !slices.Contains(inventoryFields, field) }
	if i.OptionalFields != nil && slices.ContainsFunc(i.OptionalFields.Fields, unknown) {
		return malformedXML()
	}
	return nil
}

type tiering struct {
	Id       string
	Filter   *filter `xml:",omitempty"`
	Status   string
	Tierings []struct {
		AccessTier string
		Days       int
	} `xml:"Tiering"`
}

func (t *tiering) id() string { return t.Id }

func (t *tiering) check(*S3, *bucket) error {
	if len(t.Tierings) == 0 || t.Status != Enabled && t.Status != "Disabled" {
		return malformedXML()
	}
	for _, tier := range t.Tierings {
		if tier.AccessTier != "ARCHIVE_ACCESS" && tier.AccessTier != "DEEP_ARCHIVE_ACCESS" {
			return malformedXML()
		}
	}
	return t.Filter.check()
}
