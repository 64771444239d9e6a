// Package training holds the names and shapes that cross a boundary between the
// constructs, the state machines, the handlers and the ETL script of model
// training. It imports nothing outside the standard library.
package training

// Search is what FindData is invoked with.
type Search struct {
	Run string `json:"run"`
}

// Found is its answer: what there is to train on.
type Found struct {
	New         int    `json:"new"`         // objects that are not what the last success was trained on; 0 also if exactly this was refused
	Objects     int    `json:"objects"`     // all of them
	Bytes       int64  `json:"bytes"`       // of all of them
	Manifest    string `json:"manifest"`    // key of their list in the work bucket: see Line
	Fingerprint string `json:"fingerprint"` // SHA-256 of that list, in hexadecimal
}

// Line is a line of a manifest, which lists objects in the order of their keys.
type Line struct {
	Key  string `json:"key"`
	ETag string `json:"etag"`
	Size int64  `json:"size"`
}

// Batch is what Predict is invoked with.
type Batch struct {
	Run   string `json:"run"`
	After string `json:"after"` // key of the input that was the last to be finished; empty at first
}

// Predicted is its answer.
type Predicted struct {
	Rows  int    `json:"rows"`  // that were predicted now
	After string `json:"after"` // where to go on
	Done  bool   `json:"done"`  // there is nothing left
}

// Outcome is what became of a run that has ended well.
type Outcome string

const (
	Succeeded      Outcome = "SUCCEEDED"       // a new model is in service, and has predicted
	Refused        Outcome = "REFUSED"         // the new model is not good enough
	NothingNew     Outcome = "NOTHING_NEW"     // there is no data that is new
	AlreadyRunning Outcome = "ALREADY_RUNNING" // another run is still going
)

// Result is the output of an execution.
type Result struct {
	Outcome   Outcome `json:"outcome"`
	Run       string  `json:"run"`
	Execution string  `json:"execution,omitempty"` // the other one, of ALREADY_RUNNING
	Metric    string  `json:"metric,omitempty"`    // that of the gate, of SUCCEEDED and REFUSED
	Value     float64 `json:"value,omitempty"`     // the metric's, of SUCCEEDED and REFUSED
	Rows      int     `json:"rows,omitempty"`      // that were predicted, of SUCCEEDED
}

// Errors by which executions fail, beside those of the services.
const (
	// ErrorMetricMissing is of a training job that has not told the gate's metric.
	ErrorMetricMissing = "MetricMissing"

	// ErrorServiceBusy is that of patience.ServiceBusy: the state machine tries
	// again.
	ErrorServiceBusy = "ServiceBusy"

	// ErrorPredictionsMismatch is Predict's, of an endpoint that does not answer
	// a prediction per row.
	ErrorPredictionsMismatch = "PredictionsMismatch"
)

// Wanted is the input of the endpoint's state machine.
type Wanted struct {
	Configuration string `json:"configuration"` // name of an endpoint configuration
}

// Errors by which the state machine of the endpoint fails.
const (
	ErrorEndpointRefused      = "EndpointRefused"      // SageMaker does not take the configuration
	ErrorEndpointFailed       = "EndpointFailed"       // it has failed, and says why
	ErrorEndpointRolledBack   = "EndpointRolledBack"   // SageMaker has taken the former configuration back
	ErrorEndpointNotInService = "EndpointNotInService" // not within the time that there is
)

// Keys of the Runs table that are no run's.
const (
	RowCurrent     = "current"      // which execution runs
	RowLastSuccess = "last-success" // what the model in service was trained on
	RowLastRefusal = "last-refusal" // what was trained in vain
)

// Attributes of the Runs table. Its key is AttrRun.
const (
	AttrRun           = "run"           // a run, or one of the keys above
	AttrExecution     = "execution"     // ARN of the execution
	AttrLastRun       = "lastRun"       // of last-success and last-refusal: which run it was
	AttrOutcome       = "outcome"       // of a run: SUCCEEDED or REFUSED
	AttrAt            = "at"            // RFC 3339, UTC
	AttrManifest      = "manifest"      // key of the list of what it was trained on
	AttrFingerprint   = "fingerprint"   // SHA-256 of that list
	AttrMetric        = "metric"        // that of the gate
	AttrValue         = "value"         // the metric's
	AttrModel         = "model"         // of a run and of last-success, where it is in service
	AttrConfiguration = "configuration" // of the endpoint, of both as well

	// Of last-success: those before, to which one may go back by hand.
	AttrFormerModel         = "formerModel"
	AttrFormerConfiguration = "formerConfiguration"

	AttrRows = "rows" // that were predicted
)

// Folders of the work bucket; below each is one for every run.
const (
	FolderManifests   = "manifests/"
	FolderTransformed = "transformed/" // by the ETL job: train/, validation/, predict/
	FolderModels      = "models/"      // by the training job
	FolderPredictions = "predictions/"
)

// Folders that the ETL job writes below transformed/<run>/.
const (
	PartTrain      = "train/"      // rows to train on
	PartValidation = "validation/" // rows to measure by
	PartPredict    = "predict/"    // rows to predict for
)

// Arguments of the ETL job.
const (
	ArgumentData     = "--data"     // s3://<bucket>/<prefix> that the manifest lists
	ArgumentManifest = "--manifest" // s3:// address of the manifest
	ArgumentOutput   = "--output"   // s3://<bucket>/transformed/<run>/
)

// Environment variables of the functions.
const (
	EnvDataBucket = "DATA_BUCKET"
	EnvDataPrefix = "DATA_PREFIX"
	EnvWorkBucket = "WORK_BUCKET"
	EnvRunsTable  = "RUNS_TABLE"
	EnvEndpoint   = "ENDPOINT_NAME"
	EnvNoticesARN = "NOTICES_ARN"
	EnvName       = "SYSTEM_NAME"
)

// Attributes of a notice, for filter policies.
const (
	NoticeOutcome   = "outcome"   // an Outcome, FAILED, TIMED_OUT or ABORTED
	NoticeExecution = "execution" // ARN
)
