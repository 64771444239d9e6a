// The life cycle of objects: the rules of a bucket, and which of them fits an
// object.

package s3

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type lifecycle struct {
	Rules []lifecycleRule `xml:"Rule"`

	minimum string // the smallest objects that go to another class
}

type lifecycleRule struct {
	ID         string `xml:",omitempty"`
	Prefix     *string
	Filter     *lifecycleFilter
	Status     string
	Expiration *expiration

	NoncurrentVersionExpiration    *noncurrentExpiration
	Transitions                    []transition           `xml:"Transition"`
	NoncurrentVersionTransitions   []noncurrentTransition `xml:"NoncurrentVersionTransition"`
	AbortIncompleteMultipartUpload *struct{ DaysAfterInitiation int }
}

type expiration struct {
	Date                      *time.Time
	Days                      *int
	ExpiredObjectDeleteMarker *bool
}

type noncurrentExpiration struct {
	NewerNoncurrentVersions *int
	NoncurrentDays          *int
}

type transition struct {
	Date         *time.Time
	Days         *int
	StorageClass string
}

type noncurrentTransition struct {
	NewerNoncurrentVersions *int
	NoncurrentDays          *int
	StorageClass            string
}

// lifecycleFilter has one condition, or several in And.
type lifecycleFilter struct {
	Prefix                *string
	Tag                   *Tag
	ObjectSizeGreaterThan *int64
	ObjectSizeLessThan    *int64
	And                   *lifecycleAnd
}

type lifecycleAnd struct {
	Prefix                *string
	Tags                  []Tag `xml:"Tag"`
	ObjectSizeGreaterThan *int64
	ObjectSizeLessThan    *int64
}

const maxLifecycleRules = 1000

