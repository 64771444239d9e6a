// Package browser lets tests use pages as people do: in a headless Chromium,
// by what is there to be read and clicked.
package browser

// This file starts the browser and opens tabs.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// limit is how long a step of a test may take.
const limit = 30 * time.Second

// names are what Chromium is called.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}

// find returns the browser's path.
func find() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("pages are tested in Chromium, and there is none: install it (on Debian by apt-get install -y chromium), or put its path into CHROMIUM")
}

// Browser is a Chromium without a window, which ends with its test.
type Browser struct{ ctx context.Context }

// Start starts one. Without Chromium the test fails.
func Start(t *testing.T) *Browser {
	t.Helper()
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	// A page that the back/forward cache brings back loads nothing, so that nobody would
	// know when it is there.
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,BackForwardCache"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // of which root has none, in CI
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(release)
	ctx, quit := chromedp.NewContext(allocator)
	t.Cleanup(quit)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &Browser{ctx}
}

// Tab is what one person looks at, with a history of its own. A step that fails
// ends the test.
type Tab struct {
	t   *testing.T
	ctx context.Context

	mu        sync.Mutex
	requested []string
	blocked   []string
}

// Tab opens one for a test, as large as a laptop's.
func (b *Browser) Tab(t *testing.T) *Tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	tab := &Tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, tab.listen); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	call(tab, "watch requests", network.Enable, network.EnableParams{})
	call(tab, "watch the log", log.Enable, cdp.Empty{})
	tab.Size(1280, 800)
	return tab
}

// listen notes what the page asks for, and what its policy keeps it from.
func (tab *Tab) listen(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.requested = append(tab.requested, e.Request.URL)
	case *log.EventEntryAdded:
		if strings.Contains(e.Entry.Text, "Content Security Policy") {
			tab.blocked = append(tab.blocked, e.Entry.Text)
		}
	}
}

// Requested are the addresses that the tab has asked for.
func (tab *Tab) Requested() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.requested)
}

// Blocked are Chromium's words on what Content Security Policies have blocked.
func (tab *Tab) Blocked() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.blocked)
}

// do performs an action.
func do[T any](tab *Tab, what string, action chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, limit)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
	return result
}

// call performs a command of the protocol.
func call[P, R any](tab *Tab, what string, command cdp.Command[P, R], in P) R {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, limit)
	defer cancel()
	result, err := chromedp.Call(ctx, command, in)
	if err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
	return result
}

// Size makes the tab so many CSS pixels wide and high: 390 by 844 is a phone's.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	do(tab, fmt.Sprintf("resize to %d by %d", width, height), chromedp.EmulateViewport(width, height))
}

// Prefer says which colors the user likes: "light" or "dark".
func (tab *Tab) Prefer(scheme string) {
	tab.t.Helper()
	call(tab, "prefer "+scheme, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}
