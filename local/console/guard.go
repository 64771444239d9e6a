package console

// This file keeps other pages that the user visits from seeing and doing anything.

import (
	"net/http"

	"github.com/tradepost-dev/tradepost/local/httpcall"
)

// policy lets a page load and send to nothing but the console.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard answers who has asked for this machine by a name of its own, and nothing that a
// page of somebody else asks for: that one can only lead here, as a link does. A name
// that somebody else has led here (DNS rebinding) would make that one's page the
// console's own.
func guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		if !httpcall.IsLoopback(httpcall.Hostname(r.Host)) {
			http.Error(w, "The console is at 127.0.0.1 or localhost only.", http.StatusMisdirectedRequest)
			return
		}
		if fromElsewhere(r.Header) && !leads(r) {
			http.Error(w, "A page from elsewhere can only lead here.", http.StatusForbidden)
			return
		}
		sameOrigin.ServeHTTP(w, r)
	})
}

// fromElsewhere tells whether a browser says that another site's page has asked, or one
// of another port of this machine. Without a word of it no page has.
func fromElsewhere(h http.Header) bool {
	site := h.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

// leads tells whether the browser is to show the answer in a window, and not to that
// page: by a link, an address, or a bookmark.
func leads(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}
