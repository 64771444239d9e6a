package iam

// This file tells web pages that come from elsewhere from clients on this machine:
// a page that the user happens to visit can send requests here, but signs with no
// key of this engine.

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/httpcall"
)

var errElsewhere = cloud.Errorf(403, "AccessDeniedException",
	"the request is a web page's that is not on this machine: such a page needs an access key that the local engine has made, or serve it from localhost")

// fromElsewhere tells whether a browser has sent a request for a page of another
// site, or under a name that somebody has led to this machine (DNS rebinding).
// Clients that are no browsers send neither header.
func fromElsewhere(r *http.Request) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	switch {
	case origin == "" && site == "":
		return false
	case origin != "":
		u, err := url.Parse(origin)
		return err != nil || !httpcall.IsLoopback(u.Hostname()) || !ownName(r.Host)
	}
	return site == "cross-site" || !ownName(r.Host)
}

// ownName tells whether a host's name is this machine's or AWS's, which nobody else
// can lead elsewhere.
func ownName(host string) bool {
	name := httpcall.Hostname(host)
	return httpcall.IsLoopback(name) || strings.HasSuffix(name, ".localhost") || strings.HasSuffix(name, ".amazonaws.com")
}
