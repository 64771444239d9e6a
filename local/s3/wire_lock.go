// The protocol of locks of single versions.

package s3

import (
	"net/http"
	"time"
)

type retention struct {
	Mode            string     `xml:",omitempty"`
	RetainUntilDate *time.Time `xml:",omitempty"`
}

type legalHold struct{ Status string }

// lockable finds a version whose lock is read, or becomes another one.
func (q *request) lockable(action string, l lock) (*bucket, *version, error) {
	b, err := q.client.s3.bucket(q.bucket)
	if err != nil {
		return nil, nil, err
	}
	given := l.conditions()
	given["s3:VersionId"] = q.query.Get("versionId")
	if err := q.client.allow(action, objectARN(q.bucket, q.key), given); err != nil {
		return nil, nil, err
	}
	v, err := q.client.existing(b, q.key, q.query.Get("versionId"))
	if err != nil {
		return nil, nil, err
	}
	if !b.locks() {
		return nil, nil, noLock()
	}
	return b, v, nil
}

func noSuchLock() error {
	return missing("NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
}

func (q *request) getRetention() error {
	_, v, err := q.lockable("GetObjectRetention", lock{})
	if err != nil {
		return err
	}
	if v.Lock.Mode == "" {
		return noSuchLock()
	}
	return q.XML(http.StatusOK, rooted{"Retention", retention{v.Lock.Mode, &v.Lock.Until}})
}

func (q *request) putRetention() error {
	var r retention
	if err := q.readRooted("Retention", &r); err != nil {
		return err
	}
	asked := lock{Mode: r.Mode}
	if r.RetainUntilDate != nil {
		asked.Until = *r.RetainUntilDate
	}
	b, v, err := q.lockable("PutObjectRetention", asked)
	if err != nil {
		return err
	}
	switch {
	case (r.Mode == "") != (r.RetainUntilDate == nil), r.Mode != "" && !isLockMode(r.Mode):
		return malformedXML()
	case r.RetainUntilDate != nil:
		if !asked.Until.After(time.Now()) {
			return invalidArgument("RetainUntilDate", pacific(asked.Until), "The retain until date must be in the future!")
		}
	}
	bypass, err := q.mayBypass(b, q.key)
	if err != nil {
		return err
	}
	if err := v.Lock.becomes(asked.Mode, asked.Until, bypass); err != nil {
		return err
	}
	b.amend(v, func(changed *version) { changed.Lock.Mode, changed.Lock.Until = asked.Mode, asked.Until })
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

// pacific is a time as S3 writes it in this one message.
func pacific(t time.Time) string {
	return t.In(time.FixedZone("PST", -8*60*60)).Format(time.UnixDate)
}

func (q *request) getLegalHold() error {
	_, v, err := q.lockable("GetObjectLegalHold", lock{})
	if err != nil {
		return err
	}
	if v.Lock.Hold == "" {
		return noSuchLock()
	}
	return q.XML(http.StatusOK, rooted{"LegalHold", legalHold{v.Lock.Hold}})
}

func (q *request) putLegalHold() error {
	var hold legalHold
	if err := q.readRooted("LegalHold", &hold); err != nil {
		return err
	}
	if hold.Status != "ON" && hold.Status != "OFF" {
		return malformedXML()
	}
	b, v, err := q.lockable("PutObjectLegalHold", lock{Hold: hold.Status})
	if err != nil {
		return err
	}
	b.amend(v, func(changed *version) { changed.Lock.Hold = hold.Status })
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}
