package sns

// This file puts the mails that SNS would send into a folder.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mailbox is a folder with a file per mail, or nothing.
type mailbox string

// maxMails is how many mails a mailbox keeps: the last ones. Somebody who reads
// them does so by hand.
const maxMails = 1000

// put writes a mail as a whole or not at all. Its name sorts by time. Links in
// mails may let who has them do something, so only this user reads them.
func (b mailbox) put(name string, content []byte) error {
	folder := string(b)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the mailbox: %w", err)
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path+".part", content, 0o600); err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	return b.prune()
}

// prune removes the oldest mails of too many. Of other files it takes no notice.
func (b mailbox) prune() error {
	entries, err := os.ReadDir(string(b)) // sorted by name, thus by time
	if err != nil {
		return fmt.Errorf("read the mailbox: %w", err)
	}
	mails := slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return filepath.Ext(e.Name()) != ".eml" })
	for _, old := range mails[:max(0, len(mails)-maxMails)] {
		if err := os.Remove(filepath.Join(string(b), old.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) { // another mail may have done it
			return fmt.Errorf("remove an old mail: %w", err)
		}
	}
	return nil
}

// sendMail puts a message into the mailbox, with links that work.
func (s *SNS) sendMail(t *topic, sub *subscription, m *message) error {
	now := time.Now().UTC()
	text, kind := m.text(sub.protocol), "text/plain"
	if sub.protocol == "email-json" {
		n, err := s.notification(t, sub, m)
		if err != nil {
			return err
		}
		content, err := json.Marshal(n)
		if err != nil {
			return err
		}
		text, kind = string(content), "application/json"
	}
	content := sub.mail(t, m, text, kind, now)
	if s.options.Localize != nil {
		content = s.options.Localize(content)
	}
	return s.mailbox.put(now.Format("20060102T150405.000Z")+"-"+sub.id()+"-"+m.id+".eml", []byte(content))
}

// mail is a message as a subscriber finds it: RFC 5322, with the text as it was
// published, without SNS's footer about unsubscribing.
func (s *subscription) mail(t *topic, m *message, text, kind string, sent time.Time) string {
	name, subject := t.settings.Load().displayName, m.subject
	if name == "" {
		name = "AWS Notifications"
	}
	if subject == "" {
		subject = "AWS Notification Message"
	}
	from := mail.Address{Name: name, Address: "no-reply@sns.amazonaws.com"}
	var b strings.Builder
	for _, header := range [][2]string{
		{"From", from.String()},
		{"To", s.endpoint},
		{"Subject", mime.QEncoding.Encode("utf-8", subject)},
		{"Date", sent.Format(time.RFC1123Z)},
		{"Message-ID", "<" + s.id() + "." + m.id + "@sns.local>"},
		{"MIME-Version", "1.0"},
		{"Content-Type", kind + "; charset=utf-8"},
		{"Content-Transfer-Encoding", "8bit"},
	} {
		fmt.Fprintf(&b, "%s: %s\n", header[0], header[1])
	}
	b.WriteString("\n" + text + "\n")
	return b.String()
}
