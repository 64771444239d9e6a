// The configurations of a bucket: each is a document at a subresource, which is
// put, told and deleted as a whole.

package s3

import (
	"cmp"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// setting is a kind of configuration.
type setting struct {
	parameter string // of the query: "cors"
	operation string // as in GetBucketCors, PutBucketCors and DeleteBucketCors
	root      string // the document's element

	read, write string // the actions of policies; to delete is to write
	remove      string // unless it has an action of its own
	removal     string // the operation that deletes. Default: "Delete" and the operation's name.
	permanent   bool   // what is put stays

	document func() document // an empty one
	absent   *cloud.Error    // where there is none; or else
	fallback func() document // what is told then. Default: an empty document.
	headers  []string        // that a Put honours
	put      func(*request, *bucket, document) error
	told     func(*request, document)
}

// document is a configuration.
type document interface {
	// check holds a document to S3's rules, and fills in what S3 does.
	check(s *S3, b *bucket) error
}

// settings are those of which a bucket has one document at most.
var settings = []setting{
	{parameter: "accelerate", operation: "BucketAccelerateConfiguration", root: "AccelerateConfiguration",
		read: "GetAccelerateConfiguration", write: "PutAccelerateConfiguration", permanent: true, document: newDocument[accelerate]},
	{parameter: "cors", operation: "BucketCors", root: "CORSConfiguration", read: "GetBucketCORS", write: "PutBucketCORS",
		document: newDocument[corsConfiguration], absent: missing("NoSuchCORSConfiguration", "The CORS configuration does not exist")},
	{parameter: "encryption", operation: "BucketEncryption", root: "ServerSideEncryptionConfiguration",
		read: "GetEncryptionConfiguration", write: "PutEncryptionConfiguration", document: newDocument[encryption], fallback: func() document { return defaultEncryption() }},
	{parameter: "lifecycle", operation: "BucketLifecycleConfiguration", root: "LifecycleConfiguration", removal: "DeleteBucketLifecycle",
		read: "GetLifecycleConfiguration", write: "PutLifecycleConfiguration", document: newDocument[lifecycle],
		headers: []string{minimumSizeHeader}, put: (*request).putLifecycle, told: (*request).tellLifecycle,
		absent: missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")},
	{parameter: "logging", operation: "BucketLogging", root: "BucketLoggingStatus",
		read: "GetBucketLogging", write: "PutBucketLogging", permanent: true, document: newDocument[logging]},
	{parameter: "notification", operation: "BucketNotificationConfiguration", root: "NotificationConfiguration",
		read: "GetBucketNotification", write: "PutBucketNotification", permanent: true, document: newDocument[notification],
		headers: []string{skipHeader}, put: (*request).putNotification},
	{parameter: "object-lock", operation: "ObjectLockConfiguration", root: "ObjectLockConfiguration",
		read: "GetBucketObjectLockConfiguration", write: "PutBucketObjectLockConfiguration", permanent: true, document: newDocument[lockConfiguration],
		headers: []string{"x-amz-bucket-object-lock-token"},
		absent:  missing("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")},
	{parameter: "ownershipControls", operation: "BucketOwnershipControls", root: "OwnershipControls",
		read: "GetBucketOwnershipControls", write: "PutBucketOwnershipControls", document: newDocument[ownershipControls],
		absent: missing("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")},
	{parameter: "publicAccessBlock", operation: "PublicAccessBlock", root: "PublicAccessBlockConfiguration",
		read: "GetBucketPublicAccessBlock", write: "PutBucketPublicAccessBlock", document: newDocument[publicAccessBlock],
		absent: missing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")},
	{parameter: "requestPayment", operation: "BucketRequestPayment", root: "RequestPaymentConfiguration",
		read: "GetBucketRequestPayment", write: "PutBucketRequestPayment", permanent: true, document: newDocument[requestPayment],
		fallback: func() document { return &requestPayment{"BucketOwner"} }},
	{parameter: "website", operation: "BucketWebsite", root: "WebsiteConfiguration",
		read: "GetBucketWebsite", write: "PutBucketWebsite", remove: "DeleteBucketWebsite", document: newDocument[website],
		absent: missing("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")},
}

func newDocument[T any, P interface {
	*T
	document
}]() document {
	return P(new(T))
}

func missing(code, message string) *cloud.Error {
	return cloud.Errorf(http.StatusNotFound, code, "%s", message)
}

// routes are the operations of a setting.
func (s setting) routes() []route {
	at := " " + inBucket + "?" + s.parameter
	routes := []route{
		{pattern: "GET" + at, action: "Get" + s.operation, serve: func(q *request) error { return q.getSetting(s) }},
		{pattern: "PUT" + at, action: "Put" + s.operation, serve: func(q *request) error { return q.putSetting(s) }, headers: s.headers, document: s.document()},
	}
	if s.permanent {
		return routes
	}
	return append(routes, route{pattern: "DELETE" + at, action: cmp.Or(s.removal, "Delete"+s.operation), serve: func(q *request) error { return q.deleteSetting(s) }})
}

func settingRoutes() []route {
	var routes []route
	for _, s := range settings {
		routes = append(routes, s.routes()...)
	}
	for _, s := range listedSettings {
		routes = append(routes, s.routes()...)
	}
	return routes
}

func (q *request) getSetting(s setting) error {
	b, err := q.allowBucket(s.read)
	if err != nil {
		return err
	}
	d := b.setting(s.parameter)
	if d == nil && s.absent != nil {
		absent := *s.absent
		return about(&absent, "BucketName", b.name)
	}
	switch {
	case d == nil && s.fallback != nil:
		d = s.fallback()
	case d == nil:
		d = s.document()
	}
	if s.told != nil {
		s.told(q, d)
	}
	return q.XML(http.StatusOK, rooted{s.root, d})
}

func (q *request) putSetting(s setting) error {
	b, err := q.allowBucket(s.write)
	if err != nil {
		return err
	}
	d := s.document()
	if err := q.readRooted(s.root, d); err != nil {
		return err
	}
	if s.put != nil {
		if err := s.put(q, b, d); err != nil {
			return err
		}
	}
	if err := d.check(q.client.s3, b); err != nil {
		return err
	}
	q.client.s3.put(b, s.parameter, d)
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

func (q *request) deleteSetting(s setting) error {
	b, err := q.allowBucket(cmp.Or(s.remove, s.write))
	if err != nil {
		return err
	}
	b.set(s.parameter, nil)
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

// setting is a bucket's document, or nil. It is not to be changed.
func (b *bucket) setting(parameter string) document {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.settings[parameter]
}

// put gives a bucket a document, and has it acted upon where that takes time.
func (s *S3) put(b *bucket, parameter string, d document) {
	b.set(parameter, d)
	if _, ok := d.(*lifecycle); ok {
		s.expiring.Do(func() { s.cloud.Go(s.expireDaily) })
	}
}

func (b *bucket) set(parameter string, d document) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d == nil {
		delete(b.settings, parameter)
		return
	}
	b.settings[parameter] = d
}

// settingOf is a bucket's document of a type, or an empty one.
func settingOf[T any](b *bucket, parameter string) *T {
	var d any = b.setting(parameter)
	if d, ok := d.(*T); ok {
		return d
	}
	return new(T)
}

// rooted is a document as it is written.
type rooted struct {
	root    string
	content any
}

// MarshalXML implements xml.Marshaler.
func (r rooted) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return e.EncodeElement(r.content, xml.StartElement{Name: xmlNamed(r.root)})
}

// listed is a setting of which a bucket may have many documents, by their ids.
type listed struct {
	setting
	list  string       // the element of a listing, which has the documents' element in it
	other *cloud.Error // of a document with another id. Default: it is malformed.
}

// listedSettings change nothing here: nothing is measured or reported.
var listedSettings = []listed{
	{list: "ListBucketAnalyticsConfigurationResult", setting: setting{
		parameter: "analytics", operation: "BucketAnalyticsConfiguration", root: "AnalyticsConfiguration",
		read: "GetAnalyticsConfiguration", write: "PutAnalyticsConfiguration", document: newDocument[analytics]}},
	{list: "ListBucketIntelligentTieringConfigurationsOutput", setting: setting{
		parameter: "intelligent-tiering", operation: "BucketIntelligentTieringConfiguration", root: "IntelligentTieringConfiguration",
		read: "GetIntelligentTieringConfiguration", write: "PutIntelligentTieringConfiguration", document: newDocument[tiering]}},
	{list: "ListInventoryConfigurationsResult", setting: setting{
		parameter: "inventory", operation: "BucketInventoryConfiguration", root: "InventoryConfiguration",
		read: "GetInventoryConfiguration", write: "PutInventoryConfiguration", document: newDocument[inventory]},
		other: cloud.Errorf(400, "IdMismatch", "Document ID does not match the specified configuration ID.")},
	{list: "ListMetricsConfigurationsResult", setting: setting{
		parameter: "metrics", operation: "BucketMetricsConfiguration", root: "MetricsConfiguration",
		read: "GetMetricsConfiguration", write: "PutMetricsConfiguration", document: newDocument[metrics]}},
}

// named is a document with an id.
type named interface {
	document
	id() string
}

func (s listed) routes() []route {
	at := " " + inBucket + "?" + s.parameter
	return []route{
		{pattern: "GET" + at + "&id", action: "Get" + s.operation, serve: func(q *request) error { return q.getListed(s) }},
		{pattern: "PUT" + at + "&id", action: "Put" + s.operation, serve: func(q *request) error { return q.putListed(s) }, document: s.document()},
		{pattern: "DELETE" + at + "&id", action: "Delete" + s.operation, serve: func(q *request) error { return q.deleteListed(s) }},
		{pattern: "GET" + at, action: "List" + s.operation + "s", serve: func(q *request) error { return q.listListed(s) }, query: "continuation-token"},
	}
}

// slot is where the document of an id is among a bucket's settings.
func (s listed) slot(id string) string { return s.parameter + "/" + id }

func noSuchConfiguration() error {
	return missing("NoSuchConfiguration", "The specified configuration does not exist.")
}

func (q *request) getListed(s listed) error {
	b, err := q.allowBucket(s.read)
	if err != nil {
		return err
	}
	d := b.setting(s.slot(q.query.Get("id")))
	if d == nil {
		return noSuchConfiguration()
	}
	return q.XML(http.StatusOK, rooted{s.root, d})
}

func (q *request) putListed(s listed) error {
	b, err := q.allowBucket(s.write)
	if err != nil {
		return err
	}
	d := s.document().(named)
	if err := q.readRooted(s.root, d); err != nil {
		return err
	}
	id := q.query.Get("id")
	switch {
	case id == d.id():
	case s.other != nil:
		return s.other
	default:
		return malformedXML()
	}
	if err := d.check(q.client.s3, b); err != nil {
		return err
	}
	b.set(s.slot(id), d)
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

func (q *request) deleteListed(s listed) error {
	b, err := q.allowBucket(s.write)
	if err != nil {
		return err
	}
	slot := s.slot(q.query.Get("id"))
	if b.setting(slot) == nil {
		return noSuchConfiguration()
	}
	b.set(slot, nil)
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

// listedPage is how many documents a page of a listing has.
const listedPage = 100

func (q *request) listListed(s listed) error {
	b, err := q.allowBucket(s.read)
	if err != nil {
		return err
	}
	token := q.query.Get("continuation-token")
	after, err := readToken(token)
	if err != nil {
		return err
	}
	answer := settingPage{ContinuationToken: token}
	last := ""
	for _, id := range b.slots(s.slot("")) {
		if id <= after {
			continue
		}
		if len(answer.Documents) == listedPage {
			answer.IsTruncated, answer.NextContinuationToken = true, writeToken(last)
			break
		}
		last = id
		answer.Documents = append(answer.Documents, rooted{s.root, b.setting(s.slot(id))})
	}
	return q.XML(http.StatusOK, rooted{s.list, answer})
}

type settingPage struct {
	ContinuationToken     string `xml:",omitempty"`
	Documents             []rooted
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
}

// slots are the names of a bucket's settings behind a prefix, sorted.
func (b *bucket) slots(prefix string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var names []string
	for _, slot := range slices.Sorted(maps.Keys(b.settings)) {
		if name, ok := strings.CutPrefix(slot, prefix); ok {
			names = append(names, name)
		}
	}
	return names
}
