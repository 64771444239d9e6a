package b2b

import (
	"fmt"
	"time"
)

// Settlement is the input of a file's settlement execution, and, with Tally
// and Status, what its tasks receive.
type Settlement struct {
	FileID    string    `json:"fileId"`
	Partner   string    `json:"partner"`
	Bucket    string    `json:"bucket"`
	Key       string    `json:"key"`
	VersionID string    `json:"versionId"`
	File      string    `json:"file"` // path below the partner's inbox
	Received  int       `json:"received"`
	Deadline  time.Time `json:"deadline"`

	// Attempt counts the settlements of one file, from 0. A later one takes
	// over: what an earlier one finds out is not recorded any more.
	Attempt int `json:"attempt"`

	// Previous is what an earlier settlement came to, if transactions that had
	// failed are replayed since: those outcomes were counted.
	Previous *Totals `json:"previous,omitempty"`

	// Reason is set for a file that is broken as a document. Nothing of such a
	// file was queued.
	Reason *Reason `json:"reason,omitempty"`
}

// Deadline is when so many transactions, of which the pipeline takes on rate
// per second, have to have their outcomes: timeout after the last one is taken on.
func Deadline(now time.Time, timeout time.Duration, rate, transactions int) time.Time {
	processing := time.Duration(transactions) * time.Second / time.Duration(rate)
	return now.Add(timeout + processing).UTC().Truncate(time.Second)
}

// Reason says why a file is not settled.
type Reason struct {
	Code    string `json:"code"`    // a batch.Code or a FileCode
	Message string `json:"message"` // a sentence for the partner
	*Place         // what is wrong, if it has a place in the file
}

// Place is a batch.Place as the reply has it.
type Place struct {
	Line   int   `json:"line"`   // from 1
	Column int   `json:"column"` // from 1, in characters
	Byte   int64 `json:"byte"`   // from 0
}

// String is the message with the place; empty for no reason.
func (r *Reason) String() string {
	switch {
	case r == nil:
		return ""
	case r.Place == nil:
		return r.Message
	}
	return fmt.Sprintf("Line %d, column %d (byte %d): %s", r.Line, r.Column, r.Byte, r.Message)
}

// TallyRequest is the input of tally: counting goes on where Previous ended.
type TallyRequest struct {
	FileID   string `json:"fileId"`
	Received int    `json:"received"`
	Previous *Tally `json:"previous,omitempty"`
}

// Tally is how far a file's outcomes have been counted.
type Tally struct {
	Totals  Totals `json:"totals"`
	Settled bool   `json:"settled"` // every ordinal has an outcome

	// Shards holds, for each shard, what was counted without a gap: those
	// outcomes are never read again.
	Shards []ShardTally `json:"shards"`
}

// ShardTally counts the outcomes of one shard up to, and without, ordinal Next.
type ShardTally struct {
	Next   int    `json:"next"`
	Totals Totals `json:"totals"`
}

// Acknowledgement is the input of acknowledge.
type Acknowledgement struct {
	Settlement
	Status FileStatus `json:"status"` // SETTLED, QUARANTINED or OVERDUE
	Totals Totals     `json:"totals"`
}

// ReplyVersion is the version of the reply format. Members may be added within
// a version; a change of meaning raises it.
const ReplyVersion = 2

// Reply is the reply file of a batch, written to the partner's outbox under its
// ReplyKey, and once a file of the same name has followed, under its EarlierReplyKey.
type Reply struct {
	Version      int        `json:"version"`
	File         string     `json:"file"`
	FileID       string     `json:"fileId"`
	Status       FileStatus `json:"status"` // SETTLED, QUARANTINED or OVERDUE
	Reason       *Reason    `json:"reason"` // null when SETTLED
	Totals       Totals     `json:"totals"`
	Transactions []Receipt  `json:"transactions"` // those not stored, by ordinal
}

// Receipt is a reply's line about one transaction that was not stored.
type Receipt struct {
	Ordinal       int     `json:"ordinal"`
	TransactionID string  `json:"transactionId"` // empty if the record has none
	Outcome       Outcome `json:"outcome"`
	Code          string  `json:"code"`
	Message       string  `json:"message"`
}

// Folders of the landing bucket.
const (
	InboxPrefix      = "inbox/"      // inbox/<partner>/<file>
	OutboxPrefix     = "outbox/"     // outbox/<partner>/<file>.reply.json, outbox/<partner>/<file>.<file id>.reply.json
	QuarantinePrefix = "quarantine/" // quarantine/<partner>/<file id>/<file>
	ReplySuffix      = ".reply.json"

	// MetadataFileID is metadata of a reply: which upload it is about.
	MetadataFileID = "file-id"
)

// Metrics, all of unit Count, with the dimension Pipeline.
const (
	MetricReceived         = "Received"
	MetricStored           = "Stored"
	MetricDuplicate        = "Duplicate"
	MetricRejected         = "Rejected"
	MetricFailed           = "Failed"
	MetricReplayed         = "Replayed" // failed ones that were tried again, and are counted again
	MetricFilesSettled     = "FilesSettled"
	MetricFilesQuarantined = "FilesQuarantined"
	MetricFilesOverdue     = "FilesOverdue"
	MetricUploadsFailed    = "UploadsFailed"  // broken off, or refused, as the SFTP server tells
	MetricFilesAbandoned   = "FilesAbandoned" // unsettled past their deadline, and nobody worked on them
	DimensionPipeline      = "Pipeline"
)
