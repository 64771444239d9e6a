package textract_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/textract"
	"github.com/tradepost-dev/tradepost/local/textract/internal/pdftest"
)

// What an invoice says, in the shape of the API.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	c.Register("textract", textract.New(c, textract.Options{Objects: s3.New(c, s3.Options{})}))

	var invoice pdftest.Document
	invoice.Page().Text(50, 50, 20, "Northwind Traders Ltd").Text(50, 90, 10, "Invoice No: 2024-17").Text(50, 120, 10, "Total: 1.234,50 EUR")

	type text struct{ Text string }
	type field struct {
		Type           text
		ValueDetection text
	}
	type document struct{ Bytes []byte }
	var out struct {
		ExpenseDocuments []struct{ SummaryFields []field }
	}
	err := c.Do(ctx, c.Administrator(), "textract", "AnalyzeExpense", map[string]document{"Document": {invoice.Bytes()}}, &out)
	if err != nil {
		panic(err)
	}
	for _, f := range out.ExpenseDocuments[0].SummaryFields {
		fmt.Println(f.Type.Text, "is", f.ValueDetection.Text)
	}
	// Output:
	// INVOICE_RECEIPT_ID is 2024-17
	// TOTAL is 1.234,50 EUR
	// VENDOR_NAME is Northwind Traders Ltd
}
