// Access control lists: who may do what with a bucket or an object, beside
// policies. They count only where the bucket's ownership controls say so.

package s3

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// acl is a list; nil gives everything to the owner, and nothing to others.
type acl []grant

type grant struct {
	Grantee    grantee
	Permission string
}

type grantee struct {
	Type         string `xml:"http://www.w3.org/2001/XMLSchema-instance type,attr"`
	ID           string `xml:",omitempty"`
	DisplayName  string `xml:",omitempty"`
	EmailAddress string `xml:",omitempty"`
	URI          string `xml:",omitempty"`
}

// MarshalXML implements xml.Marshaler: clients look for the type under the
// prefix that S3 writes.
func (g grantee) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	start.Attr = []xml.Attr{
		{Name: xml.Name{Local: "xmlns:xsi"}, Value: "http://www.w3.org/2001/XMLSchema-instance"},
		{Name: xml.Name{Local: "xsi:type"}, Value: g.Type},
	}
	return e.EncodeElement(struct {
		ID, DisplayName, EmailAddress, URI string `xml:",omitempty"`
	}{g.ID, g.DisplayName, g.EmailAddress, g.URI}, start)
}

// The groups of grantees.
const (
	allUsers           = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery        = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

var permissions = []string{"FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP"}

// grantHeaders are the permissions that headers give.
var grantHeaders = map[string]string{
	"x-amz-grant-full-control": "FULL_CONTROL", "x-amz-grant-read": "READ", "x-amz-grant-read-acp": "READ_ACP",
	"x-amz-grant-write": "WRITE", "x-amz-grant-write-acp": "WRITE_ACP",
}

var aclHeaders = []string{"x-amz-acl", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write", "x-amz-grant-write-acp"}

// ownerControl is the canned list that a bucket takes even if lists do not count.
const ownerControl = "bucket-owner-full-control"

// canned are the lists that have a name: what they give beside the owner's.
var canned = map[string]acl{
	"private": {}, ownerControl: {}, "bucket-owner-read": {}, "aws-exec-read": {},
	"public-read":        {{grantee{Type: "Group", URI: allUsers}, "READ"}},
	"public-read-write":  {{grantee{Type: "Group", URI: allUsers}, "READ"}, {grantee{Type: "Group", URI: allUsers}, "WRITE"}},
	"authenticated-read": {{grantee{Type: "Group", URI: authenticatedUsers}, "READ"}},
	"log-delivery-write": {{grantee{Type: "Group", URI: logDelivery}, "WRITE"}, {grantee{Type: "Group", URI: logDelivery}, "READ_ACP"}},
}

// owned is the list that gives everything to the owner, and further grants.
func (s *S3) owned(more acl) acl {
	return append(acl{{grantee{Type: "CanonicalUser", ID: s.ownerID()}, "FULL_CONTROL"}}, more...)
}

// headerACL reads the list that a request asks for in headers, or nil.
func (q *request) headerACL() (list acl, err error) {
	h := q.Request.Header
	name := h.Get("x-amz-acl")
	for _, header := range aclHeaders[1:] {
		value := h.Get(header)
		if value == "" {
			continue
		}
		grantees, err := readGrantees(header, value)
		if err != nil {
			return nil, err
		}
		for _, who := range grantees {
			list = append(list, grant{who, grantHeaders[header]})
		}
	}
	more, known := canned[name]
	switch {
	case name == "":
		return list, nil
	case list != nil:
		return nil, cloud.Errorf(400, "InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
	case !known:
		return nil, invalidArgument("x-amz-acl", name, "")
	}
	return q.client.s3.owned(more), nil
}

// readGrantees reads id="...", uri="...", emailAddress="...".
func readGrantees(header, value string) ([]grantee, error) {
	var grantees []grantee
	for _, part := range splitList(value) {
		kind, who, _ := strings.Cut(part, "=")
		who = strings.Trim(who, `"`)
		var g grantee
		switch strings.TrimSpace(kind) {
		case "id":
			g = grantee{Type: "CanonicalUser", ID: who}
		case "uri":
			g = grantee{Type: "Group", URI: who}
		case "emailAddress":
			g = grantee{Type: "AmazonCustomerByEmail", EmailAddress: who}
		default:
			return nil, invalidArgument(header, part, "Argument format not recognized")
		}
		if err := g.check("id", "uri"); err != nil {
			return nil, err
		}
		grantees = append(grantees, g)
	}
	return grantees, nil
}

// check tells of a grantee that there cannot be, by the names that its members
// have where it was written.
func (g grantee) check(id, uri string) error {
	switch g.Type {
	case "CanonicalUser":
		if !isOwnerID(g.ID) {
			return invalidArgument(id, g.ID, "Invalid id")
		}
	case "Group":
		if !slices.Contains([]string{allUsers, authenticatedUsers, logDelivery}, g.URI) {
			return invalidArgument(uri, g.URI, "Invalid group uri")
		}
	case "AmazonCustomerByEmail":
		return cloud.Errorf(400, "UnresolvableGrantByEmailAddress", "The email address you provided does not match any account on record.")
	default:
		return malformedACL()
	}
	return nil
}

func isOwnerID(id string) bool { return len(id) == 64 && strings.Trim(id, "0123456789abcdef") == "" }

func malformedACL() error {
	return cloud.Errorf(400, "MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema")
}

// aclDocument is a list as it is told and put.
type aclDocument struct {
	Owner             *owner
	AccessControlList struct {
		Grants []grant `xml:"Grant"`
	}
}

func (d aclDocument) check() error {
	if d.Owner == nil {
		return malformedACL()
	}
	if !isOwnerID(d.Owner.ID) {
		return invalidArgument("CanonicalUser/ID", d.Owner.ID, "Invalid id")
	}
	for _, g := range d.AccessControlList.Grants {
		if !slices.Contains(permissions, g.Permission) {
			return malformedACL()
		}
		if err := g.Grantee.check("CanonicalUser/ID", "Group/URI"); err != nil {
			return err
		}
	}
	return nil
}

// readACL reads the list that a request puts, in headers or in its body.
func (q *request) readACL() (acl, error) {
	list, err := q.headerACL()
	if err != nil {
		return nil, err
	}
	body, d := q.body()
	seg, _, err := q.client.s3.receive(body, d)
	switch {
	case err != nil:
		return nil, err
	case list != nil && seg.size > 0:
		return nil, cloud.Errorf(400, "UnexpectedContent", "This request does not support content")
	case list != nil:
		return list, nil
	case seg.size == 0:
		return nil, about(cloud.Errorf(400, "MissingSecurityHeader", "Your request was missing a required header"), "MissingHeaderName", "x-amz-acl")
	}
	var document aclDocument
	if err := parseXML(section(seg), "AccessControlPolicy", &document); err != nil {
		return nil, err
	}
	return document.AccessControlList.Grants, document.check()
}

// owners tells whether a list gives nothing to anybody but the owner.
func (a acl) owners() bool {
	return !slices.ContainsFunc(a, func(g grant) bool { return g.Grantee.Type != "CanonicalUser" || g.Permission != "FULL_CONTROL" })
}

func (a acl) public() bool {
	return slices.ContainsFunc(a, func(g grant) bool { return g.Grantee.URI == allUsers || g.Grantee.URI == authenticatedUsers })
}

// lets tells whether a list gives a permission to everybody; none is no
// permission.
func (a acl) lets(permission string) bool {
	return slices.ContainsFunc(a, func(g grant) bool {
		return permission != "" && g.Grantee.URI == allUsers && (g.Permission == permission || g.Permission == "FULL_CONTROL")
	})
}

func (q *request) tellACL(list acl) error {
	if list == nil {
		list = q.client.s3.owned(nil)
	}
	document := aclDocument{Owner: q.owner()}
	document.AccessControlList.Grants = list
	return q.XML(http.StatusOK, rooted{"AccessControlPolicy", document})
}

func (q *request) getBucketACL() error {
	b, err := q.allowBucket("GetBucketAcl")
	if err != nil {
		return err
	}
	return q.tellACL(b.list(""))
}

func (q *request) putBucketACL() error {
	b, err := q.allowBucket("PutBucketAcl")
	if err != nil {
		return err
	}
	list, err := q.readACL()
	if err != nil {
		return err
	}
	if err := b.takes(list, q.Request.Header.Get("x-amz-acl")); err != nil {
		return err
	}
	b.mu.Lock()
	b.acl = list
	b.mu.Unlock()
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

func (q *request) getObjectACL() error {
	b, v, err := q.described("GetObject", "Acl", nil)
	if err != nil {
		return err
	}
	q.setVersion(b.shownID(v))
	return q.tellACL(v.ACL)
}

func (q *request) putObjectACL() error {
	list, err := q.readACL()
	if err != nil {
		return err
	}
	b, v, err := q.described("PutObject", "Acl", conditions{"s3:x-amz-acl": q.Request.Header.Get("x-amz-acl")})
	if err != nil {
		return err
	}
	if err := b.takes(list, q.Request.Header.Get("x-amz-acl")); err != nil {
		return err
	}
	b.amend(v, func(changed *version) { changed.ACL = list })
	q.op.amended(b, v, "ObjectAcl:Put", "Object ACL Updated")
	q.setVersion(b.shownID(v))
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}
