package b2b

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Attributes of the tables. Files has the key (fileId); Transactions
// (transactionKey); Outcomes (outcomeKey, ordinal); Partners (partner).
const (
	AttrFileID         = "fileId"
	AttrPartner        = "partner"
	AttrTransactionID  = "transactionId"
	AttrTransactionKey = "transactionKey"
	AttrOutcomeKey     = "outcomeKey"
	AttrOrdinal        = "ordinal"

	// Files.
	AttrBucket     = "bucket"
	AttrKey        = "key"
	AttrVersionID  = "versionId"
	AttrStatus     = "status" // a FileStatus; in Transactions a TransactionStatus
	AttrHolder     = "holder" // request id of the split invocation that holds the claim
	AttrLeaseUntil = "leaseUntil"
	AttrReceived   = "received"
	AttrReason     = "reason" // a Reason's sentence; its code is in AttrCode
	AttrTotals     = "totals"
	AttrPrevious   = "previous"  // totals of the settlement before the latest replay
	AttrAttempts   = "attempts"  // the latest settlement: a Settlement's Attempt
	AttrDeadline   = "deadline"  // milliseconds since 1970; in order in the index of unsettled files
	AttrUnsettled  = "unsettled" // Unsettled until the file is settled or quarantined, then absent
	AttrClaimedAt  = "claimedAt" // when split heard of it first, in milliseconds since 1970; in order in the index of a partner's files

	// Files, in the row of a notice that told no version: which one it is about. If the
	// bucket has none, these stand for it.
	AttrETag      = "etag"
	AttrWrittenAt = "writtenAt"

	// Transactions.
	AttrPartnerDay     = "partnerDay" // a PartnerDay: the key of IndexByPartner
	AttrContent        = "content"    // a Content as AttributeValue
	AttrContentVersion = "contentVersion"
	AttrContentHash    = "contentHash"
	AttrContact        = "contact"
	AttrFile           = "file"
	AttrSource         = "source"
	AttrStoredAt       = "storedAt"
	AttrReceivedAt     = "receivedAt" // of a posted transaction

	// Outcomes.
	AttrOutcome = "outcome"
	AttrCode    = "code"
	AttrMessage = "message"

	// Outcomes that are FAILED, or being replayed since.
	AttrError     = "error"     // ASL error name, or the execution's status
	AttrAttempt   = "attempt"   // the latest: a Record's
	AttrFailedDay = "failedDay" // a FailedDay: the key of IndexFailed
	AttrFailedAt  = "failedAt"  // RFC 3339

	// Files and Outcomes: when DynamoDB may delete the row, in seconds since 1970.
	AttrExpiresAt = "expiresAt"

	// Partners.
	AttrContactEmail = "contactEmail"
)

// FileStatus is the life of a file: CLAIMED while split works on it, SPLIT
// when all of it is queued, then SETTLED; or QUARANTINED. OVERDUE is a SPLIT
// file whose deadline has passed.
type FileStatus string

const (
	FileClaimed     FileStatus = "CLAIMED"
	FileSplit       FileStatus = "SPLIT"
	FileSettled     FileStatus = "SETTLED"
	FileQuarantined FileStatus = "QUARANTINED"
	FileOverdue     FileStatus = "OVERDUE"
)

// Indexes of Transactions, by which an operator searches: the pipeline itself
// reads by key only.
const (
	// IndexByPartner has the key (partnerDay, transactionId): what became of a
	// partner's transactions on a day, a shard at a time.
	IndexByPartner = "ByPartner"

	// IndexByTransactionID has the key (transactionId, partner): who has sent
	// an id.
	IndexByTransactionID = "ByTransactionID"
)

// Projected are the attributes that the indexes of Transactions have beside
// keys: few, as each index is written with the table.
var Projected = []string{AttrStatus, AttrFileID, AttrOrdinal, AttrStoredAt}

// TransactionKey is the key of a transaction: "acme/12". A partner's id has no
// slash, so the first one ends it. Every transaction has a partition key of its
// own: under the partner's id, one large file would have to pass through a
// single partition.
func TransactionKey(partner, transactionID string) string {
	return partner + "/" + transactionID
}

// Shards is how many keys a partner's day is spread over in IndexByPartner.
const Shards = 16

