package console

// This file is what whoever serves the console may add to it.

import (
	"html/template"
	"io/fs"
	"net/http"
	"time"
)

// Section are pages of an application's own, to which every page of the console
// leads. They are guarded as the console's own are: only these may act, and they
// load and send to nothing but the console (no style or script in the page itself).
type Section struct {
	// Path is where the section begins: "/shop". All its addresses are there and
	// below. Required.
	Path string

	// Title is what leads there. Required.
	Title string

	// Templates are *.html. One of a page begins by {{template "head" .}} and ends by
	// {{template "foot" .}}; between, .Data is the page's. Required.
	Templates fs.FS

	// Functions are those of the templates, besides the console's own.
	Functions template.FuncMap

	// Done are what a page says after an action, by the member done of its address.
	Done map[string]string

	// Serve says which addresses there are: those of pages and actions, and those of
	// files, such as a script. Required.
	Serve func(*http.ServeMux, *Pages)
}

// pages makes those of the section. A template that cannot be read is a mistake of
// the program.
func (s Section) pages(all []way, known func() time.Time) *Pages {
	shared := template.Must(template.New("").Funcs(functions).Funcs(s.Functions).ParseFS(embedded, "templates/head.html", "templates/error.html", "templates/confirm.html"))
	return &Pages{template.Must(shared.ParseFS(s.Templates, "*.html")), all, s.Done, known}
}
