// Objects that browsers upload by forms.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html

package s3

import (
	"cmp"
	"encoding/xml"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxForm bounds what is before the file, in bytes.
const maxForm = 20 << 10

// form is an upload by a browser.
type form struct {
	fields map[string]string // by names in lower case
	file   *multipart.Part
}

// readForm reads the fields up to the file. What is behind it does not count.
func (q *request) readForm() (form, error) {
	parts, err := q.Request.MultipartReader()
	if err != nil {
		return form{}, preconditionFailed("Bucket POST must be of the enclosure-type multipart/form-data")
	}
	f, size := form{fields: map[string]string{}}, 0
	for {
		part, err := parts.NextPart()
		if err != nil {
			return f, invalidArgument("file", "0", "POST requires exactly one file upload per request.")
		}
		name := strings.ToLower(part.FormName())
		if name == "file" {
			f.file = part
			return f, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxForm+1))
		if err != nil {
			return f, cloud.Errorf(400, "IncompleteBody", "The request body terminated unexpectedly: %v", err)
		}
		if size += len(name) + len(value); size > maxForm {
			return f, cloud.Errorf(400, "MaxPostPreDataLengthExceeded", "Your POST request fields preceding the upload file were too large.")
		}
		f.fields[name] = string(value)
	}
}

func (q *request) postObject() error {
	f, err := q.readForm()
	if err != nil {
		return err
	}
	if q.key = f.fields["key"]; q.key == "" {
		return missingField("key")
	}
	if name := f.file.FileName(); name != "" {
		q.key = strings.ReplaceAll(q.key, "${filename}", name)
	}
	policy, err := q.readPolicy(f)
	if err != nil {
		return err
	}
	if err := q.takeForm(f); err != nil {
		return err
	}
	in, err := q.putInput()
	if err != nil {
		return err
	}
	in.Body, in.how, in.reason = f.file, "Post", "PostObject"
	in.digest = digest{least: policy.least, most: policy.most}
	in.digest.algorithm, in.digest.checksum = headerChecksum(q.Request.Header)
	o, err := q.client.Put(q.Request.Context(), in)
	if err != nil {
		return err
	}
	q.written(o)
	return q.posted(f, o)
}

// formHeaders are the fields that other requests have as headers of other names.
var formHeaders = map[string]string{"acl": "x-amz-acl"}

// takeForm makes headers of the fields, and tags of theirs. The request's own do
// not count, as they are a browser's.
func (q *request) takeForm(f form) error {
	r := *q.Request
	r.Header = http.Header{}
	for name, value := range f.fields {
		name = cmp.Or(formHeaders[name], name)
		if name != "key" && name != "policy" && name != "tagging" && !slices.Contains(signed, name) {
			r.Header.Set(name, value)
		}
	}
	if document := f.fields["tagging"]; document != "" {
		var tags taggingXML
		if xml.Unmarshal([]byte(document), &tags) != nil { // a document of something else has no tags
			return malformedXML()
		}
		values := url.Values{}
		for _, tag := range tags.TagSet.Tags {
			values.Set(tag.Key, tag.Value)
		}
		r.Header.Set("x-amz-tagging", values.Encode())
	}
	q.Request, q.form = &r, true
	return q.checkHeaders()
}

// posted answers as the form asks.
func (q *request) posted(f form, o *Object) error {
	location := q.address(q.key)
	q.Writer.Header().Set("Location", location)
	if target, err := url.Parse(cmp.Or(f.fields["success_action_redirect"], f.fields["redirect"])); err == nil && target.Host != "" {
		query := target.Query()
		query.Set("bucket", q.bucket)
		query.Set("key", q.key)
		query.Set("etag", quote(o.ETag))
		target.RawQuery = query.Encode()
		q.Writer.Header().Set("Location", target.String())
		q.Writer.WriteHeader(http.StatusSeeOther)
		return nil
	}
	switch f.fields["success_action_status"] {
	case "201":
		return q.XML(http.StatusCreated, struct {
			XMLName                     xml.Name
			Location, Bucket, Key, ETag string
		}{xml.Name{Local: "PostResponse"}, location, q.bucket, q.key, quote(o.ETag)})
	case "200":
		q.Writer.WriteHeader(http.StatusOK)
	default:
		q.Writer.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// address is where an object is, as answers tell it: at the host of the request.
func (q *request) address(key string) string {
	path := "/" + q.bucket + "/" + key
	if q.Virtual {
		path = "/" + key
	}
	return "http://" + q.Request.Host + strings.ReplaceAll(url.PathEscape(path), "%2F", "/")
}

func missingField(name string) error {
	return invalidArgument(name, "", "Bucket POST must contain a field named '"+name+"'.  If it is specified, please check the order of the fields.")
}
