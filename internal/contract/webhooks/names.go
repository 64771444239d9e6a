package webhooks

// This file has the names of variables, attributes and metrics.

// Variables of the functions' environment.
const (
	EnvSources         = "SOURCES"          // a Sources, as JSON
	EnvSecretPrefix    = "SECRET_PREFIX"    // the secret of a source is named by this and the source
	EnvStream          = "STREAM"           // name
	EnvStreamARN       = "STREAM_ARN"       //
	EnvWorkflowARN     = "WORKFLOW_ARN"     //
	EnvClaimsTable     = "CLAIMS_TABLE"     // name
	EnvFailuresURL     = "FAILURES_URL"     // of the queue
	EnvTopicARN        = "TOPIC_ARN"        //
	EnvEventsTable     = "EVENTS_TABLE"     // name, of the example that is subscribed
	EnvPatience        = "PATIENCE"         // how long a webhook is tried
	EnvRemember        = "REMEMBER"         // how long a webhook is known again
	EnvMetricNamespace = "METRIC_NAMESPACE" //
	EnvSystem          = "SYSTEM"           // value of DimensionSystem
)

// Attributes of the table of claims.
const (
	AttrWebhook       = "webhook"       // key: the source, # and the id
	AttrOwner         = "owner"         // the record that claims it: a sequence number of the stream, as OwnerOf writes it
	AttrStatus        = "status"        // StatusClaimed, or an Outcome
	AttrLeaseUntil    = "leaseUntil"    // seconds since 1970: when another record may take over what is claimed
	AttrExpiresAt     = "expiresAt"     // seconds since 1970: when it is forgotten
	AttrClaimedAt     = "claimedAt"     // RFC 3339
	AttrLastDuplicate = "lastDuplicate" // the last record, in the stream's order, that was a duplicate of it
)

// StatusClaimed is that of a webhook at which a record is at work.
const StatusClaimed = "CLAIMED"

// Message attributes of what is in the queue of failures. The body is the Record.
const (
	LetterOutcome  = "outcome"  // Rejected or Parked
	LetterReason   = "reason"   // a sentence
	LetterSource   = "source"   //
	LetterID       = "id"       // the webhook's
	LetterKey      = "key"      // the partition key
	LetterSequence = "sequence" // the record's number in the stream
	LetterParkedAt = "parkedAt" // RFC 3339
)

// Message attributes of a published event, for filter policies. The body is the
// CloudEvent.
const (
	EventSource = "source"
	EventType   = "type"
	EventID     = "id"
)

// Attributes of the table of events, which the function that comes with the
// system fills.
const (
	AttrEventKey   = "eventKey"   // key: the event's partitionkey
	AttrEventID    = "eventId"    // key: the source, # and the id; HeadID for the row that counts
	AttrEventType  = "type"       //
	AttrEventTime  = "receivedAt" // RFC 3339
	AttrEventData  = "data"       // JSON
	AttrEventPlace = "place"      // 1 for the first event of the key; of HeadID: how many there are
)

// HeadID is the id of the row that counts the events of a key.
const HeadID = "#"

// Metrics, in MetricNamespace, with the dimension System alone and with Source,
// too. When everything has come to its end, Received + Replayed = Published +
// Duplicate + Rejected + Parked: what was parked and is sent again stays counted
// as parked, and is counted again under what becomes of it then.
const (
	MetricNamespace = "Tradepost/Webhooks"
	DimensionSystem = "System"
	DimensionSource = "Source"

	MetricReceived  = "Received"
	MetricReplayed  = "Replayed"
	MetricPublished = "Published"
	MetricDuplicate = "Duplicate"
	MetricRejected  = "Rejected"
	MetricParked    = "Parked"
	MetricRefused   = "Refused" // not signed right, or too large: not received
)

// MetricOf is the metric of an outcome.
func MetricOf(outcome Outcome) string {
	return map[Outcome]string{Published: MetricPublished, Duplicate: MetricDuplicate, Rejected: MetricRejected, Parked: MetricParked}[outcome]
}
