// This file trains models, transforms data with them, and puts them into service.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html

package integration

import "strings"

// sageMaker is an action that has an optimized integration.
func sageMaker(action string) *Integration {
	return &Integration{
		Service: "sagemaker", Action: action,
		naming:   naming{api: "sagemaker", prefix: "SageMaker", general: "AmazonSageMakerException", service: "AmazonSageMaker"},
		metadata: json11(),
	}
}

// sageMakerJob is an action that starts a kind of job ("TrainingJob"): .sync
// learns of its end by a rule that Step Functions makes.
func sageMakerJob(kind, rule string) *Integration {
	name := func(s Started) map[string]any {
		return map[string]any{kind + "Name": s.parameter(kind + "Name")}
	}
	i := serviceJob{
		id: func(s Started) string {
			arn := s.answer(kind + "Arn")
			return arn[strings.LastIndex(arn, ":")+1:] // training-job/NAME
		},
		key:      name,
		describe: "Describe" + kind, status: kind + "Status", good: "Completed",
		stop: "Stop" + kind, stopInput: name,
	}.of(sageMaker("Create" + kind))
	i.Rule = rule
	return i
}
