package wire

// This file tells S3 Control from S3: both have one name in signatures.

import (
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	// S3ControlPath is how all paths of S3 Control begin.
	S3ControlPath = "/v20180820/"

	// S3ControlAccount is the header that all of its requests have, and none of S3's.
	S3ControlAccount = "X-Amz-Account-Id"

	s3Control = "s3control"
)

func isS3Control(r *http.Request) bool {
	return r.Header.Get(S3ControlAccount) != "" && strings.HasPrefix(r.URL.Path, S3ControlPath)
}

type s3ControlError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Error   struct{ Code, Message string }
	HostID  string `xml:"HostId"`
	Request string `xml:"RequestId"`
}

func (x *Exchange) failS3Control(e *cloud.Error) {
	document := s3ControlError{HostID: x.Writer.Header().Get("x-amz-id-2"), Request: x.RequestID}
	document.Error.Code, document.Error.Message = e.Code, e.Message
	if err := x.XML(e.Status, document); err != nil {
		http.Error(x.Writer, e.Message, e.Status)
	}
}
