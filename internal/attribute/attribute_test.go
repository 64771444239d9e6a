package attribute

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestAttributesAreReadAsTheyWereMade(t *testing.T) {
	item := map[string]types.AttributeValue{"text": Text("a"), "number": Number(-7), "fraction": &types.AttributeValueMemberN{Value: "1.5"}}
	if got := String(item, "text"); got != "a" {
		t.Errorf("text %q", got)
	}
	if got := String(item, "number") + String(item, "none"); got != "" {
		t.Errorf("what is no text is %q", got)
	}
	for name, want := range map[string]int64{"number": -7, "none": 0} {
		if got, err := Int(item, name); err != nil || got != want {
			t.Errorf("%s: %d, %v", name, got, err)
		}
	}
	for _, name := range []string{"text", "fraction"} {
		if _, err := Int(item, name); err == nil {
			t.Errorf("%s is read as a whole number", name)
		}
	}
}
