package b2b

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Attributes of the tables. Files has the key (fileId); Transactions (partner,
// transactionId); Outcomes (outcomeKey, ordinal); Partners (partner).
const (
	AttrFileID        = "fileId"
	AttrPartner       = "partner"
	AttrTransactionID = "transactionId"
	AttrOutcomeKey    = "outcomeKey"
	AttrOrdinal       = "ordinal"

	// Files.
	AttrBucket     = "bucket"
	AttrKey        = "key"
	AttrVersionID  = "versionId"
	AttrStatus     = "status" // a FileStatus; in Transactions a TransactionStatus
	AttrHolder     = "holder" // request id of the split invocation that holds the claim
	AttrLeaseUntil = "leaseUntil"
	AttrReceived   = "received"
	AttrReason     = "reason"
	AttrTotals     = "totals"

	// Transactions.
	AttrFields      = "fields"
	AttrContentHash = "contentHash"
	AttrContact     = "contact"
	AttrFile        = "file"
	AttrStoredAt    = "storedAt"
	AttrReceivedAt  = "receivedAt" // of a posted transaction

	// Outcomes.
	AttrOutcome = "outcome"
	AttrCode    = "code"
	AttrMessage = "message"

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

// OutcomeShards is how many partitions a file's outcomes are spread over, so
// that one large file can be settled faster than a single DynamoDB partition
// (1,000 writes per second) allows.
const OutcomeShards = 16

// FileID identifies one version of one object: the same notice always gives
// the same id. It is 32 hexadecimal digits.
func FileID(bucket, key, versionID string) string {
	return digest(bucket, key, versionID)
}

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

// ExecutionName names the workflow execution of one transaction. It is the
// same whenever the message is delivered, which is what makes starting it
// idempotent.
func ExecutionName(fileID string, ordinal int) string {
	return fileID + "-" + strconv.Itoa(ordinal)
}

// ParseExecutionName is the reverse of ExecutionName. The id is a FileID or a
// RequestID.
func ParseExecutionName(name string) (fileID string, ordinal int, err error) {
	fileID, digits, ok := strings.Cut(name, "-")
	if ok && len(fileID) == 32 {
		if ordinal, err = strconv.Atoi(digits); err == nil && ordinal > 0 {
			return fileID, ordinal, nil
		}
	}
	return "", 0, fmt.Errorf("execution name %q is not <file id>-<ordinal>", name)
}
