package apigateway

// Headers that do not pass through API Gateway as they are.

import "net/http"

// hopHeader tells whether a header concerns one connection only.
func hopHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// dropHeaders removes headers of one connection.
func dropHeaders(header http.Header, also ...string) {
	for name := range header {
		if hopHeader(name) {
			header.Del(name)
		}
	}
	for _, name := range also {
		header.Del(name)
	}
}

// remapHeaders renames those headers of a proxied answer that API Gateway
// keeps for itself. ("Important notes" of the developer guide)
func remapHeaders(header http.Header) {
	for _, name := range []string{"Authorization", "Connection", "Content-Length", "Date", "Server", "Www-Authenticate"} {
		if values, ok := header[name]; ok {
			header["X-Amzn-Remapped-"+name] = values
			delete(header, name)
		}
	}
	dropHeaders(header)
}
