// Buckets are created.

package s3

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type createBucketConfiguration struct {
	LocationConstraint string
	Tags               struct{ Tag []Tag }
}

func (q *request) createBucket() error {
	region, tags, err := q.readCreation()
	if err != nil {
		return err
	}
	if err := q.client.allow("CreateBucket", bucketARN(q.bucket), conditions{"s3:LocationConstraint": region}); err != nil {
		return err
	}
	options := BucketOptions{Tags: tags, region: region}
	if values, given := q.Request.Header["X-Amz-Object-Ownership"]; given {
		if options.ownership = values[0]; !isOwnership(options.ownership) {
			return unvalued("x-amz-object-ownership", "Invalid x-amz-object-ownership header: "+options.ownership)
		}
	}
	options.Locked, _ = strconv.ParseBool(q.Request.Header.Get("x-amz-bucket-object-lock-enabled"))
	if options.acl, err = q.headerACL(); err != nil {
		return err
	}
	if !options.acl.owners() && (options.ownership == "" || options.ownership == ownerEnforced) {
		return errListsAndOwner()
	}
	if err := q.client.s3.CreateBucket(q.bucket, options); err != nil {
		return q.recreated(err, tags)
	}
	location := "/" + q.bucket
	if q.Request.ContentLength > 0 { // it says where
		location = "http://" + q.bucket + ".s3.amazonaws.com/"
	}
	q.Writer.Header().Set("Location", location)
	q.Writer.Header().Set("x-amz-bucket-arn", bucketARN(q.bucket))
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

func errListsAndOwner() error {
	return cloud.Errorf(400, "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
}

// recreated lets a bucket be created again in us-east-1, where that is no
// failure, unless it would get tags.
func (q *request) recreated(err error, tags []Tag) error {
	if cloud.AsError(err).Code != "BucketAlreadyOwnedByYou" || q.region() != usEast1 || len(tags) > 0 {
		return err
	}
	q.Writer.Header().Set("Location", "/"+q.bucket)
	q.Writer.Header().Set("x-amz-bucket-arn", bucketARN(q.bucket))
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

const usEast1 = "us-east-1"

// scope finds the region that a request is signed for.
var scope = regexp.MustCompile(`Credential=[^/,]+/\d{8}/([a-z0-9-]+)/`)

// region is that of the address: that which the request is signed for.
func (q *request) region() string {
	if found := scope.FindStringSubmatch(q.Request.Header.Get("Authorization")); found != nil {
		return found[1]
	}
	return q.client.s3.cloud.Region
}

// regions are those of AWS.
var regions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1",
	"ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1",
	"cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2",
	"eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1",
	"us-gov-west-1", "us-west-1", "us-west-2",
}

// readCreation reads where a bucket is to be, and its tags. At the address of
// us-east-1 it may be anywhere, and only there nothing has to be said.
func (q *request) readCreation() (region string, tags []Tag, err error) {
	var body createBucketConfiguration
	if q.Request.ContentLength != 0 {
		if err := q.readRooted("CreateBucketConfiguration", &body); err != nil {
			return "", nil, err
		}
	}
	here, there := q.region(), body.LocationConstraint
	switch {
	case there == "" && here == usEast1:
		region = usEast1
	case there == "":
		err = cloud.Errorf(400, "IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
	case there == here && here != usEast1, there == "EU" && (here == usEast1 || here == "eu-west-1"):
		region = there
	case here != usEast1:
		err = cloud.Errorf(400, "IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", there)
	case there == usEast1 || !slices.Contains(regions, there):
		err = about(cloud.Errorf(400, "InvalidLocationConstraint", "The specified location-constraint is not valid"), "LocationConstraint", there)
	default:
		region = there
	}
	if err != nil {
		return "", nil, err
	}
	for _, tag := range body.Tags.Tag {
		if strings.HasPrefix(tag.Key, "aws:") {
			return "", nil, cloud.Errorf(400, "InvalidTag", `User-defined tag keys can't start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.`)
		}
	}
	return region, body.Tags.Tag, checkBucketTags(nil, body.Tags.Tag)
}

func (q *request) bucketLocation() error {
	b, err := q.allowBucket("GetBucketLocation")
	if err != nil {
		return err
	}
	constraint := b.region
	if constraint == usEast1 { // whose location is empty
		constraint = ""
	}
	return q.XML(http.StatusOK, rooted{"LocationConstraint", constraint})
}

func (q *request) headBucket() error {
	b, err := q.allowBucket("ListBucket")
	if err != nil {
		return err
	}
	h := q.Writer.Header()
	h.Set("x-amz-bucket-region", b.home())
	h.Set("x-amz-bucket-arn", bucketARN(q.bucket))
	h.Set("x-amz-access-point-alias", "false") // there are none
	h.Set("Content-Type", "application/xml")
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

// home is the region that a bucket is in.
func (b *bucket) home() string {
	if b.region == "EU" {
		return "eu-west-1"
	}
	return b.region
}
