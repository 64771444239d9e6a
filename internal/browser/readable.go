package browser

// This file wants pages to be there for everybody.

import (
	"slices"
	"strings"
)

// Shows wants texts to be there to be read, in this order. Otherwise the test ends.
func (tab *Tab) Shows(parts ...string) {
	tab.t.Helper()
	text := tab.Text()
	for rest := text; len(parts) > 0; parts = parts[1:] {
		_, after, found := strings.Cut(rest, parts[0])
		if !found {
			tab.t.Fatalf("%q is not there, or not behind what comes before it:\n%s", parts[0], text)
		}
		rest = after
	}
}

// Readable wants the page that is open to be read in light and dark, on a phone, and
// by a screen reader; and takes pictures of it, named by its heading.
func (tab *Tab) Readable() {
	tab.t.Helper()
	name := tab.Run("document.querySelector('h1').innerText")
	for _, scheme := range []string{"dark", "light"} {
		tab.Prefer(scheme)
		if faint := tab.Faint(); len(faint) > 0 {
			tab.t.Errorf("%s in %s: hard to read: %q", name, scheme, faint)
		}
		tab.Picture(name + " in " + scheme)
	}
	tab.Size(360, 780)
	if n := tab.Overflows(); n > 0 {
		tab.t.Errorf("%s is %d pixels wider than a phone", name, n)
	}
	tab.Picture(name + " on a phone")
	tab.Size(1280, 800)
	outline := tab.Outline()
	for _, want := range []string{"main", "navigation: Pages", "heading: "} {
		if !slices.ContainsFunc(outline, func(line string) bool { return strings.HasPrefix(line, want) }) {
			tab.t.Errorf("%s: a screen reader finds no %q in %q", name, want, outline)
		}
	}
	if mute := tab.Run(`[...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(e => e.labels.length === 0 && !e.ariaLabel).length`); mute != "0" {
		tab.t.Errorf("%s: %s fields have no label", name, mute)
	}
	if blocked := tab.Blocked(); len(blocked) > 0 {
		tab.t.Errorf("%s: the page's own policy blocks %q", name, blocked)
	}
}
