package integration

import "testing"

func TestWhatOnlyAWSHasIsToldFromWhatNobodyHas(t *testing.T) {
	for name, only := range map[string]bool{
		"ecs:runTask": true, "bedrock:invokeModel": true, "batch:submitJob": true, "aws-sdk:rds:startDBInstance": true,
		"ecs:stopTask": false, "dynamodb:query": false, "rds:startDBInstance": false, "aws-sdk:sqs:sendMesage": false, "aws-sdk:rds:": false, "aws-sdk:": false, "": false,
	} {
		if got := OnlyAWS(name); got != only {
			t.Errorf("%s: %v", name, got)
		}
		if Find(name) != nil {
			t.Errorf("%s is served", name)
		}
	}
}
