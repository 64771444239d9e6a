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
	"net/http"
	"strings"
	"unicode"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// naming is how one integration's errors are named.
type naming struct {
	api     string // the SDK's name of the service
	prefix  string // "DynamoDB", "DynamoDb"
	general string // of errors without a class of their own: "AmazonDynamoDBException"
	service string // in the cause: "AmazonDynamoDBv2"; empty: worded as by version 2

	verbatim bool // errors have the names that the service gives them
}

// failure names an error of a call.
func (n naming) failure(err error) *Failure {
	var e *cloud.Error
	if !errors.As(err, &e) {
		return &Failure{Name: n.prefix + ".SdkClientException", Cause: err.Error()}
	}
	if e.Status == http.StatusNotImplemented && e.Code == "NotImplemented" && n.general != "" {
		// The engine refuses what a task says. No Catch may take that for the
		// service's answer, as none gets what Step Functions itself refuses.
		return &Failure{Name: errRuntime, Cause: e.Message, OfState: true}
	}
	if n.verbatim && e.Code == errRuntime {
		return &Failure{Name: errRuntime, Cause: e.Message, OfState: true}
	}
	if n.verbatim && !isAccessDenied(e.Code) {
		return &Failure{Name: e.Code, Cause: e.Message}
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
	class := n.class(code)
	switch {
	case class == "":
		return n.prefix + "." + n.general
	case n.service == "":
		class = capitalized(class)
	}
	if !strings.HasSuffix(class, "Exception") {
		class += "Exception"
	}
	return n.prefix + "." + class
}

// class is the class that the SDK has for an error code; empty for one that the
// service's model does not have, such as those that all services have in common.
func (n naming) class(code string) string {
	if n.api == "s3" && code == "AccessDenied" || n.api == "glue" && code == "ThrottlingException" && n.service != "" {
		return "" // the models have these of late; Step Functions has only been seen without
	}
	own := shapes.APIs()[n.api].Errors
	last := code[strings.LastIndexAny(code, ".#")+1:] // as in "AWS.SimpleQueueService.NonExistentQueue"
	for _, name := range []string{code, last} {
		if class, ok := own[name]; ok {
			return class
		}
	}
	for _, class := range own {
		if class == last {
			return class
		}
	}
	return ""
}

// capitalized writes abbreviations in a name as the SDK for Java does in version 2:
// KMSNotFoundException as KmsNotFoundException.
func capitalized(name string) string {
	letters := []rune(name)
	for i := 1; i < len(letters); i++ {
		ends := i+1 < len(letters) && unicode.IsLower(letters[i+1])
		if unicode.IsUpper([]rune(name)[i-1]) && !ends {
			letters[i] = unicode.ToLower(letters[i])
		}
	}
	return string(letters)
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
