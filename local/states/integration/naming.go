// This file names the errors of services as Step Functions names them, which
// depends on the AWS SDK for Java that an integration was built on: the optimized
// ones on version 1, the aws-sdk ones on version 2.

package integration

import (
	"cmp"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// naming is how one integration's errors are named.
type naming struct {
	prefix  string // "DynamoDB", "DynamoDb"
	general string // of errors without a class of their own: "AmazonDynamoDBException"
	service string // in the cause: "AmazonDynamoDBv2"; empty: worded as by version 2

	unmodeled bool // no error has a class of its own
}

// failure names an error of a call.
func (n naming) failure(err error) *Failure {
	var e *cloud.Error
	if !errors.As(err, &e) {
		return &Failure{Name: n.prefix + ".SdkClientException", Cause: err.Error()}
	}
	f := &Failure{Name: n.name(e.Code), Cause: n.cause(e)}
	if n.general == "" {
		f.Name = fmt.Sprintf("%s.%d", n.prefix, e.Status)
	}
	if isAccessDenied(e.Code) {
		f.Also = []string{errPermissions}
	}
	return f
}

// name is the error's name for an error code.
func (n naming) name(code string) string {
	class := code
	if i := strings.LastIndexAny(code, ".#"); i >= 0 {
		class = code[i+1:] // as in "AWS.SimpleQueueService.NonExistentQueue"
	}
	if n.unmodeled || !n.models(class) {
		return n.prefix + "." + n.general
	}
	if !strings.HasSuffix(class, "Exception") {
		class += "Exception"
	}
	return n.prefix + "." + class
}

// models tells whether the SDK has a class for an error code: not for those that
// all services have in common, unless the service's own model lists them.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html
func (n naming) models(class string) bool {
	own := map[string][]string{
		"ThrottlingException":   {"accessanalyzer", "dynamodb", "textract", "organizations", "sagemakerruntime"},
		"ValidationException":   {"sfn", "stepfunctions", "kinesis", "glue", "textract", "cloudwatchlogs", "accessanalyzer"},
		"AccessDeniedException": {"kinesis", "glue", "textract", "organizations", "accessanalyzer"},
		"InternalServerError":   {"dynamodb"},
	}
	common := []string{
		"AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException",
		"IncompleteSignature", "InternalFailure", "InternalServerError", "InvalidAction", "InvalidClientTokenId",
		"InvalidParameterCombination", "InvalidParameterValue", "InvalidSignatureException", "MissingAction",
		"MissingAuthenticationToken", "MissingParameter", "MissingRequiredParameterException", "NotAuthorized", "NotImplemented", "OptInRequired", "RequestExpired",
		"SerializationException", "ServiceUnavailable", "SignatureDoesNotMatch", "SlowDown", "Throttling",
		"ThrottlingException", "UnknownOperationException", "UnrecognizedClientException", "ValidationError", "ValidationException",
	}
	return !slices.Contains(common, class) || slices.Contains(own[class], strings.ToLower(n.prefix))
}

// cause words an error as the SDK's exception does. S3's requests have a second
// id. The integrations with version 2 do not repeat a call.
func (n naming) cause(e *cloud.Error) string {
	id := cloud.UUID()
	switch {
	case n.general == "":
		return e.Message
	case n.service != "":
		code := cmp.Or(e.QueryCode, e.Code)
		return fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)", e.Message, n.service, e.Status, code, id)
	case n.prefix == "S3":
		id += ", Extended Request ID: " + extendedID()
	}
	return fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s) (SDK Attempt Count: 1)", e.Message, n.prefix, e.Status, id)
}

// extendedID is the id that S3 gives a request besides the usual one.
func extendedID() string {
	sum := sha512.Sum512([]byte(cloud.UUID()))
	return base64.StdEncoding.EncodeToString(sum[:56])
}

func isAccessDenied(code string) bool {
	return code == "AccessDenied" || code == "AccessDeniedException" || code == "AuthorizationError" || code == "UnauthorizedOperation"
}
