package sagemaker

// This file has the shapes of jobs, as the API has them.

import (
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// trainingSpec is what a training job is asked to be, and is described as.
type trainingSpec struct {
	TrainingJobName        string
	RoleARN                string `json:"RoleArn"`
	AlgorithmSpecification *algorithm
	HyperParameters        map[string]string `json:",omitempty"`
	InputDataConfig        []channel         `json:",omitempty"`
	OutputDataConfig       *output
	ResourceConfig         *resources
	StoppingCondition      *stoppingCondition
	Environment            map[string]string `json:",omitempty"`

	EnableInterContainerTrafficEncryption bool
	EnableManagedSpotTraining             bool
	EnableNetworkIsolation                bool

	// Nothing here is watched, debugged, moved or run in a network.
	CheckpointConfig           json.RawMessage `json:",omitempty"`
	DebugHookConfig            json.RawMessage `json:",omitempty"`
	DebugRuleConfigurations    json.RawMessage `json:",omitempty"`
	ExperimentConfig           json.RawMessage `json:",omitempty"`
	InfraCheckConfig           json.RawMessage `json:",omitempty"`
	ProfilerConfig             json.RawMessage `json:",omitempty"`
	ProfilerRuleConfigurations json.RawMessage `json:",omitempty"`
	RemoteDebugConfig          json.RawMessage `json:",omitempty"`
	RetryStrategy              json.RawMessage `json:",omitempty"`
	TensorBoardOutputConfig    json.RawMessage `json:",omitempty"`
	VpcConfig                  json.RawMessage `json:",omitempty"`
}

type algorithm struct {
	TrainingImage                    string          `json:",omitempty"`
	AlgorithmName                    string          `json:",omitempty"`
	TrainingInputMode                string          `json:",omitempty"`
	ContainerArguments               []string        `json:",omitempty"`
	ContainerEntrypoint              []string        `json:",omitempty"`
	EnableSageMakerMetricsTimeSeries *bool           `json:",omitempty"`
	MetricDefinitions                json.RawMessage `json:",omitempty"`
	TrainingImageConfig              json.RawMessage `json:",omitempty"`
}

type channel struct {
	ChannelName       string
	CompressionType   string `json:",omitempty"`
	ContentType       string `json:",omitempty"`
	InputMode         string `json:",omitempty"`
	RecordWrapperType string `json:",omitempty"`
	DataSource        *struct {
		S3DataSource         *s3DataSource   `json:",omitempty"`
		FileSystemDataSource json.RawMessage `json:",omitempty"`
	}
	ShuffleConfig json.RawMessage `json:",omitempty"`
}

type s3DataSource struct {
	S3DataType             string
	S3URI                  string          `json:"S3Uri"`
	S3DataDistributionType string          `json:",omitempty"`
	AttributeNames         []string        `json:",omitempty"`
	InstanceGroupNames     []string        `json:",omitempty"`
	ModelAccessConfig      json.RawMessage `json:",omitempty"`
}

type output struct {
	S3OutputPath    string
	KmsKeyID        string `json:"KmsKeyId,omitempty"`
	CompressionType string `json:",omitempty"`
}

type resources struct {
	InstanceType             string          `json:",omitempty"`
	InstanceCount            int             `json:",omitempty"`
	VolumeSizeInGB           int             `json:",omitempty"`
	VolumeKmsKeyID           string          `json:"VolumeKmsKeyId,omitempty"`
	KeepAlivePeriodInSeconds int             `json:",omitempty"`
	InstanceGroups           json.RawMessage `json:",omitempty"`
}

type stoppingCondition struct {
	MaxRuntimeInSeconds     int `json:",omitempty"`
	MaxWaitTimeInSeconds    int `json:",omitempty"`
	MaxPendingTimeInSeconds int `json:",omitempty"`
}

// trainingJob is a training job as it is described.
type trainingJob struct {
	trainingSpec
	TrainingJobARN             string `json:"TrainingJobArn"`
	TrainingJobStatus          string
	SecondaryStatus            string
	SecondaryStatusTransitions []transition    `json:",omitempty"`
	FailureReason              string          `json:",omitempty"`
	ModelArtifacts             *modelArtifacts `json:",omitempty"`
	FinalMetricDataList        []metricData    `json:",omitempty"`
	CreationTime               cloud.Time
	LastModifiedTime           cloud.Time
	TrainingStartTime          *cloud.Time `json:",omitempty"`
	TrainingEndTime            *cloud.Time `json:",omitempty"`
	TrainingTimeInSeconds      *int        `json:",omitempty"`
	BillableTimeInSeconds      *int        `json:",omitempty"`
}

type transition struct {
	Status        string
	StartTime     cloud.Time
	EndTime       *cloud.Time `json:",omitempty"`
	StatusMessage string      `json:",omitempty"`
}

type modelArtifacts struct{ S3ModelArtifacts string }

type metricData struct {
	MetricName string
	Value      float64
	Timestamp  *cloud.Time
}

// transformSpec is what a transform job is asked to be, and is described as.
type transformSpec struct {
	TransformJobName        string
	ModelName               string
	TransformInput          *transformInput
	TransformOutput         *transformOutput
	TransformResources      json.RawMessage
	BatchStrategy           string            `json:",omitempty"`
	Environment             map[string]string `json:",omitempty"`
	MaxConcurrentTransforms int               `json:",omitempty"`
	MaxPayloadInMB          int               `json:",omitempty"`
	DataCaptureConfig       json.RawMessage   `json:",omitempty"`
	DataProcessing          json.RawMessage   `json:",omitempty"`
	ExperimentConfig        json.RawMessage   `json:",omitempty"`
	ModelClientConfig       json.RawMessage   `json:",omitempty"`
}

type transformInput struct {
	CompressionType string `json:",omitempty"`
	ContentType     string `json:",omitempty"`
	SplitType       string `json:",omitempty"`
	DataSource      *struct{ S3DataSource *s3DataSource }
}

type transformOutput struct {
	S3OutputPath string
	Accept       string `json:",omitempty"`
	AssembleWith string `json:",omitempty"`
	KmsKeyID     string `json:"KmsKeyId,omitempty"`
}

// transformJob is a transform job as it is described.
type transformJob struct {
	transformSpec
	TransformJobARN    string `json:"TransformJobArn"`
	TransformJobStatus string
	FailureReason      string `json:",omitempty"`
	CreationTime       cloud.Time
	TransformStartTime *cloud.Time `json:",omitempty"`
	TransformEndTime   *cloud.Time `json:",omitempty"`
}
