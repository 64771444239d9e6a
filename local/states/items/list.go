// This file lists the objects of a bucket.

package items

import (
	"cmp"
	"strconv"
	"strings"

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

// described is an object in a list as AWS was recorded to describe it: the time is
// a number as Java writes it.
func described(o *s3.Object) *jsonvalue.Object {
	return jsonvalue.NewObject(5).
		Set("Etag", `"`+o.ETag+`"`).
		Set("Key", o.Key).
		Set("LastModified", javaDouble(float64(o.Modified.Unix()))).
		Set("Size", float64(o.Size)).
		Set("StorageClass", cmp.Or(o.Header["x-amz-storage-class"], "STANDARD"))
}

// javaDouble is a number from 10,000,000 on as Java writes it: 1.668699881E9.
func javaDouble(f float64) jsonvalue.Number {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E+0")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return jsonvalue.Number(mantissa + "E" + exponent)
}
