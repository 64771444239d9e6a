package ec2_test

// This file creates resources from templates.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestATemplatesInstanceIsDescribedAsItIsDeclared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, resource("Net", "VPC", `"CidrBlock": "10.0.0.0/16"`)+","+
			resource("Inner", "Subnet", `"VpcId": {"Ref": "Net"}, "AvailabilityZone": "eu-west-1c", "CidrBlock": "10.0.0.0/24"`)+","+
			resource("Guard", "SecurityGroup", `"VpcId": {"Ref": "Net"}, "GroupDescription": "g"`)+","+
			resource("Plan", "LaunchTemplate", `"LaunchTemplateData": {"ImageId": "ami-0123456789abcdef0", "InstanceType": "m6gd.large", "MetadataOptions": {"HttpTokens": "required"}}`)+","+
			resource("Server", "Instance", `"LaunchTemplate": {"LaunchTemplateId": {"Ref": "Plan"}, "Version": {"Fn::GetAtt": ["Plan", "LatestVersionNumber"]}},
				"SubnetId": {"Ref": "Inner"}, "SecurityGroupIds": [{"Fn::GetAtt": ["Guard", "GroupId"]}], "IamInstanceProfile": "servers", "KeyName": "key",
				"Monitoring": true, "PrivateIpAddress": "10.0.0.7", "UserData": "IyEvYmluL3No", "Tags": [{"Key": "Name", "Value": "<server>"}]`))
		out, err := e.root(t).DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{})
		if err != nil || len(out.Reservations) != 1 || len(out.Reservations[0].Instances) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		i := out.Reservations[0].Instances[0]
		got := fmt.Sprintln(*i.ImageId, i.InstanceType, i.Architecture, *i.SubnetId == e.ref("Inner"), *i.VpcId == e.ref("Net"), *i.Placement.AvailabilityZone,
			*i.SecurityGroups[0].GroupId == e.ref("Guard"), *i.IamInstanceProfile.Arn, *i.KeyName, i.Monitoring.State, *i.PrivateIpAddress, *i.PrivateDnsName, *i.Tags[0].Value,
			i.State.Name, *i.State.Code, i.LaunchTime.Equal(time.Now()), *out.Reservations[0].OwnerId)
		want := "ami-0123456789abcdef0 m6gd.large arm64 true true eu-west-1c true arn:aws:iam::111122223333:instance-profile/servers key enabled 10.0.0.7 ip-10-0-0-7.eu-west-1.compute.internal <server> running 16 true 111122223333"
		if strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestReferencesToResourcesAnswerTheirIdsAndAttributes(t *testing.T) {
	e := newEngine(t, resource("Net", "VPC", `"CidrBlock": "10.0.0.0/16"`)+","+resource("Out", "EIP", `"Domain": "vpc"`)+","+
		resource("Door", "InternetGateway", "")+","+resource("Server", "Instance", image))
	attributes := func(id string) map[string]any { return e.created.Handles[id].Attributes }
	for got, pattern := range map[string]string{
		e.ref("Server"): "i-", e.ref("Net"): "vpc-", e.ref("Door"): "igw-", e.ref("Out"): "203.0.113.",
		fmt.Sprint(attributes("Out")["AllocationId"]):        "eipalloc-",
		fmt.Sprint(attributes("Net")["CidrBlock"]):           "10.0.0.0/16",
		fmt.Sprint(attributes("Server")["PrivateIp"]):        "172.31.",
		fmt.Sprint(attributes("Server")["AvailabilityZone"]): "eu-west-1a",
		fmt.Sprint(attributes("Server")["VpcId"]):            "vpc-",
	} {
		if !strings.HasPrefix(got, pattern) {
			t.Errorf("got %s, want %s...", got, pattern)
		}
	}
	if _, ok := attributes("Server")["PublicIp"]; ok {
		t.Error("the instance has a public address, at which nobody answers")
	}
}

