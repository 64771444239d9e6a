package console

// This file shows the mails that SNS would have sent, with their links.

import (
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

func (c *console) serveMails(mux *http.ServeMux) {
	mux.Handle("GET /mails", c.Page(c.mailList))
	mux.Handle("GET /mails/{name}", c.Page(c.mailPage))
}

// letter is a mail.
type letter struct {
	Name, Subject, From, To, Date string
	Parts                         []part // nil in a list
}

// part is one of a text: a link, or what stands between links.
type part struct{ Text, Link string }

// mailList is the page of mails, the last one first.
type mailList struct {
	Kept  bool // whether there would be any
	Mails []letter
	More  string // the address of what comes after, or empty
}

func (c *console) mailList(r *http.Request) (View, error) {
	l := mailList{Kept: c.mails != nil}
	if !l.Kept {
		return View{"Mails", "mails.html", l}, nil
	}
	entries, err := fs.ReadDir(c.mails, ".")
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // the first one makes the folder
		return View{}, err
	}
	query := r.URL.Query()
	before := query.Get("from")
	for _, entry := range slices.Backward(entries) {
		name := entry.Name()
		if path.Ext(name) != ".eml" || before != "" && name >= before {
			continue
		}
		if len(l.Mails) == onPage {
			l.More = more(query, &l.Mails[onPage-1].Name)
			break
		}
		one, err := c.letter(name, false)
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile, as the oldest of many
			continue
		}
		if err != nil {
			return View{}, err
		}
		l.Mails = append(l.Mails, one)
	}
	return View{"Mails", "mails.html", l}, nil
}

func (c *console) mailPage(r *http.Request) (View, error) {
	name := r.PathValue("name")
	if c.mails == nil || path.Ext(name) != ".eml" || path.Base(name) != name {
		return View{}, errNotHere
	}
	one, err := c.letter(name, true)
	if errors.Is(err, fs.ErrNotExist) {
		return View{}, errNotHere
	}
	if err != nil {
		return View{}, err
	}
	return View{one.Subject, "mail.html", one}, nil
}

// letter reads a mail, or what stands above its text.
func (c *console) letter(name string, whole bool) (l letter, err error) {
	file, err := c.mails.Open(name)
	if err != nil {
		return letter{}, err
	}
	defer file.Close()
	read, err := mail.ReadMessage(file)
	if err != nil {
		return letter{}, err
	}
	header := func(name string) string {
		text, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get(name))
		if err != nil {
			return read.Header.Get(name)
		}
		return text
	}
	l = letter{Name: name, Subject: header("Subject"), From: header("From"), To: header("To")}
	if at, err := read.Header.Date(); err == nil {
		l.Date = showTime(at)
	}
	if whole {
		text, err := io.ReadAll(read.Body)
		if err != nil {
			return letter{}, err
		}
		l.Parts = parts(indented(string(text)))
	}
	return l, nil
}

// links are what a text has of them, as far as a mail program would see one.
var links = regexp.MustCompile(`https?://[^\s<>"]+`)

// parts are a text's links and what stands between them.
func parts(text string) (all []part) {
	at := 0
	for _, found := range links.FindAllStringIndex(text, -1) {
		link := strings.TrimRight(text[found[0]:found[1]], `.,;:!?)]}'`)
		if u, err := url.Parse(link); err != nil || u.Host == "" {
			continue
		}
		all = append(all, part{Text: text[at:found[0]]}, part{link, link})
		at = found[0] + len(link)
	}
	return append(all, part{Text: text[at:]})
}
