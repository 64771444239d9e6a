package register

// This file asks a reviewer.

import (
	"cmp"
	"fmt"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/invoices"
)

// question is what a reviewer reads: what to decide, why, and what was read.
func question(invoice contract.Invoice, document string, faults []string) contract.Question {
	var details strings.Builder
	line := func(format string, arguments ...any) { fmt.Fprintf(&details, format+"\n", arguments...) }
	payable := contract.Payable(invoice.Reasons)
	if payable {
		line("To approve is to pay it as it is read below.")
	} else {
		line("It cannot be paid as it was read: correct it, or deny it. Approved without the correction, it is asked about again.")
	}
	for _, fault := range faults {
		line("%s", fault)
	}
	line("")
	line("Why you are asked:")
	for _, reason := range invoice.Reasons {
		line("- %s (%s)", reason.Text, reason.Code)
	}
	line("")
	line("Vendor    %s", cmp.Or(invoice.Vendor, "?"))
	line("Number    %s", cmp.Or(invoice.Number, "?"))
	line("Date      %s", cmp.Or(invoice.Date, "?"))
	line("Due       %s", cmp.Or(invoice.Due, "not said"))
	line("Total     %s", invoice.Total)
	line("Lines     %d", invoice.Lines)
	line("Sure to   %.1f %%", invoice.Confidence)
	line("Document  %s, invoice %d", document, invoice.Index)
	line("")
	line("%s", invoices.HowToCorrect)
	what := fmt.Sprintf("invoice %s of %s", short(cmp.Or(invoice.Number, "?"), 40), short(cmp.Or(invoice.Vendor, "an unknown vendor"), 60))
	title := "Correct or refuse " + what + "?"
	if payable {
		title = fmt.Sprintf("Pay %s for %s?", invoice.Total, what)
	}
	return contract.Question{Title: title, Details: details.String()}
}

// short is a text of at most so many characters, in one line.
func short(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}
