package textract

// This file is the operation that answers a job's result.

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxResults is how many expenses one call answers.
const maxResults = 20

type getInput struct {
	JobId      string
	MaxResults *int
	NextToken  string
}

type getOutput struct {
	AnalyzeExpenseModelVersion string
	DocumentMetadata           *documentMetadata `json:",omitempty"`
	JobStatus                  string
	StatusMessage              string            `json:",omitempty"`
	ExpenseDocuments           []json.RawMessage `json:",omitempty"`
	Warnings                   []warning         `json:",omitempty"`
	NextToken                  string            `json:",omitempty"`
}

func (t *Textract) getExpenseAnalysis(_ context.Context, caller cloud.Caller, in getInput) (getOutput, error) {
	if err := t.authorize(caller, "GetExpenseAnalysis"); err != nil {
		return getOutput{}, err
	}
	if !tokenPattern.MatchString(in.JobId) {
		return getOutput{}, invalidParameter("JobId must match %s", tokenPattern)
	}
	count := maxResults
	if in.MaxResults != nil {
		if count = min(*in.MaxResults, maxResults); count < 1 {
			return getOutput{}, invalidParameter("MaxResults must be at least 1, got %d", *in.MaxResults)
		}
	}
	t.mu.Lock()
	t.forget(time.Now())
	j, ok := t.jobs[in.JobId]
	if !ok {
		t.mu.Unlock()
		return getOutput{}, cloud.Errorf(400, "InvalidJobIdException", "Request has invalid Job Id")
	}
	out := getOutput{AnalyzeExpenseModelVersion: modelVersion, JobStatus: j.status, StatusMessage: j.message, Warnings: j.warnings}
	expenses, pages := j.expenses, j.pages
	t.mu.Unlock()
	start, err := in.start(len(expenses))
	if err != nil || out.JobStatus == inProgress {
		return out, err
	}
	if pages > 0 {
		out.DocumentMetadata = &documentMetadata{pages}
	}
	page, err := resultPage(expenses, start, count)
	out.ExpenseDocuments, out.NextToken = page.ExpenseDocuments, page.NextToken
	return out, err
}

// tokenPrefix tells a token of this operation from what else may look like one.
const tokenPrefix = "expense-"

func (in getInput) start(expenses int) (int, error) {
	if in.NextToken == "" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(in.NextToken, tokenPrefix)
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n >= expenses {
		return 0, invalidParameter("NextToken is not of this job")
	}
	return n, nil
}

// resultPage returns some of the expenses, and the token of those behind them.
func resultPage(expenses [][]byte, start, count int) (getOutput, error) {
	out := getOutput{AnalyzeExpenseModelVersion: modelVersion}
	end := min(start+count, len(expenses))
	for _, zipped := range expenses[start:end] {
		raw, err := unzip(zipped)
		if err != nil {
			return out, fmt.Errorf("read a kept result: %w", err)
		}
		out.ExpenseDocuments = append(out.ExpenseDocuments, raw)
	}
	if end < len(expenses) {
		out.NextToken = tokenPrefix + strconv.Itoa(end)
	}
	return out, nil
}
