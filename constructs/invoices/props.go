package invoices

// This file has the properties, and says what is wrong with them.

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"

	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/money"
)

// Props are the properties of a System.
type Props struct {
	// Reviewers are the mail addresses of those who decide what is not paid by
	// itself: 1 to 50. Each has to confirm a subscription once. Required.
	Reviewers []string

	// ReviewTime is for how long a decision is waited for: without one, an invoice
	// is refused. One minute to 30 days. Default: 24 hours.
	ReviewTime time.Duration

	// Bucket is an existing bucket in which documents arrive, with EventBridge
	// notifications on. If a key of yours encrypts it, say so
	// (BucketAttributes.EncryptionKey). Default: one is made.
	Bucket awss3.IBucket

	// Prefix is where in the bucket they arrive. Default: inbox/.
	Prefix string

	// Limits are, by currency, the totals from which on a reviewer is asked,
	// whatever was read: {"EUR": "1000.00"}. One of another currency is always
	// asked about. Default: 1,000 USD, EUR, GBP and CHF, 10,000 SEK, NOK and DKK.
	Limits map[string]string

	// MinConfidence is how sure Textract has to be of each value that is paid by,
	// in percent, for a reviewer not to be asked. Default: 80.
	MinConfidence float64

	// Symbols says which currency a symbol of several stands for, unless the
	// document says it: {"$": "CAD"}. One that is not listed is asked about, such
	// as kr and ¥. Default: $ is USD, and £ is GBP.
	Symbols map[string]string

	// DecimalMark settles what "1,234" and "1.234" mean. Default: Ask.
	DecimalMark DecimalMark

	// DateOrder settles what "03/04/2026" means. Default: Ask.
	DateOrder DateOrder

	// Deadline is for how long Textract may work on a document, and it may wait
	// for Textract, before somebody looks into it: one minute to a day. Default:
	// an hour.
	Deadline time.Duration

	// Pay is invoked to pay an invoice, with {"paymentId", "fileId", "vendor",
	// "number", "total": {"value", "currency"}, "date", "due"}. It has to pay once
	// for a paymentId, however often it is invoked with it. What it answers as
	// "reference" is kept with the invoice. Default: a function that writes a row
	// of Payments.
	Pay awslambda.IFunction

	// Notices is an existing topic that is told what became of each file. Its
	// owner watches it. Default: one is made, with an alarm.
	Notices awssns.ITopic

	// MaxConcurrency is how many batches of ten documents are handed to Textract
	// at a time, 2 to 1,000. Default: 2: Textract starts few jobs per second.
	MaxConcurrency int

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it is: it
	// is somebody else's, and there. Default: the reviewers' page sets it.
	KeepAPIAccount bool

	// Code replaces the code of functions. Default: this module's own handlers,
	// built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// DecimalMark is the character before decimals.
type DecimalMark string

// Decimal marks.
const (
	AskForMark DecimalMark = contract.Ask // what may mean two things is asked about
	Point      DecimalMark = contract.Point
	Comma      DecimalMark = contract.Comma
)

// DateOrder is which number of a date is the day.
type DateOrder string

// Orders.
const (
	AskForOrder DateOrder = contract.Ask // what may mean two days is asked about
	DayFirst    DateOrder = contract.DayFirst
	MonthFirst  DateOrder = contract.MonthFirst
)

// Alarms adjusts the alarms of a System. docs/operations.md says what to do
// about each.
type Alarms struct {
	// DeadLetters goes off when so many documents could not be handed to Textract,
	// or so many of its completions start no execution. Default: at the first.
	DeadLetters operation.Alarm

	// Overdue goes off when so many files are not settled in time. Default: at the
	// first.
	Overdue operation.Alarm

	// FailedInvoices goes off when so many invoices failed within a minute, or
	// documents without one. Default: at the first.
	FailedInvoices operation.Alarm

	// Undelivered goes off when so many notices did not reach a subscriber within
	// a minute. Default: at the first.
	Undelivered operation.Alarm

	// Files adjusts the alarms of the state machine.
	Files workflow.Alarms

	// Approval adjusts the alarms of the reviewers' page.
	Approval approval.Alarms

	// Functions adjusts the alarms of all functions.
	Functions gofunction.Alarms
}

func (p Props) withDefaults() Props {
	p.ReviewTime = cmp.Or(p.ReviewTime, 24*time.Hour)
	p.Prefix = cmp.Or(p.Prefix, "inbox/")
	p.MinConfidence = cmp.Or(p.MinConfidence, 80)
	p.DecimalMark = cmp.Or(p.DecimalMark, AskForMark)
	p.DateOrder = cmp.Or(p.DateOrder, AskForOrder)
	p.Deadline = cmp.Or(p.Deadline, time.Hour)
	p.MaxConcurrency = cmp.Or(p.MaxConcurrency, 2)
	if p.Limits == nil {
		p.Limits = map[string]string{"USD": "1000", "EUR": "1000", "GBP": "1000", "CHF": "1000", "SEK": "10000", "NOK": "10000", "DKK": "10000"}
	}
	if p.Symbols == nil {
		p.Symbols = map[string]string{}
		for symbol, code := range money.DefaultSymbols {
			p.Symbols[symbol] = string(code)
		}
	}
	return p
}

func (p Props) validate() error {
	var faults operation.Faults
	approval.Validate(&faults, "Reviewers", p.Reviewers, "ReviewTime", p.ReviewTime)
	if strings.HasPrefix(p.Prefix, "/") || len(p.Prefix) > 900 {
		faults.Addf("Prefix is %.40q: give one such as inbox/", p.Prefix)
	}
	for _, code := range slices.Sorted(maps.Keys(p.Limits)) {
		if limit, err := money.Exact(p.Limits[code], money.Currency(code)); err != nil {
			faults.Addf("Limits has %s for %s: %w", p.Limits[code], code, err)
		} else if !limit.IsPositive() {
			faults.Addf("Limits has %s: give more than nothing", limit)
		}
	}
	for _, symbol := range slices.Sorted(maps.Keys(p.Symbols)) {
		if err := money.Means(symbol, money.Currency(p.Symbols[symbol])); err != nil {
			faults.Addf("Symbols: %w", err)
		}
	}
	operation.Within(&faults, "MinConfidence", p.MinConfidence, 0.1, 100)
	if !slices.Contains([]DecimalMark{AskForMark, Point, Comma}, p.DecimalMark) {
		faults.Addf("DecimalMark is %q: give Ask, Point or Comma", string(p.DecimalMark))
	}
	if !slices.Contains([]DateOrder{AskForOrder, DayFirst, MonthFirst}, p.DateOrder) {
		faults.Addf("DateOrder is %q: give Ask, DayFirst or MonthFirst", string(p.DateOrder))
	}
	operation.Within(&faults, "Deadline", p.Deadline, time.Minute, 24*time.Hour)
	gofunction.ValidateConcurrency(&faults, p.MaxConcurrency)
	operation.Handlers(&faults, p.Code, p.used())
	faults.Alarms(map[string]operation.Alarm{
		"Alarms.DeadLetters": p.Alarms.DeadLetters, "Alarms.Overdue": p.Alarms.Overdue,
		"Alarms.FailedInvoices": p.Alarms.FailedInvoices, "Alarms.Undelivered": p.Alarms.Undelivered,
		"Alarms.Approval.ServerErrors": p.Alarms.Approval.ServerErrors, "Alarms.Approval.Undelivered": p.Alarms.Approval.Undelivered,
	})
	p.Alarms.Files.Validate(&faults, "Alarms.Files")
	p.Alarms.Approval.Functions.Validate(&faults, "Alarms.Approval.Functions")
	p.Alarms.Functions.Validate(&faults, "Alarms.Functions")
	return faults.Err()
}