func (l *lifecycle) check(*S3, *bucket) error {
	if len(l.Rules) == 0 || len(l.Rules) > maxLifecycleRules {
		return malformedXML()
	}
	ids := map[string]bool{}
	for i := range l.Rules {
		rule := &l.Rules[i]
		if rule.ID == "" {
			rule.ID = rand.Text()
		}
		if ids[rule.ID] {
			return invalidArgument("ID", rule.ID, "Rule ID must be unique. Found same ID for more than one rule")
		}
		ids[rule.ID] = true
		if err := rule.check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *lifecycleRule) check() error {
	switch {
	case r.Status != Enabled && r.Status != "Disabled", (r.Prefix == nil) == (r.Filter == nil):
		return malformedXML()
	case r.Expiration == nil && r.NoncurrentVersionExpiration == nil && len(r.Transitions) == 0 && len(r.NoncurrentVersionTransitions) == 0 && r.AbortIncompleteMultipartUpload == nil:
		return cloud.Errorf(400, "InvalidRequest", "At least one action needs to be specified in a rule")
	}
	if e := r.NoncurrentVersionExpiration; e != nil && e.NewerNoncurrentVersions == nil && e.NoncurrentDays == nil {
		return malformedXML()
	}
	if e := r.Expiration; e != nil {
		if count(e.Date != nil, e.Days != nil, e.ExpiredObjectDeleteMarker != nil) != 1 {
			return malformedXML()
		}
		if e.Date != nil && !e.Date.UTC().Truncate(24*time.Hour).Equal(*e.Date) {
			return invalidArgument("Date", timestamp(*e.Date), "'Date' must be at midnight GMT")
		}
		if e.Days != nil && *e.Days <= 0 {
			return invalidArgument("Days", fmt.Sprint(*e.Days), "'Days' for Expiration action must be a positive integer")
		}
	}
	for _, t := range r.Transitions {
		if err := t.check(); err != nil {
			return err
		}
	}
	for _, t := range r.NoncurrentVersionTransitions {
		if days := t.NoncurrentDays; days != nil && *days < 0 {
			return invalidArgument("NoncurrentDays", fmt.Sprint(*days), "'NoncurrentDays' in NoncurrentVersionTransition action must be nonnegative")
		}
	}
	return r.Filter.check()
}

// minInfrequent is after how many days objects may go where they are read seldom.
const minInfrequent = 30

func (t transition) check() error {
	switch {
	case t.Days == nil:
	case *t.Days < 0:
		return invalidArgument("Days", fmt.Sprint(*t.Days), "'Days' in Transition action must be nonnegative")
	case *t.Days < minInfrequent && (t.StorageClass == "STANDARD_IA" || t.StorageClass == "ONEZONE_IA"):
		return invalidArgument("Days", fmt.Sprint(*t.Days), fmt.Sprintf("'Days' in Transition action must be greater than or equal to %d for storageClass '%s'", minInfrequent, t.StorageClass))
	}
	return nil
}

func (f *lifecycleFilter) check() error {
	if f == nil {
		return nil
	}
	if count(f.Prefix != nil, f.Tag != nil, f.ObjectSizeGreaterThan != nil, f.ObjectSizeLessThan != nil, f.And != nil) > 1 {
		return malformedXML()
	}
	if f.And == nil {
		return nil
	}
	for i, tag := range f.And.Tags {
		if slices.ContainsFunc(f.And.Tags[:i], func(other Tag) bool { return other.Key == tag.Key }) {
			return cloud.Errorf(400, "InvalidRequest", "Duplicate Tag Keys are not allowed.")
		}
	}
	return nil
}

// count is how many are true.
func count(conditions ...bool) int {
	n := 0
	for _, holds := range conditions {
		if holds {
			n++
		}
	}
	return n
}

const (
	minimumSizeHeader  = "x-amz-transition-default-minimum-object-size"
	minimumOfAll       = "all_storage_classes_128K"
	minimumVariesClass = "varies_by_storage_class"
)

func (q *request) putLifecycle(_ *bucket, d document) error {
	minimum := q.Request.Header.Get(minimumSizeHeader)
	switch minimum {
	case "":
		minimum = minimumOfAll
	case minimumOfAll, minimumVariesClass:
	default:
		return cloud.Errorf(400, "InvalidRequest", "Invalid TransitionDefaultMinimumObjectSize found: %s", minimum)
	}
	d.(*lifecycle).minimum = minimum
	q.tellLifecycle(d)
	return nil
}

func (q *request) tellLifecycle(d document) {
	q.Writer.Header().Set(minimumSizeHeader, d.(*lifecycle).minimum)
}

// covers tells whether a rule that is in force fits an object.
func (r *lifecycleRule) covers(v *version) bool {
	if r.Status != Enabled {
		return false
	}
	all := r.condition()
	for _, tag := range all.Tags {
		if !slices.Contains(v.tags, tag) {
			return false
		}
	}
	return all.within(v.key) &&
		(all.ObjectSizeGreaterThan == nil || v.size > *all.ObjectSizeGreaterThan) &&
		(all.ObjectSizeLessThan == nil || v.size < *all.ObjectSizeLessThan)
}

// condition is what a rule asks of objects, wherever it says so.
func (r *lifecycleRule) condition() lifecycleAnd {
	f := r.Filter
	switch {
	case f == nil:
		return lifecycleAnd{Prefix: r.Prefix}
	case f.And != nil:
		return *f.And
	}
	all := lifecycleAnd{Prefix: f.Prefix, ObjectSizeGreaterThan: f.ObjectSizeGreaterThan, ObjectSizeLessThan: f.ObjectSizeLessThan}
	if f.Tag != nil {
		all.Tags = []Tag{*f.Tag}
	}
	return all
}

// within tells whether a key begins as the condition asks.
func (c lifecycleAnd) within(key string) bool {
	return c.Prefix == nil || strings.HasPrefix(key, *c.Prefix)
}

// current is the object of its current version, which may expire.
func (b *bucket) current(v *version) *Object {
	o := b.object(v)
	o.expires, o.expiryRule = b.expiry(v)
	return o
}

// expiry is when the first rule that fits lets an object expire, and the rule.
func (b *bucket) expiry(v *version) (at time.Time, rule string) {
	for _, r := range settingOf[lifecycle](b, "lifecycle").Rules {
		if r.Expiration == nil || !r.covers(v) {
			continue
		}
		switch {
		case r.Expiration.Date != nil:
			return *r.Expiration.Date, r.ID
		case r.Expiration.Days != nil:
			return midnightAfter(v.modified, *r.Expiration.Days), r.ID
		}
	}
	return time.Time{}, ""
}

// tellExpiry says in a header when an object expires.
func (q *request) tellExpiry(o *Object) {
	if !o.expires.IsZero() {
		q.Writer.Header().Set("x-amz-expiration", fmt.Sprintf(`expiry-date="%s", rule-id="%s"`, o.expires.Format(http.TimeFormat), o.expiryRule))
	}
}
