package local

// This file answers a request that no service takes, in the protocol that its
// client speaks, so that the client shows the message.

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/sqs"
)

// xmlServices speak REST with XML.
var xmlServices = []string{"s3", "s3express", "s3-object-lambda", "route53", "cloudfront"}

// writeError answers with err. The service may be empty, as it is for requests
// that are not signed.
func writeError(w http.ResponseWriter, r *http.Request, service string, err error) {
	e := cloud.AsError(err)
	contentType := r.Header.Get("Content-Type")
	switch {
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		writeCBORError(w, e)
	case r.Header.Get("X-Amz-Target") != "" || strings.HasPrefix(contentType, "application/x-amz-json"):
		writeJSONError(w, r, e)
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"):
		writeQueryError(w, service, e)
	case slices.Contains(xmlServices, service) || service == "" && r.Method != http.MethodPost:
		writeXMLError(w, service, e)
	default: // REST with JSON
		w.Header().Set("X-Amzn-Errortype", e.Code)
		writeJSONError(w, r, e)
	}
}

func writeJSONError(w http.ResponseWriter, r *http.Request, e *cloud.Error) {
	body := map[string]any{"__type": e.Code, "message": e.Message}
	for name, value := range e.Fields {
		if name == sqs.QueryErrorHeader {
			w.Header().Set(sqs.QueryErrorHeader, value.(string))
			continue
		}
		body[name] = value
	}
	header(w, r)
	w.WriteHeader(e.Status)
	// A write fails only when the client has gone away.
	_ = json.NewEncoder(w).Encode(body)
}

func writeCBORError(w http.ResponseWriter, e *cloud.Error) {
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.WriteHeader(e.Status)
	// A write fails only when the client has gone away.
	_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String(e.Code), "message": cbor.String(e.Message)}))
}

type xmlFault struct {
	Type    string `xml:",omitempty"`
	Code    string
	Message string
}

type queryError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Error     xmlFault
	RequestID string `xml:"RequestId"`
}

// ec2Error is the shape that EC2 has to itself.
type ec2Error struct {
	XMLName   xml.Name `xml:"Response"`
	Error     xmlFault `xml:"Errors>Error"`
	RequestID string
}

func writeQueryError(w http.ResponseWriter, service string, e *cloud.Error) {
	if service == "ec2" {
		writeXML(w, e.Status, ec2Error{Error: xmlFault{Code: e.Code, Message: e.Message}, RequestID: cloud.UUID()})
		return
	}
	writeXML(w, e.Status, queryError{Error: xmlFault{"Sender", e.Code, e.Message}, RequestID: cloud.UUID()})
}

type s3Error struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
}

func writeXMLError(w http.ResponseWriter, service string, e *cloud.Error) {
	if service == "s3" || service == "" {
		writeXML(w, e.Status, s3Error{Code: e.Code, Message: e.Message, RequestID: cloud.UUID()})
		return
	}
	writeQueryError(w, service, e)
}

func writeXML(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	// A write fails only when the client has gone away.
	_ = xml.NewEncoder(w).Encode(document)
}
