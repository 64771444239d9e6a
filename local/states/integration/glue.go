// This file runs jobs of Glue.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html

package integration

func glueJob() *Integration {
	return serviceJob{
		id: func(s Started) string { return s.answer("JobRunId") },
		key: func(s Started) map[string]any {
			return map[string]any{"JobName": s.parameter("JobName"), "RunId": s.answer("JobRunId")}
		},
		describe: "GetJobRun", within: "JobRun", status: "JobRunState", good: "SUCCEEDED",
		stop: "BatchStopJobRun",
		stopInput: func(s Started) map[string]any {
			return map[string]any{"JobName": s.parameter("JobName"), "JobRunIds": []string{s.answer("JobRunId")}}
		},
	}.of(&Integration{
		Service: "glue", Action: "StartJobRun",
		naming:   naming{api: "glue", prefix: "Glue", general: "AWSGlueException", service: "AWSGlue"},
		metadata: json11(),
	})
}
