package textract

// This file is the operations that answer at once.

import (
	"bytes"
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/textract/expense"
)

type document struct {
	Bytes    []byte
	S3Object *s3Object
}

type analyzeExpenseInput struct{ Document *document }

type analyzeExpenseOutput struct {
	DocumentMetadata documentMetadata
	ExpenseDocuments []expenseDocument
}

func (t *Textract) analyzeExpense(ctx context.Context, caller cloud.Caller, in analyzeExpenseInput) (analyzeExpenseOutput, error) {
	page, err := t.readOne(ctx, caller, "AnalyzeExpense", in.Document)
	if err != nil {
		return analyzeExpenseOutput{}, err
	}
	return analyzeExpenseOutput{documentMetadata{1}, []expenseDocument{newExpense(1, page)}}, nil
}

type detectDocumentTextInput struct{ Document *document }

type detectDocumentTextOutput struct {
	DetectDocumentTextModelVersion string
	DocumentMetadata               documentMetadata
	Blocks                         []block
}

func (t *Textract) detectDocumentText(ctx context.Context, caller cloud.Caller, in detectDocumentTextInput) (detectDocumentTextOutput, error) {
	page, err := t.readOne(ctx, caller, "DetectDocumentText", in.Document)
	if err != nil {
		return detectDocumentTextOutput{}, err
	}
	return detectDocumentTextOutput{modelVersion, documentMetadata{1}, blocksOf(1, page.Lines)}, nil
}

// readOne reads a document of a single page.
func (t *Textract) readOne(ctx context.Context, caller cloud.Caller, action string, in *document) (expense.Page, error) {
	if err := t.authorize(caller, action); err != nil {
		return expense.Page{}, err
	}
	c, err := t.contentOf(ctx, caller, in)
	if err != nil {
		return expense.Page{}, err
	}
	d, err := t.open(ctx, c, maxSync)
	if err != nil {
		return expense.Page{}, err
	}
	defer d.Close()
	if d.Pages > 1 {
		return expense.Page{}, unsupported("it has %d pages, of which only StartExpenseAnalysis takes more than one", d.Pages)
	}
	page, err := readPage(d, 1)
	if err != nil {
		return expense.Page{}, err
	}
	if page.Pictures {
		return expense.Page{}, unsupported("this PDF %s", noOCR)
	}
	return expense.Analyze(page), nil
}

func (t *Textract) contentOf(ctx context.Context, caller cloud.Caller, in *document) (content, error) {
	switch {
	case in == nil || in.Bytes == nil && in.S3Object == nil:
		return content{}, invalidParameter("Document needs Bytes or S3Object")
	case in.Bytes != nil && in.S3Object != nil:
		return content{}, invalidParameter("Document has both Bytes and S3Object")
	case in.S3Object != nil:
		return t.fetch(ctx, caller, *in.S3Object)
	case len(in.Bytes) == 0:
		return content{}, invalidParameter("Bytes must have a byte")
	}
	return content{bytes.NewReader(in.Bytes), int64(len(in.Bytes))}, nil
}
