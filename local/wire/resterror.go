package wire

// This file is how REST services fail.

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func (p rest) fail(x *Exchange, e *cloud.Error) {
	switch p.style {
	case JSON:
		x.failJSON(e)
	case XML:
		query{}.fail(x, e)
	case S3:
		x.failS3(e)
	case S3Control:
		x.failS3Control(e)
	}
}

// failJSON names the error in a header. Models write the message in either
// case, and SDKs read the one that the model has.
func (x *Exchange) failJSON(e *cloud.Error) {
	kind := "User"
	if e.Status >= 500 {
		kind = "Service"
	}
	members := map[string]any{"Type": kind}
	maps.Copy(members, e.Fields)
	members["message"], members["Message"] = e.Message, e.Message
	x.Writer.Header().Set("X-Amzn-Errortype", e.Code)
	x.answer(e.Status, "application/json", encodeMembers(members))
}

type s3Error struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	Fields    []s3Field
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`
}

type s3Field struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

// failS3 adds the fields that are texts, such as the key.
func (x *Exchange) failS3(e *cloud.Error) {
	if e.Status == http.StatusNotModified {
		x.Writer.WriteHeader(e.Status)
		return
	}
	document := s3Error{Code: e.Code, Message: e.Message, HostID: x.Writer.Header().Get("x-amz-id-2"), RequestID: x.RequestID}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		if text, ok := e.Fields[name].(string); ok {
			document.Fields = append(document.Fields, s3Field{xml.Name{Local: name}, text})
		}
	}
	// A document of texts cannot fail to encode.
	_ = x.XML(e.Status, document)
}

// XML answers with a document of the service's; a HEAD request gets its
// headers only.
func (x *Exchange) XML(status int, document any) error {
	body, err := xml.Marshal(document)
	if err != nil {
		return err
	}
	x.answer(status, "application/xml", append([]byte(xml.Header), short(body)...))
	return nil
}

// short is a document of which the root is one tag if nothing is in it, as AWS
// writes it, and it alone.
func short(document []byte) []byte {
	if start, _, empty := bytes.Cut(document, []byte("></")); empty && bytes.Count(document, []byte("<")) == 2 {
		return append(start, "/>"...)
	}
	return document
}
