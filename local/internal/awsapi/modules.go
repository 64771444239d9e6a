//go:build awsapi

// No build has this tag: the file has the module require what is only read.

package awsapi

import (
	_ "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	_ "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	_ "github.com/aws/aws-sdk-go-v2/service/ssm"
)