func TestWhatAnInstanceCannotBeIsRefused(t *testing.T) {
	for _, row := range []struct{ name, resources, want string }{
		{"no image", resource("S", "Instance", `"InstanceType": "t4g.nano"`), "S (AWS::EC2::Instance): property ImageId is required"},
		{"no image's id", resource("S", "Instance", `"ImageId": "al2023"`), `property ImageId: "al2023" is not the id of an image`},
		{"a strange launch template", resource("S", "Instance", `"LaunchTemplate": {"LaunchTemplateName": "plan", "Version": "1"}`), "property LaunchTemplate: the local engine knows the launch templates of this assembly only"},
		{"another version", resource("P", "LaunchTemplate", `"LaunchTemplateData": {`+image+`}`) + "," +
			resource("S", "Instance", `"LaunchTemplate": {"LaunchTemplateId": {"Ref": "P"}, "Version": "2"}`), "property LaunchTemplate.Version"},
		{"hibernation", resource("S", "Instance", image+`, "HibernationOptions": {"Configured": true}`), "S (AWS::EC2::Instance): property HibernationOptions is not supported by the local engine"},
		{"a host of one's own", resource("S", "Instance", image+`, "HostId": "h-1"`), "property HostId is not supported"},
		{"two launch templates of a name", resource("P", "LaunchTemplate", `"LaunchTemplateName": "n"`) + "," + resource("Q", "LaunchTemplate", `"LaunchTemplateName": "n"`), "property LaunchTemplateName: n is taken"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := tryEngine(t, row.resources); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

// shelf keeps the state of resources, as JSON.
type shelf struct {
	kept map[string]cloud.Durable
	was  map[string][]byte
	err  error
}

func (s *shelf) Keep(arn string, d cloud.Durable) error {
	s.kept[arn] = d
	raw, ok := s.was[arn]
	if !ok {
		return nil
	}
	s.err = d.Restore(func(record any) error {
		if raw == nil {
			return io.EOF
		}
		return json.Unmarshal(raw, record)
	})
	return nil
}

func (s *shelf) Forget(arn string) error {
	delete(s.kept, arn)
	return nil
}

func (s *shelf) save(t *testing.T) *shelf {
	t.Helper()
	saved := &shelf{kept: map[string]cloud.Durable{}, was: map[string][]byte{}}
	for arn, d := range s.kept {
		raw, err := json.Marshal(slices.Collect(d.Snapshot())[0])
		if err != nil {
			t.Fatal(err)
		}
		saved.was[arn] = raw
	}
	return saved
}

func TestAnInstanceIsInTheNextRunAsThisOneLeftIt(t *testing.T) {
	for _, row := range []struct{ name, action, want string }{
		{"running", "", "running"},
		{"under way to a stop", "stop", "stopped"},
		{"terminated, and launched anew", "terminate", "running"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := &shelf{kept: map[string]cloud.Durable{}}
				e, err := tryEngine(t, resource("S", "Instance", image), func(c *cloud.Cloud) { c.Keeper = first })
				if err != nil {
					t.Fatal(err)
				}
				act(t, e.root(t), row.action, e.ref("S"))
				second := first.save(t)
				again, err := tryEngine(t, resource("S", "Instance", image), func(c *cloud.Cloud) { c.Keeper = second })
				if err != nil {
					t.Fatal(err)
				}
				if got := state(t, again.root(t), e.ref("S")); got != row.want {
					t.Errorf("the instance is %s, want %s", got, row.want)
				}
				if anew := row.action == "terminate"; errors.Is(second.err, errors.ErrUnsupported) != anew {
					t.Errorf("its state was restored with %v", second.err)
				}
			})
		})
	}
}

// meter counts what is observed.
type meter struct {
	mu   sync.Mutex
	seen map[string]int
}

func (m *meter) Observe(d cloud.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[d.Name]++
}

func TestARunningInstancePassesItsStatusChecksEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &meter{seen: map[string]int{}}
		e, err := tryEngine(t, resource("S", "Instance", image), func(c *cloud.Cloud) { c.Meter = m })
		if err != nil {
			t.Fatal(err)
		}
		seconds(121)
		act(t, e.root(t), "stop", e.ref("S"))
		seconds(600)
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.seen["StatusCheckFailed"] != 2 || m.seen["StatusCheckFailed_System"] != 2 {
			t.Errorf("observed %v", m.seen)
		}
	})
}

func TestAnAttachmentIsKnownByItsNetwork(t *testing.T) {
	e := newEngine(t, resource("Net", "VPC", `"CidrBlock": "10.0.0.0/16"`)+","+resource("Door", "InternetGateway", "")+","+
		resource("Way", "VPCGatewayAttachment", `"VpcId": {"Ref": "Net"}, "InternetGatewayId": {"Ref": "Door"}`)+","+
		resource("Tunnel", "VPCGatewayAttachment", `"VpcId": {"Ref": "Net"}, "VpnGatewayId": "vgw-1"`))
	if got, want := e.ref("Way")+" "+e.ref("Tunnel"), "IGW|"+e.ref("Net")+" VGW|"+e.ref("Net"); got != want {
		t.Errorf("the attachments are %s, want %s", got, want)
	}
}
