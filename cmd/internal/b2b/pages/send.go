package pages

// This file hands over files and transactions as a partner does: by SFTP with the
// partner's key, and by REST with its token.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local/console"
)

// largestUpload bounds what one form brings: a file as large as the pipeline takes,
// and what is around it.
const largestUpload = 1<<30 + 1<<20

// client is a partner whose key and token this machine has.
func (d *desk) client(id string) (*b2b.Partner, error) {
	if p := d.Partners[id]; p != nil {
		return p, nil
	}
	return nil, &console.Fault{Status: http.StatusForbidden, Text: fmt.Sprintf("The key of partner %s is not on this machine: nobody here can send anything in its name.", id)}
}

// take puts the files of a form into the partner's inbox, each as it comes: nothing of
// them is kept here.
func (d *desk) take(r *http.Request) (string, error) {
	partner, err := d.client(r.PathValue("partner"))
	if err != nil {
		return "", err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return "", console.Refuse("The form cannot be read: %v", err)
	}
	taken := 0
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", unreadable(err)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		if err := put(r, partner, part); err != nil {
			return "", err
		}
		taken++
	}
	if taken == 0 {
		return "", console.Refuse("No file is chosen.")
	}
	return partnerPage(partner.ID) + "?done=uploaded", nil
}

// put uploads a file. The session breaks off if the form does, as a partner's would:
// what has come by then is an upload of its own.
func put(r *http.Request, partner *b2b.Partner, part *multipart.Part) error {
	name := part.FileName() // without folders
	if _, _, ignored := contract.InboxFile(contract.InboxPrefix + partner.ID + "/" + name); ignored != "" {
		return console.Refuse("%q is not uploaded, since the pipeline would leave it alone: %s.", name, ignored)
	}
	body := &watched{Reader: part}
	err := partner.Upload(r.Context(), name, body)
	if body.err != nil {
		return unreadable(body.err)
	}
	if err != nil {
		return &console.Fault{Status: http.StatusBadGateway, Text: fmt.Sprintf("The SFTP server did not take %q: %v", name, err)}
	}
	return nil
}

// watched remembers what was wrong with what it reads.
type watched struct {
	io.Reader
	err error
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

func unreadable(err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &console.Fault{Status: http.StatusRequestEntityTooLarge, Text: fmt.Sprintf("That is more than %d bytes, which is the most for one form.", large.Limit)}
	}
	return console.Refuse("The form cannot be read: %v", err)
}

// post sends a transaction to the API, and leads to what became of it. What the API
// refuses is answered in its words.
func (d *desk) post(r *http.Request) (string, error) {
	fields, err := console.Form(r)
	if err != nil {
		return "", err
	}
	partner, err := d.client(r.PathValue("partner"))
	if err != nil {
		return "", err
	}
	id := fields.Get("id")
	response, body, err := partner.Post(r.Context(), id, fields.Get("message"))
	if err != nil {
		return "", &console.Fault{Status: http.StatusBadGateway, Text: fmt.Sprintf("The API did not answer: %v", err)}
	}
	if response.StatusCode != http.StatusAccepted {
		return "", &console.Fault{Status: response.StatusCode, Text: fmt.Sprintf("The API answers %s: %s", response.Status, sentence(body))}
	}
	return searchPage(contract.TransactionKey(partner.ID, id)) + "&done=posted", nil
}

// sentence is what an answer's message says, or all of it.
func sentence(body []byte) string {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil || said.Message == "" {
		return string(body)
	}
	return said.Message
}

func searchPage(query string) string {
	return "/tradepost/search?" + url.Values{"q": {query}}.Encode()
}
