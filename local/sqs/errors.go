package sqs

// This file names the service's failures as SDKs expect them.

import "github.com/tradepost-dev/tradepost/local/cloud"

// QueryErrorHeader is a key of cloud.Error.Fields that is not a member of the
// error's shape but the HTTP header which carries the error's older code
// ("AWS.SimpleQueueService.NonExistentQueue;Sender"). SDKs prefer it to __type.
const QueryErrorHeader = "x-amzn-query-error"

// fail returns an error of the caller's. The query code is the error's name in
// the query protocol, where it differs from the shape's.
func fail(code, queryCode, format string, args ...any) *cloud.Error {
	err := cloud.Errorf(400, code, format, args...)
	err.Fields = map[string]any{QueryErrorHeader: queryCode + ";Sender"}
	return err
}

func noSuchQueue() error {
	return fail("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
}

func invalid(format string, args ...any) *cloud.Error {
	return fail("InvalidParameterValueException", "InvalidParameterValue", format, args...)
}

func invalidAttribute(name, value string) error {
	return fail("InvalidAttributeValue", "InvalidAttributeValue", "Invalid value %q for the parameter %s.", value, name)
}

func missing(parameter string) error {
	return fail("MissingParameterException", "MissingParameter", "The request must contain the parameter %s.", parameter)
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

func newBatchError(id string, err error) batchError {
	e := cloud.AsError(err)
	return batchError{ID: id, SenderFault: e.Status < 500, Code: queryCode(e), Message: e.Message}
}

func queryCode(e *cloud.Error) string {
	const suffix = ";Sender"
	if header, ok := e.Fields[QueryErrorHeader].(string); ok {
		return header[:len(header)-len(suffix)]
	}
	return e.Code
}
