package invoices

// This file finds what a reviewer is asked.

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradepost-dev/tradepost/cmd/internal/approver"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// Asked waits for a mail that asks about something, and returns its link. Mails
// of an earlier run do not count, nor those whose links were answered.
func (o *Office) Asked(ctx context.Context, about string, answered ...string) (string, error) {
	for {
		questions, err := approver.Questions(o.Laptop, about)
		if err != nil {
			return "", err
		}
		for _, q := range questions {
			if !slices.ContainsFunc(o.earlier, func(m laptop.Mail) bool { return m.File == q.Mail }) && !slices.Contains(answered, q.Link) {
				return q.Link, nil
			}
		}
		if err := laptop.Pause(ctx); err != nil {
			return "", fmt.Errorf("no mail asks about %s: %w", about, err)
		}
	}
}
