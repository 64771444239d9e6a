// Requests of pages from elsewhere: the rules of a bucket, what a browser asks
// beforehand, and what answers tell it.

package s3

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type corsConfiguration struct {
	CORSRules []corsRule `xml:"CORSRule"`
}

type corsRule struct {
	ID             string   `xml:",omitempty"`
	AllowedHeaders []string `xml:"AllowedHeader"`
	AllowedMethods []string `xml:"AllowedMethod"`
	AllowedOrigins []string `xml:"AllowedOrigin"`
	ExposeHeaders  []string `xml:"ExposeHeader"`
	MaxAgeSeconds  *int     `xml:",omitempty"`
}

const maxCORSRules = 100

// corsMethods are those that rules can allow.
var corsMethods = []string{"GET", "PUT", "HEAD", "POST", "DELETE"}

func (c *corsConfiguration) check(*S3, *bucket) error {
	if len(c.CORSRules) == 0 || len(c.CORSRules) > maxCORSRules {
		return malformedXML()
	}
	for _, rule := range c.CORSRules {
		if len(rule.AllowedMethods) == 0 || len(rule.AllowedOrigins) == 0 {
			return malformedXML()
		}
		for _, method := range rule.AllowedMethods {
			if !slices.Contains(corsMethods, method) {
				return cloud.Errorf(400, "InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is %s", method)
			}
		}
		for _, pattern := range slices.Concat(rule.AllowedOrigins, rule.AllowedHeaders) {
			if strings.Count(pattern, "*") > 1 {
				return cloud.Errorf(400, "InvalidRequest", "AllowedOrigin %q can not have more than one wildcard.", pattern)
			}
		}
	}
	return nil
}

// rule is the first that lets a page use a method and send headers, or nil.
func (c *corsConfiguration) rule(origin, method string, headers []string) *corsRule {
	for i := range c.CORSRules {
		rule := &c.CORSRules[i]
		allowed := func(header string) bool { return matchesAny(rule.AllowedHeaders, header, strings.EqualFold) }
		if slices.Contains(rule.AllowedMethods, method) && rule.from(origin) && !slices.ContainsFunc(headers, func(h string) bool { return !allowed(h) }) {
			return rule
		}
	}
	return nil
}

func (r *corsRule) from(origin string) bool {
	return matchesAny(r.AllowedOrigins, origin, func(a, b string) bool { return a == b })
}

// matchesAny tells whether a text is one of the patterns, in which * stands for
// any characters.
func matchesAny(patterns []string, text string, same func(a, b string) bool) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		before, after, wild := strings.Cut(pattern, "*")
		if !wild {
			return same(pattern, text)
		}
		return len(text) >= len(before)+len(after) && same(text[:len(before)], before) && same(text[len(text)-len(after):], after)
	})
}

// tell says in headers what a page may do.
func (r *corsRule) tell(h http.Header, origin string, headers []string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	if slices.Contains(r.AllowedOrigins, "*") {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Del("Access-Control-Allow-Credentials")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(r.AllowedMethods, ", "))
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
	if len(headers) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.ToLower(strings.Join(headers, ", ")))
	}
	if len(r.ExposeHeaders) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(r.ExposeHeaders, ", "))
	}
	if r.MaxAgeSeconds != nil {
		h.Set("Access-Control-Max-Age", strconv.Itoa(*r.MaxAgeSeconds))
	}
}

// tellOrigin lets the page that a request comes from read the answer, if a rule
// of the bucket does. A request that asks as beforehand is told as if it did.
func (q *request) tellOrigin() {
	h := q.Request.Header
	origin, method := h.Get("Origin"), cmp.Or(h.Get("Access-Control-Request-Method"), q.Request.Method)
	if origin == "" || q.Request.Method == http.MethodOptions {
		return
	}
	b, err := q.client.s3.bucket(q.bucket)
	if err != nil {
		return
	}
	headers := splitList(h.Get("Access-Control-Request-Headers"))
	if rule := settingOf[corsConfiguration](b, "cors").rule(origin, method, headers); rule != nil {
		rule.tell(q.Writer.Header(), origin, headers)
	}
}

// preflight answers what a browser asks before it sends a page's request.
func (q *request) preflight() error {
	h := q.Request.Header
	origin, method := h.Get("Origin"), h.Get("Access-Control-Request-Method")
	if origin == "" {
		return cloud.Errorf(400, "BadRequest", "Insufficient information. Origin request header needed.")
	}
	if method != "" && !slices.Contains(corsMethods, method) {
		return cloud.Errorf(400, "BadRequest", "Invalid Access-Control-Request-Method: %s", method)
	}
	b, err := q.client.s3.bucket(q.bucket)
	if err != nil {
		return q.corsRefused("BUCKET", "Bucket not found")
	}
	kind := "OBJECT"
	if q.key == "" {
		kind = "BUCKET"
	}
	configuration := settingOf[corsConfiguration](b, "cors")
	if len(configuration.CORSRules) == 0 {
		return q.corsRefused("BUCKET", "CORS is not enabled for this bucket.")
	}
	headers := splitList(h.Get("Access-Control-Request-Headers"))
	rule := configuration.rule(origin, method, headers)
	if rule == nil {
		return q.corsRefused(kind, "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.")
	}
	rule.tell(q.Writer.Header(), origin, headers)
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

func (q *request) corsRefused(kind, why string) error {
	method := cmp.Or(q.Request.Header.Get("Access-Control-Request-Method"), http.MethodOptions)
	return about(cloud.Errorf(403, "AccessForbidden", "CORSResponse: %s", why), "Method", method, "ResourceType", kind)
}

// splitList reads a header that is a list.
func splitList(header string) []string {
	var items []string
	for item := range strings.SplitSeq(header, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
