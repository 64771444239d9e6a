package iam

// This file is what the operations have in common: pages, tags, ids and texts.

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// none is the output of an operation that answers nothing.
type none struct{}

const (
	maxItems     = 1000 // of a page
	defaultItems = 100
)

// paging is what a request says of the page that it wants.
type paging struct {
	Marker   string
	MaxItems *int
}

// page is what an answer says of the next one.
type page struct {
	IsTruncated bool
	Marker      string `json:",omitempty"`
}

// cut sorts a list and cuts a page out of it. A marker is the key of the page's
// last item, so that what comes and goes in between moves nothing.
func cut[T any](in paging, list []T, key func(T) string) ([]T, page, error) {
	limit := defaultItems
	if in.MaxItems != nil {
		limit = *in.MaxItems
	}
	if limit < 1 || limit > maxItems {
		return nil, page{}, invalid("maxItems", itoa(limit), "Member must have value between 1 and "+itoa(maxItems))
	}
	last, err := base64.RawURLEncoding.DecodeString(in.Marker)
	if err != nil {
		return nil, page{}, cloud.Errorf(400, "ValidationError", "Invalid Marker.")
	}
	list = slices.DeleteFunc(sorted(list, key), func(item T) bool { return in.Marker != "" && key(item) <= string(last) })
	if len(list) <= limit {
		return list, page{}, nil
	}
	list = list[:limit]
	return list, page{true, base64.RawURLEncoding.EncodeToString([]byte(key(list[limit-1])))}, nil
}

func sorted[T any](list []T, key func(T) string) []T {
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return list
}

// oneOf refuses a parameter that is given and none of the values.
func oneOf(parameter, value string, values ...string) error {
	if value == "" || slices.Contains(values, value) {
		return nil
	}
	return invalid(parameter, value, "Member must satisfy enum value set")
}

// isVersion is what the ids of versions look like.
var isVersion = regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`)

// newID is a unique id: the kind of thing, and 17 characters.
func newID(prefix string) string { return prefix + rand.Text()[:17] }

func itoa(n int) string { return strconv.Itoa(n) }

func orSlash(path string) string { return cmp.Or(path, "/") }

// inURL encodes a text by RFC 3986, as answers have documents and as requests are signed.
func inURL(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// size counts characters without white space, as IAM's quotas do.
func size(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
