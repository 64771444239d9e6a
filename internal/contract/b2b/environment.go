package b2b

// Environment variables that the constructs set and the handlers read.
const (
	EnvFilesTable        = "FILES_TABLE"        // split, acknowledge, watch
	EnvTransactionsTable = "TRANSACTIONS_TABLE" // accept, conclude
	EnvOutcomesTable     = "OUTCOMES_TABLE"     // split, tally, acknowledge, conclude
	EnvQueueURL          = "QUEUE_URL"          // split, accept
	EnvWorkflowARN       = "WORKFLOW_ARN"       // start
	EnvSettlementARN     = "SETTLEMENT_ARN"     // split, watch
	EnvSplitFunction     = "SPLIT_FUNCTION"     // watch; its name
	EnvSettlementTimeout = "SETTLEMENT_TIMEOUT" // split; a Go duration: "15m0s"
	EnvSettlementRate    = "SETTLEMENT_RATE"    // split; transactions per second, decimal
	EnvRetention         = "RETENTION"          // split, acknowledge, conclude; how long Files and Outcomes keep rows, a Go duration
	EnvMaxFileBytes      = "MAX_FILE_BYTES"     // split; decimal
	EnvMaxFileRecords    = "MAX_FILE_RECORDS"   // split; decimal
	EnvMetricNamespace   = "METRIC_NAMESPACE"   // accept, split, acknowledge, conclude, watch
	EnvDirectoryTable    = "DIRECTORY_TABLE"    // authenticate, authorize
	EnvSessions          = "SESSIONS"           // authenticate; the JSON of a Sessions
	EnvPipeline          = "PIPELINE"           // value of the metrics' Pipeline dimension
)
