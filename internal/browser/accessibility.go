package browser

// This file tells what a screen reader tells.

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
)

// spoken are the roles that Outline has: where one is, and what one can do.
var spoken = []string{"RootWebArea", "main", "navigation", "banner", "contentinfo", "region", "form", "heading", "status", "alert", "textbox", "button", "link", "table", "img"}

// Outline is the page as a screen reader goes through it: "button: Approve". A
// page's title is its RootWebArea's name.
func (tab *Tab) Outline() []string {
	tab.t.Helper()
	tree := call(tab, "read the accessibility tree", accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	var outline []string
	for _, node := range tree.Nodes {
		if role := valueOf(node.Role); !node.Ignored && slices.Contains(spoken, role) {
			outline = append(outline, strings.TrimSuffix(role+": "+valueOf(node.Name), ": "))
		}
	}
	return outline
}

func valueOf(v *accessibility.Value) string {
	var text string
	if v != nil && json.Unmarshal(v.Value, &text) != nil {
		return string(v.Value)
	}
	return text
}
