package wire

// This file is which route of REST a request takes. Patterns are read once: a
// service has more than a hundred.

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// router has the routes of a service.
type router struct {
	style        Style
	subresources []string
	byMethod     map[string][]routed // in the order of the routes
}

// routed is a route whose pattern has been read.
type routed struct {
	*Route
	path       []segment
	parameters []wanted
}

// segment is a part of a path: a text, or a label that stands for one.
type segment struct {
	text   string // of the part, or the label's name
	label  bool
	greedy bool // it stands for all the rest
}

// wanted is a query parameter that a request must have.
type wanted struct {
	name, value string
	valued      bool // it must have the value
}

func newRouter(rest *REST) *router {
	if rest == nil {
		return nil
	}
	r := &router{style: rest.Style, subresources: rest.Subresources, byMethod: map[string][]routed{}}
	for i := range rest.Routes {
		route := &rest.Routes[i]
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		path, query, _ := strings.Cut(pattern, "?")
		r.byMethod[method] = append(r.byMethod[method], routed{route, segmentsOf(path), parametersOf(query)})
	}
	return r
}

func segmentsOf(path string) []segment {
	var segments []segment
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if part == "" {
			continue
		}
		name, label := strings.CutPrefix(strings.TrimSuffix(part, "}"), "{")
		name, greedy := strings.CutSuffix(name, "+")
		segments = append(segments, segment{name, label, greedy})
	}
	return segments
}

func parametersOf(query string) []wanted {
	var parameters []wanted
	for part := range strings.SplitSeq(query, "&") {
		if name, value, valued := strings.Cut(part, "="); name != "" {
			parameters = append(parameters, wanted{name, value, valued})
		}
	}
	return parameters
}

// find returns the first route that serves a request, with the path's labels.
func (r *router) find(request *http.Request) (*Route, map[string]string, error) {
	parameters, path := request.URL.Query(), request.URL.EscapedPath()
	for _, route := range r.byMethod[request.Method] {
		if route.Header != "" && request.Header.Get(route.Header) == "" || !route.Whole && !r.asks(route.parameters, parameters) {
			continue
		}
		if labels, ok := match(route.path, path); ok {
			return route.Route, labels, nil
		}
	}
	if r.style == S3Control {
		return nil, nil, cloud.Errorf(http.StatusNotImplemented, "NotImplemented", "the local engine does not serve S3 Control's %s %s", request.Method, request.URL.Path)
	}
	if r.style == S3 {
		return nil, nil, cloud.Errorf(http.StatusNotImplemented, "NotImplemented", "the local engine does not serve %s %s", request.Method, request.URL.RequestURI())
	}
	return nil, nil, cloud.Errorf(http.StatusNotFound, "UnknownOperationException", "the local engine does not serve %s %s", request.Method, request.URL.Path)
}

// asks tells whether a request has the parameters of a pattern, and no
// subresource besides.
func (r *router) asks(pattern []wanted, parameters url.Values) bool {
	for _, p := range pattern {
		if !parameters.Has(p.name) || p.valued && parameters.Get(p.name) != p.value {
			return false
		}
	}
	return !slices.ContainsFunc(r.subresources, func(name string) bool {
		return parameters.Has(name) && !slices.ContainsFunc(pattern, func(p wanted) bool { return p.name == name })
	})
}

// match reads the labels of a pattern from a path as it was sent.
func match(pattern []segment, path string) (labels map[string]string, ok bool) {
	rest := strings.TrimPrefix(path, "/")
	for _, s := range pattern {
		value := rest
		if rest = ""; !s.greedy {
			value, rest, _ = strings.Cut(value, "/")
		}
		if value == "" || !s.label && value != s.text {
			return nil, false
		}
		if !s.label {
			continue
		}
		unescaped, err := url.PathUnescape(value)
		if err != nil {
			return nil, false
		}
		if labels == nil {
			labels = map[string]string{}
		}
		labels[s.text] = unescaped
	}
	return labels, rest == ""
}