// Shard is the shard of a record, "00" to "15": records of a file take turns,
// and posted transactions, each the first of its request, are spread by its id.
func Shard(fileID string, ordinal int) string {
	digit := strings.IndexByte("0123456789abcdef", fileID[len(fileID)-1])
	return fmt.Sprintf("%02d", (max(digit, 0)+ordinal)%Shards)
}

// PartnerDay is a key of IndexByPartner: "acme#2026-11-24#07". The day is that
// of the write, in UTC.
func PartnerDay(partner string, day time.Time, shard string) string {
	return partner + "#" + day.UTC().Format(time.DateOnly) + "#" + shard
}

// IndexFailed is the index of Outcomes that holds those that failed, for as long
// as they do. Key: failedDay, failedAt.
const IndexFailed = "Failed"

// FailedDay is a key of IndexFailed: "2026-11-24#07". The day is in UTC.
func FailedDay(day time.Time, shard string) string {
	return day.UTC().Format(time.DateOnly) + "#" + shard
}

// IndexUnsettled is the index of Files that holds the unsettled ones alone, by
// deadline. Key: unsettled, deadline.
const IndexUnsettled = "Unsettled"

// Unsettled is the only value of AttrUnsettled.
const Unsettled = "UNSETTLED"

// IndexFilesOfPartner is the index of Files by which people look for a partner's
// files, the last one first. Key: partner, claimedAt.
const IndexFilesOfPartner = "ByPartner"

// SettlementName names a file's settlement execution: the file's id, and for
// one that had to be started again the attempt, from 1.
func SettlementName(fileID string, attempt int) string {
	if attempt == 0 {
		return fileID
	}
	return fileID + "-" + strconv.Itoa(attempt)
}

// OutcomeShards is how many partitions a file's outcomes are spread over, so
// that one large file can be settled faster than a single DynamoDB partition
// (1,000 writes per second) allows.
const OutcomeShards = 16

// FileID identifies one version of one object: the same notice always gives
// the same id. It is 32 hexadecimal digits.
func FileID(bucket, key, versionID string) string {
	return digest(bucket, key, versionID)
}

// NoticeID is the key, in Files, of a notice that told no version. It is none of a
// file: n is not a hexadecimal digit.
func NoticeID(event string) string { return "n" + digest("notice", event)[1:] }

// PostedPrefix begins the id of a posted transaction, and with it the name of
// its execution. No FileID begins with it: r is not a hexadecimal digit.
const PostedPrefix = "r"

// RequestID identifies one posted transaction, as FileID does a file. It is
// PostedPrefix and 31 hexadecimal digits: 32 characters, like a FileID.
func RequestID(apiGatewayRequestID string) string {
	return PostedPrefix + digest("rest", apiGatewayRequestID)[1:]
}

// Posted tells a RequestID from a FileID.
func Posted(id string) bool { return strings.HasPrefix(id, PostedPrefix) }

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// OutcomeKey is the partition of Outcomes that holds an ordinal of a file.
func OutcomeKey(fileID string, ordinal int) string {
	return ShardKey(fileID, ordinal%OutcomeShards)
}

// ShardKey is the partition of Outcomes for one shard of a file.
func ShardKey(fileID string, shard int) string {
	return fmt.Sprintf("%s#%02d", fileID, shard)
}

// ExecutionName names the workflow execution of one transaction, and of each of
// its replays: their attempts count from 1. It is the same whenever the message
// is delivered, which is what makes starting it idempotent.
func ExecutionName(fileID string, ordinal, attempt int) string {
	name := fileID + "-" + strconv.Itoa(ordinal)
	if attempt > 0 {
		name += "-" + strconv.Itoa(attempt)
	}
	return name
}

// ParseExecutionName is the reverse of ExecutionName. The id is a FileID or a
// RequestID.
func ParseExecutionName(name string) (fileID string, ordinal, attempt int, err error) {
	parts := strings.Split(name, "-")
	if len(parts[0]) == 32 && len(parts) > 1 {
		ordinal, _ = strconv.Atoi(parts[1])
		if len(parts) > 2 {
			attempt, _ = strconv.Atoi(parts[2])
		}
		if ordinal > 0 && ExecutionName(parts[0], ordinal, attempt) == name {
			return parts[0], ordinal, attempt, nil
		}
	}
	return "", 0, 0, fmt.Errorf("execution name %q is not <file id>-<ordinal> or <file id>-<ordinal>-<attempt>", name)
}
