package b2b

// Source is how a transaction came in.
type Source string

const (
	SourceSFTP Source = "SFTP"
	SourceREST Source = "REST"
)

// Message is the body of a queue message and the input of a transaction's
// execution: one record, numbered within its file, and its content. A posted
// transaction is the first and only record of its request.
type Message struct {
	Record  `json:"record"`
	Content Content `json:"content"`
}

// Record says which record it is. The workflow keeps it while it runs, without
// the content: one Assign of Step Functions holds 256 KiB.
type Record struct {
	FileID         string `json:"fileId"`
	Ordinal        int    `json:"ordinal"`    // from 1
	Attempt        int    `json:"attempt"`    // 0, or which replay this is
	OutcomeKey     string `json:"outcomeKey"` // OutcomeKey(FileID, Ordinal)
	Shard          string `json:"shard"`      // Shard(FileID, Ordinal)
	Partner        string `json:"partner"`
	Source         Source `json:"source"`
	File           string `json:"file"` // path below the partner's inbox; empty for SourceREST
	TransactionID  string `json:"transactionId"`
	TransactionKey string `json:"transactionKey"` // TransactionKey(Partner, TransactionID)
}

// NewRecord makes a record with the keys that follow from the rest.
func NewRecord(fileID string, ordinal int, partner string, source Source, file, transactionID string) Record {
	return Record{
		FileID:         fileID,
		Ordinal:        ordinal,
		OutcomeKey:     OutcomeKey(fileID, ordinal),
		Shard:          Shard(fileID, ordinal),
		Partner:        partner,
		Source:         source,
		File:           file,
		TransactionID:  transactionID,
		TransactionKey: TransactionKey(partner, transactionID),
	}
}

// Formatted is what the format handler answers: what of the stored transaction
// comes from its content.
type Formatted struct {
	Content        AttributeValue `json:"content"`        // in DynamoDB's JSON
	ContentVersion int            `json:"contentVersion"` // ContentVersion
	ContentHash    string         `json:"contentHash"`    // a contenthash.Hash in hexadecimal
}

// AttributeValue is DynamoDB's JSON for the three types that content needs.
type AttributeValue struct {
	S *string                   `json:"S,omitempty"`
	L []AttributeValue          `json:"L,omitzero"` // an empty list or map is written, nil is not
	M map[string]AttributeValue `json:"M,omitzero"`
}

const (
	// MaxTransactionIDLength is in characters.
	MaxTransactionIDLength = 128

	// MaxMessageBytes bounds a Message's JSON. Step Functions takes 256 KiB
	// (262,144 bytes); the rest is for what the workflow adds to it.
	MaxMessageBytes = 240 * 1024

	// MaxContentBytes bounds the JSON of Formatted.Content, which travels in
	// the arguments of the Store task beside the rest of the item.
	MaxContentBytes = 248 * 1024
)

// ErrorTransactionTooLarge is the ASL error name, and the Go type's, by which
// format says that a transaction's content exceeds MaxContentBytes.
const ErrorTransactionTooLarge = "TransactionTooLarge"
