// Package attribute makes DynamoDB's attribute values and reads them.
package attribute

import (
	"fmt"
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

// String is a string attribute of an item; "" if it has none.
func String(item map[string]types.AttributeValue, name string) string {
	if s, ok := item[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// Int is a whole number among an item's attributes; 0 if it has none. Any
// other value is an error.
func Int(item map[string]types.AttributeValue, name string) (int64, error) {
	value, ok := item[name]
	if !ok {
		return 0, nil
	}
	n, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return 0, fmt.Errorf("attribute %s is a %T, not a number", name, value)
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("attribute %s: %w", name, err)
	}
	return i, nil
}
