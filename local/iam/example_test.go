package iam_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// What may a role of a template do?
func ExampleIAM_Authorize() {
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	identity := iam.New(c)
	c.Authorizer, c.Policies = identity, identity
	types := map[string]cfn.Type{}
	for _, t := range identity.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Sender": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]},
		"Policies": [{"PolicyName": "send", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-central-1:123456789012:orders"}]}}]
	}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	created, err := stack.Create(context.Background(), types)
	if err != nil {
		panic(err)
	}
	role, _ := created.Handles["Sender"].Attributes["Arn"].(string)
	caller, err := c.Assume(c.ServiceCaller("lambda.amazonaws.com", ""), role, "session")
	if err != nil {
		panic(err)
	}
	for _, queue := range []string{"orders", "payments"} {
		err := c.Authorize(caller, "sqs:SendMessage", c.ARN("sqs", queue))
		fmt.Println(queue, err == nil)
	}
	// Output:
	// orders true
	// payments false
}

// What could a policy allow, whoever has it?
func ExampleGrants() {
	policy := `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Tidy", "Effect": "Allow", "Action": "s3:Delete*", "Resource": "*"},
		{"Effect": "Deny", "Action": "s3:DeleteObject*", "Resource": "arn:aws:s3:::archive/*"}]}`
	grants, err := iam.Grants([]byte(policy), iam.Access{Actions: []string{"iam:*", "s3:DeleteObject"}, Resources: []string{"arn:aws:s3:::*/orders"}})
	if err != nil {
		panic(err)
	}
	for _, g := range grants {
		fmt.Println(g.Sid, g.Action, g.Resource)
	}
	grants, err = iam.Grants([]byte(policy), iam.Access{Actions: []string{"s3:DeleteObject"}, Resources: []string{"arn:aws:s3:::archive/*"}})
	fmt.Println(len(grants), err)
	// Output:
	// Tidy s3:deleteobject arn:aws:s3:::/orders
	// 0 <nil>
}
