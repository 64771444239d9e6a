// Package approver is who decides, on this machine, on what constructs/approval
// asks: by the links of mails, and the page behind them.
package approver

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
)

// Question is a mail that asks.
type Question struct {
	Mail string // its file
	Text string
	Link string
}

var link = regexp.MustCompile(`(?m)^https?://\S+/approvals/\S+$`)

// Questions are the mails that ask, and hold a text: the newest last.
func Questions(l *laptop.Laptop, about string) (questions []Question, err error) {
	mails, err := l.Mails()
	if err != nil {
		return nil, err
	}
	for _, mail := range mails {
		if found := link.FindString(mail.Text); found != "" && strings.Contains(mail.Text, about) {
			questions = append(questions, Question{mail.File, mail.Text, found})
		}
	}
	return questions, nil
}

// Read is the page behind a link.
func Read(ctx context.Context, link string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return "", err
	}
	return answer(request)
}

// Decide opens a link, and clicks on a button of the page behind it.
func Decide(ctx context.Context, link string, verdict contract.Verdict, comment string) error {
	if _, err := Read(ctx, link); err != nil {
		return err
	}
	form := url.Values{"decision": {string(verdict)}, "comment": {comment}}
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
		err = fmt.Errorf("%s %s: %s: %.300s", request.Method, request.URL.Path, response.Status, page)
	}
	return string(page), err
}
