// This file lists the objects of a bucket.

package items

import (
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// list yields what S3 tells of each object, or the items of each.
func (r *reader) list() error {
	in := s3.ListInput{Bucket: r.Bucket, Prefix: r.Prefix, After: r.StartAfter}
	for {
		page, err := r.objects.List(r.ctx, in)
		if err != nil {
			return ofS3(err)
		}
		for _, object := range page.Objects {
			if r.Flattens {
				err = r.file(object.Bucket, object.Key, "")
			} else {
				err = r.emit(Item{Value: described(object), Source: "s3://" + r.Bucket})
			}
			if err != nil {
				return err
			}
		}
		if !page.Truncated {
			return nil
		}
		in.After = page.Next
	}
}

// described is an object in a list, in the order of members that was recorded.
func described(o *s3.Object) *jsonvalue.Object {
	class := o.Header["x-amz-storage-class"]
	if class == "" {
		class = "STANDARD"
	}
	return jsonvalue.NewObject(5).
		Set("Etag", `"`+o.ETag+`"`).
		Set("LastModified", float64(o.Modified.Unix())).
		Set("Key", o.Key).
		Set("Size", float64(o.Size)).
		Set("StorageClass", class)
}
