package console

// This file keeps other pages that the user visits from seeing and doing anything.

import (
	"net/http"

	"github.com/tradepost-dev/tradepost/local/httpcall"
)

// policy lets a page load and send to nothing but the console.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard answers who has asked for this machine by a name of its own, and lets only
// the console's own pages act. A name that somebody else has led here (DNS
// rebinding) would make that one's page the console's own.
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
		sameOrigin.ServeHTTP(w, r)
	})
}
