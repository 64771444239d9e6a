// Package attribute makes DynamoDB's attribute values.
package attribute

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Text is a string.
func Text[S ~string](value S) types.AttributeValue {
	return &types.AttributeValueMemberS{Value: string(value)}
}

// Number is a whole number.
func Number[N int | int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}
