// Package signatures tells whether a webhook is from who shares a secret with
// us, by the schemes that senders use. All are HMAC-SHA-256 over the body as it
// was sent, byte for byte:
//
//	standard  webhook-id: msg_1, webhook-timestamp: 1614265330, webhook-signature: v1,<base64> v1,<base64>
//	          over "<id>.<timestamp>.<body>"; https://www.standardwebhooks.com
//	github    X-Hub-Signature-256: sha256=<hex>, X-GitHub-Delivery: <id>
//	          over the body; https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
//	stripe    Stripe-Signature: t=1614265330,v1=<hex>,v1=<hex>
//	          over "<timestamp>.<body>", whose member id is the webhook's; https://docs.stripe.com/webhooks
//
// Neither GitHub's id nor a time is signed: what was captured once is told from
// a new webhook by its id only.
package signatures

// This file has what the schemes have in common.

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Scheme is how a sender signs.
type Scheme string

const (
	Standard Scheme = "standard"
	GitHub   Scheme = "github"
	Stripe   Scheme = "stripe"
)

// Schemes are all of them.
var Schemes = []Scheme{Standard, GitHub, Stripe}

// Tolerance is how far the signed time may be from ours, before and after.
const Tolerance = 5 * time.Minute

// MaxIDLength is that of a webhook's id, in bytes.
const MaxIDLength = 256

// Unsigned is the error of a webhook that is not signed by one of the secrets,
// or not now. The reason is for a log, not for who sent it.
type Unsigned struct{ Reason string }

func (e *Unsigned) Error() string { return "not signed: " + e.Reason }

// Unidentified is the error of a webhook that is signed right and has no id to
// tell it from others by.
type Unidentified struct{ Reason string }

func (e *Unidentified) Error() string { return "without an id: " + e.Reason }

// Verify returns the id of a webhook that is signed by one of the keys. The
// error is an *Unsigned or an *Unidentified. It compares with every key and
// every signature that is given, whichever is right.
func (s Scheme) Verify(header http.Header, body []byte, keys []Key, now time.Time) (id string, err error) {
	switch s {
	case Standard:
		return verifyStandard(header, body, keys, now)
	case GitHub:
		return verifyGitHub(header, body, keys)
	case Stripe:
		return verifyStripe(header, body, keys, now)
	}
	return "", &Unsigned{fmt.Sprintf("there is no scheme %q", string(s))}
}

// Sign returns the headers by which a sender signs a webhook. Stripe's id is the
// body's own, and GitHub signs no time.
func (s Scheme) Sign(key Key, id string, at time.Time, body []byte) (http.Header, error) {
	header := http.Header{}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	switch s {
	case Standard:
		header.Set(headerID, id)
		header.Set(headerTimestamp, timestamp)
		header.Set(headerSignature, standardVersion+encodeStandard(key.sum(id, ".", timestamp, ".", string(body))))
	case GitHub:
		header.Set(headerGitHubDelivery, id)
		header.Set(headerGitHubSignature, githubVersion+fmt.Sprintf("%x", key.sum(string(body))))
	case Stripe:
		header.Set(headerStripe, fmt.Sprintf("t=%s,v1=%x", timestamp, key.sum(timestamp, ".", string(body))))
	default:
		return nil, fmt.Errorf("sign by %q: there is no such scheme", string(s))
	}
	return header, nil
}

// sum is the HMAC of the parts, one after the other.
func (k Key) sum(parts ...string) []byte {
	mac := hmac.New(sha256.New, k.bytes)
	for _, part := range parts {
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// signed tells whether one of the signatures is that of one of the keys over the
// parts.
func signed(keys []Key, signatures [][]byte, parts ...string) bool {
	found := false
	for _, key := range keys {
		sum := key.sum(parts...)
		for _, signature := range signatures {
			if hmac.Equal(sum, signature) {
				found = true
			}
		}
	}
	return found
}

// single is the value of a header that has to be there once: of two, nobody
// knows which one others have gone by.
func single(header http.Header, name string) (string, error) {
	switch values := header.Values(name); len(values) {
	case 0:
		return "", &Unsigned{"there is no header " + name}
	case 1:
		return values[0], nil
	default:
		return "", &Unsigned{fmt.Sprintf("there are %d headers %s", len(values), name)}
	}
}

// inTime checks a signed time, in seconds since 1970.
func inTime(text string, now time.Time) error {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return &Unsigned{"the time is no number of seconds"}
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return &Unsigned{"the time is no number of seconds"}
	}
	// Far away, a difference of times has no room in a Duration.
	oldest, newest := now.Add(-Tolerance), now.Add(Tolerance)
	if at := time.Unix(seconds, 0); at.Before(oldest) || at.After(newest) {
		return &Unsigned{"the time is more than " + Tolerance.String() + " from now"}
	}
	return nil
}

// checkID refuses what would be an odd name for a webhook in logs, tables and
// attributes of messages.
func checkID(id string) error {
	if id == "" || len(id) > MaxIDLength {
		return fmt.Errorf("the id has %d bytes: 1 to %d are taken", len(id), MaxIDLength)
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return errors.New("the id has characters other than visible ASCII")
		}
	}
	return nil
}
