package signatures

// This file reads the headers of each scheme.

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
	standardVersion = "v1,"

	headerGitHubSignature = "X-Hub-Signature-256"
	headerGitHubDelivery  = "X-Github-Delivery"
	githubVersion         = "sha256="

	headerStripe = "Stripe-Signature"
)

// verifyStandard takes the signatures of version v1 out of a list with spaces
// between. Those of others, such as v1a, are by public keys.
func verifyStandard(header http.Header, body []byte, keys []Key, now time.Time) (string, error) {
	id, err := single(header, headerID)
	if err != nil {
		return "", err
	}
	timestamp, err := single(header, headerTimestamp)
	if err != nil {
		return "", err
	}
	list, err := single(header, headerSignature)
	if err != nil {
		return "", err
	}
	if strings.Contains(id, ".") { // what is signed could be taken apart in two ways
		return "", &Unsigned{"the id has a full stop in it"}
	}
	if err := checkID(id); err != nil {
		return "", &Unsigned{err.Error()}
	}
	if err := inTime(timestamp, now); err != nil {
		return "", err
	}
	var signatures [][]byte
	for text := range strings.SplitSeq(list, " ") {
		encoded, ok := strings.CutPrefix(text, standardVersion)
		if signature, err := base64.StdEncoding.DecodeString(encoded); ok && err == nil {
			signatures = append(signatures, signature)
		}
	}
	if !signed(keys, signatures, id, ".", timestamp, ".", string(body)) {
		return "", &Unsigned{"no signature is right"}
	}
	return id, nil
}

func encodeStandard(signature []byte) string { return base64.StdEncoding.EncodeToString(signature) }

func verifyGitHub(header http.Header, body []byte, keys []Key) (string, error) {
	text, err := single(header, headerGitHubSignature)
	if err != nil {
		return "", err
	}
	digits, ok := strings.CutPrefix(text, githubVersion)
	signature, err := hex.DecodeString(digits)
	if !ok || err != nil || !signed(keys, [][]byte{signature}, string(body)) {
		return "", &Unsigned{"the signature is not right"}
	}
	id, err := single(header, headerGitHubDelivery)
	if err == nil {
		err = checkID(id)
	}
	if err != nil {
		return "", &Unidentified{err.Error()}
	}
	return id, nil
}

// verifyStripe takes the time and the signatures of version v1 out of a list with
// commas between. Those of others, such as v0 of test events, prove nothing.
func verifyStripe(header http.Header, body []byte, keys []Key, now time.Time) (string, error) {
	list, err := single(header, headerStripe)
	if err != nil {
		return "", err
	}
	var times []string
	var signatures [][]byte
	for item := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(item, "=")
		switch name {
		case "t":
			times = append(times, value)
		case "v1":
			if signature, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, signature)
			}
		}
	}
	if len(times) != 1 {
		return "", &Unsigned{"there is not one time"}
	}
	if err := inTime(times[0], now); err != nil {
		return "", err
	}
	if !signed(keys, signatures, times[0], ".", string(body)) {
		return "", &Unsigned{"no signature is right"}
	}
	var id string
	var event map[string]json.RawMessage // which tells id from ID
	if json.Unmarshal(body, &event) != nil || json.Unmarshal(event["id"], &id) != nil {
		return "", &Unidentified{"the body is not a JSON object with a text id"}
	}
	if err := checkID(id); err != nil {
		return "", &Unidentified{err.Error()}
	}
	return id, nil
}
