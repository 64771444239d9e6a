package invoices

// This file has who reviews: by the mails of the engine's mailbox.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// link is that of a mail.
var link = regexp.MustCompile(`(?m)^http\S+/approvals/\S+$`)

// mails are the files of the mailbox.
func (o *Office) mails() ([]string, error) {
	return filepath.Glob(filepath.Join(o.State, "mail", "*.eml"))
}

// Asked waits for a mail that asks about something, and returns its link. Mails
// of an earlier run do not count, nor those whose links were answered.
func (o *Office) Asked(ctx context.Context, about string, answered ...string) (string, error) {
	for {
		mails, err := o.mails()
		if err != nil {
			return "", err
		}
		for _, mail := range mails {
			if slices.Contains(o.earlier, mail) {
				continue
			}
			content, err := os.ReadFile(mail)
			if err != nil {
				return "", err
			}
			text := strings.ReplaceAll(string(content), "\r\n", "\n")
			if found := link.FindString(text); found != "" && strings.Contains(text, about) && !slices.Contains(answered, found) {
				return found, nil
			}
		}
		if err := laptop.Pause(ctx); err != nil {
			return "", fmt.Errorf("no mail asks about %s: %w", about, err)
		}
	}
}

// Read is the page behind a link.
func (o *Office) Read(ctx context.Context, link string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return "", err
	}
	return answer(request)
}

// Decide decides by the page's form.
func (o *Office) Decide(ctx context.Context, link, decision, comment string) error {
	form := url.Values{"decision": {decision}, "comment": {comment}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err = answer(request)
	return err
}

func answer(request *http.Request) (string, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", request.Method, request.URL.Path, response.Status)
	}
	return string(page), err
}
