// Package checkname is the step of an account application that looks at the
// applicant's name.
package checkname

// This file has the handler; rules.go says what a name looks like, and refused.go
// which names get no account.

import (
	"context"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/tidy"
)

// Handler checks names.
type Handler struct {
	refused map[string]bool // by key
}

// New returns a handler that refuses some names, however they are written.
func New(refused []string) *Handler {
	h := &Handler{refused: make(map[string]bool, len(refused))}
	for _, name := range refused {
		if k := key(name); k != "" {
			h.refused[k] = true
		}
	}
	return h
}

// Handle answers with the name as it is stored. The only error is
// contract.NameRejected, with every reason that there is.
func (h *Handler) Handle(_ context.Context, application contract.Application) (contract.CheckedName, error) {
	name := tidy.Text(application.Name)
	reasons := faults(name)
	if h.refused[key(name)] {
		reasons = append(reasons, contract.Reason{Code: contract.NameRefused, Message: "No account can be opened by this name here. Please write to us."})
	}
	if len(reasons) > 0 {
		return contract.CheckedName{}, contract.NameRejected{Reasons: reasons}
	}
	return contract.CheckedName{Name: name}, nil
}
