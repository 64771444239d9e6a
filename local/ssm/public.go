package ssm

// This file has the parameters that AWS publishes in every account, as far as
// templates name them: the images of Amazon Linux. Their ids stand for no image.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// public is what the names of AWS's own parameters start with.
const public = "/aws/service/"

func (s *SSM) publish() {
	for _, machine := range []string{"x86_64", "arm64"} {
		for _, kernel := range []string{"default", "6.1", "6.12"} {
			s.publishImage("al2023-ami-kernel-" + kernel + "-" + machine)
			s.publishImage("al2023-ami-minimal-kernel-" + kernel + "-" + machine)
		}
		for _, volume := range []string{"ebs", "gp2"} {
			s.publishImage("amzn2-ami-hvm-" + machine + "-" + volume)
			s.publishImage("amzn2-ami-kernel-5.10-hvm-" + machine + "-" + volume)
		}
		s.publishImage("amzn2-ami-minimal-hvm-" + machine + "-ebs")
	}
}

func (s *SSM) publishImage(name string) {
	name = public + "ami-amazon-linux-latest/" + name
	sum := sha256.Sum256([]byte(name))
	s.parameters[name] = &parameter{name: name, arn: s.arn(name), versions: []*version{{number: 1, modified: time.Now(), declared: declared{
		value: "ami-" + hex.EncodeToString(sum[:])[:17], typ: stringType, dataType: "aws:ec2:image", tier: standard,
	}}}}
}
