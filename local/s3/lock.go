// Object lock: versions that cannot be deleted until their time, or as long as
// there is a legal hold.

package s3

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	governance = "GOVERNANCE"
	compliance = "COMPLIANCE"

	lockHeader   = "x-amz-object-lock-"
	bypassHeader = "x-amz-bypass-governance-retention"
)

var lockHeaders = []string{lockHeader + "mode", lockHeader + "retain-until-date", lockHeader + "legal-hold"}

// lock is that of one version.
type lock struct {
	Mode  string    `json:",omitempty"`
	Until time.Time `json:",omitzero"`
	Hold  string    `json:",omitempty"` // ON or OFF; empty where it never was
}

// lockConfiguration is what new versions of a bucket get.
type lockConfiguration struct {
	ObjectLockEnabled string
	Rule              *struct{ DefaultRetention defaultRetention } `xml:",omitempty"`
}

type defaultRetention struct {
	Mode  string
	Days  *int `xml:",omitempty"`
	Years *int `xml:",omitempty"`
}

func (l *lockConfiguration) check(_ *S3, b *bucket) error {
	b.mu.RLock()
	versioning := b.versioning
	b.mu.RUnlock()
	if l.ObjectLockEnabled != Enabled {
		return malformedXML()
	}
	if versioning != Enabled {
		return cloud.Errorf(409, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	}
	if l.Rule == nil {
		return nil
	}
	d := l.Rule.DefaultRetention
	if !isLockMode(d.Mode) || count(d.Days != nil, d.Years != nil) != 1 {
		return malformedXML()
	}
	if d.Days != nil && *d.Days <= 0 || d.Years != nil && *d.Years <= 0 {
		return cloud.Errorf(400, "InvalidArgument", "Default retention period must be a positive integer value.")
	}
	return nil
}

func isLockMode(mode string) bool { return mode == governance || mode == compliance }

// locks tells whether a bucket's versions can be locked.
func (b *bucket) locks() bool { return b.setting("object-lock") != nil }

// unlocked is the lock of a version for which nobody asks for one.
func (b *bucket) unlocked() lock {
	rule := settingOf[lockConfiguration](b, "object-lock").Rule
	if rule == nil {
		return lock{}
	}
	years, days := 0, 0
	if rule.DefaultRetention.Years != nil {
		years = *rule.DefaultRetention.Years
	} else {
		days = *rule.DefaultRetention.Days
	}
	return lock{Mode: rule.DefaultRetention.Mode, Until: time.Now().UTC().AddDate(years, 0, days)}
}

func noLock() error {
	return cloud.Errorf(400, "InvalidRequest", "Bucket is missing Object Lock Configuration")
}

// readLock reads the lock that a write asks for.
func (q *request) readLock() (lock, error) {
	h := q.Request.Header
	l := lock{Mode: h.Get(lockHeaders[0]), Hold: h.Get(lockHeaders[2])}
	until := h.Get(lockHeaders[1])
	const both = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
	switch {
	case l.Mode != "" && until == "":
		return l, unvalued(lockHeaders[1], both)
	case l.Mode == "" && until != "":
		return l, unvalued(lockHeaders[0], both)
	case l.Mode != "" && !isLockMode(l.Mode):
		return l, invalidArgument(lockHeaders[0], l.Mode, "Unknown wormMode directive.")
	case l.Hold != "" && l.Hold != "ON" && l.Hold != "OFF":
		return l, invalidArgument(lockHeaders[2], l.Hold, "Legal Hold must be either of 'ON' or 'OFF'")
	case until == "":
		return l, nil
	}
	var err error
	if l.Until, err = time.Parse(time.RFC3339, until); err != nil {
		return l, invalidArgument(lockHeaders[1], until, "The retain until date must be provided in ISO 8601 format")
	}
	if !l.Until.After(time.Now()) {
		return l, invalidArgument(lockHeaders[1], until, "The retain until date must be in the future!")
	}
	return l, nil
}

// admitLock authorizes the lock that a write asks for, or gives the bucket's.
func (c *Client) admitLock(b *bucket, key string, l *lock) error {
	if *l == (lock{}) {
		*l = b.unlocked()
		return nil
	}
	if !b.locks() {
		return noLock()
	}
	if l.Mode != "" {
		if err := c.allow("PutObjectRetention", objectARN(b.name, key), l.conditions()); err != nil {
			return err
		}
	} else {
		hold := l.Hold
		*l = b.unlocked()
		l.Hold = hold
	}
	if l.Hold != "" {
		return c.allow("PutObjectLegalHold", objectARN(b.name, key), l.conditions())
	}
	return nil
}

// conditions are what a lock gives to policies.
func (l lock) conditions() conditions {
	keys := conditions{"s3:object-lock-mode": l.Mode, "s3:object-lock-legal-hold": l.Hold}
	if !l.Until.IsZero() {
		keys["s3:object-lock-retain-until-date"] = l.Until.UTC().Format(time.RFC3339)
		keys["s3:object-lock-remaining-retention-days"] = strconv.Itoa(int(math.Ceil(time.Until(l.Until).Hours() / 24)))
	}
	return keys
}

func (l lock) tell(h http.Header) {
	if l.Mode != "" {
		h.Set(lockHeaders[0], l.Mode)
		h.Set(lockHeaders[1], timestamp(l.Until))
	}
	if l.Hold != "" {
		h.Set(lockHeaders[2], l.Hold)
	}
}

func protected() error {
	return cloud.Errorf(403, "AccessDenied", "Access Denied because object protected by object lock.")
}

// holds tells whether a version cannot be deleted. Who may bypass governance is
// held by the rest only.
func (l lock) holds(bypass bool) error {
	if l.Hold == "ON" || l.retains() && !(bypass && l.Mode == governance) {
		return protected()
	}
	return nil
}

// retains tells whether the time of a lock is still to come.
func (l lock) retains() bool { return l.Mode != "" && time.Now().Before(l.Until) }

// becomes tells whether a version may be kept in another way: longer, or as
// strictly at least, unless who asks may bypass governance.
func (l lock) becomes(mode string, until time.Time, bypass bool) error {
	if !l.retains() || bypass && l.Mode == governance {
		return nil
	}
	if until.Before(l.Until) || l.Mode == compliance && mode != compliance {
		return protected()
	}
	return nil
}

// mayBypass tells whether the request asks to bypass governance, and may.
func (q *request) mayBypass(b *bucket, key string) (bool, error) {
	value := q.Request.Header.Get(bypassHeader)
	if value == "" {
		return false, nil
	}
	if !b.locks() {
		return false, unvalued(bypassHeader, "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.")
	}
	if bypass, _ := strconv.ParseBool(value); !bypass {
		return false, nil
	}
	return true, q.client.allow("BypassGovernanceRetention", objectARN(b.name, key), nil)
}
