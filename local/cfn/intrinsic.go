package cfn

import "strings"

// isIntrinsic tells whether a value is a function call such as {"Ref": "X"}.
// Condition is one only with a name: a policy statement has a Condition too.
func isIntrinsic(value any) bool {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return false
	}
	for key, argument := range object {
		if key == "Condition" {
			_, named := argument.(string)
			return named
		}
		return key == "Ref" || strings.HasPrefix(key, "Fn::")
	}
	return false
}
