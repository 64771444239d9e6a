package ec2_test

// This file updates instances, and what is around them.

import (
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
)

// estate is an engine whose stack can be updated.
func estate(t *testing.T, resources string) (*engine, *cfntest.Stack) {
	t.Helper()
	e := newEngine(t, "")
	stack, err := cfntest.Create(t, e.Site, e.ec2.Types(), resources)
	if err != nil {
		t.Fatal(err)
	}
	return e, stack
}

func instance(properties string) string {
	return `{"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-12345678"` + properties + `}}`
}

// theOne is the one instance that there is and has not ended.
func theOne(t *testing.T, client *awsec2.Client) types.Instance {
	t.Helper()
	out, err := client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	var all []types.Instance
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			if i.State.Name != types.InstanceStateNameTerminated {
				all = append(all, i)
			}
		}
	}
	if len(all) != 1 {
		t.Fatalf("there are %d instances", len(all))
	}
	return all[0]
}

func TestAnInstanceIsUpdatedWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, stack := estate(t, `"Server": `+instance(""))
		client := e.root(t)
		before := theOne(t, client)
		stack.Put(t, "Server", instance(`, "Monitoring": true, "SecurityGroupIds": ["sg-1"], "IamInstanceProfile": "reader", "Tags": [{"Key": "team", "Value": "blue"}], "DisableApiTermination": true`))
		i := theOne(t, client)
		if *i.InstanceId != *before.InstanceId || *i.PrivateIpAddress != *before.PrivateIpAddress || i.State.Name != types.InstanceStateNameRunning {
			t.Errorf("the instance is %s at %s, %s", *i.InstanceId, *i.PrivateIpAddress, i.State.Name)
		}
		if i.Monitoring.State != types.MonitoringStateEnabled || len(i.SecurityGroups) != 1 || *i.IamInstanceProfile.Arn != "arn:aws:iam::111122223333:instance-profile/reader" || len(i.Tags) == 0 {
			t.Errorf("it has %+v", i)
		}
		if _, err := client.TerminateInstances(t.Context(), &awsec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}); err == nil {
			t.Error("a protected instance is terminated")
		}
		if got := e.told(); got != "" {
			t.Errorf("it has been %s", got)
		}
		stack.Put(t, "Server", instance(""))
		if i := theOne(t, client); i.Monitoring.State != types.MonitoringStateDisabled || i.IamInstanceProfile != nil {
			t.Errorf("updated back, it has %+v", i)
		}
		if err := stack.Delete(t.Context(), cfn.Deletion{}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnInstanceIsStoppedForAnotherType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, stack := estate(t, `"Server": `+instance(`, "InstanceType": "t3.micro"`))
		client := e.root(t)
		id := stack.Ref("Server")
		started := time.Now()
		stack.Put(t, "Server", instance(`, "InstanceType": "t3.large", "EbsOptimized": true`))
		i := theOne(t, client)
		if stack.Ref("Server") != id || i.InstanceType != types.InstanceTypeT3Large || !*i.EbsOptimized || i.State.Name != types.InstanceStateNameRunning {
			t.Errorf("it is %s %s, %s", *i.InstanceId, i.InstanceType, i.State.Name)
		}
		if got := e.told(); got != "stopping stopped pending running" || time.Since(started) != 10*time.Second {
			t.Errorf("in %s it has been %s", time.Since(started), got)
		}
		if _, err := client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: []string{id}}); err != nil {
			t.Fatal(err)
		}
		stack.Put(t, "Server", instance(`, "InstanceType": "t3.micro"`))
		if i := theOne(t, client); i.InstanceType != types.InstanceTypeT3Micro || i.State.Name != types.InstanceStateNameStopped {
			t.Errorf("one that was stopped is %s, %s", i.InstanceType, i.State.Name)
		}
	})
}

func TestAnInstanceIsReplacedForTheNextVersionOfItsLaunchTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		by := func(kind string) string {
			return `{"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"ImageId": "ami-12345678", "InstanceType": "` + kind + `"}}}`
		}
		e, stack := estate(t, `"By": `+by("t3.micro")+`, "Server": {"Type": "AWS::EC2::Instance", "Properties": {
			"LaunchTemplate": {"LaunchTemplateId": {"Ref": "By"}, "Version": {"Fn::GetAtt": ["By", "LatestVersionNumber"]}}}}`)
		client := e.root(t)
		before, template := stack.Ref("Server"), stack.Ref("By")
		stack.Put(t, "By", by("t3.large"))
		i := theOne(t, client)
		if *i.InstanceId == before || i.InstanceType != types.InstanceTypeT3Large {
			t.Errorf("the instance is %s, a %s, and was %s", *i.InstanceId, i.InstanceType, before)
		}
		if attributes := stack.Handles["By"].Attributes; stack.Ref("By") != template || attributes["LatestVersionNumber"] != "2" || attributes["DefaultVersionNumber"] != "1" {
			t.Errorf("the launch template has %v", attributes)
		}
		stack.Put(t, "Server", `{"Type": "AWS::EC2::Instance", "Properties": {"LaunchTemplate": {"LaunchTemplateId": {"Ref": "By"}, "Version": "$Default"}}}`)
		if i := theOne(t, client); i.InstanceType != types.InstanceTypeT3Micro {
			t.Errorf("by the default version it is a %s", i.InstanceType)
		}
		if err := stack.Try(t, map[string]string{"Server": `{"Type": "AWS::EC2::Instance", "Properties": {"LaunchTemplate": {"LaunchTemplateId": {"Ref": "By"}, "Version": "3"}}}`}); err == nil {
			t.Error("a version that there is not is taken")
		}
	})
}

func TestTheNetworkIsUpdatedInPlace(t *testing.T) {
	_, stack := estate(t, resource("Group", "SecurityGroup", `"GroupDescription": "of servers"`)+", "+resource("Net", "VPC", `"CidrBlock": "10.0.0.0/16"`)+", "+
		resource("Part", "Subnet", `"VpcId": {"Ref": "Net"}, "CidrBlock": "10.0.0.0/24"`)+", "+resource("Table", "RouteTable", `"VpcId": {"Ref": "Net"}`)+", "+resource("Address", "EIP", ``))
	before := map[string]string{}
	for id, h := range stack.Handles {
		before[id] = h.Ref
	}
	tags := `"Tags": [{"Key": "team", "Value": "blue"}]`
	stack.Put(t, "Group", `{"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "of servers", "SecurityGroupIngress": [{"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8"}]}}`)
	stack.Put(t, "Net", `{"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true, `+tags+`}}`)
	stack.Put(t, "Part", `{"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Net"}, "CidrBlock": "10.0.0.0/24", `+tags+`}}`)
	stack.Put(t, "Table", `{"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Net"}, `+tags+`}}`)
	stack.Put(t, "Address", `{"Type": "AWS::EC2::EIP", "Properties": {`+tags+`}}`)
	for id, h := range stack.Handles {
		if h.Ref != before[id] {
			t.Errorf("%s is %s, and was %s", id, h.Ref, before[id])
		}
	}
	stack.Put(t, "Net", `{"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}`)
	if stack.Ref("Net") == before["Net"] || stack.Ref("Part") == before["Part"] {
		t.Error("another range of addresses has replaced nothing")
	}
}
