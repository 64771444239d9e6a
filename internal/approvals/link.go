// Package approvals is what the functions of constructs/approval share: links
// that cannot be made up, and the rows of questions.
package approvals

// This file signs links and reads them.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Link is what a mail's link says. It lets its approver decide on one question,
// and has nothing of the task's token.
type Link struct {
	Request  string `json:"r"` // the row's key
	Approver string `json:"a"` // who was asked
	Expires  int64  `json:"e"` // Unix time
}

// maxLink is longer than any link that was signed.
const maxLink = 2048

// Sign is the text of a link: letters, digits, - _ and a dot.
func (l Link) Sign(key []byte) string {
	payload, err := json.Marshal(l)
	if err != nil {
		panic(err) // texts and a number always marshal
	}
	text := base64.RawURLEncoding.EncodeToString(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(sum(key, text))
}

// Open reads a link that was signed by one of the keys. Whether it has expired
// is for the caller to look at.
func Open(text string, keys [][]byte) (l Link, ok bool) {
	payload, signature, found := strings.Cut(text, ".")
	given, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if !found || err != nil || len(text) > maxLink {
		return Link{}, false
	}
	for _, key := range keys {
		if hmac.Equal(given, sum(key, payload)) {
			ok = true
		}
	}
	if !ok {
		return Link{}, false
	}
	content, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(content, &l) != nil {
		return Link{}, false
	}
	return l, true
}

func sum(key []byte, payload string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(payload))
	return mac.Sum(nil)
}
