// What the life cycle of objects ends: once a day, at midnight.

package s3

import (
	"context"
	"slices"
	"strings"
	"time"
)

const day = 24 * time.Hour

// expireDaily expires objects every midnight of UTC.
func (s *S3) expireDaily(ctx context.Context) {
	for {
		midnight := time.Now().UTC().Truncate(day).Add(day)
		select {
		case <-time.After(time.Until(midnight)):
			for _, b := range s.allBuckets() {
				s.expire(b, time.Now())
			}
		case <-ctx.Done():
			return
		}
	}
}

// expire deletes what a bucket's rules want deleted by now. CloudTrail hears nothing
// of it, as on AWS.
func (s *S3) expire(b *bucket, now time.Time) {
	rules := slices.DeleteFunc(slices.Clone(settingOf[lifecycle](b, "lifecycle").Rules), func(r lifecycleRule) bool { return r.Status != Enabled })
	if len(rules) == 0 {
		return
	}
	client := s.As(s.cloud.ServiceCaller("s3.amazonaws.com", bucketARN(b.name)), Origin{})
	for _, all := range b.allVersions() {
		for i, v := range all {
			if !isExpired(rules, all, i, now) {
				continue
			}
			op := client.begin("LifecycleExpiration", b.name, v.key)
			id := v.id
			if i == len(all)-1 && !v.marker {
				id = "" // a marker takes its place, where the bucket has versions
			}
			gone, created, err := b.remove(v.key, id, precondition{is: v}, false, &s.sequence, op.makes())
			if err == nil && gone != nil { // a locked one stays
				op.expired(b, gone, created)
			}
		}
	}
	b.abandon(rules, now)
}

// allVersions are the versions of every object, oldest first.
func (b *bucket) allVersions() [][]*version {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([][]*version, 0, len(b.keys))
	for _, key := range b.keys {
		all = append(all, b.versions[key])
	}
	return all
}

// isExpired tells whether a rule wants a version of an object deleted by now.
func isExpired(rules []lifecycleRule, all []*version, i int, now time.Time) bool {
	v := all[i]
	return slices.ContainsFunc(rules, func(r lifecycleRule) bool {
		if !r.covers(v) {
			return false
		}
		if i < len(all)-1 {
			return r.NoncurrentVersionExpiration.holds(all[i+1].modified, len(all)-2-i, now)
		}
		return r.Expiration.holds(v, len(all) == 1, now)
	})
}

// holds tells whether the current version has expired. A delete marker does when
// nothing is left behind it.
func (e *expiration) holds(v *version, alone bool, now time.Time) bool {
	switch {
	case e == nil, v.marker && !alone:
		return false
	case e.ExpiredObjectDeleteMarker != nil:
		return v.marker && *e.ExpiredObjectDeleteMarker
	case e.Date != nil:
		return !now.Before(*e.Date)
	}
	return !now.Before(midnightAfter(v.modified, *e.Days))
}

// holds tells whether a version has expired that ceased to be the current one at a
// time, and with which more came to be so since.
func (e *noncurrentExpiration) holds(since time.Time, newer int, now time.Time) bool {
	if e == nil || e.NewerNoncurrentVersions != nil && newer < *e.NewerNoncurrentVersions {
		return false
	}
	return e.NoncurrentDays == nil || !now.Before(midnightAfter(since, *e.NoncurrentDays))
}

// midnightAfter is the first midnight when so many days have gone by.
func midnightAfter(t time.Time, days int) time.Time {
	end := t.UTC().AddDate(0, 0, days)
	if midnight := end.Truncate(day); midnight.Before(end) {
		return midnight.Add(day)
	}
	return end
}

// abandon drops the uploads that nobody has completed in time.
func (b *bucket) abandon(rules []lifecycleRule, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, u := range b.uploads {
		for _, r := range rules {
			if a := r.AbortIncompleteMultipartUpload; a != nil && r.condition().within(u.key) && !now.Before(midnightAfter(u.initiated, a.DaysAfterInitiation)) {
				delete(b.uploads, id)
			}
		}
	}
}

// expired tells of a version that the life cycle has deleted, or of the marker that
// has taken its place.
func (o *operation) expired(b *bucket, v *version, marker bool) {
	h := deletion(o.client.s3, b, v, marker)
	h.name, h.reason = strings.Replace(h.name, "ObjectRemoved", "LifecycleExpiration", 1), "Lifecycle Expiration"
	o.happened(b, h)
}
