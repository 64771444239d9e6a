// S3's failures, with the members that tell what they are about.

package s3

import (
	"fmt"
	"net/http"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// about returns an error with members of its document: name, value, name, value.
func about(err *cloud.Error, members ...string) *cloud.Error {
	if err.Fields == nil {
		err.Fields = map[string]any{}
	}
	for i := 0; i < len(members); i += 2 {
		err.Fields[members[i]] = members[i+1]
	}
	return err
}

func noSuchBucket(name string) error {
	return about(cloud.Errorf(404, "NoSuchBucket", "The specified bucket does not exist"), "BucketName", name)
}

func noSuchKey(key string) *cloud.Error {
	return about(cloud.Errorf(404, "NoSuchKey", "The specified key does not exist."), "Key", key)
}

func noSuchVersion(key, id string) error {
	return about(cloud.Errorf(404, "NoSuchVersion", "The specified version does not exist."), "Key", key, "VersionId", id)
}

// conflict tells that an upload has to begin anew.
func conflict(condition, key string) error {
	return about(cloud.Errorf(409, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation against this resource."),
		"Condition", condition, "Key", key)
}

// preconditionFailed names the header that did not hold.
func preconditionFailed(condition string) error {
	return about(cloud.Errorf(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"), "Condition", condition)
}

func invalidArgument(name, value, message string) *cloud.Error {
	return about(unvalued(name, message), "ArgumentValue", value)
}

// unvalued is an invalid argument whose value is not told.
func unvalued(name, message string) *cloud.Error {
	return about(cloud.Errorf(400, "InvalidArgument", "%s", message), "ArgumentName", name)
}

func accessDenied() error { return cloud.Errorf(403, "AccessDenied", "Access Denied") }

func malformedXML() *cloud.Error {
	return cloud.Errorf(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

func badPartNumber(number string) error {
	return invalidArgument("partNumber", number, fmt.Sprintf("Part number must be an integer between 1 and %d, inclusive", maxParts))
}

func unsupportedAlgorithm() error {
	return cloud.Errorf(400, "InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
}

// notHonoured refuses a header.
func notHonoured(header string) *cloud.Error {
	return about(cloud.Errorf(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented"), "Header", header)
}
