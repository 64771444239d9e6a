package predict

// This file asks the endpoint, some rows at a time.

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
)

// An endpoint takes 6 MB at a time, and has a minute to answer.
const (
	mostBytes = 1 << 20
	mostRows  = 1000
)

// PredictionsMismatch is the error of an endpoint that answers something else
// than a prediction per row. The state machine knows it by its name.
type PredictionsMismatch struct {
	Key               string // of the rows
	Rows, Predictions int
}

func (e *PredictionsMismatch) Error() string {
	return fmt.Sprintf("%s: the endpoint answered %d predictions for %d rows: it has to answer CSV, one prediction for each", e.Key, e.Predictions, e.Rows)
}

// rows predicts for each line of an object, and writes a line for each. Blank
// lines are none.
func (h *Handler) rows(ctx context.Context, key string, from io.Reader, to io.Writer) (total int, err error) {
	out := bufio.NewWriter(to)
	var batch bytes.Buffer
	n := 0
	ask := func() error {
		if n == 0 {
			return nil
		}
		predictions, err := h.ask(ctx, key, batch.Bytes(), n)
		if err != nil {
			return err
		}
		for _, prediction := range predictions {
			out.WriteString(prediction)
			out.WriteByte('\n')
		}
		total += n
		n = 0
		batch.Reset()
		return nil
	}
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), mostBytes)
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if n == mostRows || batch.Len()+len(line) >= mostBytes {
			if err := ask(); err != nil {
				return total, err
			}
		}
		batch.Write(line)
		batch.WriteByte('\n')
		n++
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return total, fmt.Errorf("%s has a line of more than %d bytes", key, mostBytes)
	} else if err != nil {
		return total, fmt.Errorf("read %s: %w", key, err)
	}
	if err := ask(); err != nil {
		return total, err
	}
	if err := out.Flush(); err != nil {
		return total, fmt.Errorf("predict for %s: %w", key, err)
	}
	return total, nil
}

// ask returns a prediction for each of n rows.
func (h *Handler) ask(ctx context.Context, key string, rows []byte, n int) ([]string, error) {
	answer, err := h.SageMaker.InvokeEndpoint(ctx, &sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String(h.Endpoint), Body: rows, ContentType: aws.String("text/csv"), Accept: aws.String("text/csv"),
	})
	if err != nil {
		return nil, fmt.Errorf("predict for %s: %w", key, err)
	}
	// SageMaker's own containers answer one line, with commas between the
	// predictions; others a line for each.
	text := strings.TrimSpace(string(answer.Body))
	predictions := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if len(predictions) != n {
		predictions = strings.Split(text, ",")
	}
	if len(predictions) != n || text == "" {
		return nil, &PredictionsMismatch{Key: key, Rows: n, Predictions: len(predictions)}
	}
	return predictions, nil
}
