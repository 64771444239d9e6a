package laptop

// This file reads the engine's mailbox.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Mail is one that SNS would have sent.
type Mail struct {
	File string // its path, which no other mail has
	Text string // with its headers, and single line feeds
}

// Mails are those of the mailbox, the newest last. Those of earlier runs may be
// among them.
func (l *Laptop) Mails() ([]Mail, error) {
	files, err := filepath.Glob(filepath.Join(l.State, "mail", "*.eml"))
	if err != nil {
		return nil, fmt.Errorf("list the mails: %w", err)
	}
	mails := make([]Mail, 0, len(files))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read a mail: %w", err)
		}
		mails = append(mails, Mail{file, strings.ReplaceAll(string(content), "\r\n", "\n")})
	}
	return mails, nil
}
