// This file writes a reply: its head, then a line for each transaction that
// was not stored.

package acknowledge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// reason is why the file is not settled; nil if it is.
func reason(a contract.Acknowledgement) *contract.Reason {
	if a.Status == contract.FileOverdue {
		return &contract.Reason{Code: contract.FileCodeOverdue, Message: fmt.Sprintf(
			"%d of %d transactions have no outcome yet. This reply will be replaced when all of them have.",
			a.Received-a.Totals.Accounted(), a.Received)}
	}
	return a.Reason
}

// write streams the reply's JSON.
func (h *Handler) write(ctx context.Context, w io.Writer, a contract.Acknowledgement) error {
	out := bufio.NewWriterSize(w, 64*1024)
	head, err := encode(contract.Reply{
		Version:      contract.ReplyVersion,
		File:         a.File,
		FileID:       a.FileID,
		Status:       a.Status,
		Reason:       reason(a),
		Totals:       a.Totals,
		Transactions: []contract.Receipt{},
	})
	if err != nil {
		return err
	}
	end := []byte("]}") // transactions are the last field: the lines go in before the end
	head, ok := bytes.CutSuffix(head, end)
	if !ok {
		return fmt.Errorf("the reply's head %s does not end in its transactions", head)
	}
	// Write errors stay with the bufio.Writer; Flush returns them.
	out.Write(head)
	separator := "\n"
	err = h.receipts(ctx, a, func(r contract.Receipt) error {
		line, err := encode(r)
		if err != nil {
			return err
		}
		out.WriteString(separator)
		separator = ",\n"
		_, err = out.Write(line)
		return err
	})
	if err != nil {
		return err
	}
	out.Write(end)
	out.WriteString("\n")
	return out.Flush()
}

// encode is json.Marshal without HTML escapes: people read replies too.
func encode(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("encode %T: %w", value, err)
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}
