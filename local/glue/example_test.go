package glue_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/glue"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// A job that would run for a while, and whose run ends as it is told.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	mocks, err := mock.Parse([]byte(`{
		"StateMachines": {"aws-sdk:glue": {"TestCases": {"prepare": {"startJobRun": "Prepared"}}}},
		"MockedResponses": {"Prepared": {"0": {"Return": {"JobRunState": "SUCCEEDED"}}}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	jobs := glue.New(c, glue.Options{Mocks: mocks})
	c.Register("glue", jobs)
	template, err := cfn.Parse([]byte(`{"Resources": {"Prepare": {"Type": "AWS::Glue::Job", "Properties": {
		"Name": "prepare", "Role": "preparer", "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/prepare.py"}}}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	if _, err := stack.Create(ctx, map[string]cfn.Type{"AWS::Glue::Job": jobs.Types()[0]}); err != nil {
		fmt.Println(err)
		return
	}
	var started struct{ JobRunId string }
	err = c.Do(ctx, c.Administrator(), "glue", "StartJobRun", map[string]string{"JobName": "prepare"}, &started)
	fmt.Println(started.JobRunId != "", err)
	// Output: true <nil>
}
