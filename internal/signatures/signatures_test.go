package signatures

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The vectors that the schemes publish: Standard Webhooks' in its reference
// libraries, GitHub's in its documentation. Stripe's documentation has none, so
// its sum was made by OpenSSL: printf '%s' '1614265330.{...}' | openssl dgst -sha256 -hmac KEY
const (
	standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	standardBody   = `{"test": 2432232314}`
	githubSecret   = "It's a Secret to Everybody"
	githubBody     = "Hello, World!"
	stripeSecret   = "whsec_test_secret_of_stripe"
	stripeBody     = `{"id":"evt_1","object":"event","type":"invoice.paid"}`
)

var signedAt = time.Unix(1614265330, 0)

func standardHeader() http.Header {
	return http.Header{
		"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
		"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	}
}

func githubHeader() http.Header {
	return http.Header{
		"X-Hub-Signature-256": {"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		"X-Github-Delivery":   {"72d3162e-cc78-11e3-81ab-4c9367dc0958"},
	}
}

func stripeHeader() http.Header {
	return http.Header{"Stripe-Signature": {"t=1614265330,v1=61d5e5408321630ecc032d9da395eb97ea0c3ef8d8327f4c59a08a485522bee0,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"}}
}

func key(t *testing.T, scheme Scheme, secret string) Key {
	t.Helper()
	k, err := scheme.Key(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type vector struct {
	scheme            Scheme
	secret, body, id  string
	header            http.Header
	signatureHeader   string
	hasTime, idInBody bool
}

func vectors() []vector {
	return []vector{
		{Standard, standardSecret, standardBody, "msg_p5jXN8AQM9LWM0D4loKWxJek", standardHeader(), "Webhook-Signature", true, false},
		{GitHub, githubSecret, githubBody, "72d3162e-cc78-11e3-81ab-4c9367dc0958", githubHeader(), "X-Hub-Signature-256", false, false},
		{Stripe, stripeSecret, stripeBody, "evt_1", stripeHeader(), "Stripe-Signature", true, true},
	}
}

func eachVector(t *testing.T, test func(t *testing.T, v vector, keys []Key)) {
	for _, v := range vectors() {
		t.Run(string(v.scheme), func(t *testing.T) { test(t, v, []Key{key(t, v.scheme, v.secret)}) })
	}
}

func TestPublishedVectorsAreSignedRight(t *testing.T) {
	eachVector(t, func(t *testing.T, v vector, keys []Key) {
		if id, err := v.scheme.Verify(v.header, []byte(v.body), keys, signedAt); id != v.id || err != nil {
			t.Errorf("id %q, %v", id, err)
		}
	})
}

func refused(t *testing.T, what string, v vector, header http.Header, body string, keys []Key, now time.Time) {
	t.Helper()
	id, err := v.scheme.Verify(header, []byte(body), keys, now)
	if _, unsigned := errors.AsType[*Unsigned](err); !unsigned || id != "" {
		t.Errorf("%s: id %q, %v", what, id, err)
	}
}

// Each bit of the body and of the signature counts.
func TestNothingOfASignedWebhookCanBeChanged(t *testing.T) {
	eachVector(t, func(t *testing.T, v vector, keys []Key) {
		for i := range len(v.body) {
			for bit := range 8 {
				body := []byte(v.body)
				body[i] ^= 1 << bit
				refused(t, fmt.Sprintf("byte %d, bit %d", i, bit), v, v.header, string(body), keys, signedAt)
			}
		}
		for _, body := range []string{"", v.body + " ", " " + v.body, v.body + "\n", "\ufeff" + v.body, v.body + "\x00", v.body[1:]} {
			refused(t, fmt.Sprintf("body %q", body), v, v.header, body, keys, signedAt)
		}
		other := key(t, v.scheme, v.scheme.sample("other"))
		refused(t, "another key", v, v.header, v.body, []Key{other}, signedAt)
		refused(t, "no key", v, v.header, v.body, nil, signedAt)
	})
}

// sample is a secret that has the text in it.
func (s Scheme) sample(text string) string {
	secret := text + strings.Repeat("=", 32)
	if s == Standard {
		return "whsec_" + base64.StdEncoding.EncodeToString([]byte(secret))
	}
	return secret
}

func TestTheSignedTimeMayBeFiveMinutesAwayInEitherDirection(t *testing.T) {
	eachVector(t, func(t *testing.T, v vector, keys []Key) {
		for _, row := range []struct {
			away time.Duration
			want bool
		}{
			{0, true}, {Tolerance, true}, {-Tolerance, true},
			{Tolerance + time.Second, !v.hasTime}, {-Tolerance - time.Second, !v.hasTime},
			{100 * 365 * 24 * time.Hour, !v.hasTime}, {-100 * 365 * 24 * time.Hour, !v.hasTime},
		} {
			if _, err := v.scheme.Verify(v.header, []byte(v.body), keys, signedAt.Add(row.away)); (err == nil) != row.want {
				t.Errorf("%v away: %v", row.away, err)
			}
		}
	})
}

func TestOneOfSeveralSecretsIsEnough(t *testing.T) {
	eachVector(t, func(t *testing.T, v vector, keys []Key) {
		for place := range 3 {
			several := []Key{key(t, v.scheme, v.scheme.sample("a")), key(t, v.scheme, v.scheme.sample("b")), key(t, v.scheme, v.scheme.sample("c"))}
			several[place] = keys[0]
			if _, err := v.scheme.Verify(v.header, []byte(v.body), several, signedAt); err != nil {
				t.Errorf("place %d: %v", place, err)
			}
		}
	})
}

func TestOneOfSeveralSignaturesIsEnough(t *testing.T) {
	wrong := base64.StdEncoding.EncodeToString(make([]byte, 32))
	right := standardHeader().Get("Webhook-Signature")
	for list, want := range map[string]bool{
		"v1," + wrong + " " + right:              true,
		right + " v1," + wrong:                   true,
		"v1a,ZWQ= " + right + " v2,x":            true,
		"  " + right + "  ":                      true,
		"v1," + wrong + " v1," + wrong:           false,
		strings.Replace(right, "v1,", "v1a,", 1): false,
		strings.Replace(right, "v1,", "v2,", 1):  false,
		strings.TrimPrefix(right, "v1,"):         false,
		strings.Replace(right, "v1,", "V1,", 1):  false,
		strings.Replace(right, "v1,", "v1, ", 1): false,
		right + "," + right:                      false,
		strings.TrimSuffix(right, "="):           false,
	} {
		header := standardHeader()
		header.Set("Webhook-Signature", list)
		if _, err := Standard.Verify(header, []byte(standardBody), []Key{key(t, Standard, standardSecret)}, signedAt); (err == nil) != want {
			t.Errorf("%q: %v", list, err)
		}
	}
	sum := strings.Split(stripeHeader().Get("Stripe-Signature"), ",")[1]
	zero := "v1=" + strings.Repeat("00", 32)
	for list, want := range map[string]bool{
		"t=1614265330," + zero + "," + sum:         true,
		sum + ",t=1614265330":                      true,
		"x=y,t=1614265330," + sum + ",":            true,
		"t=1614265330," + strings.ToUpper(sum[3:]): false,
		"t=1614265330," + zero:                     false,
		"t=1614265330,v0=" + sum[3:]:               false,
		"t=1614265330,t=1614265330," + sum:         false,
		"t=1614265331," + sum:                      false,
		sum:                                        false,
		"t=," + sum:                                false,
		"t=1614265330":                             false,
		"t=1614265330;" + sum:                      false,
	} {
		if _, err := Stripe.Verify(http.Header{"Stripe-Signature": {list}}, []byte(stripeBody), []Key{key(t, Stripe, stripeSecret)}, signedAt); (err == nil) != want {
			t.Errorf("%q: %v", list, err)
		}
	}
}

func TestHostileHeadersAreRefused(t *testing.T) {
	eachVector(t, func(t *testing.T, v vector, keys []Key) {
		for _, value := range []string{"", " ", ",", "=", "v1", "v1,", "sha256=", "t=1614265330,v1=", "sha256=\x00", strings.Repeat("v1,", 100_000), strings.Repeat("sha256=", 10_000), "sha1=" + strings.Repeat("0", 40), "sha256=" + strings.Repeat("z", 64)} {
			header := v.header.Clone()
			header.Set(v.signatureHeader, value)
			refused(t, fmt.Sprintf("%.40q", value), v, header, v.body, keys, signedAt)
		}
		for name := range v.header {
			missing, twice := v.header.Clone(), v.header.Clone()
			missing.Del(name)
			twice.Add(name, v.header.Get(name))
			if name == "X-Github-Delivery" { // it is not signed
				continue
			}
			refused(t, "without "+name, v, missing, v.body, keys, signedAt)
			refused(t, "twice "+name, v, twice, v.body, keys, signedAt)
		}
	})
	for _, timestamp := range []string{"", "+1614265330", " 1614265330", "1614265330 ", "1614265330.0", "0x60380632", "1.6e9", "-1", "99999999999999999999", "9223372036854775807", "١٦١٤٢٦٥٣٣٠"} {
		k := key(t, Standard, standardSecret)
		header := standardHeader()
		header.Set("Webhook-Timestamp", timestamp)
		header.Set("Webhook-Signature", "v1,"+encodeStandard(k.sum(header.Get("Webhook-Id"), ".", timestamp, ".", standardBody)))
		refused(t, "time "+timestamp, vectors()[0], header, standardBody, []Key{k}, signedAt)
	}
	for _, id := range []string{"", "a b", "a.b", "ä", "a\x00", strings.Repeat("i", MaxIDLength+1)} {
		k := key(t, Standard, standardSecret)
		header, err := Standard.Sign(k, id, signedAt, []byte(standardBody))
		if err != nil {
			t.Fatal(err)
		}
		refused(t, fmt.Sprintf("id %.40q", id), vectors()[0], header, standardBody, []Key{k}, signedAt)
	}
}

// To say so is safe: only who has the secret is told.
func TestAWebhookThatIsSignedRightAndHasNoIDIsToldFromOthers(t *testing.T) {
	unidentified := func(what string, scheme Scheme, header http.Header, body string, k Key) {
		t.Helper()
		_, err := scheme.Verify(header, []byte(body), []Key{k}, signedAt)
		if _, ok := errors.AsType[*Unidentified](err); !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, values := range [][]string{nil, {""}, {"a", "a"}, {"a b"}, {strings.Repeat("i", MaxIDLength+1)}} {
		header := githubHeader()
		header["X-Github-Delivery"] = values
		unidentified(fmt.Sprintf("%.20q", values), GitHub, header, githubBody, key(t, GitHub, githubSecret))
	}
	for _, body := range []string{"", "{", "[]", `"evt_1"`, "null", `{"id":null}`, `{"id":1}`, `{"id":""}`, `{"id":"a b"}`, `{"id":{}}`, `{"object":{"id":"evt_1"}}`, `{"ID":"evt_1"}`} {
		k := key(t, Stripe, stripeSecret)
		header, err := Stripe.Sign(k, "", signedAt, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		unidentified(body, Stripe, header, body, k)
	}
}

func TestWhatIsSignedHereIsVerifiedAndTheVectorsAreMade(t *testing.T) {
	eachVector(t, func(t *testing.T, v vector, keys []Key) {
		header, err := v.scheme.Sign(keys[0], v.id, signedAt, []byte(v.body))
		if err != nil {
			t.Fatal(err)
		}
		if want, _, _ := strings.Cut(v.header.Get(v.signatureHeader), ",v0="); header.Get(v.signatureHeader) != want {
			t.Errorf("made %q, published is %q", header.Get(v.signatureHeader), want)
		}
		body := []byte("{\"id\":\"" + v.id + "\",\"text\":\"\\u0000 \u2028 \U0001f600 \xff\xfe\"}\r\n") // raw bytes, of whatever encoding
		now := time.Now()
		if header, err = v.scheme.Sign(keys[0], v.id, now, body); err != nil {
			t.Fatal(err)
		}
		if id, err := v.scheme.Verify(header, body, keys, now); id != v.id || err != nil {
			t.Errorf("id %q, %v", id, err)
		}
	})
	if _, err := Scheme("md5").Sign(Key{}, "", signedAt, nil); err == nil {
		t.Error("an unknown scheme signs")
	}
	if _, err := Scheme("md5").Verify(nil, nil, nil, signedAt); err == nil {
		t.Error("an unknown scheme verifies")
	}
}

func FuzzVerify(f *testing.F) {
	for _, v := range vectors() {
		f.Add(string(v.scheme), v.header.Get("Webhook-Id")+v.header.Get("X-Github-Delivery"), v.header.Get("Webhook-Timestamp"), v.header.Get(v.signatureHeader), []byte(v.body))
	}
	keys := map[Scheme][]Key{}
	for _, s := range Schemes {
		k, err := s.Key(s.sample("fuzz"))
		if err != nil {
			f.Fatal(err)
		}
		keys[s] = []Key{k}
	}
	f.Fuzz(func(t *testing.T, scheme, id, timestamp, signature string, body []byte) {
		header := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "X-Github-Delivery": {id}}
		for _, name := range []string{"Webhook-Signature", "X-Hub-Signature-256", "Stripe-Signature"} {
			header[name] = []string{signature}
		}
		s := Scheme(scheme)
		if got, err := s.Verify(header, body, keys[s], signedAt); err == nil {
			t.Fatalf("%q is signed without the key", got)
		}
		if len(keys[s]) == 0 || strings.ContainsAny(id, ".") || checkID(id) != nil {
			return
		}
		made, err := s.Sign(keys[s][0], id, signedAt, body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Verify(made, body, keys[s], signedAt); err == nil && s != Stripe && got != id {
			t.Fatalf("id %q became %q", id, got)
		} else if _, unsigned := errors.AsType[*Unsigned](err); unsigned {
			t.Fatalf("what is signed right is %v", err)
		}
	})
}
