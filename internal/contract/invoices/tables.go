package invoices

// This file has tables, folders, and what functions are configured by.

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strconv"
)

// Attributes of the Files table, whose key is AttrFileID. All are texts but
// the deadline.
const (
	AttrFileID     = "fileId"
	AttrBucket     = "bucket"
	AttrKey        = "key"
	AttrVersion    = "version" // of the object; "" in a bucket without versions
	AttrStatus     = "status"  // a FileStatus
	AttrJobID      = "jobId"
	AttrReceivedAt = "receivedAt" // RFC 3339, UTC
	AttrSettledAt  = "settledAt"  // likewise; of both tables
	AttrOutcomes   = "outcomes"   // JSON, a list of Outcomes
	AttrOpen       = "open"       // Open, until the file is settled
	AttrDeadline   = "deadline"   // number: Unix time in seconds
)

// IndexOpen has the files that are not settled, by deadline. Its partition is
// AttrOpen.
const IndexOpen = "Open"

// Open is the one value of AttrOpen.
const Open = "open"

// FileStatus is how far a file is.
type FileStatus string

// Statuses.
const (
	FileReceived   FileStatus = "RECEIVED"   // it is not yet with Textract
	FileAnalyzing  FileStatus = "ANALYZING"  // it is
	FileProcessing FileStatus = "PROCESSING" // an execution works on its invoices, or a reviewer
	FileSettled    FileStatus = "SETTLED"
)

// Attributes of the Invoices table, whose key is AttrVendorKey, AttrNumberKey.
// All are texts.
const (
	AttrVendorKey = "vendorKey"
	AttrNumberKey = "numberKey"
	AttrOwner     = "owner" // see Owner
	AttrVendor    = "vendor"
	AttrNumber    = "number"
	AttrTotal     = "total" // "1234.50"; "" if it could not be read
	AttrCurrency  = "currency"
	AttrDate      = "date" // 2026-11-27, or ""
	AttrDue       = "due"  // likewise
	AttrSeenAt    = "seenAt"
	AttrOutcome   = "outcome" // an OutcomeCode, from when there is one
	AttrDecidedBy = "decidedBy"
	AttrComment   = "comment"
	AttrReference = "reference" // of the payment
	AttrReason    = "reason"
	AttrPaymentID = "paymentId" // the key of the Payments table
	AttrOrderedAt = "orderedAt" // of the Payments table: RFC 3339, UTC
)

// Folders of the archive's bucket.
const (
	AnalysisPrefix = "analysis/" // AnalyzeExpense's answers
	ReadingPrefix  = "reading/"  // what was read of them
	ArchivePrefix  = "archive/"  // a folder per settled file
)

// Names of a file's folder in the archive, besides the document's own.
const (
	ArchivedAnalysis = "analysis.json"
	ArchivedReading  = "reading.json"
	ArchivedDecision = "decision.json"
)

// Variables of the functions' environment.
const (
	EnvFilesTable    = "FILES_TABLE"
	EnvInvoicesTable = "INVOICES_TABLE"
	EnvPaymentsTable = "PAYMENTS_TABLE"
	EnvArchiveBucket = "ARCHIVE_BUCKET"
	EnvQueueURL      = "QUEUE_URL"
	EnvWorkflowARN   = "WORKFLOW_ARN"
	EnvTopicARN      = "COMPLETIONS_ARN" // that Textract tells
	EnvTextractRole  = "TEXTRACT_ROLE"   // as which it does
	EnvNoticesARN    = "NOTICES_ARN"
	EnvDeadline      = "DEADLINE"     // for the analysis, as in "1h"
	EnvReviewTime    = "REVIEW_TIME"  // for the rest, as in "25h"
	EnvConfidence    = "CONFIDENCE"   // in percent, as in "90"
	EnvLimits        = "LIMITS"       // JSON: {"EUR": "1000.00"}
	EnvSymbols       = "SYMBOLS"      // JSON: {"$": "USD"}
	EnvDecimalMark   = "DECIMAL_MARK" // "Point", "Comma" or "Ask"
	EnvDateOrder     = "DATE_ORDER"   // "DayFirst", "MonthFirst" or "Ask"
	EnvMetrics       = "METRIC_NAMESPACE"
	EnvSystem        = "SYSTEM"
)

// Values of EnvDecimalMark and EnvDateOrder.
const (
	Ask        = "Ask"
	Point      = "Point"
	Comma      = "Comma"
	DayFirst   = "DayFirst"
	MonthFirst = "MonthFirst"
)

// Metrics, with the dimension System.
const (
	DimensionSystem = "System"
	MetricReceived  = "Received" // invoices: a file counts as one until it is known how many are in it
	MetricPaid      = "Paid"
	MetricRefused   = "Refused"
	MetricDuplicate = "Duplicate"
	MetricFailed    = "Failed"
	MetricOverdue   = "FilesOverdue"
)

// FileID names a version of an object: it is the token by which Textract starts
// one job for it, the job's tag, and the execution's name.
func FileID(bucket, key, version string) string { return digest("file", bucket, key, version) }

// PaymentID names what is paid: vendor and number, not the file.
func PaymentID(key Key) string { return digest("payment", key.Vendor, key.Number) }

// Owner is who a row of the Invoices table belongs to: an invoice of a file.
func Owner(fileID string, index int) string { return fileID + "#" + strconv.Itoa(index) }

// AnalysisKey is where the answer about a file is kept.
func AnalysisKey(fileID string) string { return AnalysisPrefix + fileID + ".json" }

// ReadingKey is where that is kept which was read.
func ReadingKey(fileID string) string { return ReadingPrefix + fileID + ".json" }

// ArchiveFolder is a file's in the archive.
func ArchiveFolder(fileID string) string { return ArchivePrefix + fileID + "/" }

// ArchivedName is the document's name in its folder: never that of what lies
// beside it.
func ArchivedName(key string) string { return "original/" + path.Base("/"+key) }

// digest is short enough for all names that it is part of. No two lists of parts
// come to one text.
func digest(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(sum.Sum(nil)[:20])
}
