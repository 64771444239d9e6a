package sagemaker

// This file tells EventBridge of statuses.
// https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// tell emits an event with a description as its detail.
func (s *SageMaker) tell(kind, arn string, description any) {
	raw, err := json.Marshal(description)
	var detail map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &detail)
	}
	if err != nil {
		panic(err) // a description that is answered by the API, too
	}
	for name, value := range detail {
		if seconds, ok := value.(float64); ok && strings.HasSuffix(name, "Time") {
			detail[name] = math.Round(seconds * 1000)
		}
	}
	if status, ok := detail["EndpointStatus"].(string); ok {
		detail["EndpointStatus"] = upperSnake(status)
	}
	if raw, err = json.Marshal(detail); err != nil {
		panic(err)
	}
	s.cloud.Emit(cloud.Event{
		Version: "0", ID: cloud.UUID(), DetailType: "SageMaker " + kind + " State Change", Source: "aws.sagemaker",
		Account: s.cloud.Account, Region: s.cloud.Region, Time: time.Now().UTC().Truncate(time.Second),
		Resources: []string{arn}, Detail: raw,
	})
}

// upperSnake writes a status as the events of endpoints do: IN_SERVICE.
func upperSnake(status string) string {
	var b strings.Builder
	for i, r := range status {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

func (s *SageMaker) tellTraining(t *trainingJob) { s.tell("Training Job", t.TrainingJobARN, t) }

func (s *SageMaker) tellTransform(t *transformJob) { s.tell("Transform Job", t.TransformJobARN, t) }

func (s *SageMaker) tellEndpoint(e *endpointShape) { s.tell("Endpoint", e.EndpointARN, e) }
