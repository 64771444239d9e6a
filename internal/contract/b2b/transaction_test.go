package b2b

import (
	"encoding/json"
	"testing"
)

// A record may have no fields and a field no text: DynamoDB must be told so.
func TestEmptyAttributeValuesAreWritten(t *testing.T) {
	empty := ""
	for _, test := range []struct {
		value AttributeValue
		want  string
	}{
		{AttributeValue{M: map[string]AttributeValue{}}, `{"M":{}}`},
		{AttributeValue{L: []AttributeValue{}}, `{"L":[]}`},
		{AttributeValue{S: &empty}, `{"S":""}`},
	} {
		if got, err := json.Marshal(test.value); err != nil || string(got) != test.want {
			t.Errorf("got %s, %v; want %s", got, err, test.want)
		}
	}
}
