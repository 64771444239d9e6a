package sqs

// This file names the service's failures as SDKs expect them.

import (
	"cmp"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// fail returns an error of the caller's. The query code is the error's name in
// the query protocol, where it differs from the shape's.
func fail(code, queryCode, format string, args ...any) *cloud.Error {
	err := cloud.Errorf(400, code, format, args...)
	err.QueryCode = queryCode
	return err
}

func noSuchQueue() error {
	err := fail("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
	err.QueryMessage = "The specified queue does not exist for this wsdl version."
	return err
}

func invalid(format string, args ...any) *cloud.Error {
	return fail("InvalidParameterValueException", "InvalidParameterValue", format, args...)
}

func invalidAttribute(name string) error {
	return fail("InvalidAttributeValue", "InvalidAttributeValue", "Invalid value for the parameter %s.", name)
}

func missing(parameter string) error {
	return fail("MissingRequiredParameterException", "MissingParameter", "The request must contain the parameter %s.", parameter)
}

func invalidHandle(handle string) error {
	return fail("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", handle)
}

// batchError is an entry of a batch's Failed list.
type batchError struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

// newBatchError tells what is wrong with an entry of a batch, for which AWS has other
// words in one place.
func newBatchError(id string, err error) batchError {
	e := cloud.AsError(err)
	message := strings.Replace(e.Message, "One or more parameters are invalid.", "One or more parameters cannot be validated.", 1)
	return batchError{ID: id, SenderFault: e.Status < 500, Code: cmp.Or(e.QueryCode, e.Code), Message: message}
}
